"""The score as one HTML file: how many were found, where not, and what the runs said instead."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from bench.score.row import FROM_BEST, Grade, Result, Row
from bench.score.score import by_row
from reports.markup import Markup, join, tag, text

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
<main>
$content
</main>
</body>
</html>
""")
_WORDS = {
    Grade.STRICT: ("strict", "expected outcome, for the right reason alone"),
    Grade.LOOSE: ("loose", "found, but FAILED elsewhere too"),
    Grade.MISSED: ("missed", "not the expected outcome"),
    Grade.FALSE_ALARM: ("false alarms", "FAILED where the meter conforms"),
    Grade.ERROR: ("errors", "the trial itself went wrong"),
}
_LAYERS = {
    "MT": "metrology",
    "ST": "STS tokens",
    "HD": "HDLC",
    "AP": "application layer",
    "SE": "security",
    "AR": "arbitration",
    "EV": "events, tamper",
    "CK": "clock, profiles",
    "PF": "power fail, panel",
    "N": "legal variants",
    "": "clean, outside",
    "2nd": "pairs",
}
_SEVERITIES = {
    "R": "revenue",
    "S": "supply, safety",
    "X": "security",
    "I": "interoperability",
    "C": "documentation",
    "": "not graded",
}
_EVIDENCE = {
    "F": "seen in the field",
    "V": "vendor manual",
    "L": "library comment",
    "C": "public suite",
    "P": "plausible",
    "": "not graded",
}
Group = tuple[Row, tuple[Result, ...]]


def score_page(results: Sequence[Result], facts: Mapping[str, Any]) -> str:
    """Return the whole page; ``facts`` says what was scored and how, in the order in which it is shown."""
    groups = by_row(results)
    counts = Counter(group[0].grade for _, group in groups)
    figures = join(
        tag("div", tag("b", counts[grade], css=_css(grade)), tag("span", word))
        for grade, (word, _) in _WORDS.items()
    )
    content = join(
        [
            tag("h1", "What the tester finds"),
            tag("p", join((f"{name} {value}" for name, value in facts.items()), " · "), css="facts"),
            tag(
                "div",
                tag("div", figures, css="score"),
                tag("div", _bar(counts), css="wide"),
                css="card",
            ),
            _tables(groups),
            _list(groups, Grade.MISSED, "Missed", "None was missed."),
            _list(groups, Grade.FALSE_ALARM, "False alarms", "No conforming meter was failed."),
            _list(groups, Grade.ERROR, "Errors", "Every trial came to its end."),
            _list(groups, Grade.LOOSE, "Loose", "Nothing FAILED for a reason beside the right one."),
            _every(groups),
        ],
        "\n",
    )
    return _PAGE.substitute(
        title="meterbench: the tester's own score",
        style=files("bench.score").joinpath("score.css").read_text(encoding="utf-8"),
        content=content,
    )


def _css(grade: Grade) -> str:
    return grade.value.replace(" ", "-")


def _bar(counts: Counter[Grade]) -> Markup:
    every = sum(counts.values()) or 1
    parts = "".join(
        f'<i class="{_css(grade)}" style="width:{100 * counts[grade] / every:.2f}%" '
        f'title="{counts[grade]} {escape(_WORDS[grade][0])}"></i>'
        for grade in FROM_BEST
        if counts[grade]
    )
    return Markup(f'<div class="bar">{parts}</div>')


def _tables(groups: Sequence[Group]) -> Markup:
    shown = [
        _table("By layer", groups, lambda row: row.layer, _LAYERS),
        _table("By severity", groups, lambda row: row.severity, _SEVERITIES),
        _table("By evidence", groups, lambda row: row.evidence_letter, _EVIDENCE),
    ]
    return tag("div", join(shown), css="three")


def _table(title: str, groups: Sequence[Group], by: Callable[[Row], str], words: Mapping[str, str]) -> Markup:
    found: dict[str, Counter[Grade]] = defaultdict(Counter)
    for row, trials in groups:
        found[by(row)][trials[0].grade] += 1
    order = [*words, *sorted(found.keys() - words.keys())]
    rows = join(
        Markup(
            f"<tr><td>{_named(letter, words)}</td>"
            f'<td class="n">{found[letter][Grade.STRICT]} of {sum(found[letter].values())}</td>'
            f'<td class="share">{_bar(found[letter])}</td></tr>'
        )
        for letter in order
        if letter in found
    )
    return tag("div", tag("h2", title), tag("table", rows), css="card")


def _named(letter: str, words: Mapping[str, str]) -> Markup:
    word = words.get(letter, "")
    return join([tag("b", letter), " ", word]) if letter else text(word)


def _list(groups: Sequence[Group], grade: Grade, title: str, none: str) -> Markup:
    items = [
        _item(row, [trial for trial in trials if trial.grade is grade])
        for row, trials in groups
        if trials[0].grade is grade
    ]
    body = join(items) if items else tag("p", none, css="none")
    return join([Markup(f"<h2>{escape(title)}: {len(items)}</h2>"), body])


def _item(row: Row, trials: Sequence[Result]) -> Markup:
    worst = trials[0]
    seeds = ", ".join(str(trial.seed) for trial in trials)
    wanted = f"{row.configuration.upper()}, {row.expected} expected"
    if row.topics:
        wanted += f" in {', '.join(sorted(row.topics))}"
    said = [
        *(Markup(f"<li><b>FAILED</b> {text(name)}</li>") for name in worst.failed[:8]),
        *(tag("li", line) for line in worst.told),
    ]
    return tag(
        "div",
        tag("h3", tag("span", row.name, css=_css(worst.grade)), f" {row.title}", tag("small", wanted)),
        tag("p", worst.note, tag("span", f" (seed {seeds})", css="facts")),
        tag("ul", join(said)) if said else "",
        css="card item",
    )


def _every(groups: Sequence[Group]) -> Markup:
    head = tag("tr", *(tag("th", name) for name in ("Row", "", "Expected", "Grade", "What was said", "Time")))
    rows = join(
        tag(
            "tr",
            tag("td", tag("b", row.name)),
            tag("td", row.configuration.upper()),
            tag("td", row.expected),
            tag("td", trials[0].grade.value, css=_css(trials[0].grade)),
            tag("td", trials[0].note, " ", tag("code", ", ".join(trials[0].failed[:3]))),
            tag("td", f"{sum(trial.seconds for trial in trials):.0f} s", css="n"),
        )
        for row, trials in groups
    )
    table = tag("div", tag("table", tag("thead", head), tag("tbody", rows)), css="scroll")
    legend = "; ".join(f"{word}: {meaning}" for word, meaning in _WORDS.values())
    return join(
        [
            tag("h2", "Every row"),
            tag("p", f"A row is as its worst trial. {legend}.", css="facts"),
            tag("details", tag("summary", f"{len(groups)} rows"), tag("div", table, css="card")),
        ]
    )
