"""Every attribute and method of the meter, given data of every type: refused in the words of the standard, or taken.

What a role may not write it cannot change; what it may, still reads as its class says; nothing raises.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.protocols import axdr
from bench.protocols.axdr import Data, DataType
from bench.protocols.cosem import CosemAttribute, CosemMethod, cosem_class
from bench.protocols.xdlms.results import ActionResult, DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import CosemObject, Role
from reference_meter.meter import Meter
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.product import Product
from tests.reference_meter.dlms.bench_client import bench_client
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client

ROLES = ("public", "reader", "management")
TRIES = 4


def random_data(chance: random.Random, depth: int = 0) -> Data:
    """Return a value of any type, shapes of the meter's own structures among them."""
    small, octets = chance.choice([0, 1, 2, 7, 0x7F, 0xFF]), chance.choice([0, 1, 5, 6, 12, 13])
    makers = [
        axdr.null_data,
        lambda: axdr.boolean(bool(small & 1)),
        lambda: axdr.bit_string("01" * small),
        lambda: axdr.double_long(chance.choice([0, -1, -(2**31), 2**31 - 1])),
        lambda: axdr.double_long_unsigned(chance.choice([0, 1, 2**32 - 1])),
        lambda: axdr.octet_string(chance.randbytes(octets)),
        lambda: axdr.octet_string(b"\xff" * octets),
        lambda: axdr.visible_string("x" * octets),
        lambda: axdr.integer(chance.choice([0, 1, -1, -128, 127])),
        lambda: axdr.unsigned(small),
        lambda: axdr.long_unsigned(chance.choice([0, 1, 0xFFFF])),
        lambda: axdr.long(chance.choice([0, -1, -(2**15)])),
        lambda: axdr.enum(small),
        lambda: axdr.long64(-1),
        lambda: Data(DataType.FLOAT32, 1.5),
        lambda: Data(DataType.DATE_TIME, chance.randbytes(12)),
    ]
    if depth < 3:
        inside = [random_data(chance, depth + 1) for _ in range(chance.choice([0, 1, 2, 3, 4, 8]))]
        makers += [lambda: axdr.structure(*inside), lambda: axdr.array(*inside)] * 2
    return chance.choice(makers)()


def like(chance: random.Random, value: Data) -> Data:
    """Return a value with the shape of ``value`` and other contents: it passes checks of types."""
    kind = value.type
    if isinstance(value.value, tuple):
        inside = [like(chance, element) for element in value.value]
        if kind is DataType.ARRAY and inside:
            inside = inside * chance.choice([0, 1, 2, 30])
        return Data(kind, tuple(inside))
    if isinstance(value.value, bytes):
        size = (
            len(value.value)
            if kind is not DataType.OCTET_STRING
            else chance.choice([0, len(value.value), 50])
        )
        return Data(kind, chance.choice([chance.randbytes(size), b"\xff" * size, bytes(size)]))
    if isinstance(value.value, bool):
        return Data(kind, not value.value)
    if isinstance(value.value, int):
        for number in chance.sample([0, 1, -1, 127, 255, 65535, 2**31 - 1, 2**32 - 1], 8):
            with suppress(ValueError):
                axdr.encode(Data(kind, number))
                return Data(kind, number)
    return value


def candidates(chance: random.Random, present: Data | None) -> Iterator[Data]:
    for _ in range(TRIES):
        yield random_data(chance)
        if present is not None:
            yield like(chance, present)


def associated(board: FakeBoard, meter: Meter, name: str, passwords: dict[str, bytes]) -> Role:
    """Open an association, so that what belongs to the current one can be read."""
    board.inputs = [type(board.inputs[0])(voltage_v=230.0)]
    meter.inputs_changed()
    assert Client(board, meter, name).associate(passwords.get(name)).startswith("6129")
    return Role(name)


def attributes(meter: Meter, role: Role) -> Iterator[tuple[CosemObject, CosemAttribute]]:
    for row in meter.objects.visible(role):
        for attribute in row.attributes:
            yield row, CosemAttribute(row.class_id, row.obis, attribute.index)


