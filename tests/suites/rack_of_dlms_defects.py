"""Defects from a file of its own, none of them in the catalogue: each position of a rack has another one."""

from __future__ import annotations

from typing import Any

from tests.suites.kept_rack import Kept, rack


class AssociationSurvivesSnrm:
    """A new connection of the same client finds the association of the one before."""

    def connect(self: Any, *words: Any) -> None:
        """Connect, and put back what was associated."""
        association = self.meter.association
        channel, kept = association.channel, association.current
        super().connect(*words)  # type: ignore[misc]
        if kept is not None:
            association._open[channel] = kept


class RejectionSurvivesSnrm:
    """What was rejected by FRMR stays rejected in the next connection."""

    def connect(self: Any, *words: Any) -> None:
        """Connect, still rejecting."""
        rejected = self.session.reject if self.session is not None else None
        super().connect(*words)  # type: ignore[misc]
        self.session.reject = rejected


class AnybodysConnection:
    """Frames of any client belong to the one connection there is."""

    def dispatch(self: Any, frame: Any, client: Any, server: Any) -> None:
        """Take another client for the connected one."""
        connected = self.session is not None and frame.control_field.kind.name in {"I", "RR"}
        super().dispatch(frame, self.session.client if connected else client, server)  # type: ignore[misc]


class WritableByAll:
    """Whatever has somewhere to be stored is stored, whoever writes it."""

    def may_write(self, *_words: Any) -> bool:
        """Allow it."""
        return True


class DedicatedCounterIgnored:
    """A request under the dedicated key is taken again and again."""

    def open_dedicated(self: Any, current: Any, protected: Any) -> Any:
        """Forget the counter, and open."""
        current.dedicated.received = -1
        return super().open_dedicated(current, protected)  # type: ignore[misc]


class AnswersInTheClear:
    """Requests must be protected, answers are not."""

    def seal(self: Any, current: Any, plain: bytes, request: Any) -> bytes:
        """Protect the InitiateResponse alone."""
        sealed: bytes = super().seal(current, plain, request)  # type: ignore[misc]
        return sealed if plain[:1] == b"\x08" else plain


KEPT = (
    Kept(
        "hdlc_link",
        AssociationSurvivesSnrm,
        "dlms/association_end",
        "test_data_services.py::test_association_end",
    ),
    Kept(
        "hdlc_link",
        RejectionSurvivesSnrm,
        "dlms/HDLC_FRAME_N5",
        "test_hdlc_frames.py::test_hdlc_frame_n5",
    ),
    Kept(
        "hdlc_link",
        AnybodysConnection,
        "dlms/hdlc_other_client",
        "test_hdlc_robustness.py::test_hdlc_other_client",
    ),
    Kept(
        "objects",
        WritableByAll,
        "dlms/rights_of_writing",
        "test_rights_of_writing.py::test_rights_of_writing",
    ),
    Kept(
        "ciphering",
        DedicatedCounterIgnored,
        "dlms/SYMSEC_0_FraCount_1",
        "test_security.py::test_frame_counter_1",
    ),
    Kept(
        "ciphering",
        AnswersInTheClear,
        "dlms/SYMSEC_0_BasicCap_1",
        "test_security.py::test_basic_capabilities",
    ),
)
RACK = rack("DLMS", KEPT)
