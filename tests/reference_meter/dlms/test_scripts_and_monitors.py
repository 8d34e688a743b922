"""Schedules, scripts, register monitors, alarms and histories of the meter, as management sees and sets them."""

from __future__ import annotations

from datetime import datetime

import pytest

from bench.protocols.axdr import (
    Data,
    array,
    decode_all,
    double_long,
    double_long_unsigned,
    encode,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.events.event_logs import Log
from tests.reference_meter.fake_board import FakeBoard

MONITOR, BILLING = "0-0:16.0.1", "1-0:98.1.0"
BILLING_SCRIPT, NO_SCRIPT = ("0-0:10.0.1", 1), ("0-0:0.0.0", 0)
ANY_DAY = bytes.fromhex("ffffffffff")


class Managed:
    """A meter whose objects management reads and writes."""

    def __init__(self) -> None:
        self.board = FakeBoard()
        self.meter = self.board.power_up()

    def read(self, class_id: int, obis: str, index: int = 2) -> Data:
        read = self.meter.objects.read(CosemAttribute(class_id, Obis(obis), index), Role.MANAGEMENT)
        return decode_all(encode(read))

    def write(self, class_id: int, obis: str, index: int, value: Data) -> None:
        self.meter.objects.write(CosemAttribute(class_id, Obis(obis), index), value, Role.MANAGEMENT)

    def invoke(self, class_id: int, obis: str, index: int, value: Data) -> None:
        self.meter.objects.invoke(CosemMethod(class_id, Obis(obis), index), value, Role.MANAGEMENT)

    def rows(self, obis: str) -> tuple[Data, ...]:
        return tuple(self.read(7, obis).items())

    def times(self, obis: str) -> list[bytes]:
        return [row.items()[0].octets() for row in self.rows(obis)]

    def watch(
        self, threshold: int, *, up: tuple[str, int] = NO_SCRIPT, down: tuple[str, int] = NO_SCRIPT
    ) -> None:
        items = (structure(octet_string(Obis(table).to_bytes()), long_unsigned(n)) for table, n in (up, down))
        self.write(21, MONITOR, 4, array(structure(*items)))
        self.write(21, MONITOR, 2, array(long_unsigned(threshold)))


@pytest.fixture
def managed() -> Managed:
    return Managed()


def test_a_monitor_runs_its_script_at_each_upward_crossing(managed: Managed) -> None:
    before = len(managed.rows(BILLING))
    managed.watch(2400, up=BILLING_SCRIPT)
    for voltage_v, rows in ((239.0, 0), (240.0, 0), (241.0, 1), (245.0, 1), (239.0, 1), (241.0, 2)):
        managed.board.put(voltage_v=voltage_v)
        managed.board.run(1.0)
        assert len(managed.rows(BILLING)) - before == rows, voltage_v


def test_a_monitor_runs_another_script_downwards(managed: Managed) -> None:
    managed.watch(2200, down=("0-0:10.0.106", 1))
    managed.board.put(voltage_v=219.0)
    managed.board.run(2.0)
    assert not managed.board.relay_closed
    entry = managed.meter.events.list(Log.SUPPLY)[-1]
    assert (entry["event"], entry["actor"]) == ("disconnected", "monitor")


def test_a_crossing_without_supply_acts_when_supply_is_back(managed: Managed) -> None:
    before = len(managed.rows(BILLING))
    managed.watch(2400, up=BILLING_SCRIPT)
    managed.board.power_down()
    managed.board.put(voltage_v=241.0)
    managed.meter = managed.board.power_up()
    assert len(managed.rows(BILLING)) - before == 1


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (2, array(double_long_unsigned(2400))),  # the voltage is of another type
        (2, array(*(long_unsigned(n) for n in range(9)))),
        (4, array(structure(octet_string(b"x" * 6), long_unsigned(1)))),
        (
            4,
            array(
                structure(
                    *(structure(octet_string(Obis("0-0:10.0.1").to_bytes()), long_unsigned(7)) for _ in "ud")
                )
            ),
        ),
    ],
)
def test_a_monitor_refuses_what_it_cannot_watch_or_do(managed: Managed, index: int, value: Data) -> None:
    before = encode(managed.read(21, MONITOR, index))
    with pytest.raises(AccessError):
        managed.write(21, MONITOR, index, value)
    assert encode(managed.read(21, MONITOR, index)) == before


