"""The energy registers among each other: totals, phases, quadrants, apparent energy. Our own, derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.judgement.energies_agree import UNITS, kind_of
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.model import Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import reference_load
from bench.run.position import Position
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite

REGISTER, VALUE = 3, 2
#: Totals and quadrants, apparent energy, and active import of each phase: value group C.
GROUPS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 21, 41, 61)
#: Loads of quadrants I and IV; at 53 degrees active and reactive power are of like size.
LOADS = (("inductive load", 53.13), ("capacitive load", -53.13))
ACTIVE_SHARE = 0.6
#: Active energy of each load; a register that shows whole tens of Wh still shows it.
ENERGY_WH, CREDIT_MARGIN = 300.0, 1.5
TOPICS = {"active": Topic.REGISTER, "reactive": Topic.REACTIVE, "apparent": Topic.REGISTER}
TITLE = "OBIS codes of energy: totals, phases and quadrants"


@dataclass(frozen=True, slots=True)
class Register:
    """What a register weighs: the value of its last digit, and its unit."""

    resolution: float
    unit: int


@case(
    "dlms/energies_agree",
    blue_book_requirement(TITLE, Topic.REGISTER),
    needs=(Need.SOURCE, Need.READER),
    alters=[Alters.REGISTERS, Alters.CREDIT],
    stage=Stage.DOSE,
)
def test_energies_agree(bench: CaseBench) -> None:
    """Send one load of each quadrant of import through the meter, and compare what its registers made of them."""
    found = bench.together("energies agree", lambda: _measure(bench))
    for kind in UNITS:
        units = {obis: unit for obis, unit in found["units"].items() if kind_of(obis) == kind}
        # apparent energy is compared with the other two
        loads = [
            {**load, **{time: _of_kind(load[time], kind) for time in ("before", "after")}}
            for load in found["loads"]
        ]
        seen = bench.observe("energies", {**found, "kind": kind, "units": units, "loads": loads})
        requirement = blue_book_requirement(TITLE, TOPICS[kind])
        bench.judge("dlms.energies-agree/1", seen, sub=kind, requirement=requirement)


def _of_kind(values: dict[str, float], kind: str) -> dict[str, float]:
    return (
        values
        if kind == "apparent"
        else {obis: value for obis, value in values.items() if kind_of(obis) == kind}
    )


def _measure(bench: CaseBench) -> dict[str, Any]:
    """Return what each position's registers read between the loads; a position that fails has its fault there."""
    run, plate = bench.run, bench.declaration.nameplate
    current_a = max(float(plate.currents.resolve("Ib")), float(plate.currents.resolve("Imax")) / 6)
    power_w = plate.elements * plate.voltage_v * current_a * ACTIVE_SHARE
    run.energise()
    needed_wh = CREDIT_MARGIN * len(LOADS) * ENERGY_WH
    for position in run.positions.values():
        payment = position.declaration.payment
        if payment is not None and payment.accounting == "kwh":  # others are left with what they have
            ensure_credit(position, needed_wh * appetite(run, position.name))
    found: dict[str, Any] = {}
    weights: dict[str, dict[str, Register]] = {}
    for name, position in run.positions.items():
        try:
            weights[name] = _weights(position)
            read = _read(position, weights[name])
            found[name] = {
                "units": {obis: row.unit for obis, row in weights[name].items()},
                "resolutions": {obis: row.resolution for obis, row in weights[name].items()},
                "loads": [{"name": words, "lag_deg": lag_deg, "before": read} for words, lag_deg in LOADS],
            }
        except (Refused, LinkError) as error:
            found[name] = error
    for number, (_, lag_deg) in enumerate(LOADS):
        run.rack.apply(reference_load(run, current_a=current_a, lag_deg=lag_deg).setting())
        run.clock.sleep(ENERGY_WH / power_w * 3600)
        run.energise()
        for name in weights.keys() & found.keys():
            _after(run.positions[name], weights[name], found, name, number)
    return found


def _after(
    position: Position, weights: dict[str, Register], found: dict[str, Any], name: str, number: int
) -> None:
    """Read a position after a load; what it shows is also where the next load begins."""
    if isinstance(found[name], Exception):
        return
    try:
        read = _read(position, weights)
    except (Refused, LinkError) as error:
        found[name] = error
        return
    loads = found[name]["loads"]
    loads[number]["after"] = read
    for later in loads[number + 1 :]:
        later["before"] = read


def _weights(position: Position) -> dict[str, Register]:
    """Return the energy registers that the reader may read, by their codes."""
    found = {}
    with opened(position.client("reader")) as client:
        for obis in (f"1-0:{group}.8.0.255" for group in GROUPS):
            try:
                register = client.register(obis)
            except (Refused, UnexpectedData):
                continue  # not there; what is listed and cannot be read is judged with the attributes
            found[obis] = Register(resolution=register.resolution, unit=register.unit)
    return found


def _read(position: Position, weights: dict[str, Register]) -> dict[str, float]:
    with opened(position.client("reader")) as client:
        return {obis: _value(client, obis, row) for obis, row in weights.items()}


def _value(client: DlmsClient, obis: str, row: Register) -> float:
    return as_integer(client.get(REGISTER, obis, VALUE)) * row.resolution
