"""Small pieces of HTML: everything that comes from a record is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from bench.record.model import Outcome
from reports.outcome_style import STYLES


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return ``value`` as HTML text; Markup stays as it is, None and empty strings become nothing."""
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else escape(str(value)))


def join(parts: Iterable[str], between: str = "") -> Markup:
    """Join pieces, escaping those that are not Markup yet."""
    return Markup(between.join(text(part) for part in parts))


def tag(name: str, *content: object, css: str = "") -> Markup:
    """Return an element around ``content``."""
    attributes = f' class="{escape(css)}"' if css else ""
    return Markup(f"<{name}{attributes}>{join(text(part) for part in content)}</{name}>")


def badge(outcome: Outcome, note: str = "") -> Markup:
    """Return the outcome with its mark, and a note such as "provisional" behind it."""
    style = STYLES[outcome]
    word = Markup(f'<span class="o o-{style.css}"><i>{style.mark}</i>{escape(style.word)}</span>')
    return join([word, Markup(" "), tag("span", note, css="note")]) if note else word


def pairs(rows: Iterable[tuple[str, object]], *, css: str = "") -> Markup:
    """Return a list of names and values; rows without a value are left out."""
    shown = [(name, text(value)) for name, value in rows]
    return tag(
        "dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in shown if value), css=css
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, css: str = "") -> Markup:
    """Return a table that scrolls sideways where it is wider than the page.

    With ``css`` "stack" a narrow page shows each row as a block, every cell behind the name of its column.
    """
    header = tag("tr", *(tag("th", name) for name in head))
    cell = _named_cell if css.startswith("stack") else _cell
    body = join(
        tag("tr", *(cell(name, value) for name, value in zip(head, row, strict=True))) for row in rows
    )
    return tag("div", tag("table", tag("thead", header), tag("tbody", body), css=css), css="scroll")


def _cell(_name: str, value: object) -> Markup:
    return tag("td", value)


def _named_cell(name: str, value: object) -> Markup:
    content = text(value)
    inside = tag("div", content) if content else content
    return Markup(f'<td data-name="{escape(name)}">{inside}</td>')


def folded(summary: object, *content: object) -> Markup:
    """Return content that opens on demand; print shows it open."""
    return tag("details", tag("summary", summary), *content)


def section(anchor: str, title: str, *content: object) -> Markup:
    return Markup(
        f'<section id="{escape(anchor)}"><h2>{escape(title)}</h2>{join(text(c) for c in content)}</section>'
    )


def tree(value: object, *, outer: bool = True) -> Markup:
    """Return JSON values as names and values; an inner object runs on in a line, like objects make a table."""
    if isinstance(value, Mapping):
        rows = ((str(name), tree(inner, outer=False)) for name, inner in value.items())
        return pairs(rows, css="" if outer else "flow")
    if isinstance(value, list | tuple):
        if value and all(isinstance(item, Mapping) for item in value):
            names = list(dict.fromkeys(name for item in value for name in item))
            return table(names, ([tree(item.get(name), outer=False) for name in names] for item in value))
        return text(", ".join(str(item) for item in value) or "none")
    if isinstance(value, bool):
        return text("yes" if value else "no")
    return text("–" if value in (None, "") else value)
