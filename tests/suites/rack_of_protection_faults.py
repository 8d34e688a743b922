"""Faults of function control, of the protection of ports, and of last words, which no catalogue lists."""

from __future__ import annotations

from typing import Any

from tests.suites.kept_rack import Kept


class OnAgainAfterACut:
    """What is off is on again after a power cut."""

    def power_up(self: Any) -> None:
        """Forget what was off."""
        self.switch(dict.fromkeys(("load-profile", "token-gateway"), True))


class OffByNameOnly:
    """What is off is shown as off, and works on."""

    def serves(self: Any, _class_id: int, _obis: str) -> bool:
        """Serve for ever."""
        return True


class NeverLocked:
    """Failed attempts are counted, and that is all."""

    def locked(self: Any, _channel: str) -> bool:
        """Lock nothing."""
        return False


class LocksEveryPort:
    """A lock of the optical port locks every other one."""

    def locked(self: Any, channel: str) -> bool:
        """Look at the optical port."""
        return bool(super().locked("optical"))  # type: ignore[misc]


class LocksForTheSameTime:
    """The steepness is read over."""

    def lock_s(self: Any, port: str, _beyond: int) -> float:
        """Return the first lock's time."""
        return float(super().lock_s(port, 0))  # type: ignore[misc]


class LocksBeyondTheLongest:
    """A lock may grow beyond max_lockout_time."""

    def lock_s(self: Any, port: str, beyond: int) -> float:
        """Go on growing."""
        return float(self.setting(port, 4) * self.setting(port, 5) ** beyond)


class LockedAfterReset:
    """The reset sets the count back, and the lock goes on."""

    def reset(self: Any, port: str) -> None:
        """Keep the end of the lock."""
        until_s = self._record(port).get("until_s", 0.0)
        super().reset(port)  # type: ignore[misc]
        self.meter.memory.put(f"port protection.{port}", {**self._record(port), "until_s": until_s})


class NothingInAll:
    """The sum of failed attempts stays at nothing."""

    def count(self: Any, port: str, name: str) -> int:
        """Tell no sum."""
        return 0 if name == "total" else int(super().count(port, name))  # type: ignore[misc]


class DiesSilently:
    """Nothing is said when the supply goes."""

    def last_words(self: Any, _order: Any) -> None:
        """Say nothing."""


FUNCTIONS, FUNCTION_TEST = "dlms/function_control", "test_function_control.py::test_function_control"
PORT, PORT_TEST = "dlms/port_protection", "test_port_protection.py::test_port_protection"
KEPT = (
    Kept("function_control", OnAgainAfterACut, FUNCTIONS, FUNCTION_TEST, "is shown as on after a power cut"),
    Kept("function_control", OffByNameOnly, FUNCTIONS, FUNCTION_TEST, '"load-profile" is off and works'),
    Kept("port_protection", NeverLocked, PORT, PORT_TEST, "s of 3 wrong: accepted, due was refused"),
    Kept("port_protection", LocksEveryPort, PORT, PORT_TEST, "at another port: refused, due was accepted"),
    Kept("port_protection", LocksForTheSameTime, PORT, PORT_TEST, "a second, steeper lock: accepted"),
    Kept("port_protection", LocksBeyondTheLongest, PORT, PORT_TEST, "the longest there is: refused"),
    Kept("port_protection", LockedAfterReset, PORT, PORT_TEST, "after reset: refused, due was accepted"),
    Kept("port_protection", NothingInAll, PORT, PORT_TEST, "cumulative_failed_attempts rose by 0"),
    Kept(
        "push",
        DiesSilently,
        "dlms/push_power_down",
        "test_push_power_down.py::test_push_power_down",
        "no push came when the supply went",
    ),
)
