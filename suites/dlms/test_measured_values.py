"""What the meter says it measures, against what the bench applies: scalers and units. Our own."""

from __future__ import annotations

from typing import Any

from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.values import as_elements, as_integer
from bench.record.model import Outcome, Topic
from bench.run.case import Need, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import associated, list_objects

WATT, VOLT_AMPERE, VAR, WATT_HOUR, VOLT_AMPERE_HOUR, VAR_HOUR, AMPERE, VOLT, HERTZ = (
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    35,
    44,
)
#: Value groups C and D of electricity codes -> the quantity and its unit (dlms.md 7); C of all phases and of each.
_PHASES = (0, 20, 40, 60)
_TOTALS = {
    **{(c, 8): ("active energy", WATT_HOUR) for c in (1, 2, 15)},
    **{(c, 8): ("reactive energy", VAR_HOUR) for c in range(3, 9)},
    **{(c, 8): ("apparent energy", VOLT_AMPERE_HOUR) for c in (9, 10)},
    **{(c, 7): ("active power", WATT) for c in (1, 2, 15)},
    **{(c, 7): ("reactive power", VAR) for c in (3, 4)},
    **{(c, 7): ("apparent power", VOLT_AMPERE) for c in (9, 10)},
    **{(c, 6): ("maximum demand", WATT) for c in (1, 2)},
    (11, 7): ("current", AMPERE),
    (12, 7): ("voltage", VOLT),
}
QUANTITIES = {(c + phase, d): said for (c, d), said in _TOTALS.items() for phase in _PHASES} | {
    (14, 7): ("frequency", HERTZ),
    (91, 7): ("neutral current", AMPERE),
}
VOLTAGES = ("1-0:32.7.0.255", "1-0:52.7.0.255", "1-0:72.7.0.255", "1-0:12.7.0.255")
FREQUENCY = "1-0:14.7.0.255"
REGISTERS = frozenset({3, 4})
ELECTRICITY, INSTANTANEOUS = 1, 7


@case(
    "dlms/measured_values",
    blue_book_requirement("Register: scaler_unit", Topic.OBJECT),
    needs=[Need.METER, Need.SOURCE],
)
def test_measured_values(bench: CaseBench) -> None:
    """Voltages and frequency at reference conditions, scaled as their registers say; the units of all registers."""
    bench.energise()
    for association in bench.position.usable_associations:
        with associated(bench, association) as client:
            values = _values(bench, client)
            registers = _units(client)
        if registers:
            told = {"association": association.name, "registers": registers}
            bench.judge("dlms.units/1", bench.observe("units", told), sub="units")
        if values:
            data = {"association": association.name, "values": values}
            bench.judge("dlms.measured-values/1", bench.observe("measured-values", data))
            return
    leave(bench, Outcome.INAPPLICABLE, "no association that can be opened lists a voltage or the frequency")


def _units(client: DlmsClient) -> list[dict[str, Any]]:
    """Read the units of the electricity registers whose quantity their code names."""
    found = []
    listed = {(row["obis"], row["class_id"]) for row in list_objects(client) if row["class_id"] in REGISTERS}
    for obis, class_id in sorted(listed):
        medium, c, d, e = _groups(obis)
        harmonic = d == INSTANTANEOUS and e > 0
        if medium != ELECTRICITY or harmonic or (c, d) not in QUANTITIES:
            continue
        name, unit_due = QUANTITIES[c, d]
        try:
            _, unit = map(as_integer, as_elements(client.get(class_id, obis, 3)))
        except (Refused, ValueError):
            continue  # judged with the attributes
        found.append({"name": name, "obis": obis, "unit": unit, "unit_due": unit_due})
    return found


def _groups(obis: str) -> tuple[int, int, int, int]:
    """Return value groups A, C, D and E of "A-B:C.D.E.F"."""
    medium, _, rest = obis.partition("-")
    c, d, e = rest.partition(":")[2].split(".")[:3]
    return int(medium), int(c), int(d), int(e)


def _values(bench: CaseBench, client: DlmsClient) -> list[dict[str, Any]]:
    plate = bench.declaration.nameplate
    applied = dict.fromkeys(VOLTAGES, ("voltage", plate.voltage_v, VOLT, "V"))
    applied[FREQUENCY] = ("frequency", plate.frequency_hz, HERTZ, "Hz")
    found = []
    listed = {(row["obis"], row["class_id"]) for row in list_objects(client) if row["class_id"] in REGISTERS}
    for obis, class_id in sorted(listed):
        if obis not in applied:
            continue
        name, value, unit_due, symbol = applied[obis]
        try:
            raw = as_integer(client.get(class_id, obis, 2))
            scaler, unit = map(as_integer, as_elements(client.get(class_id, obis, 3)))
        except (Refused, ValueError):
            continue  # that it cannot be read, or reads as something else, is judged with the attributes
        found.append(
            {
                "name": name,
                "obis": obis,
                "applied": value,
                "raw": raw,
                "scaler": scaler,
                "unit": unit,
                "unit_due": unit_due,
                "symbol": symbol,
            }
        )
    return found
