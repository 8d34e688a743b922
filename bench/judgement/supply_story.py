"""Judge a supply story: step by step, is the switch where latches and control mode leave it, and is it said truly?

Observation kind ``supply-story``, data ``steps``: each with ``do``, ``with``, ``answer``, ``from_s``, ``load_w``,
``bridged``, ``look`` (``bench.run.supply_desk``), and ``due_s`` where a time was written into the meter. The first
deviation ends the story; a breach of A1 or A7 has a verdict of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import MalformedObservation, number, part, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.supply_model import SupplyModel
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.control_modes import ControlState

#: Rules whose breach is never a manufacturer's choice, each with a verdict of its own.
SAFETY = ("A1", "A7")
#: Actions that take the supply away.
CUTS = frozenset({"power_cut", "disconnect_and_cut"})
#: How many steps of a story a reason tells.
TOLD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The first step at which the meter left the rules."""

    index: int
    rule: str
    words: str


def steps_of(observations: Sequence[Observation]) -> list[Mapping[str, Any]]:
    """Return the steps of a story; raises MalformedObservation."""
    steps = observations[0].data.get("steps")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, Mapping) for step in steps):
        raise MalformedObservation("steps is not a list of steps")
    return steps


class SupplyFollower:
    """Follows a story as it goes on, and stays at its first deviation."""

    def __init__(self, declaration: Declaration) -> None:
        self._model = SupplyModel(declaration=declaration)
        self._followed = 0
        self.deviation: Deviation | None = None

    def follow(self, steps: Sequence[Mapping[str, Any]]) -> Deviation | None:
        """Take the steps that have come since the last call; return the first deviation, None without one."""
        if self._followed == 0:
            self._model.begin(part(steps[0], "look"))
            self._followed = 1
        while self.deviation is None and self._followed < len(steps):
            index = self._followed
            step, before = steps[index], part(steps[index - 1], "look")
            self._model.take(step, before)
            found = _step_deviation(self._model, step, before)
            if found is not None:
                self.deviation = Deviation(index=index, rule=found[0], words=found[1])
            self._model.conclude(step, before)
            self._followed += 1
        return self.deviation


def first_deviation(steps: Sequence[Mapping[str, Any]], declaration: Declaration) -> Deviation | None:
    """Return the first deviation of a story from the rules, None where there is none."""
    return SupplyFollower(declaration).follow(steps)


def _step_deviation(
    model: SupplyModel, step: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[str, str] | None:
    look = part(step, "look")
    live, state = truth(look, "live"), ControlState(int(number(look, "control_state")))
    said = f"control_state {int(state)}, output_state {look.get('output_state')}"
    if truth(look, "output_state") is not live:
        return "A8", f"the load side is {_live(live)}, yet {said}"
    if truth(step, "bridged"):
        return None  # where a welded contact stands is not the meter's doing
    expected = model.expected(step, before)
    if state not in expected.states:
        due = " or ".join(str(int(item)) for item in sorted(expected.states))
        return expected.rule, f"{expected.why}: state {due} was due; load side {_live(live)}, {said}"
    if live is not (state is ControlState.CONNECTED):
        rule = expected.rule if live and expected.rule in SAFETY else "A8"
        return rule, f"{expected.why}: the load side is {_live(live)}, yet {said}"
    if text(step, "answer") == "live at power-up" and not truth(before, "live") and not live:
        return "A7", f"{expected.why}: the switch closed for a while at power-up"
    modes = (before.get("payment_mode"), look.get("payment_mode"))
    if text(step, "do") in CUTS and None not in modes and modes[0] != modes[1]:
        return "A7", f"a power cut: the payment mode was {modes[0]} and is {modes[1]}"
    if number(look, "control_mode") != number(before, "control_mode") and text(step, "do") != "control_mode":
        return "mode table", f"control_mode changed to {look.get('control_mode')} by itself"
    return None


def _live(live: bool) -> str:
    return "live" if live else "dead"


def told(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return a story in words: its last steps, each with what it was done with."""
    left_out = max(0, len(steps) - 1 - TOLD)
    words = []
    for step in steps[1 + left_out :]:
        with_what = ", ".join(f"{name} {value}" for name, value in part(step, "with").items())
        words.append(f"{text(step, 'do')}({with_what})" if with_what else text(step, "do"))
    return (f"... {left_out} steps, " if left_out > 0 else "") + ", ".join(words)


def _judge(observations: Sequence[Observation], context: Context, own: Sequence[str] | None) -> Judgement:
    """Judge a story by the rules in ``own``; None: by all but those that have verdicts of their own."""
    steps = steps_of(observations)
    declaration = context.declaration
    supply = declaration.supply
    if supply is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="the declaration has no [supply]")
    found = first_deviation(steps, declaration)
    mine = found is not None and (found.rule in own if own is not None else found.rule not in SAFETY)
    if found is None:
        return Judgement(outcome=Outcome.PASSED, reason=f"{len(steps) - 1} steps as the rules say")
    if not mine:
        reason = f"{found.index - 1} steps as the rules say, up to a breach of {found.rule}"
        return Judgement(outcome=Outcome.PASSED, reason=reason)
    story = f"after {told(steps[: found.index + 1])}"
    if not supply.follows(found.rule):
        word = supply.rules.get(found.rule)  # type: ignore[call-overload]
        return Judgement(
            outcome=Outcome.INAPPLICABLE,
            reason=f'{found.words} {story}; rule {found.rule} is declared "{word}"',
        )
    name = f"rule {found.rule}" if found.rule[:1] in "AI" else found.rule
    return Judgement(outcome=Outcome.FAILED, reason=f"{found.words} ({name}), {story}")


@judge("dual.supply-story", version=3)
def judge_story(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Every step leaves the switch where the latches and the control mode say (A2 to A6, A8, mode table)."""
    return _judge(observations, context, None)


@judge("dual.remote-latch", version=2)
def judge_remote_latch(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Rule A1: only remote_reconnect ends a remote disconnect."""
    return _judge(observations, context, ("A1",))


@judge("dual.latches-kept", version=3)
def judge_latches_kept(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Rule A7: a power cut changes no latch and no payment mode, and closes nothing that is held open."""
    return _judge(observations, context, ("A7",))
