"""Faults of frames, objects, profiles and firmware that no catalogue lists, one for each case that needs one."""

from __future__ import annotations

from typing import Any

from bench.protocols.axdr import array, double_long_unsigned, enum, integer, structure, verbatim
from bench.protocols.hdlc import Address, decode_frame
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from tests.suites.kept_rack import Kept

SERIAL_NUMBER, TOTAL_ENERGY = "0-0:96.1.0.255", "1-0:1.8.0.255"
ASSOCIATION, STATUS = 15, 8
CLOCK, SHIFT_TIME = 8, 6
ENUM_WITHOUT_OCTET = b"\x16"


class AddressOfAnyLength:
    """The address is what stands at the end of the field, however many octets lie before."""

    def frame_received(self: Any, raw: bytes) -> None:
        """Take a field of three or five octets for the own address."""
        frame = decode_frame(raw).frame
        if frame is None or not isinstance(frame.destination, bytes):
            super().frame_received(raw)  # type: ignore[misc]
            return
        own = self.settings
        server = Address(own.server_upper, own.server_lower, own.address_length)
        self.dispatch(frame, frame.source, server)


class ChecksumIgnored:
    """The frame check sequence is read over."""

    def acceptable(self: Any, decoded: Any) -> bool:
        """Take a frame that ends where it should for a sound one."""
        return decoded.frame is not None


class RepeatedSegmentTaken:
    """A segment that comes again is put behind the one that came before."""

    def information(self: Any, session: Any, frame: Any) -> None:
        """Count one back for a segment that was there already."""
        if frame.segmented and self.is_repetition(session, frame.control_field.ns or 0):
            session.receive_number = frame.control_field.ns
        super().information(session, frame)  # type: ignore[misc]


class NumbersOutliveSnrm:
    """SNRM in a connection is confirmed, and the numbers go on."""

    def connect(self: Any, *words: Any) -> None:
        """Connect, and put the old numbers back."""
        before = self.session
        super().connect(*words)  # type: ignore[misc]
        if before is not None:
            self.session.send_number = before.send_number
            self.session.receive_number = before.receive_number


class ListedAndDenied:
    """The serial number is listed as readable for all, and read by the public client alone."""

    def read(self: Any, reference: Any, role: Any, *words: Any) -> Any:
        """Deny it to the others."""
        if str(reference.obis) == SERIAL_NUMBER and role.value == "reader":
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        return super().read(reference, role, *words)  # type: ignore[misc]


class ActivatesForAll:
    """Whoever sees an object may invoke its methods, whatever the list says."""

    def may_invoke(self: Any, *_words: Any) -> bool:
        """Allow it."""
        return True


class AllowedAndDenied:
    """The method of the clock that shifts it stands in the list twice: allowed, and not."""

    def listed_access(self: Any, row: Any, role: Any) -> Any:
        """Put a second right behind that of shift_time."""
        listed = super().listed_access(row, role)  # type: ignore[misc]
        if row.class_id != CLOCK:
            return listed
        attributes, methods = listed.items()
        again = [structure(integer(SHIFT_TIME), enum(right)) for right in (0, 1)]
        return structure(attributes, array(*methods.items(), *again))


class ServesUnlistedMethods:
    """ACTION is looked up among all objects of the meter, not among those that the client may see."""

    def method(self: Any, reference: Any, _role: Any) -> Any:
        """Find the method of any object."""
        name = (reference.class_id, reference.obis)
        found = next(row for row in self.rows if (row.class_id, row.obis) == name)
        return found.method(reference.method)

    def may_invoke(self: Any, *_words: Any) -> bool:
        """Allow it."""
        return True


class StatusCutShort:
    """association_status ends behind its tag."""

    def read(self: Any, reference: Any, *words: Any) -> Any:
        """Leave the octet out."""
        value = super().read(reference, *words)  # type: ignore[misc]
        place = (reference.class_id, reference.attribute)
        return verbatim(ENUM_WITHOUT_OCTET) if place == (ASSOCIATION, STATUS) else value


