"""The rack: source, reference standard, counter and hands, shared by all positions.

One process, one load at a time for every position. Order of safety: limits first, voltage before current,
off in reverse, proven dead by the reference standard.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import cast

from bench.clock import Clock
from bench.errors import BenchFault
from bench.rig.limits import Limits
from bench.rig.rig_file import InstrumentEntry, RigFile
from instruments.errors import InstrumentFault
from instruments.registry import open_instrument
from instruments.roles import (
    Actuators,
    ErrorCalculator,
    Instrument,
    LoadSetting,
    PhaseSetting,
    PowerSource,
    PulseCounter,
    Readings,
    ReferenceStandard,
)

#: How far the standard may read from the setting before the load counts as not delivered.
VOLTAGE_TOLERANCE = 0.01
CURRENT_TOLERANCE = 0.02
CURRENT_FLOOR_A = 0.01
#: Below this the standard proves the rack dead (V, A).
DEAD_VOLTAGE_V = 5.0
DEAD_CURRENT_A = 0.05


class Rack:
    """Instruments opened by role, and the load that stands now."""

    def __init__(self, rig: RigFile, clock: Clock, limits: Limits) -> None:
        self.rig, self.clock, self.limits = rig, clock, limits
        self.instruments: dict[str, Instrument] = {}
        self.identities: dict[str, str] = {}
        self._load: LoadSetting | None = None
        self._ranges_held = False
        try:
            for entry in rig.instrument:
                self._open(entry)
        except BaseException:
            self.close()
            raise

    def _open(self, entry: InstrumentEntry) -> None:
        opened = open_instrument(entry.driver, entry.resource, expected_serial=entry.serial_number or None)
        self.instruments[entry.name] = opened
        if entry.role == "source":
            cast("PowerSource", opened).safe_state()
        identity = opened.identify()
        self.identities[entry.name] = (
            f"{identity.manufacturer}, {identity.model}, {identity.serial_number}, {identity.firmware}"
        )

    def _of_role(self, role: str) -> Instrument:
        entry = self.rig.instrument_of_role(role)
        if entry is None:
            raise BenchFault(f"This rig has no instrument of the role {role}.")
        return self.instruments[entry.name]

    def has(self, role: str) -> bool:
        """Return whether the rig has an instrument of a role."""
        return self.rig.instrument_of_role(role) is not None

    @property
    def source(self) -> PowerSource:
        return cast("PowerSource", self._of_role("source"))

    @property
    def standard(self) -> ReferenceStandard:
        return cast("ReferenceStandard", self._of_role("reference"))

    def counter(self, name: str) -> PulseCounter:
        return cast("PulseCounter", self.instruments[name])

    def error_calculator(self, name: str) -> ErrorCalculator:
        return cast("ErrorCalculator", self.instruments[name])

    def hands(self, name: str) -> Actuators:
        return cast("Actuators", self.instruments[name])

    @property
    def load(self) -> LoadSetting | None:
        """The load that stands, or None when the output is off."""
        return self._load

    def apply(self, setting: LoadSetting) -> None:
        """Bring the source to ``setting`` and let it settle; the standard confirms that it is there.

        Raises SafetyTrip before any byte is sent if a limit is crossed, BenchFault if the load does not come up.
        """
        self.limits.check(setting)
        if setting == self._load:
            return
        source, standard = self.source, self.standard
        highest_v = max(phase.voltage_v for phase in setting.phases)
        highest_a = max(phase.current_a for phase in setting.phases)
        if self._load is None:
            self.clock.sleep(source.apply(without_current(setting)))
            self.clock.sleep(source.switch_on())
            if not source.is_on():
                raise BenchFault(
                    "The source did not come on.", remedy="Check the voltage circuits and its front panel."
                )
        elif _voltages(self._load) != _voltages(setting):
            self.clock.sleep(source.apply(without_current(self._load)))
            self.clock.sleep(source.apply(without_current(setting)))
        self._load = without_current(setting)
        if not self._ranges_held:
            self.clock.sleep(standard.select_ranges(highest_v, highest_a))
        self.clock.sleep(source.apply(setting))
        self._load = setting
        self._confirm(setting)

    @contextlib.contextmanager
    def counting_energy(self, voltage_v: float, current_a: float) -> Iterator[None]:
        """Let the standard count energy during the block, in ranges that hold these rms values throughout.

        A change of range would end the count, so the loads within the block do not change it.
        """
        self.clock.sleep(self.standard.select_ranges(voltage_v, current_a))
        self.standard.start_energy()
        self._ranges_held = True
        try:
            yield
        finally:
            self._ranges_held = False

    def readings(self) -> Readings:
        """Return one fresh set of readings of the reference standard."""
        self.clock.sleep(self.standard.start_reading())
        return self.standard.collect_reading()

    def _confirm(self, setting: LoadSetting) -> None:
        if not self.source.is_on():
            self._load = None
            raise BenchFault(
                "The source tripped while the load was applied.",
                remedy="Is a current loop open at one of the positions?",
            )
        readings = self.readings()
        if readings.overload:
            self.switch_off()
            raise BenchFault(
                "The reference standard is in overload.", remedy="Check its ranges and the connections."
            )
        for number, (asked, seen) in enumerate(zip(setting.phases, readings.phases, strict=False), start=1):
            if abs(seen.voltage_v - asked.voltage_v) > VOLTAGE_TOLERANCE * asked.voltage_v + 1.0:
                raise BenchFault(
                    f"L{number}: asked for {asked.voltage_v:g} V, the reference standard reads {seen.voltage_v:.3f} V."
                )
            if abs(seen.current_a - asked.current_a) > CURRENT_TOLERANCE * asked.current_a + CURRENT_FLOOR_A:
                raise BenchFault(
                    f"L{number}: asked for {asked.current_a:g} A, the reference standard reads {seen.current_a:.4f} A.",
                    remedy="Is the current loop closed through all positions?",
                )

    def forget_load(self) -> None:
        """Note that the load may no longer stand (a meter opened its switch): the next apply starts from off."""
        if self._load is not None and not self.source.is_on():
            self._load = None

    def switch_off(self) -> None:
        """Current to zero, then voltage off, then proven dead by the standard."""
        if self._load is not None and self.source.is_on():
            self.clock.sleep(self.source.apply(without_current(self._load)))
        self.source.switch_off()
        self._load = None
        if self.has("reference"):
            readings = self.readings()
            for number, seen in enumerate(readings.phases, start=1):
                if seen.voltage_v > DEAD_VOLTAGE_V or seen.current_a > DEAD_CURRENT_A:
                    raise BenchFault(
                        f"L{number} is not dead after switching off: {seen.voltage_v:.1f} V, {seen.current_a:.3f} A.",
                        remedy="Do not touch; remove power at the emergency stop.",
                    )

    def safe_state(self) -> None:
        """Take all power away, whatever the state; never raises for an instrument that is already gone."""
        self._load = None
        for entry in self.rig.instrument:
            if entry.role == "source" and entry.name in self.instruments:
                with contextlib.suppress(InstrumentFault):
                    cast("PowerSource", self.instruments[entry.name]).safe_state()

    def close(self) -> None:
        """Make safe and close every session."""
        self.safe_state()
        for opened in self.instruments.values():
            with contextlib.suppress(InstrumentFault):
                opened.close()


def balanced_load(
    *, elements: int, voltage_v: float, current_a: float, lag_deg: float, frequency_hz: float
) -> LoadSetting:
    """Return the same load on each element; voltages 120 degrees apart on a polyphase meter (IEC angles)."""
    return LoadSetting(
        frequency_hz=frequency_hz,
        phases=tuple(
            PhaseSetting(
                voltage_v=voltage_v,
                current_a=current_a,
                voltage_angle_deg=-120.0 * index if elements > 1 else 0.0,
                current_lag_deg=lag_deg,
            )
            for index in range(elements)
        ),
    )


def without_current(setting: LoadSetting) -> LoadSetting:
    """Return the same voltages with all currents at zero."""
    return LoadSetting(
        frequency_hz=setting.frequency_hz,
        phases=tuple(
            PhaseSetting(voltage_v=phase.voltage_v, current_a=0.0, voltage_angle_deg=phase.voltage_angle_deg)
            for phase in setting.phases
        ),
    )


def _voltages(setting: LoadSetting) -> Sequence[tuple[float, float]]:
    return [(phase.voltage_v, phase.voltage_angle_deg) for phase in setting.phases] + [
        (setting.frequency_hz, 0.0)
    ]
