"""``meterbench run``: the packaged suites, from any folder. All options are pytest's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from bench.errors import PlanError


def add_parser(commands: Any) -> None:
    """List the sub-command in the help; its options are pytest's."""
    commands.add_parser("run", help="run the packaged suites (as `pytest suites/`; takes pytest's options)")


def run_suites(words: list[str]) -> int:
    """Call pytest on the packaged suites."""
    import pytest

    found = importlib.util.find_spec("suites")
    if found is None or not found.submodule_search_locations:
        raise PlanError("The packaged suites are not installed.", remedy="Install meterbench again.")
    folder = Path(found.submodule_search_locations[0])
    plugin = ["-p", "bench.pytest_plugin", "--import-mode=importlib", "--rootdir", str(folder.parent)]
    if "no:cacheprovider" not in words:
        plugin += [
            "-o",
            f"cache_dir={Path.cwd() / '.pytest_cache'}",
        ]  # never into the folder of the installation
    # This command is part of a package that pytest would like to see first; its assertions need no rewriting.
    plugin += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*plugin, str(folder), *words]))
