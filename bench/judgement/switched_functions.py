"""Judge function control (class 122): what is switched off is shown as off, stays so, and does nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

SUCCESS = "success"
#: Status shown -> what it should be, and when.
SHOWN = (
    ("shown_off", False, "after it was switched off"),
    ("shown_after_cut", False, "after a power cut"),
    ("shown_on", True, "after it was switched on again"),
)


@judge("dlms.function-control", version=1)
def judge_functions(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each function is seen at work before, not at work while off, and at work again."""
    functions: Sequence[Mapping[str, Any]] = observations[0].data["functions"]
    for row in functions:
        name = text(row, "name")
        if row["shown_before"] is None:
            return _failed(f'the function "{name}" is declared, and activation_status does not show it')
        if not truth(row, "worked_before"):
            reason = f'the function "{name}" was not seen at work before it was switched off'
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    for action in ("off", "on"):
        answer = text(observations[0].data, action)
        if answer != SUCCESS:
            return _failed(f"set_function_status with known functions ({action}) is refused: {answer}")
    for row in functions:
        name = text(row, "name")
        for field, due, when in SHOWN:
            if row[field] is not due:
                return _failed(f'the function "{name}" is shown as {_words(row[field])} {when}')
        if truth(row, "worked_off"):
            return _failed(f'the function "{name}" is off and works')
        if not truth(row, "worked_on"):
            return _failed(f'the function "{name}" is on again and does not work')
    names = ", ".join(text(row, "name") for row in functions)
    return Judgement(outcome=Outcome.PASSED, reason=f"off, kept off and on again: {names}")


def _words(shown: bool | None) -> str:
    return "nothing" if shown is None else "on" if shown else "off"


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
