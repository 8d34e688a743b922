"""The DLMS faults of five files in one rack, each tried by the test of its own case alone."""

from __future__ import annotations

from pathlib import Path

from tests.suites import (
    rack_of_application_faults,
    rack_of_locks,
    rack_of_object_faults,
    rack_of_protection_faults,
    rack_of_security_faults,
)
from tests.suites.kept_rack import rack

KEPT = (
    *rack_of_locks.FAILING,
    *rack_of_application_faults.KEPT,
    *rack_of_security_faults.KEPT,
    *rack_of_object_faults.KEPT,
    *rack_of_protection_faults.KEPT,
)
DIFFERING = rack_of_object_faults.DIFFERING
ALL = (*KEPT, *rack_of_locks.PASSING, DIFFERING)
RACK = rack("DLMS-FAULTS", ALL)


def declare(folder: Path) -> None:
    """Declare a lock for the meters that are to have one."""
    first = 1 + len(KEPT)
    rack_of_locks.declare_locks(folder, range(1, 1 + len(rack_of_locks.FAILING)))
    rack_of_locks.declare_locks(folder, range(first, first + len(rack_of_locks.PASSING)))
