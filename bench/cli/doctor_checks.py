"""What a bench needs of this machine, one check each: what is there, what is missing, what mends it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bench.errors import BenchError
from bench.installation import shadowed_packages
from bench.meter.ledger import ledger_files, read_record
from bench.record.lock_file import lock_folder
from bench.record.port_holder import port_users
from bench.record.state_folder import state_folder
from reports.node import ALLURE_VERSION, HINT, find_node, installed_allure

PYTHON_MIN = (3, 11)
NODE_MIN = 20
PROBE_TIME_OUT_S = 10.0


class State(StrEnum):
    """How a check ended. Only FAULT makes the exit code 1."""

    OK = "ok"
    ABSENT = "absent"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the diagnosis; ``remedy`` is a command or a sentence."""

    topic: str
    state: State
    text: str
    remedy: str = ""


def python() -> list[Finding]:
    """Check the interpreter and whether it has an environment of its own."""
    version = platform.python_version()
    if sys.version_info < PYTHON_MIN:
        wanted = ".".join(map(str, PYTHON_MIN))
        return [_fault("Python", f"{version} is too old", f"Install Python {wanted} or newer.")]
    where = (
        "in an environment of its own"
        if sys.prefix != sys.base_prefix
        else "not in an environment of its own"
    )
    return [_ok("Python", f"{version} at {sys.executable}, {where}")]


def packages() -> list[Finding]:
    """Check that our five packages are ours and that those we need are there."""
    found = [
        _fault("packages", str(item), "pipx install meterbench, or a fresh venv")
        for item in shadowed_packages()
    ]
    for name in (
        "pyvisa",
        "pyvisa-py",
        "pyserial",
        "gurux-dlms",
        "cryptography",
        "numpy",
        "pydantic",
        "pytest",
    ):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found.append(_fault("packages", f"{name} is missing", f"{sys.executable} -m pip install {name}"))
    if importlib.util.find_spec("labgrid") is not None:
        found.append(
            _fault(
                "packages",
                "labgrid is installed beside meterbench; it brings a package that overwrites pyserial",
                f"{sys.executable} -m pip uninstall labgrid pyserial-labgrid; {sys.executable} -m pip install pyserial",
            )
        )
    version = _version("meterbench")
    return found or [_ok("packages", f"meterbench {version}, all five packages are ours, nothing is missing")]


def visa() -> list[Finding]:
    """Check which VISA libraries there are, and what the Python one can reach."""
    from pyvisa.ctwrapper.highlevel import IVIVisaLibrary

    found = [_ok("VISA", f"@py: pyvisa-py {_version('pyvisa-py')}, TCP sockets and serial ports")]
    paths = [str(path) for path in IVIVisaLibrary.get_library_paths()]
    found.append(
        _ok("VISA", f"@ivi: {', '.join(paths)}")
        if paths
        else _absent(
            "VISA",
            "@ivi: no vendor's VISA library",
            "only needed for GPIB or vendor drivers: install NI-VISA",
        )
    )
    for module, what, package in (
        ("usb", "USB-TMC instruments", "pyusb"),
        ("gpib_ctypes", "GPIB instruments", "gpib-ctypes"),
    ):
        if importlib.util.find_spec(module) is None:
            found.append(
                _absent("VISA", f"@py cannot reach {what}", f"{sys.executable} -m pip install {package}")
            )
    chosen = os.environ.get("PYVISA_LIBRARY")
    if chosen:
        found.append(_ok("VISA", f"PYVISA_LIBRARY chooses {chosen}"))
    return found


def ports() -> list[Finding]:
    """List serial ports: what they are, whether we may open them, who has them open."""
    from serial.tools.list_ports import comports

    found = [_port(item.device, item.description or "") for item in comports()]
    return found or [_absent("ports", "no serial port", "plug in the optical head or the RS-485 adapter")]


def _port(path: str, description: str) -> Finding:
    users = port_users(path)
    if users:
        return _fault(
            "ports", f"{path} ({description}) is open in {users[0]}", f"end it: kill {users[0].pid}"
        )
    if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        return _fault(
            "ports",
            f"{path} ({description}) may not be opened",
            "sudo usermod -aG dialout $USER, then log in again",
        )
    return _ok("ports", f"{path} ({description})")


def allure() -> list[Finding]:
    """Check Node and Allure, which only the Allure page needs."""
    node = find_node()
    if node is None:
        return [_absent("Allure", "no Node.js; report.html and allure-results need none", HINT)]
    version = _said(str(node.node), "--version")
    major = version.lstrip("v").partition(".")[0]
    if not major.isdigit() or int(major) < NODE_MIN:
        return [_absent("Allure", f"Node {version} is too old", HINT)]
    if installed_allure() is None:
        text = f"Node {version}; allure {ALLURE_VERSION} is fetched at first use"
        return [_absent("Allure", text, "meterbench report RUN --allure")]
    return [_ok("Allure", f"Node {version}, allure {ALLURE_VERSION}")]


def fonts() -> list[Finding]:
    """Check that a page can be shown and printed: a sans-serif font, by fontconfig where there is one."""
    if sys.platform in {"win32", "darwin"}:
        return [_ok("fonts", "those of the system")]
    if shutil.which("fc-match") is None:
        return [_absent("fonts", "no fontconfig", "sudo apt install fontconfig fonts-dejavu-core")]
    family = _said("fc-match", "--format=%{family}", "sans-serif")
    if not family:
        return [_absent("fonts", "no sans-serif font", "sudo apt install fonts-dejavu-core")]
    return [_ok("fonts", family)]


def state() -> list[Finding]:
    """Check that ledgers and locks can be kept, and that no key change lies unfinished."""
    folder = state_folder()
    found = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK) and os.access(lock_folder(), os.W_OK)
    except OSError:
        writable = False
    if not writable:
        found.append(
            _fault("state", f"{folder} cannot be written", "name another folder: METERBENCH_STATE=DIR")
        )
    for path in ledger_files(folder):
        try:
            record = read_record(path)
        except BenchError as error:
            found.append(_fault("state", error.message, error.remedy))
            continue
        if record.key_change is not None:
            text = f"meter {record.serial_number}: a key change begun {record.key_change.begun_utc} is unfinished"
            found.append(_fault("state", text, "meterbench recover"))
    return found or [_ok("state", f"{folder}: {len(ledger_files(folder))} meter ledgers, nothing unfinished")]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (python, packages, visa, ports, allure, fonts, state)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _said(*command: str) -> str:
    """Return what a program prints, "" where it cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603  # programs named in this file
            command, capture_output=True, text=True, timeout=PROBE_TIME_OUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _ok(topic: str, text: str) -> Finding:
    return Finding(topic=topic, state=State.OK, text=text)


def _absent(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic=topic, state=State.ABSENT, text=text, remedy=remedy)


def _fault(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic=topic, state=State.FAULT, text=text, remedy=remedy)
