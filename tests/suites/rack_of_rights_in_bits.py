"""Meters whose associations are of version 3, with access rights in bits: one as it should be, and a faulty one.

The sound one stands for third-party meters: nobody may fail it for the version. Its ciphered associations ask for
authenticated and encrypted requests, as such meters do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.protocols.axdr import Data, array, enum, integer, null_data, structure
from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.model.cosem_object import Attribute, CosemObject, Role
from tests.suites.kept_rack import Kept

READ, WRITE, AUTHENTICATED_AND_ENCRYPTED = 0x01, 0x02, 0x0C
CIPHERED = frozenset({Role.SECURITY, Role.FIRMWARE})
ASSOCIATION_LN, IN_BITS = 15, 3


class RightsInBits:
    """Associations of version 3."""

    def build(self: Any) -> tuple[CosemObject, ...]:
        """Return the objects, the associations of another version."""
        rows: tuple[CosemObject, ...] = super().build()  # type: ignore[misc]
        return tuple(replace(row, version=IN_BITS) if row.class_id == ASSOCIATION_LN else row for row in rows)

    def bits(self: Any, attribute: Attribute, role: Role) -> int:
        """Return the right to an attribute as bits."""
        granted = READ * attribute.readable(role) | WRITE * attribute.writable(role)
        return granted | (AUTHENTICATED_AND_ENCRYPTED if granted and role in CIPHERED else 0)

    def listed_access(self: Any, row: CosemObject, role: Role) -> Data:
        """Return the access rights that the object_list shows for an object."""
        attributes = (
            structure(
                integer(item.index),
                enum(self.bits(item, role)),
                array(*map(integer, item.selectors)) if item.selectors else null_data(),
            )
            for item in row.attributes
        )
        methods = (structure(integer(item.index), enum(int(item.usable(role)))) for item in row.methods)
        return structure(array(*attributes), array(*methods))


class ReadsWithoutTheBit(RightsInBits):
    """Let everybody read what is listed with no bit at all: the serial number."""

    def bits(self: Any, attribute: Attribute, role: Role) -> int:
        """Return no right to a value of plain data, though it is read."""
        return 0 if attribute.name == "value" else super().bits(attribute, role)


RIGHTS = "dlms/COSEM_attributes"
TEST = "test_objects.py::test_cosem_attributes"
#: What the sound meter must pass beside the test of attributes: whatever looks at rights.
LOOKED_AT = (
    TEST,
    "test_object_services.py::test_set_stores",
    "test_object_services.py::test_multiple_references",
    "test_profiles.py::test_profile_generic",
    "test_rights_of_writing.py::test_rights_of_writing",
    "test_rights_of_methods.py::test_rights_of_methods",
    "test_set_blocks.py::test_set_blocks",
)
KEPT = (Kept("objects", ReadsWithoutTheBit, RIGHTS, TEST, "listed as not readable, yet read"),)
SOUND = len(KEPT) + 1
RACK = ByPosition(
    id="BITS",
    title="Access rights in bits",
    defects={
        place: SlotDefect(id=f"BITS-{place}", title="Access rights in bits", slot="objects", mixin=mixin)
        for place, mixin in enumerate((*(fault.mixin for fault in KEPT), RightsInBits), 1)
    },
)
