"""One story as a head-end lives it: from the vending of a token to the bill of the month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import DlmsClient, opened
from bench.protocols.axdr import octet_string
from bench.protocols.values import as_octets
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.meter_clock import meter_time, story_year
from bench.run.prepayment import WH_PER_LEAST_UNIT, ensure_credit, enter_token, read_credit
from bench.run.profile_reading import last_rows, new_rows, read_columns
from bench.run.spending import Spends
from bench.run.switch import bring_to
from bench.run.token_carriers import KeypadCarrier
from bench.standards.control_modes import ControlState

NEEDS = (
    Need.SOURCE,
    Need.HANDS,
    Need.READER,
    Need.MANAGEMENT,
    Need.VENDING_KEY,
    Need.TOKEN_GATEWAY,
)
ENERGY = (3, "1-0:1.8.0.255")
CREDIT = (112, "0-0:19.10.0.255")
LEAST_UNITS = 37
CREDIT_WH = 2000.0
LOAD_S, BEFORE_S, AFTER_S = 60.0, 120.0, 20.0
ROWS = 6


@case(
    "dual/head_end_story",
    project_rule("R-064, R-034: from vend to billing", Topic.CREDIT),
    needs=NEEDS,
    alters=[
        Alters.CREDIT,
        Alters.TOKEN_IDENTIFIERS,
        Alters.REGISTERS,
        Alters.SETTINGS,
        Alters.SWITCH,
    ],
    spends=Spends(token_identifiers=3, credit_wh=6_000),
    stage=Stage.MEMORY,
)
def test_head_end_story(bench: CaseBench) -> None:
    """Vend, deliver through the gateway, try it again at the keypad, use energy, pass the end of the month."""
    payment, supply, sts = bench.declaration.payment, bench.declaration.supply, bench.declaration.sts
    if sts is None or payment is None or payment.accounting != "kwh" or payment.mode != "prepayment":
        bench.state(Outcome.INAPPLICABLE, "no prepayment in kWh is declared")
        return
    bench.energise()
    if supply is not None:
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
    ensure_credit(bench.position, CREDIT_WH)
    actuators, number = bench.position.hands(bench.rack)
    position = bench.position
    with meter_time(bench) as time:
        month_end = time.rules.instant(datetime(story_year(bench.clock.utc(), 4), 4, 1, tzinfo=UTC))
        time.at(month_end - timedelta(seconds=BEFORE_S))
        started_s = bench.clock.now()
        with opened(position.client("reader")) as client:
            register = client.register(ENERGY[1])
            books = {place: last_rows(client, obis, ROWS) for place, obis in _books(bench).items()}
        token = position.vending.credit(LEAST_UNITS)
        position.secrets.learn(
            f"token {len(position.secrets)}", as_octets(octet_string(token.encode("ascii")))
        )
        entered = enter_token(position, token, what="a vended token", good=True)
        display = KeypadCarrier(actuators, number, bench.clock, sts).enter(token)["display"]
        actuators.keypad(number, "C")
        with opened(position.client("reader")) as client:
            again = read_credit(client, position)
        plate = bench.declaration.nameplate
        bench.run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
        bench.clock.sleep(LOAD_S)
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        bench.clock.sleep(max(0.0, started_s + BEFORE_S + AFTER_S - bench.clock.now()))
        with opened(position.client("reader")) as client:
            end, held = client.register(ENERGY[1]), read_credit(client, position)
            due = {ENERGY: (end.value, end.resolution), CREDIT: (held.amount_wh, held.resolution_wh)}
            found = {
                place: entry
                for place, obis in _books(bench).items()
                if (entry := _entry(client, obis, books[place], due))
            }
        seen = bench.observe(
            "head-end-story",
            {
                "token_wh": LEAST_UNITS * WH_PER_LEAST_UNIT,
                "credit_before_wh": entered["credit_before_wh"],
                "credit_after_token_wh": entered["credit_after_wh"],
                "credit_after_keypad_wh": again.amount_wh,
                "credit_at_end_wh": held.amount_wh,
                "credit_resolution_wh": held.resolution_wh,
                "register_before_wh": register.value,
                "register_at_end_wh": end.value,
                "register_resolution_wh": end.resolution,
                "display": display,
                "books": found,
            },
        )
    bench.judge("dual.head-end-story/2", seen)
    closure = project_rule("the account loses what the register counts", Topic.CLOSURE)
    bench.judge("dual.credit-and-register/1", seen, sub="energy", requirement=closure)


def _books(bench: CaseBench) -> dict[str, str]:
    """Return the profiles in which the end of a month leaves a row."""
    declared = bench.declaration.profiles
    if declared is None:
        return {}
    named = {"daily profile": declared.daily, "billing profile": declared.billing}
    return {place: obis for place, obis in named.items() if obis}


def _entry(
    client: DlmsClient,
    obis: str,
    before: list[list[Any]],
    due: dict[tuple[int, str], tuple[float, float]],
) -> dict[str, Any]:
    """Return what the new row of a profile says; of the credit if it holds that, else of the energy."""
    rows, columns = new_rows(before, last_rows(client, obis, ROWS)), read_columns(client, obis)
    for target in (CREDIT, ENERGY):
        place = columns.place(*target)
        if place is None:
            continue
        value, room = due[target]
        told = rows[0][place] * room if len(rows) == 1 else 0.0
        return {"rows": len(rows), "value": told, "due": value, "room": room}
    return {}
