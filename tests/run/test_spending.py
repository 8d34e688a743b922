"""What a run says before it spends anything of a meter, and the guard of irreversible cases."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import suites
from bench.run.case import Alters, Case, Need, Stage
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends, forecast


def bench_of(
    *,
    alters: tuple[Alters, ...] = (),
    spends: Spends | None = None,
    irreversible: bool = False,
    virtual: bool = False,
    sacrificial: bool = False,
    plan_alters: bool = True,
) -> CaseBench:
    case = Case(
        id="sts/x",
        requirement=cast("Any", None),
        needs=frozenset({Need.METER}),
        alters=frozenset(alters),
        stage=Stage.TOKENS,
        spends=spends or Spends(),
        irreversible=irreversible,
    )
    run = SimpleNamespace(
        plan=SimpleNamespace(name="full", alters=plan_alters),
        rig=SimpleNamespace(rig=SimpleNamespace(virtual=virtual), instrument=()),
    )
    identity = SimpleNamespace(serial_number="4711", sacrificial=sacrificial)
    position = SimpleNamespace(name="1", declaration=SimpleNamespace(identity=identity))
    return CaseBench(cast("Any", run), case, cast("Any", position), None)


def test_amounts_are_summed_and_uncounted_cases_named() -> None:
    one = bench_of(alters=(Alters.CREDIT,), spends=Spends(token_identifiers=3, credit_wh=2500, lock_outs=1))
    two = bench_of(alters=(Alters.CREDIT,), spends=Spends(token_identifiers=2, time_s=600))
    three = bench_of(alters=(Alters.SWITCH, Alters.TOKEN_IDENTIFIERS))
    assert forecast([one, two, three]) == [
        "will alter meter 1:",
        "  credit (2 cases), supply switch (1 cases), token identifiers (1 cases)",
        "  at most 5 token identifiers, 2.5 kWh of credit added, 1 lock-outs of the token entry, 10 min",
        "  not known how many token identifiers: sts/x",
    ]


def test_a_long_list_is_wrapped() -> None:
    bench = bench_of(alters=(Alters.KEYS,), irreversible=True, sacrificial=True)
    lines = forecast([bench] * 40)
    assert len(lines) > 3
    assert max(map(len, lines)) <= 100
    assert " ".join(lines).count("sts/x") == 40


def test_what_the_plan_refuses_is_not_announced() -> None:
    assert forecast([bench_of(alters=(Alters.CREDIT,), plan_alters=False)]) == [
        "will leave the meter as it was"
    ]


@pytest.mark.parametrize(
    ("virtual", "sacrificial", "refused"), [(False, False, True), (False, True, False), (True, False, False)]
)
def test_irreversible_case_needs_a_sacrificial_meter(virtual: bool, sacrificial: bool, refused: bool) -> None:
    bench = bench_of(alters=(Alters.KEYS,), irreversible=True, virtual=virtual, sacrificial=sacrificial)
    assert bool(bench.missing()) is refused
    if refused:
        assert "meter 4711" in bench.missing()
        assert "sacrificial = true" in bench.missing()
    else:
        assert "  IRREVERSIBLE, 1 cases: sts/x" in forecast([bench])


def test_every_case_that_spends_tokens_says_how_many() -> None:
    folder = Path(suites.__path__[0])
    modules = [
        importlib.import_module(".".join(("suites", *path.relative_to(folder).with_suffix("").parts)))
        for path in sorted(folder.rglob("test_*.py"))
    ]
    marks = [mark for module in modules for item in vars(module).values() for mark in _marks(item)]
    spending = [mark.args[0] for mark in marks if Alters.TOKEN_IDENTIFIERS in mark.args[0].alters]
    assert len(spending) > 50
    assert [case.id for case in spending if not case.spends.token_identifiers] == []


def _marks(item: object) -> list[pytest.Mark]:
    return [mark for mark in getattr(item, "pytestmark", ()) if mark.name == "case"]
