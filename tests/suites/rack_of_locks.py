"""Meters whose association locks after wrong passwords: as declared, not at all, too early, too long, for another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.suites.kept_rack import Kept

DECLARED_TRIES, DECLARED_S = 3, 60


class Locks:
    """Three wrong passwords in a row lock an association for a minute."""

    tries = DECLARED_TRIES
    lock_s = float(DECLARED_S)

    def password_matches(self: Any, settings: Any, presented: bytes) -> bool:
        """Count the wrong ones; while locked none is right."""
        counts = self.__dict__.setdefault("locks", {})
        n_wrong, until_s = counts.get(settings.name, (0, 0.0))
        now_s = self.meter.board.now()
        if now_s < until_s:
            return False
        right = bool(super().password_matches(settings, presented))  # type: ignore[misc]
        n_wrong = 0 if right else n_wrong + 1
        locked = n_wrong >= self.tries
        counts[settings.name] = (0, now_s + self.lock_s) if locked else (n_wrong, 0.0)
        return right


class NeverLocks:
    """Any number of wrong passwords does no harm."""


class LocksTooEarly(Locks):
    """Two wrong passwords lock."""

    tries = 2


class LocksTooLong(Locks):
    """The lock lasts ten minutes."""

    lock_s = 600.0


class LocksTooShort(Locks):
    """The lock lasts five seconds."""

    lock_s = 5.0


CASE, TEST = "dlms/lock_out_declared", "test_lock_out.py::test_lock_out_declared"
FAILING = (
    Kept("security", NeverLocks, CASE, TEST, "right password within 60 s of 3 wrong"),
    Kept("security", LocksTooEarly, CASE, TEST, "right password after 2 wrong"),
    Kept("security", LocksTooLong, CASE, TEST, "right password 60 s later"),
    Kept("security", LocksTooShort, CASE, TEST, "right password within 60 s of 3 wrong"),
)
#: A lock that was declared is no fault of the meter, in the cases either that try wrong passwords.
PASSING = (
    Kept("security", Locks, CASE, TEST),
    Kept("security", Locks, "dlms/lock_out", "test_lock_out.py::test_lock_out"),
    Kept("security", Locks, "dlms/APPL_OPEN_7", "test_association_opening.py::test_appl_open_7"),
    Kept("security", Locks, "dlms/factory_defaults", "test_security_identity.py::test_factory_defaults"),
)


def declare_locks(folder: Path, positions: range) -> None:
    """Write the lock into the declarations of some positions of a rack."""
    for position in positions:
        path = folder / f"meter{position}.toml"
        said = f"lock_out_after = {DECLARED_TRIES}\nlock_out_s = {DECLARED_S}\n"
        text, n_found = re.subn(r'(mechanism = "lls"\n)', rf"\g<1>{said}", path.read_text())
        assert n_found, f"{path} declares no association with a password"
        path.write_text(text)
