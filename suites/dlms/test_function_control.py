"""Functions that can be switched off (class 122): off is off, also after a power cut. Our own.

The forms of the class are recalled and as gurux-dlms has them (status U): a verdict cannot be worse than conditional.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import Refused, opened
from bench.protocols.axdr import array, boolean, octet_string, structure
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.record.functions_declaration import FunctionControlDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.prepayment import enter_token
from bench.run.profile_reading import last_rows
from bench.run.spending import Spends
from bench.run.switch import cut_and_restore
from suites.dlms.hdlc_dialogue import leave

CLASS, STATUS, SET_STATUS = 122, 2, 1
PROFILE, CAPTURE_PERIOD = 7, 4
SUCCESS = "success"
#: What a due row may come late by.
LATE_S = 5.0

Probe = Callable[[CaseBench], bool]


@case(
    "dlms/function_control",
    blue_book_requirement("Function control: what is switched off is off", Topic.OBJECT, "U"),
    needs=(Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY),
    alters=[Alters.SETTINGS, Alters.TOKEN_IDENTIFIERS, Alters.CREDIT],
    spends=Spends(token_identifiers=3, credit_wh=300),
    stage=Stage.MEMORY,
)
def test_function_control(bench: CaseBench) -> None:
    """See each declared function at work, switch all off, cut the supply, see none at work; switch them on again."""
    declared = bench.declaration.function_control
    probes = _probes(bench, declared)
    if declared is None or not probes:
        leave(
            bench,
            Outcome.INAPPLICABLE,
            "no function is declared that can be switched off and be seen at work",
        )
        return
    bench.energise()
    rows: dict[str, dict[str, Any]] = {name: {"name": name} for name in probes}

    def note(field: str, found: Mapping[str, bool]) -> None:
        for name, row in rows.items():
            row[field] = found.get(name)

    def probe(field: str) -> None:
        note(field, {name: works(bench) for name, works in probes.items()})

    note("shown_before", _shown(bench, declared.object))
    probe("worked_before")
    data: dict[str, Any] = {"functions": list(rows.values())}
    data["off"] = _set(bench, declared.object, dict.fromkeys(probes, False))
    try:
        note("shown_off", _shown(bench, declared.object))
        cut_and_restore(bench)
        note("shown_after_cut", _shown(bench, declared.object))
        probe("worked_off")
    finally:
        data["on"] = _set(bench, declared.object, dict.fromkeys(probes, True))
    note("shown_on", _shown(bench, declared.object))
    probe("worked_on")
    bench.judge("dlms.function-control/1", bench.observe("function-control", data))


def _probes(bench: CaseBench, declared: FunctionControlDeclaration | None) -> dict[str, Probe]:
    """Return by the meter's name of a function how it is seen at work."""
    functions = declared.functions if declared is not None else {}
    payment, profiles, sts = bench.declaration.payment, bench.declaration.profiles, bench.declaration.sts
    can_see = {
        "load-profile": profiles is not None and bool(profiles.load),
        "token-gateway": payment is not None
        and payment.accounting == "kwh"
        and sts is not None
        and "gateway" in sts.carriers,
    }
    ways: dict[str, Probe] = {"load-profile": _captures, "token-gateway": _takes_a_token}
    return {name: ways[kind] for kind, name in functions.items() if can_see[kind]}


def _captures(bench: CaseBench) -> bool:
    """Tell whether the load profile gets a row within two capture periods."""
    profiles = bench.declaration.profiles
    obis = profiles.load if profiles is not None else ""
    with opened(bench.position.client("management")) as client:
        period_s = as_integer(client.get(PROFILE, obis, CAPTURE_PERIOD))
        before = last_rows(client, obis, 1)
    with bench.rack.seldom_supervised(period_s / 4):
        bench.clock.sleep(period_s + LATE_S)
    with opened(bench.position.client("management")) as client:
        return last_rows(client, obis, 1) != before


def _takes_a_token(bench: CaseBench) -> bool:
    """Tell whether a token at the gateway is credited."""
    entry = enter_token(bench.position, bench.position.vending.credit(1), what="0.1 kWh", good=True)
    return bool(entry["action_result"] == SUCCESS and entry["credit_after_wh"] > entry["credit_before_wh"])


def _shown(bench: CaseBench, obis: str) -> dict[str, bool]:
    """Return activation_status: which functions are on."""
    with opened(bench.position.client("management")) as client:
        rows = [as_elements(row) for row in as_elements(client.get(CLASS, obis, STATUS))]
    return {as_octets(name).decode("latin-1"): bool(on.value) for name, on in rows}


def _set(bench: CaseBench, obis: str, wanted: Mapping[str, bool]) -> str:
    """Invoke set_function_status; return "success" or the meter's refusal."""
    rows = (structure(octet_string(name.encode("latin-1")), boolean(on)) for name, on in wanted.items())
    with opened(bench.position.client("management")) as client:
        try:
            client.invoke(CLASS, obis, SET_STATUS, array(*rows))
        except Refused as refusal:
            return str(refusal.result)
    return SUCCESS
