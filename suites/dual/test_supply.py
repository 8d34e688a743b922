"""One switch, two masters: zero credit opens it, a token closes it, and no token undoes a remote disconnect."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import opened
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.position import Position
from bench.run.prepayment import enter_token, read_credit, read_supply, remote_switch
from bench.run.run import Fault, Run
from bench.run.spending import Spends
from bench.run.switch import bring_to, close_all, judge_power_cut, load_side_live, look, settle, wait_until
from bench.standards.control_modes import ControlState, Request, next_state
from suites.dual.requirements import supply_requirement

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.READER)
#: Credit that cannot be used up within this is not burnt down; the case says so.
LONGEST_BURN_S = 6 * 3600.0
#: The wait for the switch may exceed credit / power by this share and time.
BURN_MARGIN = 1.05
BURN_EXTRA_S = 30.0
LEAST_UNITS = 21


@case(
    "dual/zero_credit_opens",
    supply_requirement("A2 credit latch (IEC 62055-31 Annex A, prepayment)"),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS],
    stage=Stage.SUPPLY,
)
def test_zero_credit_opens(bench: CaseBench) -> None:
    """Use the credit up at Imax; the switch opens at zero. All positions burn down together."""
    supply = bench.declaration.supply
    if supply is None or not _can(bench, Request.LOCAL_DISCONNECT):
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    bench.energise()
    bench.together("switches closed", lambda: close_all(bench, supply.control_mode))
    held = bench.run.at_each(lambda position: {"credit_wh": _credit_wh(position)})
    longest_s = _burn_time_s(bench, _most_wh(held, "credit_wh"))
    if longest_s > LONGEST_BURN_S:
        bench.state(Outcome.NOT_RUN, f"using up the credit at Imax would take {longest_s / 3600:.1f} h")
        return
    seen = bench.observe("credit-exhausted", bench.together("zero credit", lambda: _burn(bench)))
    bench.judge("dual.credit-exhausted-opens/3", seen)
    at_zero = supply_requirement("A2 credit latch: at a credit of zero", Topic.CREDIT)
    bench.judge("dual.credit-at-opening/2", seen, sub="credit", requirement=at_zero)


@case(
    "dual/reconnect_without_credit",
    supply_requirement("A2 remote_reconnect does not replace credit"),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS],
    stage=Stage.SUPPLY,
)
def test_reconnect_without_credit(bench: CaseBench) -> None:
    """With the credit used up, a remote disconnect and reconnect leaves the switch open."""
    if not _open_for_want_of_credit(bench):
        return
    disconnect = remote_switch(bench.position, reconnect=False)
    settle(bench)
    reconnect = remote_switch(bench.position, reconnect=True)
    settle(bench)
    seen = bench.observe(
        "reconnect-without-credit",
        {
            "disconnect_result": disconnect,
            "reconnect_result": reconnect,
            "credit_wh": _credit_wh(bench.position),
            "after": look(bench).data(),
        },
    )
    bench.judge("dual.reconnect-without-credit/1", seen)


@case(
    "dual/power_cut_without_credit",
    supply_requirement("A7 credit latch survives a power cut", Topic.PERSISTENCE),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS],
    stage=Stage.SUPPLY,
)
def test_power_cut_without_credit(bench: CaseBench) -> None:
    """With the credit used up, a power cut does not give supply back."""
    if not _open_for_want_of_credit(bench):
        return
    judge_power_cut(bench)


@case(
    "dual/token_closes",
    supply_requirement("transition h by control mode; A2"),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2, credit_wh=2_200),
    stage=Stage.SUPPLY,
)
def test_token_closes(bench: CaseBench) -> None:
    """A token after exhaustion closes the switch, or arms it, as the control mode says."""
    if not _open_for_want_of_credit(bench):
        return
    entered = enter_token(bench.position, _token(bench), what="a good credit token", good=True)
    wait_until(bench, live=True)
    seen_now = look(bench)
    seen = bench.observe(
        "token-at-open-switch",
        entered | {"load_side_live": seen_now.load_side_live, "supply_after": seen_now.data()["supply"]},
    )
    bench.judge("dual.token-closes/2", seen)


@case(
    "dual/token_keeps_remote_disconnect",
    supply_requirement("A1 remote latch"),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.CREDIT, Alters.SWITCH, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2, credit_wh=2_200),
    stage=Stage.SUPPLY,
)
def test_token_keeps_remote_disconnect(bench: CaseBench) -> None:
    """Disconnect remotely, enter a token, look; then reconnect, so that the meter is left connected."""
    supply = bench.declaration.supply
    if supply is None or not _can(bench, Request.REMOTE_DISCONNECT):
        bench.state(Outcome.INAPPLICABLE, "the declared control mode has no remote disconnect")
        return
    bench.energise()
    bring_to(bench, ControlState.CONNECTED, supply.control_mode)
    if not load_side_live(bench):
        bench.state(Outcome.INCONCLUSIVE, "the switch is not closed, so a remote disconnect shows nothing")
        return
    disconnect = remote_switch(bench.position, reconnect=False)
    wait_until(bench, live=False)
    after_disconnect = look(bench).data()
    entered = enter_token(bench.position, _token(bench), what="a good credit token", good=True)
    wait_until(bench, live=True)
    after_token = look(bench).data() | {"credit_wh": entered["credit_after_wh"]}
    reconnect = remote_switch(bench.position, reconnect=True)
    wait_until(bench, live=True)
    seen = bench.observe(
        "token-against-remote-disconnect",
        {
            "disconnect_result": disconnect,
            "after_disconnect": after_disconnect,
            "token": entered,
            "credit_before_wh": entered["credit_before_wh"],
            "after_token": after_token,
            "reconnect_result": reconnect,
            "after_reconnect": look(bench).data(),
        },
    )
    bench.judge("dual.remote-disconnect-holds/2", seen)


def _open_for_want_of_credit(bench: CaseBench) -> bool:
    """Return whether the switch is open because the credit is used up; write the verdict if it is not."""
    if not _can(bench, Request.LOCAL_DISCONNECT):
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return False
    bench.energise()
    if load_side_live(bench) or _credit_wh(bench.position) > 0:
        bench.state(Outcome.INCONCLUSIVE, "the switch is not open for want of credit")
        return False
    return True


def _can(bench: CaseBench, wanted: Request) -> bool:
    """Return whether the declared mode lets a request move a connected switch."""
    supply = bench.declaration.supply
    if supply is None:
        return False
    return next_state(supply.control_mode, ControlState.CONNECTED, wanted) is not ControlState.CONNECTED


def _burn(bench: CaseBench) -> dict[str, Any]:
    run = bench.run
    plate = bench.declaration.nameplate
    before = run.at_each(
        lambda position: {
            "credit_before_wh": _credit_wh(position),
            **_live(run, position, "live_before"),
        }
    )
    hands = {name: position.hands(run.rack) for name, position in run.positions.items()}
    for actuators, number in hands.values():
        actuators.bypass(number, automatic=True)
    with run.rack.counting_energy(plate.voltage_v, plate.maximum_current_a):
        started_s = run.clock.now()
        run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
        power_w = run.rack.readings().power_w
        run.clock.wait(
            lambda: not any(actuators.load_side_live(number) for actuators, number in hands.values()),
            started_s + _burn_time_s(bench, _most_wh(before, "credit_before_wh")),
        )
        duration_s = run.clock.now() - started_s
        energy_wh = run.rack.standard.energy_wh()
        run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)

    def complete(position: Position) -> dict[str, Any]:
        with opened(position.client("reader")) as client:
            credit, supply = read_credit(client, position), read_supply(client)
        known = before[position.name]
        return {
            **(known if isinstance(known, dict) else {}),
            "credit_after_wh": credit.amount_wh,
            "credit_resolution_wh": credit.resolution_wh,
            "power_w": power_w,
            "duration_s": duration_s,
            "reference_energy_wh": energy_wh,
            **_live(run, position, "load_side_live"),
            "supply_after": supply.data(),
        }

    after = run.at_each(complete)
    for actuators, number in hands.values():
        actuators.bypass(number, automatic=False)
    return {name: after[name] if isinstance(known, dict) else known for name, known in before.items()}


def _live(run: Run, position: Position, name: str) -> dict[str, Any]:
    actuators, number = position.hands(run.rack)
    return {name: actuators.load_side_live(number)}


def _most_wh(found: dict[str, dict[str, Any] | Fault], name: str) -> float:
    """Return the most credit of the positions that could be read; raises the first fault where none could."""
    amounts = [float(item[name]) for item in found.values() if isinstance(item, dict)]
    if not amounts:
        raise next(item for item in found.values() if isinstance(item, Exception))
    return max(amounts)


def _burn_time_s(bench: CaseBench, credit_wh: float) -> float:
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    return max(0.0, credit_wh) * 3600 / power_w * BURN_MARGIN + BURN_EXTRA_S


def _token(bench: CaseBench) -> str:
    return bench.position.vending.credit(LEAST_UNITS)


def _credit_wh(position: Position) -> float:
    with opened(position.client("reader")) as client:
        return read_credit(client, position).amount_wh
