"""Key change sets: of two, three and four tokens, in any order, whole or not at all. Facts: sts.md 7.4, 10 H."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from bench.record.declaration import StsFunction
from bench.record.model import Outcome
from bench.run.case import Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.key_change_desk import Held, MeterKey, credit_under
from bench.run.spending import Spends
from suites.sts.key_change_cases import (
    NEEDS,
    SPENDS,
    KeyCase,
    declared_key_requirement,
    key_case,
    key_requirement,
)

#: Orders of a set of four that are tried besides the natural one: each section comes last once.
ORDERS_OF_FOUR = ((3, 2, 1, 0), (1, 2, 3, 0), (2, 0, 3, 1), (3, 0, 1, 2))
#: Indices whose binary octet, in the second section, is not their two decimal digits (sts.md 2.7).
TARIFF_INDICES = (99, 98)
#: The highest key revision there is, and the one before.
KEY_REVISIONS = (9, 8)
#: Shares of the declared time a set may take.
WITHIN, BEYOND = 0.8, 1.1


@case(
    "sts/key_change_of_two",
    key_requirement("6.5.2, 7.3.1"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=20, credit_wh=1700, time_s=40),
    stage=Stage.KEYS,
)
def test_key_change_of_two(bench: CaseBench) -> None:
    """Two tokens, in either order, change the key; old tokens end, new ones begin, the credit stays."""
    _whole_sets(bench, "key-change-2", ((0, 1), (1, 0)))


@case(
    "sts/key_change_of_three",
    key_requirement("6.5.2, 7.3.1"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=36, credit_wh=2700, time_s=80),
    stage=Stage.KEYS,
)
def test_key_change_of_three(bench: CaseBench) -> None:
    """Three tokens in any order change the key and bring the supply group code."""
    _whole_sets(bench, "key-change-3", tuple(itertools.permutations(range(3))))


@case(
    "sts/key_change_of_four",
    key_requirement("6.5.2, 7.3.1"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=60, credit_wh=4400, time_s=130),
    stage=Stage.KEYS,
)
def test_key_change_of_four(bench: CaseBench) -> None:
    """Four tokens change a key of 128 bits; tried in orders that end with each of them."""
    _whole_sets(bench, "key-change-4", ((0, 1, 2, 3), *ORDERS_OF_FOUR))


@case(
    "sts/key_change_one_parameter",
    key_requirement("6.5.2"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=14, credit_wh=1400, time_s=30),
    stage=Stage.KEYS,
)
def test_one_parameter(bench: CaseBench) -> None:
    """Only the tariff index, only the key revision, only the supply group where a set carries it."""
    with key_case(bench) as opened:
        if opened is None:
            return
        own, largest = opened.keys.current.parameters, _largest(opened)
        changes: list[dict[str, Any]] = [
            {"tariff_index": next(index for index in TARIFF_INDICES if index != own.tariff_index)},
            {
                "key_revision_number": next(
                    number for number in KEY_REVISIONS if number != own.key_revision_number
                )
            },
        ]
        if largest > 2:
            changes.append({"supply_group_code": f"{(int(own.supply_group_code) + 1) % 10**6:06d}"})
        for change in changes:
            what = f"a change of the {next(iter(change)).replace('_', ' ')} alone"
            held = opened.keys.change(opened.keys.original.changed(**change), largest, what=what)
            opened.note("a whole set", held)
            if held is not Held.NEW:
                return


@case(
    "sts/key_change_section_alone",
    key_requirement("7.3.7"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=16, credit_wh=1600, time_s=30),
    stage=Stage.KEYS,
)
def test_section_alone(bench: CaseBench) -> None:
    """A section by itself, also entered twice, changes nothing; the old key works on until the set is complete."""
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        new = _next(keys.current)
        sections = keys.tokens(new, opened.size)
        keys.begin(new)
        for place in range(len(sections) - 1):
            for times in ("", " again"):
                desk.enter(sections[place], "section", what=f"section {place + 1}{times}")
                desk.enter(
                    credit_under(desk, keys.current),
                    "good credit",
                    what="credit under the old key between sections",
                )
        desk.enter(sections[-1], "last section", what=f"section {len(sections)}")
        opened.note("a whole set, one section twice", keys.settle(new))


@case(
    "sts/key_change_two_sets",
    key_requirement("7.3.7", "K"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=15, credit_wh=1500, time_s=20),
    stage=Stage.KEYS,
)
def test_sections_of_two_sets(bench: CaseBench) -> None:
    """Sections of two sets do not make a key: first section of one, of the other, then the rest of the other one."""
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        first, second = _next(keys.current), _next(_next(keys.current))
        one, other = keys.tokens(first, opened.size), keys.tokens(second, opened.size)
        keys.begin(first)
        for place, sale in (
            (1, one[0]),
            (1, other[0]),
            *((number + 2, sale) for number, sale in enumerate(one[1:])),
        ):
            desk.enter(sale, "section of some set", what=f"section {place} of one of two sets")
        opened.note("sections of two sets", keys.settle(first))
        _drop_sections(opened)


@case(
    "sts/key_change_time_limit",
    declared_key_requirement("time limit of a key change set"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=14, credit_wh=1400, time_s=2190),
    stage=Stage.KEYS,
)
def test_time_limit(bench: CaseBench) -> None:
    """A set entered within the declared time counts; sections older than that are forgotten."""
    sts = bench.declaration.sts
    if sts is None or sts.key_change_time_limit_s is None:
        bench.state(Outcome.INAPPLICABLE, "no time limit of key change sets is declared")
        return
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        for share, entered in (
            (BEYOND, "a set that takes longer than the declared time"),
            (WITHIN, "a whole set within the declared time"),
        ):
            new = _next(keys.current)
            sections = keys.tokens(new, opened.size)
            keys.begin(new)
            for place, sale in enumerate(sections[:-1], start=1):
                desk.enter(sale, "section", what=f"section {place}")
            desk.pause(share * sts.key_change_time_limit_s)
            desk.enter(sections[-1], "section", what=f"section {len(sections)} after a pause")
            opened.note(entered, keys.settle(new))
            if share > 1:
                desk.pause(BEYOND * sts.key_change_time_limit_s)


@case(
    "sts/key_change_power_cuts",
    key_requirement("7.3.7; power failure"),
    needs=(*NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=22, credit_wh=2200, time_s=60),
    stage=Stage.KEYS,
)
def test_power_cuts(bench: CaseBench) -> None:
    """A power cut between the sections leaves the old key or the new one; after a complete set the new one."""
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        new = _next(keys.current)
        sections = keys.tokens(new, opened.size)
        keys.begin(new)
        keys.enter_all(sections, what="a set, then a power cut")
        desk.cut_supply()
        held = keys.settle(new)
        opened.note("a whole set, then a power cut", held)
        if held is not Held.NEW:
            return
        new = _next(keys.current)
        sections = keys.tokens(new, opened.size)
        keys.begin(new)
        desk.enter(sections[0], "section", what="section 1, then a power cut")
        desk.cut_supply()
        for place, sale in enumerate(sections[1:], start=2):
            desk.enter(sale, "section", what=f"section {place} after the power cut")
        opened.note("a whole set with a power cut between its sections", keys.settle(new))
        _drop_sections(opened)


def _whole_sets(bench: CaseBench, function: StsFunction, orders: Sequence[Sequence[int]]) -> None:
    with key_case(bench, function) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        for order in orders:
            old, new = keys.current, _next(keys.current)
            named = "-".join(str(place + 1) for place in order)
            early = credit_under(desk, new)
            desk.enter(early, "not authentic", what="credit under the new key before the key change")
            sections = keys.tokens(new, opened.size)
            keys.begin(new)
            keys.enter_all(sections, what=f"set in the order {named}", order=order)
            held = keys.settle(new)
            opened.note("a whole set", held)
            if held is not Held.NEW:
                return
            keys.look(f"after a set in the order {named}", supply_group_unknown=opened.size == 2)
            desk.enter(early, "good credit", what="the credit under the new key that came too early")
            desk.enter(credit_under(desk, old), "not authentic", what="credit under the old key")
            desk.enter(sections[0], "not authentic", what="a section of the set again")


def _next(key: MeterKey) -> MeterKey:
    """Return the key with the next tariff index: another key that any meter may be given."""
    return key.changed(tariff_index=(key.parameters.tariff_index + 1) % 100)


def _largest(opened: KeyCase) -> int:
    supports = opened.desk.sts.supports or ()
    return max(size for size in (2, 3, 4) if f"key-change-{size}" in supports)


def _drop_sections(opened: KeyCase) -> None:
    """Let a meter that may still hold sections forget them."""
    limit_s = opened.desk.sts.key_change_time_limit_s
    if limit_s is not None:
        opened.desk.pause(BEYOND * limit_s)
