"""The instruments of a rig, opened once and found by role or by name, and the way to take their power away."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import cast

from bench.errors import BenchFault
from bench.rig.emergency import switch_off_source
from bench.rig.rig_file import InstrumentEntry, RigFile
from instruments.errors import InstrumentFault
from instruments.registry import open_instrument
from instruments.roles import (
    Actuators,
    ErrorCalculator,
    Instrument,
    PowerSource,
    PulseCounter,
    SafetyPanel,
)


class InstrumentSet:
    """Instruments by the names of the rig file. Two entries of the same driver and resource are one box."""

    def __init__(self, rig: RigFile) -> None:
        self.rig = rig
        self.instruments: dict[str, Instrument] = {}
        self.identities: dict[str, str] = {}
        self._making_safe = threading.RLock()

    def open_all(self, relays: Mapping[str, str]) -> None:
        """Open every instrument and make its source safe; ``relays``: where a supervisor has taken over a port."""
        for entry in self.rig.instrument:
            self._open(entry, relays.get(entry.name, entry.resource))

    def _open(self, entry: InstrumentEntry, resource: str) -> None:
        same = next((item for item in self.rig.instrument if _same_box(item, entry)), entry)
        if same.name in self.instruments:  # source and standard in one box, on one line
            self.instruments[entry.name] = self.instruments[same.name]
            self.identities[entry.name] = self.identities[same.name]
            return
        opened = cast(
            "Instrument",
            open_instrument(entry.driver, resource, expected_serial=entry.serial_number or None),
        )
        self.instruments[entry.name] = opened
        if entry.role == "source":
            cast("PowerSource", opened).safe_state()
        identity = opened.identify()
        self.identities[entry.name] = (
            f"{identity.manufacturer}, {identity.model}, {identity.serial_number}, {identity.firmware}"
        )

    def of_role(self, role: str) -> Instrument:
        """Return the instrument of a role. Raises BenchFault where the rig has none."""
        entry = self.rig.instrument_of_role(role)
        if entry is None:
            raise BenchFault(f"This rig has no instrument of the role {role}.")
        return self.instruments[entry.name]

    def has(self, role: str) -> bool:
        """Return whether the rig has an instrument of a role."""
        return self.rig.instrument_of_role(role) is not None

    @property
    def source(self) -> PowerSource:
        return cast("PowerSource", self.of_role("source"))

    def counter(self, name: str) -> PulseCounter:
        return cast("PulseCounter", self.instruments[name])

    def error_calculator(self, name: str) -> ErrorCalculator:
        return cast("ErrorCalculator", self.instruments[name])

    def hands(self, name: str) -> Actuators:
        return cast("Actuators", self.instruments[name])

    def exchanges(self) -> dict[str, int]:
        """Return how many exchanges each line has had; odd while one is under way."""
        lines = {name: getattr(opened, "transport", None) for name, opened in tuple(self.instruments.items())}
        return {name: int(getattr(line, "exchange", 0)) for name, line in lines.items()}

    def feed_watchdog(self) -> None:
        """Tell the watchdog relay that the bench lives, once it is open."""
        panel = self.instruments.get(self.rig.safety.watchdog)
        if panel is not None:
            cast("SafetyPanel", panel).feed_watchdog()

    def check_safety_inputs(self) -> None:
        """Raise BenchFault for an open interlock or a pressed emergency stop."""
        safety = self.rig.safety
        if safety.interlock:
            panel = cast("SafetyPanel", self.instruments[safety.interlock])
            if not panel.interlock_closed():
                raise BenchFault("The interlock is open.", remedy="Close doors and covers.")
        if safety.emergency_stop:
            panel = cast("SafetyPanel", self.instruments[safety.emergency_stop])
            if panel.emergency_stop_pressed():
                raise BenchFault("The emergency stop is pressed.", remedy="Find out why, then release it.")

    def source_answers_on(self) -> bool:
        """Return whether the source says that it is on; a source that does not answer may be."""
        try:
            return self.source.is_on()
        except InstrumentFault:
            return True

    def safe_state(self) -> tuple[str, ...]:
        """Take all power away, whatever the state; return what could not be proven off.

        Each source gets the off command over a connection of its own with a short time-out, so a session that
        hangs is not in the way; the working session is the second choice. May be called as often as one
        likes, from any thread; never raises for an instrument that is gone.
        """
        with self._making_safe:
            sources = [entry for entry in self.rig.instrument if entry.role == "source"]
            return tuple(trouble for entry in sources if (trouble := self._make_safe(entry)))

    def _make_safe(self, entry: InstrumentEntry) -> str:
        opened = self.instruments.get(entry.name)
        if opened is None:
            return ""  # nothing was switched on yet
        try:
            switch_off_source(entry)
        except InstrumentFault as first:
            try:
                cast("PowerSource", opened).safe_state()
            except InstrumentFault as second:
                return f"{entry.name}: {first} {second}"
        return ""

    def close_all(self) -> None:
        """Close every session; one that is gone is closed already."""
        for opened in self.instruments.values():
            with contextlib.suppress(InstrumentFault):
                opened.close()


def _same_box(first: InstrumentEntry, second: InstrumentEntry) -> bool:
    return (first.driver, first.resource) == (second.driver, second.resource)
