"""Whose gate is not over yet, and what can bring news of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.rig.pulse_wiring import PulseWiring


class PendingGates:
    """Those whose gate is not over yet; no instrument is asked twice about what is over already."""

    def __init__(self, wirings: Sequence[PulseWiring], over: Callable[[PulseWiring], bool]) -> None:
        self._left, self._over = list(wirings), over
        self._calculators = sorted({wiring.error_calculator for wiring in wirings if wiring.error_calculator})

    def all_over(self) -> bool:
        """Return whether all are over."""
        while self._left and self._over(self._left[-1]):
            self._left.pop()
        return not self._left

    def awaited(self) -> list[str]:
        """Return what can bring news: the calculators, and the counter's channel that is asked next."""
        last = self._left[-1:]
        channels = [f"{one.counter}:{one.channel}" for one in last if one.counter]
        return [*self._calculators, *channels]
