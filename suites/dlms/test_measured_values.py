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

VOLT, HERTZ = 35, 44
VOLTAGES = ("1-0:32.7.0.255", "1-0:52.7.0.255", "1-0:72.7.0.255", "1-0:12.7.0.255")
FREQUENCY = "1-0:14.7.0.255"
REGISTERS = frozenset({3, 4})


@case(
    "dlms/measured_values",
    blue_book_requirement("Register: scaler_unit", Topic.OBJECT),
    needs=[Need.METER, Need.SOURCE],
)
def test_measured_values(bench: CaseBench) -> None:
    """Voltages and frequency at reference conditions, scaled as their registers say."""
    bench.energise()
    for association in bench.position.usable_associations:
        with associated(bench, association) as client:
            values = _values(bench, client)
        if values:
            data = {"association": association.name, "values": values}
            bench.judge("dlms.measured-values/1", bench.observe("measured-values", data))
            return
    leave(bench, Outcome.INAPPLICABLE, "no association that can be opened lists a voltage or the frequency")


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
