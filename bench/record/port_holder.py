"""Who has a serial port open, where the operating system tells: on Linux, in /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortUser:
    """A process that has a port open."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def port_users(path: str) -> tuple[PortUser, ...]:
    """Return the other processes that have the file ``path`` open; those of other users may stay unseen."""
    if not _PROCESSES.is_dir():
        return ()
    wanted = os.path.realpath(path)
    others = [
        folder for folder in _PROCESSES.iterdir() if folder.name.isdigit() and int(folder.name) != os.getpid()
    ]
    users = [
        PortUser(pid=int(folder.name), command=_command(folder))
        for folder in others
        if _has_open(folder / "fd", wanted)
    ]
    return tuple(sorted(users, key=lambda user: user.pid))


def _has_open(descriptors: Path, wanted: str) -> bool:
    try:
        return any(_target(entry) == wanted for entry in descriptors.iterdir())
    except OSError:  # ended meanwhile, or of another user
        return False


def _target(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except OSError:
        return ""


def _command(folder: Path) -> str:
    try:
        words = (folder / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "unknown"
    return " ".join(word.decode(errors="replace") for word in words if word)[:120] or "unknown"
