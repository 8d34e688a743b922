"""The pytest plugin: options, the ``bench`` fixture, ordering, verdict words, exit code.

Nothing heavy is imported when the plugin is loaded, so ``pytest --help`` stays fast. It acts only on test
functions that carry a ``case`` marker; the product's own unit tests never notice it.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.record.model import Verdict
    from bench.run.case import Case
    from bench.run.case_bench import CaseBench
    from bench.run.exit_code import ExitCode
    from bench.run.run import Run

RUN: pytest.StashKey[Run] = pytest.StashKey()
STARTED: pytest.StashKey[float] = pytest.StashKey()
BENCH: pytest.StashKey[CaseBench] = pytest.StashKey()

_LETTERS = {
    "PASSED": ("passed", ".", "PASSED"),
    "CONDITIONAL_PASS": ("conditional", "c", "CONDITIONAL_PASS"),
    "CONDITIONAL_FAIL": ("conditional", "C", "CONDITIONAL_FAIL"),
    "FAILED": ("failed", "F", "FAILED"),
    "INCONCLUSIVE": ("inconclusive", "i", "INCONCLUSIVE"),
    "INAPPLICABLE": ("inapplicable", "s", "INAPPLICABLE"),
    "NOT_RUN": ("not run", "n", "NOT_RUN"),
    "ERROR": ("error", "E", "ERROR"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of a run."""
    group = parser.getgroup("meter bench")
    group.addoption(
        "--meter",
        default="reference",
        metavar="URL",
        help="meter under test: reference (default), /dev/ttyUSB0, COM3, socket://host:port, rfc2217://host:port",
    )
    group.addoption("--rig", type=Path, metavar="FILE", help="rig file: instruments, positions, their meters")
    group.addoption("--declare", type=Path, metavar="FILE", help="declaration of the meter (TOML)")
    group.addoption("--secrets", type=Path, metavar="FILE", help="secrets the declaration names (TOML)")
    group.addoption(
        "--plan",
        default="",
        metavar="NAME|FILE",
        help="full, smoke, observe or a TOML file (default: full in a laboratory, observe on any other meter)",
    )
    group.addoption("--run-dir", type=Path, metavar="DIR", help="run folder; must be absent or empty")
    group.addoption(
        "--seed", type=int, default=1, metavar="N", help="seed of the virtual laboratory (default 1)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "case(description): a case of a conformance suite")
    config.stash[STARTED] = time.monotonic()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each case its positions, and its load points where it has them."""
    case = _case_of(metafunc.definition)
    if case is None:
        return
    run = _run(metafunc.config)
    positions = list(run.declarations)
    if not case.per_point:
        metafunc.parametrize("meter_position", positions, ids=positions)
        metafunc.parametrize("load_point", [None], ids=[""])
        return
    from bench.run.points import points_of

    pairs = [(name, point) for point in points_of(run) for name in positions]
    metafunc.parametrize(
        ("meter_position", "load_point"), pairs, ids=[f"{point.id}-{name}" for name, point in pairs]
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order by electrical state, drop what the plan does not want, and start the run."""
    cases = [item for item in items if _case_of(item) is not None]
    if not cases:
        return
    run = _run(config)
    unwanted = [item for item in cases if not run.plan.wants(_name_of(item))]
    kept = [item for item in items if item not in set(unwanted)]
    kept.sort(key=_stage_of)
    items[:] = kept
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
    if config.option.collectonly:
        return
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("The bench drives one rack in one process; run it without -n.")
    wanted = [(_name_of(item), _position_of(item)) for item in kept if _case_of(item) is not None]
    _guarded(lambda: run.start(wanted))
    for terminal in _TERMINAL:
        terminal.showfspath = False  # each verdict gets a line of its own instead
    _turn_signals_into_interrupts()


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say which bench, standard, meter, declaration and plan this run is about."""
    run = config.stash.get(RUN, None)
    if run is None or not run.started:
        return []
    from bench.run.console import header

    return header(run)


@pytest.fixture
def meter_position() -> str:
    """Name the position an item runs at; parametrisation gives it to every case."""
    raise pytest.UsageError("The bench fixture is for functions marked with @case.")


@pytest.fixture
def load_point() -> None:
    """Give the load point an item runs at; parametrisation gives it to every case."""


@pytest.fixture
def bench(request: pytest.FixtureRequest, meter_position: str, load_point: Any) -> CaseBench:
    """Give a case its position, the rack, and the pen that writes observations and verdicts."""
    del meter_position, load_point  # asked for, so that pytest parametrises them
    case_bench: CaseBench = request.node.stash[BENCH]
    return case_bench


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Bind the item to its position; refuse what the plan, the rig or the secrets do not allow."""
    case = _case_of(item)
    if case is None:
        return
    from bench.record.model import Outcome
    from bench.run.case_bench import CaseBench

    run = _run(item.config)
    parameters = item.callspec.params  # type: ignore[attr-defined]
    position = run.positions[parameters["meter_position"]]
    case_bench = CaseBench(run, case, position, parameters["load_point"])
    item.stash[BENCH] = case_bench
    run.current_case = case_bench.name
    reason = case_bench.missing()
    if reason:
        case_bench.state(Outcome.NOT_RUN, reason)
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Write an ERROR verdict when our side fails; raise what the worst verdict of the case means."""
    __tracebackhide__ = True
    case_bench = item.stash.get(BENCH, None)
    if case_bench is None:
        yield
        return
    from bench.errors import BenchError, MeterFailure
    from bench.record.model import Outcome
    from instruments.errors import InstrumentFault

    try:
        yield
    except (BenchError, InstrumentFault) as fault:
        case_bench.state(Outcome.ERROR, str(fault))
    except (pytest.skip.Exception, pytest.fail.Exception, MeterFailure):
        raise
    except Exception as crash:
        case_bench.state(Outcome.ERROR, f"the case crashed: {type(crash).__name__}: {crash}")
        raise
    case_bench.conclude()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Carry the verdicts in the report, and show reasons instead of source code."""
    report = yield
    case_bench = item.stash.get(BENCH, None)
    if case_bench is None:
        return report
    from bench.errors import BenchError, MeterFailure
    from bench.record.model import Outcome
    from instruments.errors import InstrumentFault

    if call.when == "setup" and report.failed and not case_bench.verdicts:
        case_bench.state(Outcome.ERROR, f"set-up failed: {call.excinfo.value if call.excinfo else 'unknown'}")
    if call.excinfo is not None and isinstance(
        call.excinfo.value, (MeterFailure, BenchError, InstrumentFault)
    ):
        report.longrepr = str(call.excinfo.value)
    concerns = (call.when == "call") or (call.when == "setup" and not report.passed)
    report.meterbench = list(case_bench.verdicts) if concerns else []  # type: ignore[attr-defined]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name the outcome by its verdict word; the line itself is printed by ``pytest_runtest_logreport``."""
    verdicts: list[Verdict] | None = getattr(report, "meterbench", None)
    if verdicts is None:
        return None
    if not verdicts:
        return "", "", ""
    worst = max(verdicts, key=lambda verdict: verdict.outcome.severity)
    category, _, _ = _LETTERS[worst.outcome.value]
    return category, "", ""


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Print one line per verdict with value, limit and margin."""
    verdicts: list[Verdict] = getattr(report, "meterbench", [])
    if verdicts and _TERMINAL:
        from bench.run.console import line

        for verdict in verdicts:
            text, markup = line(verdict)
            _TERMINAL[-1].write_line(text, **markup)


_TERMINAL: list[Any] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember the terminal, for the lines of progress."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        _TERMINAL.append(terminal)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Power off, end the run folder, render the reports, and set the exit code."""
    run = session.config.stash.get(RUN, None)
    if run is None or not run.started:
        return
    from reports.render import render

    if exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} and run.wanted:
        exitstatus = int(_exit_code(run))
        session.exitstatus = exitstatus
    run.finish(int(exitstatus), time.monotonic() - session.config.stash[STARTED])
    render(run.folder.path)


