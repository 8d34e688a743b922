"""The conditions a meter watches, as data: what begins and ends them, for how long, and where they are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition. ``started`` and ``ended`` are events; it must last ``on_s`` to begin, be gone ``off_s`` to end."""

    name: str
    started: str
    ended: str
    on_s: float
    off_s: float
    tamper: bool = False
    counter: str = ""
    """OBIS code of the counter of its beginnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """Thresholds and durations of a product (project figures); voltages and currents as factors of Un and Imax."""

    debounce_s: float = 0.2
    magnet_mt: float = 100.0
    reverse_current_s: float = 10.0
    neutral_missing_s: float = 2.0
    bypass_s: float = 60.0
    bypass_share: float = 0.1
    """How far neutral and line current may differ, as a share of the line's."""
    over_voltage: float = 1.2
    under_voltage: float = 0.75
    voltage_hysteresis: float = 0.03
    over_current: float = 1.1
    quality_s: float = 10.0
    battery_low_v: float = 3.0
    battery_s: float = 1.0
    link_s: float = 0.5
    responses: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What a tamper condition does beside its record as the meter leaves the factory; log only where none is named."""

    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition that the meter watches."""
        return (
            _tamper("cover", "cover-opened", "cover-closed", self.debounce_s, "0-0:96.20.0"),
            _tamper(
                "terminal cover",
                "terminal-cover-opened",
                "terminal-cover-closed",
                self.debounce_s,
                "0-0:96.20.5",
            ),
            _tamper("magnet", "magnet-detected", "magnet-gone", self.debounce_s, "0-0:96.20.15"),
            _tamper("current reversed", "current-reversed", "current-forward", self.reverse_current_s),
            _tamper("neutral missing", "neutral-missing", "neutral-back", self.neutral_missing_s),
            _tamper("bypass", "bypass-detected", "bypass-gone", self.bypass_s),
            _watched("over-voltage", self.quality_s),
            _watched("under-voltage", self.quality_s),
            _watched("over-current", self.quality_s),
            Condition(
                name="battery low",
                started="battery-low",
                ended="battery-good",
                on_s=self.battery_s,
                off_s=self.battery_s,
            ),
            Condition(
                name="module",
                started="module-removed",
                ended="module-inserted",
                on_s=self.link_s,
                off_s=self.link_s,
            ),
            Condition(
                name="customer unit",
                started="customer-unit-lost",
                ended="customer-unit-back",
                on_s=self.link_s,
                off_s=self.link_s,
            ),
        )


def _tamper(name: str, started: str, ended: str, delay_s: float, counter: str = "") -> Condition:
    return Condition(
        name=name, started=started, ended=ended, on_s=delay_s, off_s=delay_s, tamper=True, counter=counter
    )


def _watched(name: str, delay_s: float) -> Condition:
    return Condition(name=name, started=name, ended=f"{name}-ended", on_s=delay_s, off_s=delay_s)
