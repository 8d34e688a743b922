"""Charges: the standing charge over an outage and while disconnected, steps within a month and at its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bench.protocols.axdr import (
    Data,
    array,
    bit_string,
    double_long_unsigned,
    integer,
    long,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.cosem import Obis
from bench.protocols.values import as_elements, as_octets
from bench.record.declaration import ChargesDeclaration
from bench.record.model import Observation, Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.meter_clock import MeterTime, time_of
from bench.run.supply_desk import ACCOUNT, SupplyDesk
from bench.run.supply_story import prepare
from suites.dual.requirements import supply_requirement

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY)
ALTERS = (Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS, Alters.SETTINGS)
UNIT_WH, PERIOD_S = 20, 60
RUNS, OUTAGE = 7, 5
"""Periods that a charge runs, and how many of them without supply."""
FIRST_PRICE, SECOND_PRICE = 1000, 1500
PRICES = ((b"\x00\x01", FIRST_PRICE), (b"\x00\x02", SECOND_PRICE))
ONE_PRICE = ((b"\x00\x01", 1000), (b"\x00\x02", 1000))
STEP_WH, DRAWN_WH = 60, 120
LOAD = 0.4
PRICED = supply_requirement("I4 debit = energy x price: at a price of one, the energy", Topic.CLOSURE)
BEFORE_MIDNIGHT_S = 30


@case(
    "dual/charge/missed",
    supply_requirement("R-039 standing charge that fell due without supply", Topic.CREDIT),
    needs=NEEDS,
    alters=ALTERS,
    stage=Stage.SUPPLY,
)
def test_missed(bench: CaseBench) -> None:
    """Let a standing charge run over an outage of several periods."""
    standing = _standing_declared(bench)
    if not standing:
        return
    with SupplyDesk(bench) as desk:
        prepare(desk)
        held = desk.client.get(113, standing, 5)
        answers = _run_standing(desk, standing)
        before = desk.look()
        bench.clock.sleep(PERIOD_S)
        desk.do("power_cut", off_s=float(OUTAGE * PERIOD_S))
        bench.clock.sleep((RUNS - OUTAGE - 1) * PERIOD_S)
        seen = _seen(desk, before, answers, "over an outage", without_supply_s=OUTAGE * PERIOD_S)
        _charge(desk, standing, held)
    bench.judge("dual.standing-charge/1", seen)


@case(
    "dual/charge/while_disconnected",
    supply_requirement("R-039 standing charge in the states of supply that are configured", Topic.CREDIT),
    needs=NEEDS,
    alters=ALTERS,
    stage=Stage.SUPPLY,
)
def test_while_disconnected(bench: CaseBench) -> None:
    """Configure that a standing charge is not collected while disconnected; disconnect, and let it run."""
    standing = _standing_declared(bench)
    if not standing:
        return
    supply = bench.declaration.supply
    if supply is None or supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode cannot disconnect")
        return
    with SupplyDesk(bench) as desk:
        prepare(desk)
        held = desk.client.get(113, standing, 5)
        configured = _not_while_disconnected(desk, standing)
        answers = [configured, *_run_standing(desk, standing)]
        answers.append(desk.do("remote_disconnect")["answer"])
        before = desk.look()
        desk.do("wait", s=float(OUTAGE * PERIOD_S))
        shut = _seen(desk, before, answers, "while disconnected", excluded=True)
        prepare(desk)
        before = desk.look()
        desk.do("wait", s=float(OUTAGE * PERIOD_S))
        connected = _seen(desk, before, answers, "connected again")
        _charge(desk, standing, held)
    bench.judge("dual.standing-charge/1", shut, sub="disconnected")
    bench.judge("dual.standing-charge/1", connected, sub="connected")


@case(
    "dual/charge/steps",
    supply_requirement("R-032 steps of a month, weighted kWh (3.7 T-b)", Topic.TARIFF),
    needs=NEEDS,
    alters=ALTERS,
    stage=Stage.CLOSING,
)
def test_steps(bench: CaseBench) -> None:
    """Price kWh by steps; draw across a threshold, and again after the month has ended by the meter's clock.

    The same draw at one price tells how much it is, as the meter counts.
    """
    charges = _declared(bench)
    payment = bench.declaration.payment
    if charges is None or payment is None or payment.accounting == "currency":
        bench.state(Outcome.INAPPLICABLE, "no prices in Wh that management may change are declared")
        return
    if charges.consumption is None or charges.steps is None or charges.month_energy is None:
        bench.state(Outcome.INAPPLICABLE, "no steps that management may change are declared")
        return
    with SupplyDesk(bench) as desk:
        prepare(desk)
        desk.hold((21, charges.steps), 2)
        held = desk.client.get(113, charges.consumption, 5)
        flat = _charge(desk, charges.consumption, _unit_charge(ONE_PRICE, 3))
        one = _draw(desk, charges, "at one price")
        at_one_price = {"at_one_price_wh": one["credit_before_wh"] - one["credit_after_wh"]}
        month_wh = _month_wh(desk, charges)
        threshold_wh = int(month_wh) + STEP_WH
        steps = array(double_long_unsigned(threshold_wh))
        answers = [
            *flat,
            desk.write((21, charges.steps), 2, steps),
            *_charge(desk, charges.consumption, _unit_charge(PRICES, 3)),
        ]
        draws = [_draw(desk, charges, "across the step") | at_one_price]
        time = time_of(bench, desk.client)
        answers.append(time.set(desk.client, _before_month_end(time)))
        desk.do("wait", s=2.0 * BEFORE_MIDNIGHT_S)
        draws.append(_draw(desk, charges, "after the month's end", month_before_wh=0.0) | at_one_price)
        time.set(desk.client, bench.clock.utc() + time.offset)
        answers += _charge(desk, charges.consumption, held)
        seen = bench.observe(
            "step-charge",
            {
                "answers": answers,
                "threshold_wh": float(threshold_wh),
                "first_price": float(FIRST_PRICE),
                "second_price": float(SECOND_PRICE),
                "at_one_price": one,
                "register_resolution_wh": desk.register_wh,
                "draws": draws,
            },
        )
    bench.judge("dual.unit-charge/1", seen, sub="one_price", requirement=PRICED)
    bench.judge("dual.step-charge/2", seen)


def _declared(bench: CaseBench) -> ChargesDeclaration | None:
    payment = bench.declaration.payment
    return payment.charges if payment is not None else None


def _standing_declared(bench: CaseBench) -> str:
    """Return the standing charge that management may change; write the verdict where there is none."""
    charges = _declared(bench)
    if charges is None or charges.standing is None:
        bench.state(Outcome.INAPPLICABLE, "no standing charge that management may change is declared")
        return ""
    return charges.standing


def _unit_charge(rows: tuple[tuple[bytes, int], ...], scale: int) -> Data:
    energy = octet_string(Obis("1-0:1.8.0.255").to_bytes())
    return structure(
        structure(integer(scale), integer(0)),
        structure(long_unsigned(3), energy, integer(2)),
        array(*(structure(octet_string(index), long(price)) for index, price in rows)),
    )


def _charge(desk: SupplyDesk, obis: str, unit_charge: Data) -> list[str]:
    """Put a unit charge into force, by the passive one and its activation."""
    return [desk.write((113, obis), 6, unit_charge), desk.ask((113, obis), 2, integer(0))]


def _run_standing(desk: SupplyDesk, obis: str) -> list[str]:
    """Let the standing charge run."""
    payment = desk.bench.declaration.payment
    units = round(UNIT_WH / payment.credit_resolution_wh) if payment is not None else UNIT_WH
    desk.hold((113, obis), 8)
    period = desk.write((113, obis), 8, double_long_unsigned(PERIOD_S))
    return [period, *_charge(desk, obis, _unit_charge(((b"", units),), 0))]


def _seen(
    desk: SupplyDesk,
    before: dict[str, Any],
    answers: list[str],
    what: str,
    *,
    without_supply_s: float = 0.0,
    excluded: bool = False,
) -> Observation:
    """Look again, and record what a standing charge has taken since ``before``."""
    after = desk.look()
    time_s = after["time_s"] - before["time_s"]
    data = {
        "what": what,
        "answers": answers,
        "unit_wh": float(UNIT_WH),
        "period_s": float(PERIOD_S),
        "time_s": time_s,
        "credit_before_wh": before["credit_wh"],
        "credit_after_wh": after["credit_wh"],
        "used_wh": max(0.0, after["register_wh"] - before["register_wh"]),
        "without_supply_s": without_supply_s,
        "excluded_s": time_s if excluded else 0.0,
    }
    return desk.bench.observe("standing-charge", data)


def _not_while_disconnected(desk: SupplyDesk, obis: str) -> str:
    """Clear the first of the collection bits of a charge in credit_charge_configuration."""
    wanted = Obis(obis).to_bytes()
    desk.hold(ACCOUNT, 11)
    rows = []
    for row in as_elements(desk.client.get(*ACCOUNT, 11)):
        credit, charge, states = as_elements(row)
        if as_octets(charge) == wanted:
            states = bit_string("0" + str(states.value)[1:])
        rows.append(structure(credit, charge, states))
    return desk.write(ACCOUNT, 11, array(*rows))


def _draw(
    desk: SupplyDesk, charges: ChargesDeclaration, what: str, month_before_wh: float | None = None
) -> dict[str, Any]:
    """Draw some energy; tell register and credit before and after, and what the month had before."""
    plate = desk.bench.declaration.nameplate
    power_w = int(LOAD * plate.voltage_v * plate.maximum_current_a * plate.elements)
    before = desk.look()
    month_wh = _month_wh(desk, charges) if month_before_wh is None else month_before_wh
    desk.do("load", w=power_w)
    desk.do("wait", s=round(DRAWN_WH * 3600 / power_w, 1))
    desk.do("load", w=0)
    after = desk.look()
    return {
        "what": what,
        "month_before_wh": month_wh,
        "register_before_wh": before["register_wh"],
        "register_after_wh": after["register_wh"],
        "credit_before_wh": before["credit_wh"],
        "credit_after_wh": after["credit_wh"],
    }


def _month_wh(desk: SupplyDesk, charges: ChargesDeclaration) -> float:
    return desk.client.register(charges.month_energy or "").value


def _before_month_end(time: MeterTime) -> datetime:
    """Return the instant shortly before the month of the meter's clock ends, whatever its deviation is by then."""
    local = time.rules.local(time.bench.clock.utc() + time.offset)
    following = (local.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return time.rules.instant(following) - timedelta(seconds=BEFORE_MIDNIGHT_S)
