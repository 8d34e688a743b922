"""Mutation testing of our own code: how many small wrong changes do the tests notice?

    python benchmarks/mutation.py [FOLDER|FILE ...] [--sample N] [--seed N] [--json FILE] [--list]

One pytest process collects the tests once and runs them once to learn which functions each of them calls. Then each
mutant gets a forked child, in which the code of the one function is exchanged and the tests that call it are run,
shortest first, up to the first that fails. What is changed at module level (constants, tables, defaults) needs the
modules imported anew: those children come from a process that has not imported our code yet. A function that no test
calls may have been called while its module was imported: such a mutant is tried in that way, too, by a process of its
own. A child that uses far more processor time than its tests need is stopped and its mutant counts as killed. Needs
Linux or macOS (fork).
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mutants import Mutant, mutants, mutated

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bench/metrology", "bench/protocols", "bench/judgement")
TESTS = (
    *("tests/metrology", "tests/judgement", "tests/protocols", "tests/standards", "tests/meter"),
    *("tests/cli/test_token.py", "tests/cli/test_apdu.py", "tests/reports/test_operating.py"),
)
#: A child is stopped after so much processor time, or sooner: after so many times what its tests need by themselves.
PATIENCE_S, LEAST_PATIENCE_S, PATIENCE = 30, 3, 2
KILLED, SURVIVED, UNTOUCHED, TIME_OUT = "killed", "survived", "no test calls it", "out of time"
_ALIVE = 77


class Chamber:
    """The pytest plugin in which mutants are tried, once the tests are collected."""

    def __init__(
        self, wanted: Sequence[Mutant], tests: Sequence[str], say: Callable[[Mutant, str], None]
    ) -> None:
        self.wanted = wanted
        self.tests = tests
        self.say = say
        self.calls: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        self.seconds: dict[pytest.Item, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn, then try every mutant inside a function."""
        self._learn(session)
        functions = _functions()
        for mutant in self.wanted:
            path = str(ROOT / mutant.path)
            items = self.calls.get((path, mutant.function), [])
            if not items:
                self.say(mutant, _anew(mutant, self.tests))
                continue
            exchanged, code = _exchange(mutant, functions, path)
            patience_s = min(
                PATIENCE_S, LEAST_PATIENCE_S + PATIENCE * sum(map(self.seconds.__getitem__, items))
            )
            self.say(
                mutant, _in_child(lambda i=items, e=exchanged, c=code: _try_code(i, e, c), round(patience_s))
            )
        return True

    def _learn(self, session: pytest.Session) -> None:
        """Run every test once; remember which tests call a function of our rooms, shortest first."""
        timed = []
        rooms = tuple(str(ROOT / room) for room in ROOMS)
        seen: dict[pytest.Item, set[tuple[str, str]]] = {}
        for item in session.items:
            called: set[types.CodeType] = set()

            def note(
                frame: types.FrameType, event: str, _: Any, called: set[types.CodeType] = called
            ) -> None:
                if event == "call":
                    called.add(frame.f_code)

            started = time.process_time()
            sys.setprofile(note)
            passed = _passes(item)
            sys.setprofile(None)
            if not passed:
                continue  # what fails without a mutant says nothing about one
            timed.append((time.process_time() - started, item))
            seen[item] = {
                (code.co_filename, code.co_qualname.split(".<locals>")[0])
                for code in called
                if code.co_filename.startswith(rooms)
            }
        timed.sort(key=lambda pair: pair[0])
        for seconds, item in timed:
            self.seconds[item] = seconds
            for key in seen[item]:
                self.calls[key].append(item)


def _passes(item: pytest.Item) -> bool:
    reports = _run(item)
    return all(report.outcome != "failed" for report in reports)


def _run(item: pytest.Item) -> list[pytest.TestReport]:
    from _pytest.runner import runtestprotocol

    return runtestprotocol(item, nextitem=None, log=False)


