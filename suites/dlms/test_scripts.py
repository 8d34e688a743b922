"""Scripts and what starts them: a client, a schedule, a register monitor. Our own, derived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.judgement.access_rights import readable, writable
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.axdr import array, encode, long_unsigned, octet_string, structure
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.data import Data
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.profile_reading import last_rows, new_rows, read_columns
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import known_objects

PROFILE, CLOCK, SCRIPTS, MONITOR, SCHEDULE = 7, 8, 9, 21, 22
BILLING, END_OF_BILLING = "1-0:98.1.0.255", "0-0:10.0.1.255"
BILLING_SCHEDULE = "0-0:15.0.0.255"
#: Voltage of the only or first phase, or of any.
VOLTAGES = frozenset({"1-0:32.7.0.255", "1-0:12.7.0.255"})
NO_SCRIPT = structure(octet_string(bytes(6)), long_unsigned(0))
ANY_WEEKDAY = 0xFF
#: The threshold lies between the voltages that are applied, both inside the range of operation.
THRESHOLD, RAISED = 1.03, 1.06
#: Long enough for a meter that looks at its values every few seconds.
LOOK_S, STAY_S, QUARTER_S = 10.0, 45.0, 900.0
ROWS, MARGIN_S = 4, 5.0
ALTERS = (Alters.SETTINGS, Alters.REGISTERS)

Listed = dict[tuple[int, str, int], dict[str, Any]]


class Billing:
    """Counts the rows that the billing profile has got since the beginning."""

    def __init__(self, bench: CaseBench, client: DlmsClient) -> None:
        association = bench.position.association("management")
        self._client = client
        self._selective = association is not None and "selective-access" in association.conformance
        self._before = self._tail()
        self.rows: list[list[Any]] = []

    def look(self) -> int:
        """Return how many rows there are that were not there at the beginning."""
        self.rows = new_rows(self._before, self._tail())
        return len(self.rows)

    def _tail(self) -> list[list[Any]]:
        return last_rows(self._client, BILLING, ROWS, selective=self._selective)

    def time_of_last(self) -> str:
        """Return the time of the newest row; "" where the profile has no clock or no new row."""
        place = read_columns(self._client, BILLING).place(CLOCK, "0-0:1.0.0.255")
        return str(self.rows[-1][place]) if place is not None and self.rows else ""


@contextmanager
def _managed(bench: CaseBench) -> Iterator[DlmsClient]:
    """Open the management association of a meter with a billing profile and the script that ends its period."""
    bench.energise()
    with opened(bench.position.client("management")) as client:
        try:
            client.get(PROFILE, BILLING, 1)
            client.get(SCRIPTS, END_OF_BILLING, 1)
        except Refused:
            leave(bench, Outcome.INAPPLICABLE, "no script that ends a billing period, or no billing profile")
        yield client


def _end_of_billing(client: DlmsClient) -> int:
    """Return the number of the first script of the table."""
    first = as_elements(client.get(SCRIPTS, END_OF_BILLING, 2))[0]
    return as_integer(as_elements(first)[0])


def _wait(bench: CaseBench, client: DlmsClient, wait_s: float) -> None:
    """Let time pass; an association that would not stay open that long is closed, and opened again."""
    stays_s = bench.declaration.communication.inactivity_time_out_s
    if not 0.0 < stays_s < 2 * wait_s:
        bench.clock.sleep(wait_s)
        return
    client.close()
    bench.clock.sleep(wait_s)
    client.open()


def _by_hand(bench: CaseBench, client: DlmsClient, billing: Billing) -> int:
    """Execute the script and return how many rows that made: meters may end no two periods one after the other."""
    before = billing.look()
    try:
        client.invoke(SCRIPTS, END_OF_BILLING, 1, long_unsigned(_end_of_billing(client)))
    except Refused:
        return 0
    _wait(bench, client, LOOK_S)
    return billing.look() - before


@case(
    "dlms/script_execute",
    blue_book_requirement("Script table: execute", Topic.OBJECT),
    needs=(Need.MANAGEMENT,),
    alters=ALTERS,
    stage=Stage.MEMORY,
    irreversible=True,
)
def test_script_execute(bench: CaseBench) -> None:
    """The script that ends the billing period is executed: the billing profile has one row more."""
    with _managed(bench) as client:
        billing = Billing(bench, client)
        client.invoke(SCRIPTS, END_OF_BILLING, 1, long_unsigned(_end_of_billing(client)))
        _wait(bench, client, LOOK_S)
        steps = [{"step": "executed", "rows": billing.look()}]
    bench.judge("dlms.script-effects/1", bench.observe("script", {"what": "execute", "steps": steps}))


@case(
    "dlms/schedule_runs",
    blue_book_requirement("Single action schedule: execution_time", Topic.OBJECT),
    needs=(Need.MANAGEMENT,),
    alters=ALTERS,
    stage=Stage.MEMORY,
    irreversible=True,
)
def test_schedule_runs(bench: CaseBench) -> None:
    """A schedule of the end of billing is set to the next quarter of an hour: one row then, none before and after."""
    with _managed(bench) as client:
        obis = BILLING_SCHEDULE
        if not _ends_billing(client, obis):
            leave(bench, Outcome.INAPPLICABLE, f"no schedule {obis} that ends the billing period")
        before = client.get(SCHEDULE, obis, 4)
        billing = Billing(bench, client)
        due, on, wait_s = _next_quarter(client)
        try:
            client.set(SCHEDULE, obis, 4, array(structure(octet_string(due), octet_string(on))))
            steps = [{"step": "before its time", "rows": billing.look()}]
            _wait(bench, client, wait_s + MARGIN_S)
            steps.append({"step": "at its time", "rows": billing.look()})
            _wait(bench, client, STAY_S)
            steps.append({"step": "after its time", "rows": billing.look()})
        finally:
            client.set(SCHEDULE, obis, 4, before)
        data = {"what": "schedule", "steps": steps, "due": due.hex(), "row_time": billing.time_of_last()}
        data["by_hand"] = _by_hand(bench, client, billing)
    bench.judge("dlms.script-effects/1", bench.observe("script", data))


def _ends_billing(client: DlmsClient, obis: str) -> bool:
    """Tell whether there is a schedule that runs the script of the end of billing."""
    try:
        table, _ = as_elements(client.get(SCHEDULE, obis, 2))
    except Refused:
        return False
    return as_octets(table) == Obis(END_OF_BILLING).to_bytes()


def _next_quarter(client: DlmsClient) -> tuple[bytes, bytes, float]:
    """Return time and date of the next full quarter of an hour of the meter's clock, and how far it is, s."""
    shown = replace(DateTime.from_bytes(as_octets(client.get(CLOCK, "0-0:1.0.0.255", 2))), deviation_min=0)
    now = shown.to_datetime()
    left_s = QUARTER_S - (now.minute * 60 + now.second) % QUARTER_S
    if left_s < 4 * MARGIN_S:
        left_s += QUARTER_S
    due = now + timedelta(seconds=left_s)
    on = due.year.to_bytes(2) + bytes((due.month, due.day, ANY_WEEKDAY))
    return bytes((due.hour, due.minute, 0, 0)), on, left_s


