"""The page a customer gets: complete, self-contained, honest about what it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reports.render import render

_VOID = {"meta", "link", "br", "img", "hr", "input"}


class _Page(HTMLParser):
    """Collects text and attributes, and checks that elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.extend(attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.extend(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def _page(run_path: Path) -> tuple[str, _Page]:
    render(run_path)
    source = (run_path / "report.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(source)
    assert page.open == []
    return source, page


def test_says_what_it_is_not(run_path: Path) -> None:
    _, page = _page(run_path)
    assert "Virtual laboratory: not a statement about a physical meter." in page.text
    assert "Pre-run, not a certificate." in page.text


def test_a_real_rig_is_not_called_virtual(new_run: Callable[..., Any]) -> None:
    run = new_run(virtual=False)
    run.open(["accuracy/load_point/Ib-pf1"])
    _, page = _page(run.finish())
    assert "not a statement about a physical meter" not in page.text
    assert "Pre-run, not a certificate." in page.text


def test_identifies_meter_bench_and_rules(run_path: Path) -> None:
    _, page = _page(run_path)
    for fact in (
        "Reference Meters DDS722, serial number 04440001",
        "class 1, IEC 62053-21:2003+A1:2016",
        "230 V, 5(60) A, 50 Hz, 1000 imp/kWh",
        "ZERA,COM5003,V0000008,METERBENCH-VIRTUAL",
        "certificate MB-2026-118, due 2027-02-28",
        "U 0.01 % (k = 2), class 0.02",
        "four-way",
        "meterbench 0.1.0",
        "2027-03-05 08:15:00 UTC",
        "pytest suites/ --seed 7",
        "1 h 23 min 45 s of bench time",
    ):
        assert fact in page.text


def test_tells_which_commands_are_less_sure(run_path: Path) -> None:
    _, page = _page(run_path)
    assert "Commands less sure than their driver: 1" in page.text
    assert "CALC:EM01:0001:ENERGY?" in page.text


def test_shows_the_command_without_the_folders_of_the_machine(run_path: Path) -> None:
    source, page = _page(run_path)
    assert "pytest suites/ --seed 7" in page.text
    assert "/opt/somewhere" not in source


def test_an_expired_standard_is_called_overdue(run_path: Path) -> None:
    _, page = _page(run_path)
    assert "OVERDUE at the time of the run" in page.text


def test_honesty_line_counts_only_what_says_something_of_the_meter(run_path: Path) -> None:
    # 28 wanted; without a statement: one NOT_RUN, one ERROR, one INCONCLUSIVE, one without any record.
    _, page = _page(run_path)
    assert "24 of 28 verdicts given" in page.text


def test_advisory_and_provisional_failures_are_counted_apart(run_path: Path) -> None:
    _, page = _page(run_path)
    assert "Requirements not met: 6 FAILED (5 confirmed, 1 provisional)." in page.text
    assert "Advisory, shown apart and not counted: 1 FAILED." in page.text


def test_every_failure_stands_before_everything_else_that_needs_a_look(run_path: Path) -> None:
    source, _ = _page(run_path)
    kinds = re.findall(r'<article class="deviation ([a-z-]+)"', source)
    assert kinds == [
        *["failed"] * 7,
        "conditional-fail",
        "conditional-pass",
        "inconclusive",
        "error",
    ]
    last_failure = source.rindex('<article class="deviation failed"')
    assert last_failure < source.index('id="curves"') < source.index('id="verdicts"')


def test_confirmed_failures_stand_before_provisional_and_advisory_ones(run_path: Path) -> None:
    source, _ = _page(run_path)
    order = [
        source.index(f"{case}<", source.index('id="deviations"'))
        for case in ("dlms/HDLC_FRAME_N8", "accuracy/starting_current", "dual/switch_latches", "sts/lockout")
    ]
    assert order == sorted(order)


def test_a_failure_shows_measured_limit_uncertainty_and_raw_counts(run_path: Path) -> None:
    source, _ = _page(run_path)
    first = source[source.index('<article class="deviation failed"') :]
    first = first[: first.index("</article>")]
    for fact in ("+1.732 %", "±1.5 %", "0.068 %", "IEC 62053-21:2003+A1:2016, 7", "n_intervals", "20"):
        assert fact in first


def test_frames_stand_in_hex_with_time_and_direction(run_path: Path) -> None:
    source, _ = _page(run_path)
    assert "→ meter  7E A0 0A 00 02 00 23 21 93 D2 C4 12 7E" in source
    assert "← meter  7E A0 0A 21 00 02 00 23 73 F6 C8 BA 7E" in source


def test_no_secret_is_shown_even_if_the_record_still_held_it(run_path: Path) -> None:
    render(run_path)
    secret = b"NEVER-SHOW-ME"
    spaced = secret.hex(" ").upper().encode()
    for file in (run_path / "report.html", *(run_path / "allure-results").iterdir()):
        content = file.read_bytes()
        assert secret not in content
        assert secret.hex().encode() not in content.lower()
        assert spaced not in content
    assert "reader_password, not shown" in (run_path / "report.html").read_text(encoding="utf-8")


def test_makes_no_request_to_anywhere(run_path: Path) -> None:
    source, page = _page(run_path)
    assert "http" not in source
    assert "<script" not in source
    assert "@import" not in source
    assert "url(" not in source
    assert not [name for name, _ in page.attributes if name in {"src", "srcset", "action", "onclick"}]


def test_words_from_the_record_are_escaped(run_path: Path) -> None:
    source, page = _page(run_path)
    assert "<twice>" not in source
    assert "the same token was accepted twice & credited <twice>" in page.text


def test_says_what_was_not_tested_and_why(run_path: Path) -> None:
    source, _ = _page(run_path)
    chapter = source[source.index('id="not-tested"') : source.index('id="sources"')]
    for fact in (
        "dual/never_reached",
        "no verdict was recorded",
        "the rig has nobody who swaps a module",
        "dlms/APPL_OPEN_2",
        "the meter declares no user identification",
    ):
        assert fact in chapter
    assert "dlms/HDLC_FRAME_P1" not in chapter


def test_explains_every_source_status_used(run_path: Path) -> None:
    _, page = _page(run_path)
    for meaning in (
        "two independent public sources agree",
        "From recall of the standard: check against a bought copy.",
        "never FAILED, at most conditional fail",
        "A rule of this project where no standard speaks.",
    ):
        assert meaning in page.text


def test_tells_how_to_recompute(run_path: Path) -> None:
    _, page = _page(run_path)
    assert f"meterbench verify {run_path.name}" in page.text


def test_all_verdicts_are_listed_by_document(run_path: Path) -> None:
    source, _ = _page(run_path)
    chapter = source[source.index('id="verdicts"') : source.index('id="not-tested"')]
    assert chapter.count("<tr>") == 27 + 4  # 27 verdicts, a head for each of 4 documents
    assert re.findall(r"<h3>([^<]+)<", chapter) == [
        "DLMS UA 1001-3 ATS_DL V5.0",
        "IEC 62053-21:2003+A1:2016",
        "IEC 62055-41:2018",
        "meterbench project rules:1",
    ]


def test_a_killed_run_says_so_first(killed_path: Path) -> None:
    source, page = _page(killed_path)
    assert page.text.index("INCOMPLETE RUN.") < page.text.index("Reference Meters DDS722")
    assert "A verdict that is missing is not a pass." in page.text
    assert "verdicts.jsonl" in source[: source.index('id="identification"')]
    assert "24 of 28 verdicts given" in page.text
    assert "no end recorded" in page.text


def test_an_altered_record_is_not_presented_as_a_result(run_path: Path) -> None:
    file = run_path / "verdicts.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"outcome":"FAILED"', b'"outcome":"PASSED"', 1))
    _, page = _page(run_path)
    assert "DAMAGED RECORD." in page.text
    assert "The record is not what the run wrote" in page.text


def test_evidence_that_is_missing_is_reported(run_path: Path) -> None:
    (run_path / "observations.jsonl").unlink()
    _, page = _page(run_path)
    assert "records named as evidence are missing" in page.text


def test_an_empty_run_is_no_pass(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.open(["accuracy/no_load", "sts/credit_token"])
    _, page = _page(run.kill())
    assert "Nothing was judged." in page.text
    assert "0 of 2 verdicts given" in page.text


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    from bench.errors import PlanError

    with pytest.raises(PlanError, match="not a run folder"):
        render(tmp_path)
