"""What a run is going to spend of a meter, said before the first octet: identifiers, credit, lock-outs, time."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run.case_bench import CaseBench


@dataclass(frozen=True, slots=True, kw_only=True)
class Spends:
    """What one case spends of each meter, at most. Zero: not declared.

    ``credit_wh`` is credit added and not taken back; ``lock_outs`` how often the token entry is made to lock.
    """

    token_identifiers: int = 0
    credit_wh: float = 0.0
    lock_outs: int = 0
    time_s: float = 0.0

    def __add__(self, other: Spends) -> Spends:
        return Spends(
            token_identifiers=self.token_identifiers + other.token_identifiers,
            credit_wh=self.credit_wh + other.credit_wh,
            lock_outs=self.lock_outs + other.lock_outs,
            time_s=self.time_s + other.time_s,
        )

    def __str__(self) -> str:
        parts = [
            (self.token_identifiers, f"{self.token_identifiers} token identifiers"),
            (self.credit_wh, f"{self.credit_wh / 1000:g} kWh of credit added"),
            (self.lock_outs, f"{self.lock_outs} lock-outs of the token entry"),
            (self.time_s, f"{self.time_s / 60:.0f} min"),
        ]
        return ", ".join(text for amount, text in parts if amount)


#: What a case spends that declares nothing.
NOTHING = Spends()
#: What has to be counted before it is spent; the rest is said in full by its name.
COUNTED = "token identifiers"
WIDTH = 100


@dataclass(slots=True)
class _AtMeter:
    """What the cases of one position come to."""

    altering: Counter[str] = field(default_factory=Counter)
    spent: Spends = NOTHING
    uncounted: list[str] = field(default_factory=list)
    irreversible: list[str] = field(default_factory=list)

    def told(self) -> list[str]:
        """Return the lines a person reads."""
        said = [", ".join(f"{what} ({number} cases)" for what, number in sorted(self.altering.items()))]
        if self.spent != NOTHING:
            said.append(f"at most {self.spent}")
        if self.uncounted:
            said.append(f"not known how many token identifiers: {', '.join(self.uncounted)}")
        if self.irreversible:
            said.append(f"IRREVERSIBLE, {len(self.irreversible)} cases: {', '.join(self.irreversible)}")
        return [line for text in said for line in _wrapped(text)]


def forecast(cases: Iterable[CaseBench]) -> list[str]:
    """Return, line by line, what the cases that are going to run alter and spend of each meter."""
    meters: dict[str, _AtMeter] = {}
    for bench in cases:
        case = bench.case
        if not case.alters or not bench.run.plan.alters or bench.missing():
            continue
        here = meters.setdefault(bench.position.name, _AtMeter())
        here.altering.update(what.value for what in case.alters)
        here.spent += case.spends
        if COUNTED in case.alters and not case.spends.token_identifiers:
            here.uncounted.append(bench.name)
        if case.irreversible:
            here.irreversible.append(bench.name)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, here in meters.items():
        alike.setdefault(tuple(here.told()), []).append(name)
    lines: list[str] = []
    for told, names in alike.items():
        whom = f"meter {names[0]}" if len(names) == 1 else f"each of the meters {', '.join(names)}"
        lines += [f"will alter {whom}:", *told]
    return lines or ["will leave the meter as it was"]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
