"""Render a run folder: report.html, allure-results/ and line.log, from its .jsonl files alone."""

from __future__ import annotations

from pathlib import Path

from reports.allure_results import AllureResults
from reports.curve_points import error_curves
from reports.html_report import html_report
from reports.line_log import LINE_LOG, line_log
from reports.run_view import read_view
from reports.summary import summarise

REPORT = "report.html"
ALLURE = "allure-results"


def render(run_path: Path) -> list[Path]:
    """Write the report, the Allure results and the line log of a run; return where the first two are.

    A run that was cut short is rendered as far as its record goes, and says so. Rendering again replaces
    what was rendered before. Raises PlanError when ``run_path`` is not a run folder.
    """
    view = read_view(run_path)
    summary = summarise(view)
    drawn = error_curves(view)
    page = run_path / REPORT
    page.write_text(html_report(view, summary, drawn), encoding="utf-8")
    results = run_path / ALLURE
    AllureResults(view, results).write(summary, drawn)
    with (run_path / LINE_LOG).open("w", encoding="utf-8") as log:
        log.writelines(f"{line}\n" for line in line_log(view.traffic.values()))
    return [page, results]
