"""The pytest plugin: options, the ``bench`` fixture, ordering, verdict words, exit code.

Nothing heavy is imported when the plugin is loaded, so ``pytest --help`` stays fast. It acts only on test
functions that carry a ``case`` marker; the product's own unit tests never notice it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.interruption import INTERRUPTION

if TYPE_CHECKING:
    from bench.record.model import Verdict
    from bench.run.case import Case
    from bench.run.case_bench import CaseBench
    from bench.run.exit_code import ExitCode
    from bench.run.run import Run
    from bench.standards.load_points import LoadPoint

RUN: pytest.StashKey[Run] = pytest.StashKey()
STARTED: pytest.StashKey[float] = pytest.StashKey()
BENCH: pytest.StashKey[CaseBench] = pytest.StashKey()
#: Why the run could not be set up; kept from collection until there is a place to say it once.
TROUBLE: pytest.StashKey[BaseException] = pytest.StashKey()
#: Names of what failed besides the cases: modules that cannot be imported, ordinary tests in the same session.
OTHERS: pytest.StashKey[list[str]] = pytest.StashKey()

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
#: How often circles of objects were looked for before the run.
COLLECTED: pytest.StashKey[tuple[int, int, int]] = pytest.StashKey()
#: So many new objects lie between two searches for those that hold each other; a run makes few such circles.
COLLECT_AFTER = 50_000
#: Exit code of a run that our side spoilt (``bench.run.exit_code``, which is not loaded with the plugin).
_UNDECIDED = 10


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
        "--tokens", type=Path, metavar="FILE", help="tokens of a vending side that keeps its key (TOML)"
    )
    group.addoption(
        "--plan",
        default="",
        metavar="NAME|FILE",
        help="full, smoke, factory, certification, observe or a TOML file "
        "(default: full in a laboratory, observe on any other meter)",
    )
    group.addoption("--run-dir", type=Path, metavar="DIR", help="run folder; must be absent or empty")
    group.addoption(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="ledgers of real meters (default: METERBENCH_STATE, else the user's state folder)",
    )
    group.addoption(
        "--live",
        action="store_true",
        help="energise a real source (its hardware safety stands in the rig file)",
    )
    group.addoption(
        "--seed", type=int, default=1, metavar="N", help="seed of the virtual laboratory (default 1)"
    )
    group.addoption(
        "--no-report", action="store_true", help="leave the readable files to `meterbench report RUN`"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "case(description): a case of a conformance suite")
    config.stash[STARTED] = time.monotonic()
    config.stash[OTHERS] = []
    config.add_cleanup(lambda: _collect_again(config))  # after pytest itself has looked for what is left


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each case its positions, and its load points where it has them."""
    case = _case_of(metafunc.definition)
    if case is None:
        return
    try:
        run = _run(metafunc.config)
    except (pytest.UsageError, pytest.exit.Exception):
        # Raised here, it would be printed once per module, as a crash; ``pytest_collection_modifyitems`` says it once.
        metafunc.parametrize(("meter_position", "load_point"), [("", None)])
        return

    def positions(name: str) -> list[str]:
        """Return where a case is to run; what the plan leaves out is left out once, not at each position."""
        every = list(run.declarations)
        return every if run.plan.wants(name) else every[:1]

    if not case.per_point:
        metafunc.parametrize("meter_position", positions(case.id), ids=positions(case.id))
        metafunc.parametrize("load_point", [None], ids=[""])
        return
    from bench.run.points import points_of

    pairs = [(name, point) for point in points_of(run) for name in positions(_name(case, point))]
    metafunc.parametrize(
        ("meter_position", "load_point"), pairs, ids=[f"{point.id}-{name}" for name, point in pairs]
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order by electrical state, drop what the plan does not want, and start the run."""
    if TROUBLE in config.stash:
        raise config.stash[TROUBLE]
    if RUN in config.stash and not config.option.collectonly:
        _refuse(config.stash[RUN], config)
    cases = [item for item in items if _case_of(item) is not None]
    if not cases:
        return
    from bench.run.spending import forecast

    run = _run(config)
    unwanted = [item for item in cases if not run.plan.wants(_name_of(item))]
    left_out = set(unwanted)
    kept = [item for item in items if item not in left_out]
    kept.sort(key=_stage_of)
    items[:] = kept
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
    if config.option.collectonly:
        return
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("The bench drives one rack in one process; run it without -n.")
    from bench.run.refusals import selections

    run.selected = selections(config.option, config.args, config.invocation_params.dir)
    wanted = [(_name_of(item), _position_of(item)) for item in kept if _case_of(item) is not None]
    _guarded(lambda: run.start(wanted))
    gc.freeze()  # what was imported and collected stays; nobody needs to look through it again and again
    config.stash[COLLECTED] = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *config.stash[COLLECTED][1:])
    run.forecast = forecast(_bench_of(run, item) for item in kept if _case_of(item) is not None)
    for terminal in _TERMINAL:
        terminal.showfspath = False  # each verdict gets a line of its own instead
    INTERRUPTION.check()


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

    INTERRUPTION.check()
    run = _run(item.config)
    case_bench = item.stash[BENCH] = _bench_of(run, item)
    run.current_case = case_bench.name
    reason = case_bench.missing() or run.losses.reason_against(case_bench)
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
    from bench.meter.dlms_client import Refused
    from bench.record.model import Outcome
    from instruments.errors import InstrumentFault

    try:
        yield
    except (BenchError, InstrumentFault) as fault:
        case_bench.run.record_history()
        case_bench.state(Outcome.ERROR, str(fault))
    except Refused as refusal:
        case_bench.state(Outcome.ERROR, f"the meter refused what the case builds on: {refusal}")
    except pytest.skip.Exception as skipped:
        if not case_bench.verdicts:  # else it left on purpose, having said why
            case_bench.state(Outcome.NOT_RUN, f"the case skipped itself: {skipped.msg}")
    except (pytest.fail.Exception, MeterFailure) as failure:
        # Only a judge may count against the meter: this has no evidence, and nobody could recompute it.
        case_bench.state(Outcome.ERROR, f"the case failed without a judge: {failure}")
    except pytest.exit.Exception:
        raise
    except Exception as crash:
        case_bench.state(Outcome.ERROR, f"the case crashed: {type(crash).__name__}: {crash}")
        raise
    if not case_bench.verdicts:
        case_bench.state(Outcome.ERROR, "the case ended without a verdict; this is a defect of the suite")
    wrong = [verdict for verdict in case_bench.verdicts if verdict.outcome is Outcome.ERROR]
    if wrong:
        case_bench.run.losses.note(case_bench, wrong[0].reason)
    case_bench.conclude()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Carry the verdicts in the report, and show reasons instead of source code."""
    report = yield
    case_bench = item.stash.get(BENCH, None)
    if case_bench is None:
        if report.failed:
            item.config.stash[OTHERS].append(item.nodeid)
        return report
    from bench.errors import BenchError, MeterFailure
    from bench.record.model import Outcome
    from instruments.errors import InstrumentFault

    said = list(case_bench.verdicts) if call.when != "teardown" else []
    what = str(call.excinfo.value) if call.excinfo else "unknown"
    if call.when == "setup" and not report.passed and not said:
        outcome, words = (Outcome.ERROR, "set-up failed") if report.failed else (Outcome.NOT_RUN, "skipped")
        said.append(case_bench.state(outcome, f"{words}: {what}"))
    if call.when == "teardown" and report.failed:
        said.append(case_bench.state(Outcome.ERROR, f"tear-down failed: {what}"))
    if call.excinfo is not None and isinstance(
        call.excinfo.value, (MeterFailure, BenchError, InstrumentFault)
    ):
        report.longrepr = str(call.excinfo.value)
    report.meterbench = said if call.when == "call" or not report.passed else []  # type: ignore[attr-defined]
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Remember a module that cannot be collected: its cases are missing, whatever the others say."""
    report = yield
    if report.failed:
        collector.config.stash[OTHERS].append(collector.nodeid)
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
    with INTERRUPTION.held():
        session.exitstatus = _end(session, run, exitstatus)


def _end(session: pytest.Session, run: Run, exitstatus: int) -> int:
    """Switch off, then write what there is to write; return the exit code."""
    from bench.errors import BenchError

    run.power_off()
    if exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} and run.wanted:
        exitstatus = int(_exit_code(run))
        if exitstatus == pytest.ExitCode.OK and session.config.stash[OTHERS]:
            exitstatus = int(pytest.ExitCode.TESTS_FAILED)
    if exitstatus == pytest.ExitCode.OK and INTERRUPTION.name:  # it came too late to leave anything out
        exitstatus = int(pytest.ExitCode.INTERRUPTED)
    try:
        run.finish(int(exitstatus), time.monotonic() - session.config.stash[STARTED])
        if not session.config.option.no_report:
            from reports.render import render

            run.close()  # bench and laboratory are done with: neither they nor the traffic are needed for the reports
            run.exchanges.clear()
            render(run.folder.path)
    except (pytest.exit.Exception, BenchError, OSError) as trouble:
        run.trouble.append(f"The report could not be written: {trouble}")
        return int(exitstatus) or _UNDECIDED
    return int(exitstatus)


def _exit_code(run: Run) -> ExitCode:
    from bench.run.exit_code import exit_code

    unanswered = [want for want in run.coverage().unanswered if run.plan.mandatory(want.case)]
    return exit_code(
        run.verdicts,
        clear_passes_only=run.plan.clear_passes_only,
        unanswered=len(unanswered),
        trouble=bool(run.trouble),
    )


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
    INTERRUPTION.restore()
    _TERMINAL.clear()


def _collect_again(config: pytest.Config) -> None:
    """Let circles of objects be looked for as before the run."""
    if COLLECTED in config.stash:
        gc.unfreeze()
        gc.set_threshold(*config.stash[COLLECTED])


def _run(config: pytest.Config) -> Run:
    """Return the run of this session; set it up at first use."""
    if RUN not in config.stash:
        from bench.installation import require_own_packages
        from bench.run.options import RunOptions
        from bench.run.run import Run

        INTERRUPTION.install()

        option = config.option
        options = RunOptions(
            meter=option.meter,
            rig=option.rig,
            declare=option.declare,
            secrets=option.secrets,
            tokens=option.tokens,
            plan=option.plan,
            run_dir=option.run_dir,
            state_dir=option.state_dir,
            seed=option.seed,
            live=option.live,
            command=tuple(sys.argv),
        )
        if TROUBLE in config.stash:
            raise config.stash[TROUBLE]
        try:
            _guarded(require_own_packages)
            config.stash[RUN] = _guarded(lambda: Run(options))
        except (pytest.UsageError, pytest.exit.Exception) as trouble:
            config.stash[TROUBLE] = trouble
            raise
    return config.stash[RUN]


def _guarded(action: Any) -> Any:
    """Run an action of the set-up; a user's mistake becomes a usage error, a fault ends the session with 10."""
    from bench.errors import BenchError, PlanError
    from bench.record.lock_file import Locked
    from bench.run.exit_code import ExitCode
    from instruments.errors import InstrumentFault

    try:
        return action()
    except Locked as refusal:
        raise pytest.exit.Exception(str(refusal), returncode=int(ExitCode.REFUSED)) from refusal
    except PlanError as error:
        raise pytest.UsageError(str(error)) from error
    except (BenchError, InstrumentFault) as fault:
        raise pytest.exit.Exception(str(fault), returncode=int(ExitCode.UNDECIDED)) from fault


def _refuse(run: Run, config: pytest.Config) -> None:
    """End the session with 11 where the plan does not start like this."""
    from datetime import UTC, datetime

    from bench.run.exit_code import ExitCode
    from bench.run.refusals import refusals, selections

    selected = selections(config.option, config.args, config.invocation_params.dir)
    found = refusals(run.plan, run.rig, selected=selected, today=datetime.now(UTC).date())
    if found:
        raise pytest.exit.Exception(f"Refused: {'; '.join(found)}.", returncode=int(ExitCode.REFUSED))


def _case_of(node: pytest.Item | Any) -> Case | None:
    marker = node.get_closest_marker("case")
    return marker.args[0] if marker is not None else None


def _bench_of(run: Run, item: pytest.Item) -> CaseBench:
    from bench.run.case_bench import CaseBench

    case = _case_of(item)
    if case is None:
        raise TypeError(f"{item.nodeid} is not a case")
    parameters = item.callspec.params  # type: ignore[attr-defined]
    return CaseBench(run, case, run.positions[parameters["meter_position"]], parameters["load_point"])


def _name_of(item: pytest.Item) -> str:
    return _name(_case_of(item), item.callspec.params["load_point"])  # type: ignore[attr-defined, arg-type]


def _name(case: Case, point: LoadPoint | None) -> str:
    return f"{case.id}/{point.id}" if point is not None else case.id


def _position_of(item: pytest.Item) -> str:
    return str(item.callspec.params["meter_position"])  # type: ignore[attr-defined]


def _stage_of(item: pytest.Item) -> int:
    case = _case_of(item)
    return int(case.stage) if case is not None else 0
