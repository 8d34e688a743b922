"""What a run prints: a header, one line per verdict, and a summary that begins with what was given."""

from __future__ import annotations

from collections import Counter

from bench.record.model import Kind, Outcome, Verdict
from bench.run.planner import clock_text, steps, total_time_s
from bench.run.run import Run

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
        expected_s = total_time_s(steps(run.plan, next(iter(run.declarations.values()))))
        lines.append(f"expected bench time of the accuracy part: {clock_text(expected_s)}")
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


def summary(run: Run) -> list[str]:
    """Return the lines printed at the end."""
    given = run.coverage()
    lines = [f"{given} (plan {run.plan.name})"]
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
    if given.unanswered:
        lines.append(f"{len(given.unanswered)} cases of the plan were not reached")
    lines.extend(f"TROUBLE AT THE END: {message}" for message in run.trouble)
    for name, ledger in run.ledgers.items():
        lines.extend(f"left behind in meter {name}: {text}" for text in ledger.left_behind())
    lines.append(f"report: {run.folder.path / 'report.html'}")
    return lines
