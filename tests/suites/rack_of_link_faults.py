"""Defects from a file of its own: links that agree on one thing and do another, and clients that ask for little."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.protocols.hdlc import Control, LinkParameters
from tests.suites.kept_rack import Kept, rack

LEAST_PDU = 12
PDU_SIZES = "test_object_services.py::test_pdu_sizes"


class BareAndLong:
    """UA comes without parameters, and what follows is as long as ever, whatever was proposed."""

    def negotiate(self: Any, _proposed: LinkParameters) -> LinkParameters:
        """Take the defaults."""
        return LinkParameters()

    def answer(self: Any, client: Any, server: Any, control: int, information: bytes = b"") -> None:
        """Leave the parameters of UA away."""
        super().answer(client, server, control, b"" if control == Control.UA else information)  # type: ignore[misc]


class TwelveIsTooShort:
    """The least size of a client's APDU is taken for one too short."""

    def check_pdu_size(self: Any, initiate: Any) -> Any:
        """Refuse 12 like 11."""
        least = initiate.max_pdu == LEAST_PDU
        seen = replace(initiate, max_pdu=LEAST_PDU - 1) if least else initiate
        return super().check_pdu_size(seen)  # type: ignore[misc]


class TakesTenOctets:
    """The meter says that it takes fewer octets than any request has."""

    def accept(self: Any, agreed: Any, protection: Any) -> bytes:
        """Say 10 instead of the truth."""
        answer: bytes = super().accept(replace(agreed, max_receive_pdu=10), protection)  # type: ignore[misc]
        return answer


KEPT = (
    Kept(
        "hdlc_link",
        BareAndLong,
        "dlms/hdlc_segmented_answer",
        "test_hdlc_information.py::test_hdlc_segmented_answer",
    ),
    Kept("association", TwelveIsTooShort, "dlms/pdu_sizes", PDU_SIZES),
    Kept("association", TakesTenOctets, "dlms/pdu_sizes", PDU_SIZES),
)
RACK = rack("LINK", KEPT)