def _exit_code(run: Run) -> ExitCode:
    from bench.run.exit_code import exit_code

    unanswered = [want for want in run.coverage().unanswered if run.plan.mandatory(want.case)]
    return exit_code(run.verdicts, clear_passes_only=run.plan.clear_passes_only, unanswered=len(unanswered))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Begin the summary with how many of the plan's verdicts were given."""
    run = config.stash.get(RUN, None)
    if run is None or not run.started:
        return
    from bench.run.console import summary

    terminalreporter.section("meter bench")
    for text in summary(run):
        terminalreporter.write_line(text)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running or listening."""
    run = config.stash.get(RUN, None)
    if run is not None:
        run.close()
    _TERMINAL.clear()


def _run(config: pytest.Config) -> Run:
    """Return the run of this session; set it up at first use."""
    if RUN not in config.stash:
        from bench.run.options import RunOptions
        from bench.run.run import Run

        option = config.option
        options = RunOptions(
            meter=option.meter,
            rig=option.rig,
            declare=option.declare,
            secrets=option.secrets,
            plan=option.plan,
            run_dir=option.run_dir,
            seed=option.seed,
            command=tuple(sys.argv),
        )
        config.stash[RUN] = _guarded(lambda: Run(options))
    return config.stash[RUN]


def _guarded(action: Any) -> Any:
    """Run an action of the set-up; a user's mistake becomes a usage error, a fault ends the session with 10."""
    from bench.errors import BenchError, PlanError
    from bench.run.exit_code import ExitCode
    from instruments.errors import InstrumentFault

    try:
        return action()
    except PlanError as error:
        raise pytest.UsageError(str(error)) from error
    except (BenchError, InstrumentFault) as fault:
        raise pytest.exit.Exception(str(fault), returncode=int(ExitCode.UNDECIDED)) from fault


def _turn_signals_into_interrupts() -> None:
    """End SIGTERM and SIGHUP like Ctrl-C, so that the source is switched off on the way out."""

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), interrupt)


def _case_of(node: pytest.Item | Any) -> Case | None:
    marker = node.get_closest_marker("case")
    return marker.args[0] if marker is not None else None


def _name_of(item: pytest.Item) -> str:
    case = _case_of(item)
    point = item.callspec.params["load_point"]  # type: ignore[attr-defined]
    return f"{case.id}/{point.id}" if point is not None else case.id  # type: ignore[union-attr]


def _position_of(item: pytest.Item) -> str:
    return str(item.callspec.params["meter_position"])  # type: ignore[attr-defined]


def _stage_of(item: pytest.Item) -> int:
    case = _case_of(item)
    return int(case.stage) if case is not None else 0
