"""Defects from a file of its own: each position's line is sound until the middle of a case, and then it is not."""

from __future__ import annotations

from typing import Any

from reference_meter.defects.by_position import ByPosition
from tests.suites.rack_of_bad_lines import BadLine, Endless, port_of

NONSENSE = b"U" * 64


class Dying:
    """Count the answers; the one numbered ``at``, and what comes after it, is for the behaviour."""

    at = 12
    n_answers = 0

    def send(self: Any, octets: bytes) -> None:
        """Send while the line is sound."""
        self.n_answers += 1
        if self.n_answers < self.at:
            super().send(octets)  # type: ignore[misc]
        else:
            self.broken(octets)

    def broken(self: Any, octets: bytes) -> None:
        """Send nothing."""


class Dies(Dying):
    """No answer comes any more."""


class FallsToChatter(Dying, Endless):
    """From then on there is nonsense without an end."""

    def receive(self: Any, octets: bytes) -> None:
        """Take octets, or begin to chatter."""
        if self.n_answers < self.at:
            super(Endless, self).receive(octets)
        else:
            Endless.receive(self, octets)


class HangsUpForGood(Dying):
    """From then on whoever asks is cut off."""

    def broken(self: Any, octets: bytes) -> None:
        """Close."""
        port_of(self).hang_up()


class Once(Dying):
    """One answer goes wrong, and all behind it are sound again."""

    def broken(self: Any, octets: bytes) -> None:
        """Spoil the first of them only."""
        if self.n_answers == self.at:
            self.spoil(octets)
        else:
            super(Dying, self).send(octets)  # type: ignore[misc]

    def spoil(self: Any, octets: bytes) -> None:
        """Send nothing."""


class SilentOnce(Once):
    """One answer is missing."""


class NonsenseOnce(Once):
    """One answer is none."""

    def spoil(self: Any, octets: bytes) -> None:
        """Send something else."""
        super(Dying, self).send(NONSENSE)  # type: ignore[misc]


class HangsUpOnce(Once):
    """The line is cut once, where an answer is due."""

    def spoil(self: Any, octets: bytes) -> None:
        """Close."""
        port_of(self).hang_up()


def later(behaviour: type[Dying], at: int) -> type[Dying]:
    """Return the behaviour that begins at another answer."""
    return type(f"{behaviour.__name__}At{at}", (behaviour,), {"at": at})


FOR_GOOD = (Dies, FallsToChatter, HangsUpForGood)
#: One after the other, the answers that a key transfer, and the putting back of the key, are made of.
ONCE = (SilentOnce, HangsUpOnce, *(later(NonsenseOnce, at) for at in range(12, 36, 3)))
BEHAVIOURS = (*FOR_GOOD, *ONCE)
RACK = ByPosition(
    id="DYING",
    title="Another line that dies at each position",
    defects={
        position: BadLine(id=f"DYING-{position}", title=kind.__name__, behaviour=kind)
        for position, kind in enumerate(BEHAVIOURS, 1)
    },
)
