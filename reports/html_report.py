"""The report a customer gets: one HTML file, no requests to anywhere, no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from reports.curve_points import ErrorCurve
from reports.markup import join, text
from reports.operating import characteristics
from reports.run_view import RunView
from reports.sections.could_catch import could_catch
from reports.sections.curves import curves
from reports.sections.deviations import deviations
from reports.sections.heading import alarm, caveat, heading, meter_title
from reports.sections.identification import identification
from reports.sections.not_tested import not_tested
from reports.sections.recompute import recompute
from reports.sections.result import result
from reports.sections.sources import sources
from reports.sections.verdict_table import verdict_table
from reports.summary import Summary

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>
$style
@page { @bottom-left { content: "$caveat"; } }
</style>
</head>
<body>
<p class="strip">$caveat</p>
<main>
$content
</main>
<footer>$footer</footer>
</body>
</html>
""")


def html_report(view: RunView, summary: Summary, drawn: Sequence[ErrorCurve]) -> str:
    """Return the whole page for a run."""
    software = view.section("software")
    made_by = f"{software.get('name', 'meterbench')} {software.get('version', '')}".strip()
    found = characteristics(view)
    content = join(
        [
            heading(view, summary, found),
            identification(view),
            result(summary),
            deviations(view),
            curves(view, drawn),
            could_catch(view, found),
            verdict_table(view),
            not_tested(view, summary),
            sources(view),
            recompute(view),
        ],
        "\n",
    )
    return _PAGE.substitute(
        title=text(f"{alarm(view)}{meter_title(view)}: test report {view.run_id}"),
        style=files("reports").joinpath("report.css").read_text(encoding="utf-8"),
        caveat=text(caveat(view)),
        content=content,
        footer=text(f"Run {view.run_id}, measured with {made_by}. {caveat(view)}"),
    )
