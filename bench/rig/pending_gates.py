"""Whose gate is not over yet, and what can bring news of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.rig.pulse_wiring import PulseWiring


class PendingGates:
    """Those whose gate is not over yet; no instrument is asked again about what is over already.

    ``over`` returns of the positions that it is asked about those whose gate is over. One position is waited for and
    asked about; when its gate is over all others are, at once.
    """

    def __init__(
        self, wirings: Sequence[PulseWiring], over: Callable[[Sequence[PulseWiring]], set[str]]
    ) -> None:
        # from the end of the list: calculators first, whose tests are fetched as they end
        self._left, self._over = sorted(wirings, key=lambda wiring: bool(wiring.error_calculator)), over
        self._calculators = sorted({wiring.error_calculator for wiring in wirings if wiring.error_calculator})

    def all_over(self) -> bool:
        """Return whether all are over."""
        if self._left and self._over(self._left[-1:]):
            others = self._left[:-1]
            over = self._over(others)
            self._left = [wiring for wiring in others if wiring.position not in over]
        return not self._left

    def awaited(self) -> list[str]:
        """Return what can bring news: the calculators, and the counter's channel that is asked next."""
        last = self._left[-1:]
        channels = [f"{one.counter}:{one.channel}" for one in last if one.counter]
        return [*self._calculators, *channels]