def test_billing_ends_when_its_schedule_says(managed: Managed) -> None:
    board = managed.board
    before = len(managed.rows(BILLING))
    local = managed.meter.clock.local()
    assert managed.read(22, "0-0:15.0.0", 4).items()[0].items()[1].octets() == bytes.fromhex("ffffff01ff")
    due = bytes(((local.hour + 1) % 24, 15, 0, 0))
    managed.write(22, "0-0:15.0.0", 4, array(structure(octet_string(due), octet_string(ANY_DAY))))
    board.run(24 * 3600.0)
    assert len(managed.rows(BILLING)) - before == 1
    assert managed.times(BILLING)[-1][5:7] == due[:2]
    board.run(24 * 3600.0)
    assert len(managed.rows(BILLING)) - before == 2


def test_a_billing_missed_without_supply_is_made_up_for_once(managed: Managed) -> None:
    before, local = len(managed.rows(BILLING)), managed.meter.clock.local()
    due = bytes(((local.hour + 1) % 24, 15, 0, 0))
    managed.write(22, "0-0:15.0.0", 4, array(structure(octet_string(due), octet_string(ANY_DAY))))
    managed.board.power_down()
    managed.board.run(3 * 3600.0)
    managed.meter = managed.board.power_up()
    managed.board.run(3600.0)
    assert len(managed.rows(BILLING)) - before == 1


@pytest.mark.parametrize("at", [bytes((10, 7, 0, 0)), bytes((0xFF, 0, 0, 0)), bytes((25, 0, 0, 0)), bytes(3)])
def test_billing_ends_at_full_quarters_only(managed: Managed, at: bytes) -> None:
    with pytest.raises(AccessError):
        managed.write(22, "0-0:15.0.0", 4, array(structure(octet_string(at), octet_string(ANY_DAY))))


def test_scripts_do_what_they_say_and_others_are_refused(managed: Managed) -> None:
    before = len(managed.rows(BILLING))
    managed.invoke(9, "0-0:10.0.1", 1, long_unsigned(1))
    assert len(managed.rows(BILLING)) - before == 1
    for table, selector in (("0-0:10.0.1", 2), ("0-0:10.0.107", 1)):  # the second: no image was verified
        with pytest.raises(AccessError):
            managed.invoke(9, table, 1, long_unsigned(selector))


def test_an_alarm_stays_in_the_descriptor_until_it_is_taken_back(managed: Managed) -> None:
    board, descriptor = managed.board, "0-0:97.98.20"
    board.senses.battery_v = 2.0
    managed.meter.senses_changed()
    board.run(5.0)
    assert managed.read(1, descriptor).number() == 0x02
    board.senses.battery_v = 3.6
    managed.meter.senses_changed()
    board.run(5.0)
    assert (managed.read(1, "0-0:97.98.0").number(), managed.read(1, descriptor).number()) == (0, 0x02)
    managed.meter = board.power_cycle()
    assert managed.read(1, descriptor).number() == 0x02
    managed.write(1, descriptor, 2, double_long_unsigned(0))
    assert managed.read(1, descriptor).number() == 0


def test_power_failures_are_logged_with_their_duration(managed: Managed) -> None:
    for lasted_s in (30.0, 600.0):
        managed.board.power_down()
        managed.board.run(lasted_s)
        managed.meter = managed.board.power_up()
        managed.board.run(10.0)
    rows = managed.rows("1-0:99.97.0")
    assert [row.items()[1].number() for row in rows] == [30, 600]
    assert managed.read(1, "0-0:96.7.19").number() == 600
    entry = managed.meter.events.list(Log.POWER_FAILURE)[-1]
    back = managed.meter.clock.local(datetime.fromisoformat(entry["time"]))
    assert rows[-1].items()[0].octets()[5:8] == bytes((back.hour, back.minute, back.second))


def test_changes_of_credit_are_kept_with_what_was_left(managed: Managed) -> None:
    for change in (500, -200):
        managed.invoke(112, "0-0:19.10.0", 1, double_long(change))
    assert [row.items()[1].number() for row in managed.rows("0-0:99.15.0")] == [10_500, 10_300]