def _functions() -> dict[tuple[str, str], list[types.FunctionType]]:
    found: dict[tuple[str, str], list[types.FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_filename.startswith(str(ROOT)):
            found[thing.__code__.co_filename, thing.__code__.co_qualname].append(thing)
    return found


def _exchange(
    mutant: Mutant, functions: dict[tuple[str, str], list[types.FunctionType]], path: str
) -> tuple[list[types.FunctionType], types.CodeType]:
    """Return the functions whose code a mutant changes, and the changed code.

    Raises LookupError where the file is no longer the one that was imported: such a mutant was not killed.
    """
    tree = mutated((ROOT / mutant.path).read_text(encoding="utf-8"), mutant)
    codes = [
        found
        for found in _codes(compile(tree, path, "exec"))
        if found.co_qualname == mutant.function and found.co_firstlineno == mutant.function_line
    ]
    exchanged = [
        function
        for function in functions[path, mutant.function]
        if function.__code__.co_firstlineno == mutant.function_line
    ]
    if not codes or not exchanged:
        raise LookupError(f"{mutant.id}: {mutant.function} is not there: was the file changed meanwhile?")
    return exchanged, codes[0]


def _try_code(
    items: Sequence[pytest.Item], exchanged: Sequence[types.FunctionType], code: types.CodeType
) -> bool:
    """Exchange the functions' code, forget what they were asked before, then tell whether every test passes."""
    for function in exchanged:
        function.__code__ = code
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper) and thing.__module__.startswith("bench."):
            thing.cache_clear()
    return all(_passes(item) for item in items)


def _codes(code: types.CodeType) -> Iterable[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its mutated tree."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = ".".join(mutant.path.with_suffix("").parts)

    def find_spec(self, name: str, *_: Any) -> Any:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, ROOT / self.mutant.path, loader=self)

    def exec_module(self, module: types.ModuleType) -> None:
        path = ROOT / self.mutant.path
        tree: ast.Module = mutated(path.read_text(encoding="utf-8"), self.mutant)
        exec(compile(tree, str(path), "exec"), module.__dict__)


#: The property tests' library is there before pytest, which would like to rewrite its assertions.
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def _try_module(mutant: Mutant | None, tests: Sequence[str]) -> bool:
    if mutant is not None:
        finder = _Finder(mutant)
        sys.meta_path.insert(0, finder)
        importlib.import_module(finder.name)  # now: pytest would put its own finder before ours
    return int(pytest.main([*_OPTIONS, *tests])) == 0


def _anew(mutant: Mutant, tests: Sequence[str]) -> str:
    """Try a mutant of a function that no test calls in a process that imports its module mutated."""
    words = [sys.executable, __file__, "--anew", f"{mutant.path}:{mutant.place}:{mutant.nth}"]
    done = subprocess.run(
        [*words, *(word for test in tests for word in ("--tests", test))], capture_output=True, check=False
    )
    return UNTOUCHED if done.returncode == _ALIVE else KILLED


def _alone(place: str, tests: Sequence[str]) -> int:
    """Try the mutant at a place (path, place, nth) by a fresh import; return the exit code that tells."""
    path, number, nth = place.rsplit(":", 2)
    mutant = next(
        item
        for item in mutants(Path(path), Path(path).read_text(encoding="utf-8"))
        if (item.place, item.nth) == (int(number), int(nth))
    )
    return _ALIVE if _in_child(lambda: _try_module(mutant, tests)) == SURVIVED else 0


def _in_child(survives: Callable[[], bool], patience_s: int = PATIENCE_S) -> str:
    """Fork; tell what became of the mutant."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (patience_s, patience_s + 1))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            alive = survives()
        except BaseException:  # noqa: BLE001  # whatever it was: the mutant was noticed
            alive = False
        os._exit(_ALIVE if alive else 0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return TIME_OUT
    return SURVIVED if os.WEXITSTATUS(status) == _ALIVE else KILLED


def _calm() -> None:
    """Make the property tests repeatable, and let no slow machine fail one."""
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "mutation", deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    settings.load_profile("mutation")


def choose(folders: Sequence[str], sample: int, seed: int, *, inside: bool = False) -> list[Mutant]:
    """Return the mutants of all files, or a sample of them that any seed gives again."""
    files = sorted(
        file
        for name in folders
        for file in ([Path(name)] if name.endswith(".py") else Path(name).rglob("*.py"))
    )
    every = [mutant for file in files for mutant in mutants(file, file.read_text(encoding="utf-8"))]
    if inside:
        every = [mutant for mutant in every if mutant.function]
    if not sample or sample >= len(every):
        return every
    chosen = set(random.Random(seed).sample(range(len(every)), sample))
    return [mutant for index, mutant in enumerate(every) if index in chosen]


def main() -> int:
    """Try the mutants; print the survivors and the share killed by room. Exit 1 below ``--at-least``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", default=ROOMS)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many mutants (default: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the sample")
    parser.add_argument(
        "--tests", action="append", default=[], metavar="FOLDER", help=f"default: {' '.join(TESTS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--at-least", type=float, default=0.0, metavar="PERCENT")
    parser.add_argument(
        "--inside", action="store_true", help="leave out what is mutated at module level, which takes long"
    )
    parser.add_argument("--list", action="store_true", help="print the mutants, try none")
    parser.add_argument("--anew", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.anew:
        _calm()
        return _alone(options.anew, options.tests)
    chosen = choose(options.folders, options.sample, options.seed, inside=options.inside)
    if options.list:
        print("\n".join(mutant.id for mutant in chosen))
        return 0
    tests = options.tests or list(TESTS)
    said: dict[str, str] = {}

    def say(mutant: Mutant, result: str) -> None:
        said[mutant.id] = result
        if result not in {KILLED, TIME_OUT}:
            print(f"{result}: {mutant.id}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(said, indent=0), encoding="utf-8")

    _calm()
    at_module_level = [mutant for mutant in chosen if not mutant.function]
    if at_module_level and _in_child(lambda: _try_module(None, tests)) != SURVIVED:
        print("the tests fail without any mutant: nothing can be learnt", file=sys.stderr)
        return 2
    for mutant in at_module_level:
        say(mutant, _in_child(lambda m=mutant: _try_module(m, tests)))
    inside = [mutant for mutant in chosen if mutant.function]
    if inside:
        pytest.main([*_OPTIONS, *tests], plugins=[Chamber(inside, tests, say)])
    return _summary(chosen, said, options.at_least)


def _summary(chosen: Sequence[Mutant], said: dict[str, str], at_least: float) -> int:
    rooms: dict[str, list[bool]] = defaultdict(list)
    for mutant in chosen:
        rooms["/".join(mutant.path.parts[:2])].append(said.get(mutant.id) in {KILLED, TIME_OUT})
    for room, killed in rooms.items():
        print(
            f"{room}: {sum(killed)} of {len(killed)} mutants killed, {100 * sum(killed) / len(killed):.1f} %"
        )
    every = [item for killed in rooms.values() for item in killed]
    share = 100 * sum(every) / len(every) if every else 100.0
    print(f"all: {sum(every)} of {len(every)} killed, {share:.1f} %")
    return 0 if share >= at_least else 1


if __name__ == "__main__":
    sys.exit(main())
