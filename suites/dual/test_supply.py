"""One switch, two masters: zero credit opens it, a token closes it, and no token undoes a remote disconnect."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import opened
from bench.record.model import Kind, Outcome, Requirement, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.position import Position
from bench.run.prepayment import enter_token, read_credit, read_supply, remote_switch

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.READER)
#: Credit that cannot be used up within this is not burnt down; the case says so.
LONGEST_BURN_S = 6 * 3600.0
#: The wait for the switch may exceed credit / power by this share and time.
BURN_MARGIN = 1.05
BURN_EXTRA_S = 30.0
LEAST_UNITS = 21
#: Waits for the switch: this many times the declared actuation time, and at least this long.
ACTUATIONS = 2.0
LEAST_WAIT_S = 1.0


def supply_requirement(clause: str) -> Requirement:
    """Return a requirement on the supply switch. Rules A1 to A8 are project rules that the declaration states."""
    return Requirement(
        document="meterbench project rules",
        edition="1",
        clause=clause,
        topic=Topic.SUPPLY,
        kind=Kind.PROJECT,
        status="project rule",
    )


@case(
    "dual/zero_credit_opens",
    supply_requirement("A2 credit latch (IEC 62055-31 Annex A, prepayment)"),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS],
    stage=Stage.SUPPLY,
)
def test_zero_credit_opens(bench: CaseBench) -> None:
    """Use the credit up at Imax; the switch opens at zero. All positions burn down together."""
    bench.energise()
    longest_s = _burn_time_s(bench, max(_credit_wh(position) for position in bench.run.positions.values()))
    if longest_s > LONGEST_BURN_S:
        bench.state(Outcome.NOT_RUN, f"using up the credit at Imax would take {longest_s / 3600:.1f} h")
        return
    seen = bench.observe("credit-exhausted", bench.together("zero credit", lambda: _burn(bench)))
    bench.judge("dual.credit-exhausted-opens/1", seen)


@case(
    "dual/token_closes",
    supply_requirement("transition h by control mode; A2"),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_token_closes(bench: CaseBench) -> None:
    """A token after exhaustion closes the switch, or arms it, as the control mode says."""
    bench.energise()
    if _load_side_live(bench) or _credit_wh(bench.position) > 0:
        bench.state(
            Outcome.INCONCLUSIVE, "the switch is not open for want of credit, so a token cannot close it"
        )
        return
    entered = enter_token(bench.position, _token(bench), what="a good credit token", good=True)
    _wait_for_switch(bench, live=True)
    seen = bench.observe("token-at-open-switch", entered | _state(bench, "supply_after"))
    bench.judge("dual.token-closes/1", seen)


@case(
    "dual/token_keeps_remote_disconnect",
    supply_requirement("A1 remote latch"),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_token_keeps_remote_disconnect(bench: CaseBench) -> None:
    """Disconnect remotely, enter a token, look; then reconnect, so that the meter is left connected."""
    bench.energise()
    if not _load_side_live(bench):
        bench.state(Outcome.INCONCLUSIVE, "the switch is not closed, so a remote disconnect shows nothing")
        return
    disconnect = remote_switch(bench.position, reconnect=False)
    _wait_for_switch(bench, live=False)
    after_disconnect = _state(bench, "supply")
    entered = enter_token(bench.position, _token(bench), what="a good credit token", good=True)
    _wait_for_switch(bench, live=True)
    after_token = _state(bench, "supply") | {"credit_wh": entered["credit_after_wh"]}
    reconnect = remote_switch(bench.position, reconnect=True)
    _wait_for_switch(bench, live=True)
    seen = bench.observe(
        "token-against-remote-disconnect",
        {
            "disconnect_result": disconnect,
            "after_disconnect": after_disconnect,
            "token": entered,
            "credit_before_wh": entered["credit_before_wh"],
            "after_token": after_token,
            "reconnect_result": reconnect,
            "after_reconnect": _state(bench, "supply"),
        },
    )
    bench.judge("dual.remote-disconnect-holds/1", seen)


def _burn(bench: CaseBench) -> dict[str, Any]:
    run = bench.run
    plate = bench.declaration.nameplate
    before = {name: _credit_wh(position) for name, position in run.positions.items()}
    hands = {name: position.hands(run.rack) for name, position in run.positions.items()}
    for actuators, number in hands.values():
        actuators.bypass(number, automatic=True)
    with run.rack.counting_energy(plate.voltage_v, plate.maximum_current_a):
        started_s = run.clock.now()
        run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
        power_w = run.rack.readings().power_w
        run.clock.wait(
            lambda: not any(actuators.load_side_live(number) for actuators, number in hands.values()),
            started_s + _burn_time_s(bench, max(before.values())),
        )
        duration_s = run.clock.now() - started_s
        energy_wh = run.rack.standard.energy_wh()
        run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    seen = {}
    for name, position in run.positions.items():
        actuators, number = hands[name]
        with opened(position.client("reader")) as client:
            credit, supply = read_credit(client, position), read_supply(client)
        seen[name] = {
            "credit_before_wh": before[name],
            "credit_after_wh": credit.amount_wh,
            "credit_resolution_wh": credit.resolution_wh,
            "power_w": power_w,
            "duration_s": duration_s,
            "reference_energy_wh": energy_wh,
            "load_side_live": actuators.load_side_live(number),
            "supply_after": supply.data(),
        }
        actuators.bypass(number, automatic=False)
    return seen


def _burn_time_s(bench: CaseBench, credit_wh: float) -> float:
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    return max(0.0, credit_wh) * 3600 / power_w * BURN_MARGIN + BURN_EXTRA_S


def _token(bench: CaseBench) -> str:
    return bench.position.vending.credit(LEAST_UNITS)


def _credit_wh(position: Position) -> float:
    with opened(position.client("reader")) as client:
        return read_credit(client, position).amount_wh


def _load_side_live(bench: CaseBench) -> bool:
    actuators, number = bench.position.hands(bench.rack)
    return actuators.load_side_live(number)


def _wait_for_switch(bench: CaseBench, *, live: bool) -> None:
    """Give the switch its time; return early when the load side is as expected."""
    supply = bench.declaration.supply
    longest_s = max(LEAST_WAIT_S, ACTUATIONS * supply.actuation_time_s if supply is not None else 0.0)
    bench.clock.wait(lambda: _load_side_live(bench) is live, bench.clock.now() + longest_s)


def _state(bench: CaseBench, name: str) -> dict[str, Any]:
    with opened(bench.position.client("reader")) as client:
        supply = read_supply(client)
    return {"load_side_live": _load_side_live(bench), name: supply.data()}
