"""The Allure 3 page of a run: made by Node from ``allure-results/``, and freed of everything that phones home."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.errors import BenchFault
from reports.allure_config import allure_config
from reports.node import Node, NoNode, allure_script, find_node
from reports.render import ALLURE
from reports.run_view import read_heading

FOLDER = "allure-report"
SINGLE_FILE = "allure-report.html"
GENERATE_TIME_OUT_S = 120.0

#: The page loads a tag manager and feeds it; Allure 3 has no switch for that (allure3 #476).
_ANALYTICS = (
    re.compile(r"[ \t]*<script[^>]*\bsrc=\"https?://[^\"]*googletagmanager[^\"]*\"[^>]*>\s*</script>\n?"),
    re.compile(
        r"[ \t]*<script>(?:(?!</script>).)*?window\.dataLayer\b(?:(?!</script>).)*?</script>\n?", re.DOTALL
    ),
)
#: Tags through which a page asks another machine for something as soon as it is opened.
_OUTSIDE = re.compile(
    r"<(?:script|img|iframe|source|embed|link)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^\"'\s>]+",
    re.IGNORECASE,
)


def make_allure_page(run_path: Path, *, single_file: bool, say: Callable[[str], None]) -> Path:
    """Make the page from the results of a rendered run; return the file to open.

    Raises NoNode where this machine has no Node, BenchFault where Allure cannot be fetched or fails.
    """
    node = find_node()
    if node is None:
        raise NoNode
    script = allure_script(node, say)
    view = read_heading(run_path)
    with tempfile.TemporaryDirectory(prefix="meterbench-allure-") as work:
        output = Path(work) / "out"
        config = Path(work) / "allurerc.json"
        config.write_text(json.dumps(allure_config(view, output=str(output), single_file=single_file)))
        _generate(node, script, run_path / ALLURE, config, output, work)
        page = output / "index.html"
        if not page.is_file():
            raise BenchFault("Allure ended without writing a page.", remedy="Run `meterbench doctor`.")
        page.write_text(without_analytics(page.read_text(encoding="utf-8")), encoding="utf-8")
        if single_file:
            shutil.copyfile(page, run_path / SINGLE_FILE)
            return run_path / SINGLE_FILE
        shutil.rmtree(run_path / FOLDER, ignore_errors=True)
        shutil.copytree(output, run_path / FOLDER)
        return run_path / FOLDER / "index.html"


def without_analytics(page: str) -> str:
    """Return the page without its analytics blocks. Raises BenchFault if it would still ask outside."""
    for block in _ANALYTICS:
        page = block.sub("", page)
    left = outside_requests(page)
    if left:
        raise BenchFault(
            f"The Allure page would load {left[0]}.",
            remedy="This version of Allure is not known; use report.html.",
        )
    return page


def outside_requests(page: str) -> list[str]:
    """Return the tags of an HTML page that load something from another machine; scripts' own text is no tag."""
    markup = re.sub(r"(<script\b[^>]*>).*?(</script>)", r"\1\2", page, flags=re.DOTALL)
    return _OUTSIDE.findall(markup)


def _generate(node: Node, script: Path, results: Path, config: Path, output: Path, work: str) -> None:
    command = [str(node.node), str(script), "generate", str(results.resolve())]
    command += ["--config", str(config), "--output", str(output)]
    try:
        done = subprocess.run(  # noqa: S603  # our own command line
            command, cwd=work, capture_output=True, text=True, timeout=GENERATE_TIME_OUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchFault(f"Allure could not be run: {error}.", remedy="Run `meterbench doctor`.") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise BenchFault(
            f"Allure failed: {words[-1] if words else done.returncode}.", remedy="Is Node 20 or newer?"
        )