def present_value(meter: Meter, reference: CosemAttribute, role: Role) -> Data | None:
    try:
        return meter.objects.read(reference, role)
    except AccessError:
        return None


@pytest.mark.parametrize("name", ROLES)
def test_what_may_not_be_written_does_not_change(
    name: str, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    role = associated(board, meter, name, passwords)
    chance = random.Random(name)
    before = dict(board.chip.records)
    for row, reference in attributes(meter, role):
        attribute = row.attribute(reference.attribute)
        assert attribute is not None
        if attribute.writable(role):
            continue
        for value in candidates(chance, present_value(meter, reference, role)):
            with pytest.raises(AccessError) as refusal:
                meter.objects.write(reference, value, role)
            assert refusal.value.result is DataAccessResult.READ_WRITE_DENIED, str(reference)
    assert board.chip.records == before


@pytest.mark.parametrize("name", ROLES)
def test_what_may_be_written_stays_readable_as_its_class_says(
    name: str, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    role = associated(board, meter, name, passwords)
    chance = random.Random(f"{name} writes")
    for row, reference in attributes(meter, role):
        attribute = row.attribute(reference.attribute)
        assert attribute is not None
        if not attribute.writable(role):
            continue
        for value in candidates(chance, present_value(meter, reference, role)):
            with suppress(AccessError):
                meter.objects.write(reference, value, role)
            board.advance(0.01)
            shown = present_value(meter, reference, role)
            described = cosem_class(row.class_id, row.version)
            types = None if described is None else described.attribute(reference.attribute)
            if shown is not None:
                axdr.encode(shown)
                assert types is None or not types.types or shown.type in types.types, str(reference)


@pytest.mark.parametrize("name", ROLES)
def test_methods_take_or_refuse_whatever_they_get(
    name: str, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    role = associated(board, meter, name, passwords)
    chance = random.Random(f"{name} invokes")
    for row in meter.objects.visible(role):
        for method in row.methods:
            reference = CosemMethod(row.class_id, row.obis, method.index)
            for value in [None, *(random_data(chance) for _ in range(3 * TRIES))]:
                try:
                    returned = meter.objects.invoke(reference, value, role)
                except AccessError as refusal:
                    ActionResult(refusal.result)
                    continue
                assert method.usable(role), str(reference)
                assert returned is None or axdr.encode(returned)
            board.advance(0.01)


def test_after_all_that_every_attribute_still_reads(
    board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    role = associated(board, meter, "management", passwords)
    chance = random.Random("everything")
    for row, reference in attributes(meter, role):
        for value in candidates(chance, present_value(meter, reference, role)):
            with suppress(AccessError):
                meter.objects.write(reference, value, role)
        for method in row.methods:
            with suppress(AccessError):
                meter.objects.invoke(
                    CosemMethod(row.class_id, row.obis, method.index), random_data(chance), role
                )
    board.advance(120.0)
    for row, reference in attributes(meter, role):
        attribute = row.attribute(reference.attribute)
        if attribute is not None and attribute.readable(role):
            with suppress(AccessError):
                axdr.encode(meter.objects.read(reference, role))


@pytest.mark.parametrize("kind", ["signed-1", "cellular"])
def test_other_meters_take_or_refuse_everything_too(
    kind: str, power_up: Callable[[Product], Meter], product: Product, tmp_path: Path
) -> None:
    meter = power_up(CONFIGURATIONS[kind](product))
    name = "signed" if kind == "signed-1" else "security"
    client = bench_client(meter, tmp_path, name)
    client.open()
    chance = random.Random(kind)
    for row, reference in attributes(meter, Role.SECURITY):
        for value in candidates(chance, present_value(meter, reference, Role.SECURITY)):
            with suppress(AccessError):
                meter.objects.write(reference, value, Role.SECURITY)
        shown = present_value(meter, reference, Role.SECURITY)
        assert shown is None or axdr.encode(shown), str(row.obis)
    for row in meter.objects.visible(Role.SECURITY):
        for method in row.methods:
            for _ in range(3 * TRIES):
                with suppress(AccessError):
                    meter.objects.invoke(
                        CosemMethod(row.class_id, row.obis, method.index), random_data(chance), Role.SECURITY
                    )
