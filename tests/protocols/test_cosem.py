"""OBIS codes, references, class tables."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import DataType
from bench.protocols.cosem import CLASSES, CosemAttribute, CosemMethod, Obis, cosem_class


@pytest.mark.parametrize("text", ["1-0:1.8.0.255", "1-0:1.8.0", "1.0.1.8.0.255", "1-0:1.8.0*255"])
def test_obis_is_read_in_the_usual_notations(text: str) -> None:
    assert str(Obis(text)) == "1-0:1.8.0.255"
    assert Obis(text).to_bytes().hex() == "0100010800ff"
    assert Obis.from_bytes(bytes.fromhex("0100010800ff")) == Obis(text)


@pytest.mark.parametrize("text", ["", "1-0:1.8", "1-0:1.8.256.255", "clock", "1-0:1.8.0.255.1"])
def test_other_text_is_no_obis(text: str) -> None:
    with pytest.raises(ValueError, match="OBIS"):
        Obis(text)


def test_a_group_may_be_zero() -> None:
    assert Obis("0-0:1.0.0.0").to_bytes().hex() == "000001000000"


def test_references_on_the_line() -> None:
    clock = Obis("0-0:1.0.0")

    assert CosemAttribute(8, clock, 2).to_bytes().hex() == "00080000010000ff02"
    assert CosemMethod(15, Obis("0-0:40.0.0"), -1).to_bytes().hex() == "000f0000280000ffff"
    assert str(CosemAttribute(8, clock, 2)) == "8/0-0:1.0.0.255/2"


def test_class_table_covers_the_objects_of_a_prepayment_meter() -> None:
    wanted = {
        (1, 0),
        (3, 0),
        (8, 0),
        (15, 2),
        (17, 0),
        (23, 1),
        (70, 0),
        (111, 0),
        (112, 0),
        (113, 0),
        (115, 0),
        (116, 0),
    }

    assert wanted <= set(CLASSES)


def test_rows_are_numbered_from_the_logical_name() -> None:
    for row in CLASSES.values():
        assert [attribute.index for attribute in row.attributes] == list(range(1, len(row.attributes) + 1))
        assert row.attributes[0].types == (DataType.OCTET_STRING,)
        assert {attribute.status for attribute in row.attributes} <= {"V", "R", "U"}


def test_rows_are_found_by_index() -> None:
    clock = cosem_class(8, 0)

    assert clock is not None
    attribute, method = clock.attribute(3), clock.method(6)
    assert attribute is not None
    assert (attribute.name, attribute.types) == ("time_zone", (DataType.LONG,))
    assert method is not None
    assert method.name == "shift_time"
    assert clock.attribute(10) is None
    assert clock.method(7) is None
    assert cosem_class(8, 1) is None
