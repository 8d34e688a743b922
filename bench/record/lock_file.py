"""A lock file that names its holder: process, start, and what it does there.

The operating system holds the lock, so it ends with its process however that dies; a file left behind by a
dead process is taken over. The text in the file is only there to name the holder to others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.clock import WallClock
from bench.errors import BenchFault

_WALL = WallClock()

#: The octet that Windows locks: far behind the text, so that others can still read it.
_LOCKED_OCTET = 1 << 30
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock. ``pid`` 0: the holder did not say."""

    pid: int = 0
    since_utc: str = ""
    what: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return "another process"
        since = f", since {self.since_utc}" if self.since_utc else ""
        return f"process {self.pid}{since}: {self.what}"


class Locked(BenchFault):
    """Somebody else holds the lock; ``holder`` says who."""

    def __init__(self, subject: str, holder: Holder) -> None:
        super().__init__(
            f"{subject} is in use by {holder}.", remedy="Wait until it has finished, or end that process."
        )
        self.subject, self.holder = subject, holder


class LockFile:
    """A held lock. ``acquire`` gets it or raises; ``release`` may be called twice."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(
        cls, path: Path, *, subject: str, what: str, utc: Callable[[], datetime] = _WALL.utc
    ) -> LockFile:
        """Hold ``path`` at once or raise Locked naming the holder; ``subject`` is what the lock protects."""
        for _ in range(_ATTEMPTS):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            if not _lock(descriptor):
                holder = _read_holder(descriptor)
                os.close(descriptor)
                raise Locked(subject, holder)
            if not _still_named(descriptor, path):
                os.close(descriptor)  # the holder before us removed this file while we opened it
                continue
            text = {"pid": os.getpid(), "since_utc": f"{utc():%Y-%m-%d %H:%M:%S} UTC", "what": what}
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, json.dumps(text).encode())
            return cls(path, descriptor)
        raise BenchFault(f"The lock file {path} comes and goes.", remedy="Remove it and try again.")

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._descriptor is None:
            return
        if sys.platform != "win32":  # there an open file cannot be removed; it stays, unlocked
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_folder() -> Path:
    """Return the folder of locks on ports and instruments, the same for every user of this machine."""
    folder = Path(tempfile.gettempdir()) / "meterbench-locks"
    folder.mkdir(exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid == os.getuid():
        folder.chmod(0o1777)
    return folder


def lock_resource(resource: str, *, what: str) -> LockFile:
    """Hold a port or an instrument, named as its URL or VISA resource, against every other bench here.

    Raises Locked with the holder, BenchFault where the lock folder cannot be used.
    """
    canonical = os.path.realpath(resource) if resource.startswith("/") else resource
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", canonical).strip("-")[-60:]
    name = f"{readable}-{hashlib.sha256(canonical.encode()).hexdigest()[:10]}.lock"
    try:
        return LockFile.acquire(lock_folder() / name, subject=resource, what=what)
    except OSError as error:
        raise BenchFault(f"{resource} cannot be locked: {error}.") from error


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _LOCKED_OCTET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _read_holder(descriptor: int) -> Holder:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        said: Any = json.loads(os.read(descriptor, 65536))
        return Holder(pid=int(said["pid"]), since_utc=str(said["since_utc"]), what=str(said["what"]))
    except (ValueError, KeyError, TypeError):
        return Holder()  # caught between locking and writing
