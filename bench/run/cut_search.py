"""Where to cut the supply: close in on the instants at which a meter makes a token count.

A meter that writes two things one after the other can be caught between them only by a cut in that interval,
which may be a millisecond long. Random instants miss it; halving finds both of its ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: The longest a meter is believed to think about a token, and how finely the instant is closed in on.
LONGEST_S = 2.0
HALVINGS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCut:
    """What a cut left: whether the credit was there, and whether the token did not count any more."""

    credited: bool
    used: bool


def search(cut: Callable[[float], AfterCut], *, halvings: int = HALVINGS) -> int:
    """Cut at ``halvings`` instants around the moment of the credit, and as many around that of the identifier.

    ``cut`` makes one trial with the given delay and records it. Returns the number of trials.
    """
    for sought in ("credited", "used"):
        early, late = 0.0, LONGEST_S
        for _ in range(halvings):
            middle = (early + late) / 2
            if getattr(cut(middle), sought):
                late = middle
            else:
                early = middle
    return 2 * halvings
