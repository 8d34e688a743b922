"""Communication modules and the customer unit, pulled and plugged under load: energy and supply do not notice."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import opened
from bench.protocols.values import as_octets
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh, credit_for
from bench.run.log_book import LogBook
from bench.run.prepayment import read_credit
from bench.run.spending import Spends
from bench.run.switch import bring_to, load_side_live
from bench.standards.control_modes import ControlState

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.READER, Need.MANAGEMENT)
ENERGY = "1-0:1.8.0.255"
CREDIT_MARGIN = 1.2
SWAPS, LOOK_EVERY = 50, 10
UNKNOWN = "another maker's"
PAUSE_S = 2.0
WITHOUT_S = 60.0
RECORDED = project_rule("R-020, R-060 a swap of the module is recorded", Topic.EVENT)


@case(
    "dual/module_swap",
    project_rule("R-020: hot swap of communication modules", Topic.MODULE),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS, Alters.SWITCH, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2, credit_wh=600),
    stage=Stage.MEMORY,
)
def test_module_swap(bench: CaseBench) -> None:
    """Draw a load for as long as the swaps take, then pull and plug modules fifty times under the same load."""
    modules, supply = bench.declaration.modules, bench.declaration.supply
    if modules is None or not modules.names:
        bench.state(Outcome.INAPPLICABLE, "no exchangeable modules are declared")
        return
    bench.energise()
    if supply is not None and counts_kwh(bench):
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.basic_current_a * plate.elements
    credit_for(bench, CREDIT_MARGIN * power_w * 2 * SWAPS * 2 * PAUSE_S / 3600)
    events = bench.declaration.events
    row = events.condition_named("module") if events is not None else None
    book = (
        LogBook(bench, events) if events is not None and row is not None and row.log in events.logs else None
    )
    actuators, number = bench.position.hands(bench.rack)
    quiet_before = _look(bench, modules.identity)
    with bench.rack.counting_energy(plate.voltage_v, plate.basic_current_a):
        bench.run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
        bench.clock.sleep(SWAPS * 2 * PAUSE_S)
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        quiet_wh = bench.rack.standard.energy_wh()
    first = _look(bench, modules.identity)
    dead = unanswered = 0
    identities: list[dict[str, str]] = []
    with bench.rack.counting_energy(plate.voltage_v, plate.basic_current_a):
        bench.run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
        for swap in range(SWAPS):
            name = modules.names[swap % len(modules.names)]
            actuators.module(number, "")
            bench.clock.sleep(PAUSE_S)
            actuators.module(number, name)
            bench.clock.sleep(PAUSE_S)
            dead += not load_side_live(bench)
            if swap % LOOK_EVERY == LOOK_EVERY - 1:
                try:
                    told = _look(bench, modules.identity)["identity"]
                except LinkError:
                    unanswered += 1
                    continue
                if modules.identity:
                    identities.append({"told": told, "there": name})
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        energy_wh = bench.rack.standard.energy_wh()
    bench.clock.sleep(PAUSE_S)
    last = _look(bench, modules.identity)
    data: dict[str, Any] = {
        "swaps": SWAPS,
        "quiet_reference_wh": quiet_wh,
        "quiet_register_wh": first["energy_wh"] - quiet_before["energy_wh"],
        "dead": dead,
        "unanswered": unanswered,
        "register_before_wh": first["energy_wh"],
        "register_after_wh": last["energy_wh"],
        "resolution_wh": last["resolution_wh"],
        "reference_energy_wh": energy_wh,
        "identities": identities,
        "fits": SWAPS,
    }
    bench.judge("dual.module-swap/1", bench.observe("module-swap", data))
    if book is not None and row is not None and events is not None:
        rows = book.tail(row.log, events.entries)
        codes = [entry[book.places(row.log)["code_column"]] for entry in rows]
        records = {
            "swaps": SWAPS,
            "fits": min(SWAPS, events.entries // 2),
            "removed_records": codes.count(row.begins),
            "inserted_records": codes.count(row.ends) if row.ends is not None else None,
        }
        seen = bench.observe("module-records", records)
        bench.judge("dual.module-records/1", seen, sub="records", requirement=RECORDED)


def _look(bench: CaseBench, identity: str) -> dict[str, Any]:
    with opened(bench.position.client("reader")) as client:
        register = client.register(ENERGY)
        told = as_octets(client.get(1, identity, 2)).decode("ascii", "replace") if identity else ""
    return {"energy_wh": register.value, "resolution_wh": register.resolution, "identity": told}


@case(
    "dual/module_unknown",
    project_rule("R-020: a module that is not known", Topic.MODULE),
    needs=NEEDS,
    alters=[Alters.SWITCH],
    stage=Stage.MEMORY,
)
def test_module_unknown(bench: CaseBench) -> None:
    """Plug in a module of a name that is not declared, look, and plug a declared one in again."""
    modules = bench.declaration.modules
    if modules is None or not modules.names:
        bench.state(Outcome.INAPPLICABLE, "no exchangeable modules are declared")
        return
    bench.energise()
    actuators, number = bench.position.hands(bench.rack)
    before, live_before = _held(bench), load_side_live(bench)
    actuators.module(number, "")
    bench.clock.sleep(PAUSE_S)
    actuators.module(number, UNKNOWN)
    bench.clock.sleep(PAUSE_S)
    live_with = load_side_live(bench)
    try:
        told: str | None = _look(bench, modules.identity)["identity"] if modules.identity else None
        answered = True
    except LinkError:
        told, answered = None, False
    actuators.module(number, "")
    actuators.module(number, modules.names[0])
    bench.clock.sleep(PAUSE_S)
    data = {
        "answered": answered,
        "live_before": live_before,
        "live_with": live_with,
        "as_before": _held(bench) == before,
        "told": told,
        "declared": list(modules.names),
        "told_after": _look(bench, modules.identity)["identity"] if modules.identity else None,
        "there_after": modules.names[0],
    }
    bench.judge("dual.unknown-module/1", bench.observe("unknown-module", data))


def _held(bench: CaseBench) -> tuple[float, float]:
    """Return register and credit, where the credit can be told."""
    with opened(bench.position.client("reader")) as client:
        register = client.register(ENERGY).value
        return register, read_credit(client, bench.position).amount_wh if counts_kwh(bench) else 0.0


@case(
    "dual/customer_unit",
    project_rule("R-026: loss of the customer interface unit", Topic.MODULE),
    needs=NEEDS,
    alters=[Alters.SWITCH],
    stage=Stage.MEMORY,
)
def test_customer_unit(bench: CaseBench) -> None:
    """Pull the link to the customer unit for a minute: the supply stays; the display comes back with it."""
    panel, supply = bench.declaration.panel, bench.declaration.supply
    if panel is None or not panel.customer_unit:
        bench.state(Outcome.INAPPLICABLE, "no customer unit on a link is declared")
        return
    bench.energise()
    if supply is not None and counts_kwh(bench):
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
    actuators, number = bench.position.hands(bench.rack)
    live_before = load_side_live(bench)
    actuators.customer_unit(number, connected=False)
    bench.clock.sleep(WITHOUT_S)
    live_without = load_side_live(bench)
    actuators.customer_unit(number, connected=True)
    bench.clock.sleep(PAUSE_S)
    seen = bench.observe(
        "customer-unit",
        {
            "live_before": live_before,
            "live_without": live_without,
            "live_after": load_side_live(bench),
            "display_after": actuators.display(number),
        },
    )
    bench.judge("dual.customer-unit/1", seen)
    if supply is not None and counts_kwh(bench):
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
