"""Nothing that may not be written or invoked changes anything: every read-only attribute, every method, wrong types."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import array, boolean, double_long, octet_string, structure, unsigned
from bench.protocols.cosem import CosemAttribute, CosemMethod
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.meter import Meter

VALUES = (
    boolean(True),
    unsigned(1),
    double_long(-1),
    octet_string(b""),
    octet_string(bytes(12)),
    array(),
    array(structure(unsigned(1))),
    structure(),
)


def records(meter: Meter) -> dict[str, bytes | None]:
    return {name: meter.board.memory.read(name) for name in meter.board.memory.names()}


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.READER, Role.MANAGEMENT])
def test_a_set_on_a_read_only_attribute_changes_nothing(meter: Meter, role: Role) -> None:
    before = records(meter)
    for row in meter.objects.visible(role):
        for attribute in row.attributes:
            if attribute.writable(role):
                continue
            for value in VALUES:
                with pytest.raises(AccessError):
                    meter.objects.write(CosemAttribute(row.class_id, row.obis, attribute.index), value, role)
    assert records(meter) == before


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.READER, Role.MANAGEMENT])
def test_a_method_with_a_wrong_type_changes_nothing(meter: Meter, role: Role) -> None:
    before = records(meter)
    for row in meter.objects.visible(role):
        for method in row.methods:
            for value in (None, *VALUES):
                if method.usable(role) and value is not None and value.type in method.types:
                    continue
                with pytest.raises(AccessError):
                    meter.objects.invoke(CosemMethod(row.class_id, row.obis, method.index), value, role)
    assert records(meter) == before


@pytest.mark.parametrize("value", VALUES)
def test_the_clock_and_the_calendar_refuse_what_they_cannot_read(meter: Meter, value) -> None:  # type: ignore[no-untyped-def]
    role = Role.MANAGEMENT
    for class_id, obis, attributes in ((8, "0-0:1.0.0", (2, 5, 6)), (20, "0-0:13.0.0", (7, 8, 9, 10))):
        row = next(found for found in meter.objects.rows if str(found.obis).startswith(obis))
        for index in attributes:
            attribute = row.attribute(index)
            assert attribute is not None
            if attribute.read is None or value in (array(), octet_string(bytes(12))):
                continue
            shown = attribute.read(meter)
            with pytest.raises(AccessError):
                meter.objects.write(CosemAttribute(class_id, row.obis, index), value, role)
            assert attribute.read(meter) == shown or index == 2
