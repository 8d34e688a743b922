"""What the key change cases share: who may run them, how they are judged, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.record.declaration import StsFunction
from bench.record.model import Observation, Outcome, Requirement, Topic
from bench.run.case import Alters, Need
from bench.run.case_bench import CaseBench
from bench.run.key_change_desk import Held, KeyChangeDesk
from bench.run.sts_functions import offers
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, declared_requirement, token_requirement

NEEDS: tuple[Need, ...] = TOKEN_NEEDS
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT, Alters.KEYS)
SIZES: tuple[tuple[int, StsFunction], ...] = ((2, "key-change-2"), (3, "key-change-3"), (4, "key-change-4"))


def key_requirement(clause: str, status: str = "V1") -> Requirement:
    """Return a requirement of IEC 62055-41 on key changes."""
    return token_requirement(clause, Topic.KEY_CHANGE, status)


def declared_key_requirement(clause: str) -> Requirement:
    """Return a requirement on what is declared of key changes."""
    return declared_requirement(clause, Topic.KEY_CHANGE)


@dataclass(slots=True, kw_only=True)
class KeyCase:
    """A token desk, a key change desk on it, and what was found out about the keys."""

    desk: TokenDesk
    keys: KeyChangeDesk
    size: int
    held: list[Observation] = field(default_factory=list)
    restored: Held = Held.OLD

    def note(self, entered: str, held: Held) -> None:
        """Record which key the meter holds after what was entered."""
        data = {"entered": entered, "held": held.value}
        self.held.append(self.desk.bench.observe("key-held", data))


@contextmanager
def key_case(
    bench: CaseBench, *functions: StsFunction, laboratory_only: str = ""
) -> Iterator[KeyCase | None]:
    """Open the desks where the meter takes key changes; afterwards judge tokens, keys and what the meter tells.

    Gives None, with the verdict written, where the case does not apply. Without ``functions`` the smallest
    declared set is used. ``laboratory_only`` says why a real meter is left alone.
    """
    size = _size(bench, functions)
    if size is None:
        yield None
        return
    if laboratory_only and not bench.run.rig.rig.virtual:
        bench.state(Outcome.NOT_RUN, f"only tried in a laboratory: {laboratory_only}")
        yield None
        return
    if bench.position.key_lost:
        bench.state(Outcome.NOT_RUN, "an earlier key change left the meter with a key that nobody knows")
        yield None
        return
    with TokenDesk(bench) as desk:
        if not desk.takes_tokens():
            yield None
            return
        opened = KeyCase(desk=desk, keys=KeyChangeDesk(desk), size=size)
        try:
            yield opened
        finally:
            opened.restored = opened.keys.restore(size)
        series = desk.judge()
        # which key it holds says something of key changes only where the tokens themselves were treated as tokens
        wanted = bench.requirement if series.outcome is Outcome.PASSED else series.requirement
        if opened.held:
            bench.judge("sts.key-held/1", *opened.held, sub="key", requirement=wanted)
        if opened.keys.told:
            bench.judge("sts.key-parameters/2", *opened.keys.told, sub="parameters", requirement=wanted)


def _size(bench: CaseBench, functions: tuple[StsFunction, ...]) -> int | None:
    supports = (bench.declaration.sts.supports if bench.declaration.sts is not None else None) or ()
    declared = [size for size, function in SIZES if function in supports]
    if functions and not offers(bench, *functions):
        return None
    asked = [size for size, function in SIZES if function in functions]
    if asked:
        return asked[0]
    if not declared:
        offers(bench, "key-change-2")
        return None
    return declared[0]
