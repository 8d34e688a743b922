"""Defects from a file of its own: each position's line is sound until the middle of a run, and then it is not."""

from __future__ import annotations

from typing import Any

from reference_meter.defects.by_position import ByPosition
from tests.suites.rack_of_bad_lines import BadLine, Endless, HangsUp, Silent, port_of

SOUND_ANSWERS = 20
"""So many answers come as they should."""
NONSENSE = b"U" * 64


class Dying:
    """Count the answers; what comes after ``SOUND_ANSWERS`` of them is for the behaviour."""

    n_answers = 0

    def send(self: Any, octets: bytes) -> None:
        """Send while the line is sound."""
        self.n_answers += 1
        if self.n_answers <= SOUND_ANSWERS:
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
        if self.n_answers < SOUND_ANSWERS:
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
        if self.n_answers == SOUND_ANSWERS + 1:
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


BEHAVIOURS = (Dies, FallsToChatter, HangsUpForGood, SilentOnce, NonsenseOnce, HangsUpOnce)
__all__ = ["Silent"]