@case(
    "dlms/register_monitor",
    blue_book_requirement("Register monitor: thresholds and actions", Topic.OBJECT),
    needs=(Need.SOURCE, Need.MANAGEMENT),
    alters=ALTERS,
    stage=Stage.MEMORY,
    irreversible=True,
)
def test_register_monitor(bench: CaseBench) -> None:
    """The voltage crosses a threshold up, down and up: the script of the upward crossing runs at each, once."""
    with _managed(bench) as client:
        rows = known_objects(bench, client, "management")
        listed = {(row["class_id"], row["obis"], row["attribute"]): row for row in rows}
        found = next(filter(None, (_watches_voltage(client, listed, row) for row in listed.values())), None)
        if found is None:
            leave(
                bench, Outcome.INAPPLICABLE, "no register monitor of the voltage whose thresholds can be set"
            )
            return
        monitor, target = found
        before = {index: client.get(MONITOR, monitor, index) for index in (2, 4)}
        try:
            data = _cross(bench, client, monitor, target)
        finally:
            client.close()
            bench.energise()
            client.open()
            for index, value in before.items():
                client.set(MONITOR, monitor, index, value)
        data["restored"] = all(
            encode(client.get(MONITOR, monitor, index)) == encode(value) for index, value in before.items()
        )
    bench.judge("dlms.script-effects/1", bench.observe("script", data))


Target = tuple[int, str, int]


def _watches_voltage(client: DlmsClient, listed: Listed, row: dict[str, Any]) -> tuple[str, Target] | None:
    """Return monitor and monitored attribute, where thresholds and actions of a monitor of voltage can be set."""
    obis = row["obis"]
    if (row["class_id"], row["attribute"]) != (MONITOR, 3) or not readable(row):
        return None
    own = [listed.get((MONITOR, obis, index)) for index in (2, 4)]
    if not all(item is not None and readable(item) and writable(item) for item in own):
        return None
    class_id, name, attribute = as_elements(client.get(MONITOR, obis, 3))
    code = str(Obis.from_bytes(as_octets(name)))
    return (obis, (as_integer(class_id), code, as_integer(attribute))) if code in VOLTAGES else None


def _cross(bench: CaseBench, client: DlmsClient, monitor: str, target: Target) -> dict[str, Any]:
    """Set one threshold, take the voltage over it and back, and count what the script did at each step."""
    value = client.get(*target)
    threshold = round(as_integer(value) * THRESHOLD)
    up = structure(octet_string(Obis(END_OF_BILLING).to_bytes()), long_unsigned(_end_of_billing(client)))
    client.set(MONITOR, monitor, 4, array(structure(up, NO_SCRIPT)))
    client.set(MONITOR, monitor, 2, array(Data(value.type, threshold)))
    billing = Billing(bench, client)
    steps: list[dict[str, Any]] = []
    for step, factor, wait_s in (
        ("below the threshold", 1.0, LOOK_S),
        ("raised above it", RAISED, LOOK_S),
        ("still above it", RAISED, STAY_S),
        ("back below it", 1.0, LOOK_S),
        ("above it again", RAISED, LOOK_S),
    ):
        client.close()  # changing the voltage takes its time, too
        bench.run.load(voltage_factor=factor, current_a=0.0, lag_deg=0.0)
        bench.clock.sleep(wait_s)
        client.open()
        steps.append({"step": step, "value": as_integer(client.get(*target)), "rows": billing.look()})
    by_hand = _by_hand(bench, client, billing)
    return {"what": "monitor", "monitor": monitor, "threshold": threshold, "steps": steps, "by_hand": by_hand}