class OneRowTooMany:
    """The row that is being captured counts as one in use."""

    def entries_in_use(self: Any, profile: Any) -> int:
        """Count it."""
        return int(super().entries_in_use(profile)) + 1  # type: ignore[misc]


class AnyVersionFits:
    """Any version of the right type may be loaded."""

    def newer_or_same(self: Any, *_versions: Any) -> bool:
        """Find nothing wrong."""
        return True


class EachReadingCounts:
    """The energy register counts how often it is read."""

    def read(self: Any, reference: Any, *words: Any) -> Any:
        """Add one."""
        value = super().read(reference, *words)  # type: ignore[misc]
        if str(reference.obis) != TOTAL_ENERGY or reference.attribute != 2:
            return value
        self.n_read = getattr(self, "n_read", 0) + 1
        return double_long_unsigned(value.number() + self.n_read)


ROBUSTNESS = "test_hdlc_robustness.py"
KEPT = (
    Kept(
        "hdlc_link",
        AddressOfAnyLength,
        "dlms/HDLC_ADDRESS_N7",
        "test_hdlc_addresses.py::test_hdlc_address_n7",
        "SNRM to an address of 3 octets: silence was due",
    ),
    Kept(
        "hdlc_link",
        ChecksumIgnored,
        "dlms/hdlc_fuzz",
        f"{ROBUSTNESS}::test_hdlc_fuzz",
        "spoiled, FCS wrong",
    ),
    Kept(
        "hdlc_link",
        RepeatedSegmentTaken,
        "dlms/hdlc_repeated_segment",
        f"{ROBUSTNESS}::test_hdlc_repeated_segment",
        "the answer to 60 begins D8",
    ),
    Kept(
        "hdlc_link",
        NumbersOutliveSnrm,
        "dlms/hdlc_reset",
        f"{ROBUSTNESS}::test_hdlc_reset",
        "AARQ 2: information was due",
    ),
    Kept(
        "objects",
        ListedAndDenied,
        "dlms/COSEM_attributes/reader/rights",
        "test_objects.py::test_cosem_attributes",
        f"listed as readable, refused: 1/{SERIAL_NUMBER}/1 (3)",
    ),
    Kept(
        "objects",
        AllowedAndDenied,
        "dlms/rights_of_methods",
        "test_rights_of_methods.py::test_rights_of_methods",
        "listed both as allowed and as not allowed: 8/0-0:1.0.0.255/method 6",
    ),
    Kept(
        "objects",
        ActivatesForAll,
        "dlms/rights_of_methods",
        "test_rights_of_methods.py::test_rights_of_methods",
        "done, though not listed as allowed: 64/0-0:43.0.",
    ),
    Kept(
        "objects",
        ServesUnlistedMethods,
        "dlms/rights_of_altering_methods/firmware",
        "test_rights_of_methods.py::test_rights_of_altering_methods",
        "70/0-0:96.3.10.255/method 1",
    ),
    Kept(
        "objects",
        StatusCutShort,
        "dlms/COSEM_reporting",
        "test_objects.py::test_reporting",
        "association status",
    ),
    Kept(
        "profiles",
        OneRowTooMany,
        "dlms/profile_buffer",
        "test_profiles.py::test_profile_buffer",
        "entries in use",
    ),
    Kept(
        "image",
        AnyVersionFits,
        "dlms/image_downgrade",
        "test_image_transfer.py::test_image_downgrade",
        "took the image DDS722-0.0.0",
    ),
)
#: Where the two clients differ nobody knows which of them is wrong: the verdict leaves it open.
DIFFERING = Kept(
    "objects",
    EachReadingCounts,
    "dlms/second_opinion",
    "test_second_opinion.py::test_second_opinion",
    f"3/{TOTAL_ENERGY}/2: we read",
)
