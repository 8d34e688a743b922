"""What a run prints: a header, one line per verdict, and a summary that begins with what was given."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from bench.record.model import Kind, Outcome, Verdict
from bench.run.plan import Plan
from bench.run.planner import clock_text, steps, total_time_s
from bench.run.run import Run
from bench.run.setting_up import DRAFT

#: Rules on the supply switch whose breach is told apart from failures of a standard, and always.
SAFETY_RULES = ("A1", "A7")

#: Cases named in the line on bench time.
MOST_SHOWN = 4

_MARKUP: dict[Outcome, dict[str, bool]] = {
    Outcome.PASSED: {"green": True},
    Outcome.CONDITIONAL_PASS: {"yellow": True},
    Outcome.CONDITIONAL_FAIL: {"yellow": True, "bold": True},
    Outcome.FAILED: {"red": True, "bold": True},
    Outcome.ERROR: {"red": True},
    Outcome.INCONCLUSIVE: {"yellow": True},
    Outcome.NOT_RUN: {"cyan": True},
    Outcome.INAPPLICABLE: {"cyan": True},
}


def header(run: Run) -> list[str]:
    """Return the lines printed before the first case."""
    lines = [
        f"bench: {run.rig.rig.name}"
        + (" (virtual: says nothing of a physical meter)" if run.rig.rig.virtual else "")
    ]
    for instrument in run.session["rig"]["instruments"]:
        due = instrument["calibration"].get("due")
        lines.append(
            f"  {instrument['role']}: {instrument['identity']}" + (f", calibration due {due}" if due else "")
        )
    for name, declared in run.declarations.items():
        if name in run.setting.drafts:
            lines.append(
                f"meter {name}: found on its line, serial number {declared.identity.serial_number}. Nobody declared "
                f"it: nameplate and class are not known. Fill in {run.folder.path / DRAFT}, give it with --declare."
            )
            continue
        lines.append(
            f"meter {name}: {declared.identity.manufacturer} {declared.identity.type}, "
            f"serial number {declared.identity.serial_number}, {declared.accuracy.standard}:"
            f"{declared.accuracy.edition} class {declared.accuracy.accuracy_class}"
        )
    lines.append(
        f"plan: {run.plan.name} ({run.plan.hash}), decision rule {run.plan.decision_rule}, "
        f"{len(run.wanted)} verdicts wanted" + ("" if run.plan.alters else ", leaves the meter as it was")
    )
    lines.extend(run.forecast)
    if run.rig.instrument:
        listed = steps(run.plan, next(iter(run.declarations.values())))
        energy_kwh = sum(step.energy_wh for step in listed) / 1000
        lines.append(
            f"expected of the accuracy part: {clock_text(total_time_s(listed))} of bench time, "
            f"{energy_kwh:.1f} kWh through each meter"
        )
    lines.append(f"run folder: {run.folder.path}")
    return lines


def line(verdict: Verdict) -> tuple[str, dict[str, bool]]:
    """Return one verdict as a line of text and its markup."""
    name = f"{verdict.case} [{verdict.position}]"
    text = f"{verdict.outcome.value:<16} {name:<44}"
    if verdict.unit == "%" and isinstance(verdict.measured, float) and isinstance(verdict.limit, float):
        text += f" {verdict.measured:+8.3f} % limit ±{verdict.limit:<4g}"
        if verdict.u95 is not None:
            text += f" U95 {verdict.u95:.3f}"
        text += f" margin {verdict.limit - abs(verdict.measured):+.3f}"
        if verdict.outcome is not Outcome.PASSED:
            text += f" {verdict.reason}"
    else:
        text += f" {_shortened(verdict.reason) if verdict.outcome is Outcome.PASSED else verdict.reason}"
    return text.rstrip(), _MARKUP[verdict.outcome]


def _shortened(text: str, width: int = 100) -> str:
    return text if len(text) <= width else text[: width - 4].rsplit(" ", 1)[0] + " ..."


def time_spent(verdicts: Sequence[Verdict], started_s: float, now_s: float) -> list[str]:
    """Return the line that says what the bench time went into: the cases that took most of it."""
    spent: defaultdict[str, float] = defaultdict(float)
    before_s = started_s
    for verdict in verdicts:
        spent["/".join(verdict.case.split("/")[:3])] += verdict.time_s - before_s
        before_s = verdict.time_s
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    most = [f"{case} {clock_text(time_s)}" for case, time_s in ranked[:MOST_SHOWN] if time_s >= 1.0]
    return [
        f"bench time {clock_text(now_s - started_s)}" + (f", most of it: {', '.join(most)}" if most else "")
    ]


def takt(plan: Plan, positions: int, bench_time_s: float) -> list[str]:
    """Return the line that says how many meters an hour the plan makes, where it counts the handling."""
    if not plan.handling_s and not plan.handling_per_position_s:
        return []
    handling_s = plan.handling_s + plan.handling_per_position_s * positions
    rate = 3600 * positions / (bench_time_s + handling_s)
    spent = f"{bench_time_s:.0f} s on the bench and {handling_s:.0f} s of handling for {positions} positions"
    return [f"takt: {spent}: {rate:.1f} meters an hour"]


def safety_rules(verdicts: Sequence[Verdict]) -> list[str]:
    """Return what became of the project rules that concern safety, which no declaration can waive."""
    lines = []
    for rule in SAFETY_RULES:
        given = [
            verdict
            for verdict in verdicts
            if verdict.requirement.kind is Kind.PROJECT and verdict.requirement.clause.startswith(f"{rule} ")
        ]
        breaches = [verdict.case for verdict in given if verdict.outcome is Outcome.FAILED]
        if breaches:
            lines.append(
                f"PROJECT RULE {rule} BREACHED (no requirement of a standard): {', '.join(breaches)}"
            )
        elif any(verdict.outcome is Outcome.PASSED for verdict in given):
            lines.append(f"project rule {rule}: kept")
    return lines


def summary(run: Run) -> list[str]:
    """Return the lines printed at the end."""
    given = run.coverage()
    part = f", a part of it: chosen by {' and '.join(run.selected)}" if run.selected else ""
    lines = [f"{given} (plan {run.plan.name}{part})"]
    counts = Counter(verdict.outcome for verdict in run.verdicts)
    lines.append(
        ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
        or "no verdict"
    )
    failed = [verdict for verdict in run.verdicts if verdict.outcome is Outcome.FAILED]
    if failed:
        provisional = sum(1 for verdict in failed if not verdict.requirement.confirmed)
        kinds = Counter(verdict.requirement.kind for verdict in failed)
        lines.append(
            f"FAILED: {len(failed) - provisional} confirmed, {provisional} provisional; "
            + ", ".join(f"{kinds[kind]} {kind.value}" for kind in Kind if kinds[kind])
        )
    lines.extend(safety_rules(run.verdicts))
    if given.unanswered:
        lines.append(f"{len(given.unanswered)} cases of the plan were not reached")
    lines.extend(time_spent(run.verdicts, run.started_s, run.clock.now()))
    lines.extend(takt(run.plan, len(run.positions), run.clock.now() - run.started_s))
    lines.extend(f"TROUBLE AT THE END: {message}" for message in run.trouble)
    for name, ledger in run.ledgers.items():
        lines.extend(f"left behind in meter {name}: {text}" for text in ledger.left_behind())
    report = run.folder.path / "report.html"
    lines.append(f"report: {report}" if report.exists() else f"run folder: {run.folder.path}")
    return lines
