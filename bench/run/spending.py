"""What a run is going to spend of a meter, said before the first octet: identifiers, credit, lock-outs, time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
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


#: What the cases that declare nothing spend, where they alter something: not known.
NOTHING = Spends()


def forecast(cases: Iterable[CaseBench]) -> list[str]:
    """Return, one line each, what the cases that are going to run alter and spend at each position."""
    altering: dict[str, Counter[str]] = {}
    spent: dict[str, Spends] = {}
    silent: Counter[str] = Counter()
    irreversible: dict[str, list[str]] = {}
    for bench in cases:
        case, name = bench.case, bench.position.name
        if not case.alters or bench.missing():
            continue
        altering.setdefault(name, Counter()).update(what.value for what in case.alters)
        spent[name] = spent.get(name, NOTHING) + case.spends
        silent[name] += case.spends == NOTHING
        if case.irreversible:
            irreversible.setdefault(name, []).append(bench.name)
    lines = []
    for name, counts in altering.items():
        what = ", ".join(f"{item} ({number} cases)" for item, number in sorted(counts.items()))
        line = f"will alter meter {name}: {what}"
        if spent[name] != NOTHING:
            line += f"; at most {spent[name]}"
        if silent[name]:
            line += f"; {silent[name]} of these cases do not declare how much"
        lines.append(line)
        if name in irreversible:
            lines.append(f"IRREVERSIBLE at meter {name}: {', '.join(irreversible[name])}")
    return lines or ["will leave the meter as it was"]
