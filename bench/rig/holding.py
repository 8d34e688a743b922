"""Hold a rig for one run: a lock on every resource, not only on the rig file, for two files may name one source."""

from __future__ import annotations

from bench.record.lock_file import Holder, Locked, LockFile, lock_resource
from bench.record.port_holder import port_users
from bench.rig.rig_file import RigFile


def resources_of(rig: RigFile) -> tuple[str, ...]:
    """Return what two runs must not share: instruments and meter ports; for a laboratory, its time."""
    if rig.clock.kind == "laboratory":
        return (rig.clock.resource,)
    named = [entry.resource for entry in rig.instrument] + [entry.meter for entry in rig.position]
    return tuple(sorted({name.partition("?")[0] for name in named if name}))


def hold_rig(rig: RigFile, *, what: str) -> list[LockFile]:
    """Lock every resource of the rig. Raises Locked, which names the holder; then nothing is held."""
    held: list[LockFile] = []
    try:
        for resource in resources_of(rig):
            held.append(lock_resource(resource, what=what))
            _refuse_if_open(resource)
    except BaseException:
        release(held)
        raise
    return held


def _refuse_if_open(resource: str) -> None:
    """Refuse a serial port that another program has open: each of the two would get a part of the octets."""
    users = port_users(resource) if resource.startswith("/") else ()
    if users:
        raise Locked(resource, Holder(pid=users[0].pid, what=users[0].command))


def release(held: list[LockFile]) -> None:
    """Give every lock back."""
    while held:
        held.pop().release()
