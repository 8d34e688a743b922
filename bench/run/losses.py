"""What a run has lost on its way: the bench itself, or the meter of a position. What is left then is not run.

One case finds the loss and is the ERROR. Trying every further case would cost a time-out each and say the same; so
the rest is NOT_RUN, with that one reason. A meter may come back, and is asked again at every new stage of the run;
a bench does not come back by itself, and its source has been switched off.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import BenchError
from bench.run.case import Need, Stage
from instruments.errors import InstrumentFault

if TYPE_CHECKING:
    from bench.run.case_bench import CaseBench
    from bench.run.run import Run

#: What a case needs that speaks to the meter; one without can go on at a meter whose line is dead.
SPEAKING = frozenset({Need.METER, Need.READER, Need.MANAGEMENT, Need.TOKEN_GATEWAY})


@dataclass(slots=True, kw_only=True)
class _LostMeter:
    reason: str
    asked_at: Stage


class Losses:
    """What is lost so far. ``bench`` is why nothing can be tested any more, or ""."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.bench = ""
        self._meters: dict[str, _LostMeter] = {}

    def note(self, case: CaseBench, trouble: str) -> None:
        """Find out whether the trouble that ended a case is the end of more than this case."""
        if self.bench:
            return
        dead = self._run.dead_part()
        if dead:
            self.bench = f"the bench was lost during {case.name}: {dead}"
            self._run.give_up(self.bench)
            return
        known = case.position.name in self._meters
        if known or not case.position.line.was_alive or not case.case.needs & SPEAKING:
            return
        if not self._answers(case):
            self._meters[case.position.name] = _LostMeter(
                reason=f"the meter was lost during {case.name} and does not answer any more "
                f"({trouble.rstrip('.')})",
                asked_at=case.case.stage,
            )

    def reason_against(self, case: CaseBench) -> str:
        """Return why ``case`` cannot run after what was lost, or ""."""
        if self.bench:
            return self.bench
        lost = self._meters.get(case.position.name)
        if lost is None or not case.case.needs & SPEAKING:
            return ""
        if case.case.stage is not lost.asked_at:
            lost.asked_at = case.case.stage
            if self._answers(case):
                del self._meters[case.position.name]
                return ""
        return lost.reason

    def _answers(self, case: CaseBench) -> bool:
        """Ask the meter once more, under voltage."""
        with contextlib.suppress(BenchError, InstrumentFault):
            self._run.energise()
            line = case.position.line
            return line.prove_alive(case.position.plain_association).alive
        return False
