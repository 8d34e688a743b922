"""Slot ``port_protection``: failed authentications at each port, and the lock that follows them (class 124).

In mode 1 a port locks with the failed attempt that reaches the number allowed, and with each further one; the lock
lasts initial_lockout_time times steepness_factor for each attempt beyond, up to max_lockout_time. While it lasts no
association is opened at that port, and what is tried is not counted. What the modes and states mean is as gurux-dlms
names them; the law of growth and that a success sets the count back are recalled (status U).

Count, sum and end of a lock live in the memory chip: a power cut ends no lock.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import Data, double_long_unsigned, enum, long_unsigned, unsigned
from reference_meter.dlms.model.kept import kept_value

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class Mode(IntEnum):
    """protection_mode."""

    LOCKED = 0
    LOCKED_ON_FAILED_ATTEMPTS = 1
    UNLOCKED = 2


class Status(IntEnum):
    """protection_status."""

    UNLOCKED = 0
    TEMPORARILY_LOCKED = 1
    LOCKED = 2


#: Attribute -> name and what it is at manufacture: no lock before somebody asks for it.
SETTINGS: dict[int, tuple[str, Data]] = {
    2: ("protection_mode", enum(Mode.UNLOCKED)),
    3: ("allowed_failed_attempts", long_unsigned(5)),
    4: ("initial_lockout_time", double_long_unsigned(10)),
    5: ("steepness_factor", unsigned(2)),
    6: ("max_lockout_time", double_long_unsigned(3600)),
}


def setting_record(port: str, name: str) -> str:
    """Return the record of a setting of a port."""
    return f"port protection {port} {name}"


class PortProtection:
    """Counts failed attempts and decides whether a port is locked; ``port`` is "optical", "tcp" or "udp"."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def ports(self) -> dict[str, str]:
        """Return the logical name of the object of each port that has one."""
        link = self.meter.product.communication
        named = {port.name: port.protection for port in link.network_ports}
        return {name: code for name, code in {"optical": link.protection, **named}.items() if code}

    def setting(self, port: str, attribute: int) -> int:
        """Return a setting of a port as a number."""
        name, default = SETTINGS[attribute]
        return kept_value(self.meter, setting_record(port, name), default).number()

    def count(self, port: str, name: str) -> int:
        """Return how many attempts "failed" in a row, or their "total"."""
        return int(self._record(port).get(name, 0))

    def status(self, port: str) -> Status:
        """Return protection_status of a port."""
        mode = self.setting(port, 2)
        if mode == Mode.LOCKED:
            return Status.LOCKED
        until_s = float(self._record(port).get("until_s", 0.0))
        if mode == Mode.LOCKED_ON_FAILED_ATTEMPTS and self.meter.board.now() < until_s:
            return Status.TEMPORARILY_LOCKED
        return Status.UNLOCKED

    def locked(self, channel: str) -> bool:
        """Tell whether no association may be opened on a channel now."""
        port = _port_of(channel)
        return port in self.ports() and self.status(port) is not Status.UNLOCKED

    def failed(self, channel: str) -> None:
        """Count an authentication that failed, and lock where that was one too many."""
        port = _port_of(channel)
        if port not in self.ports():
            return
        n_failed = self.count(port, "failed") + 1
        record = self._record(port) | {"failed": n_failed, "total": self.count(port, "total") + 1}
        beyond = n_failed - self.setting(port, 3)
        if beyond >= 0:
            record["until_s"] = self.meter.board.now() + self.lock_s(port, beyond)
        self.meter.memory.put(_name(port), record)

    def lock_s(self, port: str, beyond: int) -> float:
        """Return how long the attempt locks that comes so many after the first one that locks."""
        longest_s = float(self.setting(port, 6))
        steepness = self.setting(port, 5)
        if steepness > 1 and beyond > 32:
            return longest_s
        lock_s: float = self.setting(port, 4) * float(steepness) ** beyond
        return min(lock_s, longest_s)

    def succeeded(self, channel: str) -> None:
        """Begin to count anew after an authentication that was right."""
        port = _port_of(channel)
        if port in self.ports() and self.count(port, "failed"):
            self.reset(port)

    def reset(self, port: str) -> None:
        """Forget the failed attempts in a row, and end a lock that follows from them."""
        self.meter.memory.put(_name(port), {"total": self.count(port, "total")})

    def _record(self, port: str) -> dict[str, Any]:
        return self.meter.memory.get(_name(port)) or {}


def _port_of(channel: str) -> str:
    return channel.partition("/")[0]


def _name(port: str) -> str:
    return f"port protection.{port}"
