"""A credit below zero, as friendly hours leave it: negative wherever the meter tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import Refused
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.display_pages import asked_for
from bench.run.meter_clock import story_year
from bench.run.prepayment import CREDIT
from bench.run.profile_reading import last_rows, new_rows, read_columns
from bench.run.spending import Spends
from bench.run.supply_desk import ACCOUNT, SupplyDesk
from bench.run.supply_story import missing, prepare, take_back
from suites.dual.clock_kept import clock_kept
from suites.dual.stories import SECONDS_PER_HOUR, do, load_w

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY)
#: Used without credit, and bought afterwards: less than the debt.
DEBT_WH, TOO_LITTLE_WH = 250.0, 100
AVAILABLE_CREDIT = 5
CREDIT_HISTORY = "0-0:99.15.0.255"
ROWS, MARGIN_S = 3, 6.0
#: Readings that are truncated: the credit twice, and the register at both ends.
READINGS = 4
NEEDED = frozenset({"friendly hours", "credit"})


@case(
    "dual/negative_credit",
    project_rule("R-036, R-037: a debt is told as one wherever the credit is told", Topic.CREDIT),
    needs=NEEDS,
    alters=(Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.REGISTERS, Alters.SETTINGS),
    spends=Spends(token_identifiers=4, credit_wh=6_000),
    stage=Stage.MEMORY,
)
def test_negative_credit(bench: CaseBench) -> None:
    """Use energy in friendly hours without credit; read the debt, have it captured, and pay a part of it."""
    supply = bench.declaration.supply
    lacks = missing(bench.declaration, NEEDED)
    if supply is None or supply.control_mode == 0 or not counts_kwh(bench) or lacks:
        bench.state(
            Outcome.INAPPLICABLE, f"no credit in kWh that ends supply is declared; lacking: {lacks or '-'}"
        )
        return
    with SupplyDesk(bench) as desk, clock_kept(desk) as time:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
            return
        first = len(desk.steps)
        had_wh, lines = desk.look()["credit_wh"], _lines(desk)
        debt = _in_debt(desk)
        credit_wh, room_wh = debt["credit_wh"], debt["room_wh"]
        texts = [
            {"what": what, "before": lines[what], "after": line, "credit_before_wh": had_wh}
            for what, line in _lines(desk).items()
        ]
        places = _account(desk, credit_wh)
        month_end = time.rules.instant(datetime(story_year(bench.clock.utc(), 7), 7, 1, tzinfo=UTC))
        before = _captured(desk)
        if time.set(desk.client, month_end - timedelta(seconds=MARGIN_S)) == "success":
            bench.clock.sleep(2 * MARGIN_S)
        later_wh = desk.look()["credit_wh"]  # a charge may have fallen due
        places += _new_cells(desk, before, (credit_wh, later_wh))
        if not missing(bench.declaration, frozenset({"tokens"})):
            before = _captured(desk, (CREDIT_HISTORY,))
            paid_wh = desk.do("token", wh=TOO_LITTLE_WH)["look"]["credit_wh"]
            places += _new_cells(desk, before, (later_wh, paid_wh))
        take_back(desk, desk.steps[first:])
        prepare(desk)
    data = {
        "due_wh": debt["due_wh"],
        "credit_wh": credit_wh,
        "room_wh": room_wh,
        "places": places,
        "texts": texts,
    }
    bench.judge("dual.negative-credit/1", bench.observe("negative-credit", data))


def _in_debt(desk: SupplyDesk) -> dict[str, float]:
    """Use energy without credit; return the credit that the meter tells, and what it must be by the register."""
    power_w = load_w(desk.bench.declaration)
    drawn = do("wait", s=round(DEBT_WH * SECONDS_PER_HOUR / power_w, 1))
    for action, with_what in (do("friendly", on=True), do("set_credit", wh=0)):
        before = desk.do(action, **with_what)["look"]
    for action, with_what in (do("load", w=power_w), drawn, do("load", w=0)):
        after = desk.do(action, **with_what)["look"]
    payment = desk.bench.declaration.payment
    digit_wh = max(desk.register_wh, payment.credit_resolution_wh if payment is not None else 1.0)
    used_wh = after["register_wh"] - before["register_wh"]
    return {
        "credit_wh": after["credit_wh"],
        "due_wh": before["credit_wh"] - used_wh,
        "room_wh": READINGS * digit_wh,
    }


def _lines(desk: SupplyDesk) -> dict[str, str]:
    """Return what the display shows by itself, and at the short code of the credit, where there is one."""
    panel = desk.bench.declaration.panel
    if panel is None:
        return {}
    lines = {"the display": desk.hands.display(desk.number)}
    code = panel.short_codes.get("credit")
    if code:
        lines[f"the short code {code}"] = asked_for(desk.bench, code)
        desk.hands.keypad(desk.number, "C")
    return {what: line.replace(panel.low_credit_text, "") for what, line in lines.items()}


def _account(desk: SupplyDesk, credit_wh: float) -> list[dict[str, Any]]:
    """Return what the Account tells as available; a debt may count as nothing that is."""
    try:
        told = as_integer(desk.client.get(*ACCOUNT, AVAILABLE_CREDIT))
    except (Refused, UnexpectedData):
        return []
    return [_place(desk, "the Account", told, (credit_wh, 0.0))]


def _place(desk: SupplyDesk, what: str, told: int, allowed: tuple[float, ...]) -> dict[str, Any]:
    payment = desk.bench.declaration.payment
    unit_wh = payment.credit_resolution_wh if payment is not None else 1.0
    return {"what": what, "told_wh": told * unit_wh, "allowed": list(allowed)}


def _captured(desk: SupplyDesk, profiles: tuple[str, ...] = ()) -> dict[str, tuple[int, list[list[Any]]]]:
    """Return the last rows of the profiles that capture the credit, and in which column; the declared ones if none."""
    declared = desk.bench.declaration.profiles
    names = profiles or ((declared.load, declared.daily, declared.billing) if declared is not None else ())
    found = {}
    for obis in filter(None, names):
        try:
            place = read_columns(desk.client, obis).place(*CREDIT)
            if place is not None:
                found[obis] = (place, _rows(desk, obis))
        except (Refused, UnexpectedData):
            continue
    return found


def _new_cells(
    desk: SupplyDesk, before: dict[str, tuple[int, list[list[Any]]]], allowed: tuple[float, ...]
) -> list[dict[str, Any]]:
    """Return what the rows captured since then tell of the credit."""
    return [
        _place(desk, f"the profile {obis}", row[place], allowed)
        for obis, (place, rows) in before.items()
        for row in new_rows(rows, _rows(desk, obis))
        if isinstance(row[place], int)
    ]


def _rows(desk: SupplyDesk, obis: str) -> list[list[Any]]:
    management = desk.bench.declaration.association_named("management")
    selective = management is not None and "selective-access" in management.conformance
    return last_rows(desk.client, obis, ROWS, selective=selective)
