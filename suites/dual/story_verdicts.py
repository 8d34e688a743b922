"""A story played and judged: the switch; A1, A7 and orders to all, each apart; the money; the emergency credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.supply_model import BROADCAST
from bench.judgement.supply_story import CUTS
from bench.record.model import Outcome, Topic, Verdict
from bench.run.case_bench import CaseBench
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import Story, play, prepare, take_back
from suites.dual.requirements import supply_requirement

A1 = supply_requirement("A1 only remote_reconnect ends a remote disconnect")
A7 = supply_requirement("A7 latches and contact outlive a power cut", Topic.PERSISTENCE)
MONEY = supply_requirement(
    "I4 debit = energy x price in prepayment, nothing in credit mode (3.6)", Topic.CLOSURE
)
EMERGENCY = supply_requirement("R-035 emergency credit once until it is repaid", Topic.CREDIT)
TO_ALL = supply_requirement(
    "S16 an order to all stations, in a UI frame to their address, is taken", Topic.HDLC
)
REMOTE = frozenset(
    {
        "remote_disconnect",
        "script_disconnect",
        BROADCAST,
        "schedule",
        "race",
        "disconnect_and_cut",
        "reconnect_and_disconnect",
    }
)


def tell_story(bench: CaseBench, desk: SupplyDesk, story: Story, *, mode: str) -> None:
    """Play a story in a payment mode, judge it, and leave the meter as a story may find it."""
    if not prepare(desk, mode):
        bench.state(
            Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning", sub=mode
        )
        return
    steps = play(desk, story.steps)
    judge_story(bench, steps, sub=mode)
    take_back(desk, steps)
    prepare(desk)


def judge_story(bench: CaseBench, steps: Sequence[Mapping[str, Any]], *, sub: str) -> list[Verdict]:
    """Record a story and let its judges decide."""
    seen = bench.observe("supply-story", {"steps": list(steps)})
    done = {step["do"] for step in steps}
    verdicts = [bench.judge("dual.supply-story/3", seen, sub=sub)]
    if done & REMOTE:
        verdicts.append(bench.judge("dual.remote-latch/2", seen, requirement=A1, sub=f"{sub}/A1"))
    if BROADCAST in done:
        verdicts.append(
            bench.judge("dual.broadcast-taken/1", seen, requirement=TO_ALL, sub=f"{sub}/broadcast")
        )
    if done & CUTS:
        verdicts.append(bench.judge("dual.latches-kept/3", seen, requirement=A7, sub=f"{sub}/A7"))
    if "credit_wh" in steps[0]["look"]:
        verdicts.append(bench.judge("dual.credit-story/3", seen, requirement=MONEY, sub=f"{sub}/balance"))
    if "emergency" in done:
        verdicts.append(
            bench.judge("dual.emergency-story/2", seen, requirement=EMERGENCY, sub=f"{sub}/emergency")
        )
    return verdicts
