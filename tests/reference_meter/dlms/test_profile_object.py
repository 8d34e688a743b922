"""Profile generic: capturing with the clock, and selective access at its edges."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import Data, decode_all
from bench.protocols.cosem_time import DateTime
from reference_meter.meter import Meter
from reference_meter.products.manufacture import deliver
from tests.reference_meter.dlms.fake_board import START, FakeBoard
from tests.reference_meter.dlms.octet_client import Client

LOAD = "000701006301 00ff".replace(" ", "")
CLOCK = "0204120008090600000100 00ff0f02120000".replace(" ", "")
ENERGY = "020412000309060100010800ff0f02120000"


@pytest.fixture
def reader(reader: Client, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> Client:
    deliver(meter.product, board.memory, START)  # 192 quarters up to 10:30
    reader.associate(passwords["reader"])
    return reader


def rows(client: Client, selection: str = "00") -> tuple[Data, ...]:
    answer = get(client, f"{LOAD}02{selection}")
    return answer.items()


def get(client: Client, reference: str) -> Data:
    """Read an attribute, in blocks where it comes in blocks."""
    answer = bytes.fromhex(client.request(f"c001c1{reference}"))
    if answer[1] == 1:
        assert answer[3] == 0, answer.hex()
        return decode_all(answer[4:])
    raw = b""
    while True:
        size = answer[9]
        start = 10 + (size & 0x7F if size & 0x80 else 0)
        raw += answer[start:]
        if answer[3]:
            return decode_all(raw)
        answer = bytes.fromhex(client.request(f"c002c1{answer[4:8].hex()}"))


def moment(hour: int, minute: int, day: int = 4) -> str:
    octets = DateTime(year=2026, month=5, day=day, hour=hour, minute=minute, second=0, deviation_min=0)
    return "090c" + octets.to_bytes().hex()


def by_range(begin: str, end: str, columns: str = "0100") -> str:
    return f"01010204{CLOCK}{begin}{end}{columns}"


def by_entry(first: int, last: int, first_value: int = 1, last_value: int = 0) -> str:
    return f"0102020406{first:08x}06{last:08x}12{first_value:04x}12{last_value:04x}"


def test_the_whole_buffer_is_sorted_and_counts_as_it_says(reader: Client) -> None:
    times = [row.items()[0].octets() for row in rows(reader)]
    assert len(times) == 192
    assert times == sorted(times)
    assert times[-1][:8].hex() == "07ea0504010c1e00"  # 2026-05-04, Monday, 12:30:00 in summer time
    assert get(reader, f"{LOAD}0700").number() == 192


def test_a_row_is_captured_at_each_full_quarter(reader: Client, board: FakeBoard) -> None:
    board.advance(3600)
    reader.associate(reader.meter.product.communication.associations[1].password)
    captured = rows(reader)[192:]
    assert [row.items()[0].octets()[5:7].hex() for row in captured] == ["0c2d", "0d00", "0d0f", "0d1e"]
    energies = [row.items()[2].number() for row in captured]
    assert energies == sorted(energies)
    assert energies[-1] > energies[0] > 0


def test_ranges(reader: Client) -> None:
    assert len(rows(reader, by_range(moment(10, 0), moment(10, 30)))) == 3
    assert rows(reader, by_range(moment(10, 0, day=5), moment(11, 0, day=5))) == ()
    two = rows(reader, by_range(moment(10, 15), moment(10, 15), f"0102{CLOCK}{ENERGY}"))
    assert [len(row.items()) for row in two] == [2]


def test_entries(reader: Client) -> None:
    everything = rows(reader)
    assert rows(reader, by_entry(1, 0)) == everything
    assert rows(reader, by_entry(192, 192)) == everything[-1:]
    assert rows(reader, by_entry(193, 200)) == ()
    (cell,) = rows(reader, by_entry(2, 2, 3, 3))
    assert cell.items() == (everything[1].items()[2],)


def test_a_column_that_is_not_captured_is_out_of_scope(reader: Client) -> None:
    unknown = ENERGY.replace("0100010800", "0100020800")
    selection = by_range(moment(10, 0), moment(10, 30), f"0101{unknown}")
    assert reader.request(f"c001c1{LOAD}02{selection}") == "c401c1010d"


def test_the_standard_event_log_tells_of_power_ups(reader: Client) -> None:
    (first, *_) = get(reader, "000700006362 00ff0200".replace(" ", "")).items()
    assert first.items()[1].number() == 2
