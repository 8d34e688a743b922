"""Virtual twin of a Fluke 6105A power standard with the 80 A option: only leaves known with confidence A.

Everything else is answered with -113. Left out on purpose: fluctuating and interharmonics, voltage from the
current terminals, and of the energy option all but its pulse output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from instruments.virtual.energy_pulses import EnergyPulses
from instruments.virtual.plant import Harmonic, PhaseOutput, SourcePlant, Timer
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, nr3, quoted

VOLTAGE_RANGES_V: tuple[tuple[float, float], ...] = (
    (0.0, 23.0),
    (0.0, 45.0),
    (0.0, 90.0),
    (0.0, 180.0),
    (0.0, 360.0),
    (0.0, 650.0),
    (0.0, 1008.0),
)
"""High ends as three public programs use them (A). The low ends are not known and taken as 0 (C)."""

CURRENT_RANGES_A: tuple[tuple[float, float], ...] = (
    (0.05, 0.25),
    (0.05, 0.5),
    (0.1, 1.0),
    (0.2, 2.0),
    (0.5, 5.0),
    (1.0, 10.0),
    (2.0, 21.0),
    (5.0, 50.0),
    (8.0, 80.0),
)
"""Low and high end of each range, users manual chapter 5 (A); the last two need the option."""

AMPLIFIER_RANGE_ENDS_A = (2.0, 20.0, 120.0)
"""Ranges of a 52120A transconductance amplifier behind a current channel (A)."""

FREQUENCY_MIN_HZ = 16.0
FREQUENCY_MAX_HZ = 850.0
SETTLING_S = 0.5
"""A change while the output is on reaches the terminals after this time (our assumption)."""
TRIP_DELAY_S = 0.05
"""An open current loop ends the output after this time (our assumption)."""


@dataclass(slots=True)
class _Channel:
    """The voltage or the current of one phase."""

    ranges: tuple[tuple[float, float], ...]
    unit: str
    range: tuple[float, float]
    included: bool = False
    amplifier_end: float | None = None
    harmonics_on: bool = True
    amplitude: float = 0.0
    phase_deg: float = 0.0
    harmonics: dict[int, tuple[float, float]] = field(default_factory=dict)

    def reset(self) -> None:
        self.range = self.ranges[0]
        self.included = False
        self.amplifier_end = None
        self.harmonics_on = True
        self.amplitude = 0.0
        self.phase_deg = 0.0
        self.harmonics.clear()

    @property
    def high_end(self) -> float:
        """The largest component that can be set."""
        return self.amplifier_end if self.amplifier_end is not None else self.range[1]

    @property
    def delivered(self) -> float:
        """The rms of the fundamental this channel wants at its terminals while the output is on."""
        return self.amplitude if self.included and self.harmonics_on else 0.0

    def components(self, gain: float) -> tuple[Harmonic, ...]:
        """What it wants at its terminals beside the fundamental."""
        if not (self.included and self.harmonics_on):
            return ()
        return tuple(
            Harmonic(order=order, rms=amplitude * gain, angle_deg=angle)
            for order, (amplitude, angle) in sorted(self.harmonics.items())
        )


def _voltage_channel() -> _Channel:
    return _Channel(VOLTAGE_RANGES_V, "V", VOLTAGE_RANGES_V[0])


def _current_channel() -> _Channel:
    return _Channel(CURRENT_RANGES_A, "A", CURRENT_RANGES_A[0])


@dataclass(slots=True)
class _Phase:
    voltage: _Channel = field(default_factory=_voltage_channel)
    current: _Channel = field(default_factory=_current_channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceErrors:
    """How far the terminals are from the settings: what the reference standard is there to see."""

    voltage_gain_pct: float = 0.0
    current_gain_pct: float = 0.0
    lag_deg: float = 0.0


_NO_ERRORS = SourceErrors()


class VirtualFluke6105A(ScpiInstrument):
    """A 6105A with ``phases`` phase units. A current angle is counted against its own phase's voltage.

    Angles are taken as phasor angles, positive leading: a lagging current has a negative angle. That the
    current angle refers to its own voltage rests on one public program; the sign is our assumption.
    """

    def __init__(
        self,
        plant: SourcePlant,
        port: str,
        *,
        phases: int = 1,
        serial_number: str = "61050001",
        errors: SourceErrors = _NO_ERRORS,
        amplifiers: bool = False,
    ) -> None:
        super().__init__(f"FLUKE,6105A,{serial_number},2.01", options="80A")
        self.serial_number = serial_number
        self._plant = plant
        self._port = port
        self._errors = errors
        self._amplifiers = amplifiers
        self._phases = tuple(_Phase() for _ in range(phases))
        self._frequency_hz = 50.0
        self._ramp_s = 2.0
        self._on = False
        self._live = False
        self._timer: Timer | None = None
        self._trip_timer: Timer | None = None
        self.on_reset = self._reset
        plant.on_loop_opened(self._watch_loops)
        self.energy_pulses = EnergyPulses(plant)
        self._declare()

    @property
    def output_live(self) -> bool:
        """Whether voltage or current stands on the terminals."""
        return self._live

    # the output

    def _reset(self) -> None:
        self._switch_off()
        for phase in self._phases:
            phase.voltage.reset()
            phase.current.reset()
        self._frequency_hz = 50.0
        self._ramp_s = 2.0

    def _switch_on(self) -> None:
        if self._on:
            return
        self._on = True
        self._schedule(self._ramp_s, self._ramp_over)

    def _switch_off(self) -> None:
        for timer in (self._timer, self._trip_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._trip_timer = None
        self._on = False
        self._live = False
        self.energy_pulses.set_power(0.0)
        self._plant.drive(tuple(PhaseOutput() for _ in self._phases), self._frequency_hz)

    def _ramp_over(self) -> None:
        self._timer = None
        if self._open_loop():
            self._trip()
            return
        self._live = True
        self._drive()

    def _changed(self) -> None:
        if self._live:
            self._schedule(SETTLING_S, self._settled)

    def _settled(self) -> None:
        self._timer = None
        self._drive()
        self._watch_loops()

    def _watch_loops(self, _phase: int = 0) -> None:
        """End the output soon when a loop with current set is open."""
        if self._live and self._open_loop() and self._trip_timer is None:
            self._trip_timer = self._plant.at(self._plant.now() + TRIP_DELAY_S, self._trip_if_open)

    def _schedule(self, delay_s: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._plant.at(self._plant.now() + delay_s, action)

    def _believed_power_w(self) -> float:
        """Return the active power it works out of its settings: the errors of its outputs are not in it."""
        return math.fsum(
            PhaseOutput(
                voltage_v=phase.voltage.delivered,
                current_a=phase.current.delivered,
                current_lag_deg=-phase.current.phase_deg,
                voltage_harmonics=phase.voltage.components(1.0),
                current_harmonics=phase.current.components(1.0),
            ).power_w
            for phase in self._phases
        )

    def _drive(self) -> None:
        self.energy_pulses.set_power(self._believed_power_w())
        voltage_gain = 1.0 + self._errors.voltage_gain_pct / 100.0
        current_gain = 1.0 + self._errors.current_gain_pct / 100.0
        self._plant.drive(
            tuple(
                PhaseOutput(
                    voltage_v=phase.voltage.delivered * voltage_gain,
                    current_a=phase.current.delivered * current_gain,
                    voltage_angle_deg=phase.voltage.phase_deg,
                    current_lag_deg=-phase.current.phase_deg + self._errors.lag_deg,
                    voltage_harmonics=phase.voltage.components(voltage_gain),
                    current_harmonics=phase.current.components(current_gain),
                )
                for phase in self._phases
            ),
            self._frequency_hz,
        )

    def _open_loop(self) -> bool:
        return any(
            (phase.current.delivered > 0 or phase.current.components(1.0))
            and not self._plant.loop_closed(index)
            for index, phase in enumerate(self._phases)
        )

    def _trip_if_open(self) -> None:
        self._trip_timer = None
        if self._live and self._open_loop():
            self._trip()

    def _trip(self) -> None:
        self._switch_off()
        self._plant.notify(self._port)

    # the commands

    def _declare(self) -> None:
        add = self.tree.add
        add("OUTPut[:STATe]", self._set_output, parameters=1)
        add("OUTPut[:STATe]?", lambda _call: "1" if self._on else "0")
        add("ENERgy:OUTPut:CONStant:UNIT", _only_pulses_per_kwh, parameters=1)
        add("ENERgy:OUTPut:CONStant", self._set_pulses, parameters=1)
        add("OUTPut:RAMP:TIME", self._set_ramp, parameters=1)
        add("OUTPut:SENSe", lambda call: self._discard(call.parameters.boolean(0)), parameters=1)
        add("[SOURce]:FREQuency", self._set_frequency, parameters=1)
        add("[SOURce]:FREQuency?", lambda _call: nr3(self._frequency_hz))
        for quantity in ("VOLTage", "CURRent"):
            add(
                f"UNIT:MHARmonics:{quantity}",
                lambda call: self._discard(call.parameters.word(0, "ABSolute")),
                parameters=1,
            )
        phase = "[SOURce]:PHASe<1-4>"
        add(f"{phase}:FITTed?", lambda call: "1" if call.suffixes[0] <= len(self._phases) else "0")
        add(f"{phase}:SERial?", lambda call: self._of_phase(call, self.serial_number))
        add(f"{phase}:MODel?", lambda call: self._of_phase(call, "6105A"))
        add(f"{phase}:POWer:WATT?", self._active_power)
        add(f"{phase}:POWer:VA?", self._apparent_power)
        self._declare_channel(f"{phase}:VOLTage", lambda phase: phase.voltage)
        self._declare_channel(f"{phase}:CURRent", lambda phase: phase.current)
        add(f"{phase}:CURRent:EAMPlifier:FITTed?", self._amplifier_fitted)
        add(f"{phase}:CURRent:EAMPlifier:RANGe", self._set_amplifier_range, parameters=2)
        # symmetrical for the voltage, but documented for the current only
        add(f"{phase}:CURRent:AMPLitude?", lambda call: nr3(self._phase(call).current.amplitude))

    def _declare_channel(self, base: str, pick: Callable[[_Phase], _Channel]) -> None:
        add = self.tree.add

        def channel(call: Call) -> _Channel:
            return pick(self._phase(call))

        def set_included(call: Call) -> None:
            channel(call).included = call.parameters.boolean(0)
            self._changed()

        def set_harmonics(call: Call) -> None:
            channel(call).harmonics_on = call.parameters.boolean(0)
            self._changed()

        def set_amplitude(call: Call) -> None:
            there = channel(call)
            there.amplitude = call.parameters.number(0, unit=there.unit, low=0.0, high=there.high_end)
            self._changed()

        def clear(call: Call) -> None:
            channel(call).harmonics.clear()  # the fundamental stays
            self._changed()

        add(f"{base}:STATe", set_included, parameters=1)
        add(f"{base}:STATe?", lambda call: _boolean(channel(call).included))
        add(f"{base}:RANGe", lambda call: self._set_range(call, channel(call)), parameters=2)
        add(f"{base}:RANGe?", lambda call: _range(call, channel(call)), parameters=(0, 1))
        harmonics = f"{base}:MHARmonics"
        add(f"{harmonics}:STATe", set_harmonics, parameters=1)
        add(f"{harmonics}:STATe?", lambda call: _boolean(channel(call).harmonics_on))
        add(f"{harmonics}:AMPLitude", set_amplitude, parameters=1)
        add(f"{harmonics}:AMPLitude?", lambda call: nr3(channel(call).amplitude))
        add(f"{harmonics}:CLEar", clear)
        add(f"{harmonics}:ALL?", lambda call: _harmonic(call, channel(call), 1), parameters=(0, 1))
        leaf = f"{harmonics}:HARMonic<0-100>"
        add(leaf, lambda call: self._set_harmonic(call, channel(call)), parameters=2)
        add(f"{leaf}?", lambda call: _harmonic(call, channel(call), call.suffixes[1]), parameters=(0, 1))
        add(f"{leaf}:AMPLitude?", lambda call: _component(channel(call), call.suffixes[1], "AMPLitude"))
        add(f"{leaf}:PANGle?", lambda call: _component(channel(call), call.suffixes[1], "PANGle"))

    def _phase(self, call: Call) -> _Phase:
        number = call.suffixes[0]
        if number > len(self._phases):
            raise ScpiError(-241, f"phase {number} is not fitted")
        return self._phases[number - 1]

    def _of_phase(self, call: Call, text: str) -> str:
        self._phase(call)
        return quoted(text)

    @staticmethod
    def _discard(_value: object) -> None:
        """Accept a setting that changes nothing here (ABS is the only unit, sense leads are ideal)."""

    def _set_output(self, call: Call) -> None:
        if call.parameters.boolean(0):
            self._switch_on()
        else:
            self._switch_off()

    def _set_pulses(self, call: Call) -> None:
        self.energy_pulses.set_constant(call.parameters.number(0, low=1e-3, high=1e9))

    def _set_ramp(self, call: Call) -> None:
        self._ramp_s = call.parameters.number(0, unit="S", low=0.0, high=60.0)

    def _set_frequency(self, call: Call) -> None:
        self._frequency_hz = call.parameters.number(
            0, unit="HZ", low=FREQUENCY_MIN_HZ, high=FREQUENCY_MAX_HZ, default=50.0
        )
        self._changed()

    def _set_range(self, call: Call, channel: _Channel) -> None:
        low = call.parameters.number(0, unit=channel.unit, low=0.0)
        high = call.parameters.number(1, unit=channel.unit, low=low)
        found = next((there for there in channel.ranges if there[0] <= low and high <= there[1]), None)
        if found is None:
            raise ScpiError(-222, f"no range covers {low:g} to {high:g} {channel.unit}")
        if channel.amplitude > found[1]:
            raise ScpiError(-221, f"{channel.amplitude:g} {channel.unit} is set")
        channel.range = found
        channel.amplifier_end = None
        self._changed()

    def _amplifier_fitted(self, call: Call) -> str:
        self._phase(call)
        return _boolean(self._amplifiers)

    def _set_amplifier_range(self, call: Call) -> None:
        channel = self._phase(call).current
        call.parameters.number(0, unit=channel.unit, low=0.0)
        high = call.parameters.number(1, unit=channel.unit, low=0.0)
        if not self._amplifiers:
            raise ScpiError(-241, "no amplifier is fitted")
        if high not in AMPLIFIER_RANGE_ENDS_A:
            raise ScpiError(-222, f"the amplifier has no range of {high:g} A")
        channel.amplifier_end = high
        self._changed()

    def _set_harmonic(self, call: Call, channel: _Channel) -> None:
        order = call.suffixes[1]
        amplitude = call.parameters.number(0, unit=channel.unit, low=0.0, high=channel.high_end)
        angle = call.parameters.number(1, unit="DEG", low=-360.0, high=360.0)
        if order == 0 and angle != 0.0:
            raise ScpiError(-222, "the angle of DC is 0")
        if order != 1:
            if amplitude == 0.0:
                channel.harmonics.pop(order, None)
            else:
                channel.harmonics[order] = (amplitude, angle)
            self._changed()
            return
        channel.amplitude = amplitude
        channel.phase_deg = angle
        self._changed()

    def _active_power(self, call: Call) -> str:
        phase = self._phase(call)
        lag = math.radians(phase.current.phase_deg)
        return nr3(phase.voltage.amplitude * phase.current.amplitude * math.cos(lag))

    def _apparent_power(self, call: Call) -> str:
        phase = self._phase(call)
        return nr3(phase.voltage.amplitude * phase.current.amplitude)


def _only_pulses_per_kwh(call: Call) -> None:
    """Take the only unit this twin has; the words have no short form."""
    call.parameters.word(0, "IPKWH")


def _boolean(value: bool) -> str:
    return "1" if value else "0"


def _range(call: Call, channel: _Channel) -> str:
    low, high = channel.range
    if not len(call.parameters):
        return quoted(f"{nr3(low)},{nr3(high)}")
    return nr3(low if call.parameters.word(0, "LOW", "HIGH") == "LOW" else high)


def _component(channel: _Channel, order: int, which: str) -> str:
    if order != 1:
        amplitude, angle = channel.harmonics.get(order, (0.0, 0.0))
        return nr3(amplitude if which == "AMPLitude" else angle)
    return nr3(channel.amplitude if which == "AMPLitude" else channel.phase_deg)


def _harmonic(call: Call, channel: _Channel, order: int) -> str:
    if len(call.parameters):
        return _component(channel, order, call.parameters.word(0, "AMPLitude", "PANGle"))
    return quoted(f"{_component(channel, order, 'AMPLitude')},{_component(channel, order, 'PANGle')}")
