"""Fluke 6105A/6100B electrical power standard: one to three phases of voltage and current."""

from __future__ import annotations

import math
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.roles import Harmonic, LoadSetting, PhaseSetting, SourceLimits
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

RAMP_S = 2.0
"""Soft start; one laboratory's panel allows no less."""
SETTLING_AFTER_ON_S = 12.0
"""Public programs wait 12 s to 30 s after the ramp before they measure."""
SETTLING_AFTER_CHANGE_S = 5.0
"""Our choice for a change of amplitude or angle with the output on (C)."""
FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ = 16.0, 850.0
VOLTAGE_MAX_V, CURRENT_MAX_A = 1008.0, 80.0
FULL_TURN_DEG = 360.0
HARMONIC_MAX = 100
PULSE_CONSTANT_MIN, PULSE_CONSTANT_MAX = 1e-3, 1e9
"""What is sent as a pulse constant (own bounds; the instrument refuses what it cannot)."""

VOLTAGE_RANGE_ENDS_V = (23.0, 45.0, 90.0, 180.0, 360.0, 650.0, 1008.0)
CURRENT_RANGES_A = (
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
"""Low and high end, users manual chapter 5; 50 A and 80 A are options."""
AMPLIFIER_MAX_A = 120.0
"""With a 52120A transconductance amplifier on the phase."""


class Fluke6105A(ScpiDriver):
    """Drives a 6105A. Every call returns at once; ``apply`` and ``switch_on`` say how long to wait.

    Angles. The roles count a lag of current positive; the instrument takes phasor angles, positive leading,
    the current's relative to the voltage of its own phase. So a lag of 60° is sent as -60. That the current
    angle refers to its own voltage rests on one public program that sends the same angle for all phases
    (B); the sign is general knowledge (C). Check both with the reference standard before trusting them.

    Currents below the low end of the smallest range (0.05 A) are sent in that range; whether the
    instrument delivers them is for the reference standard to say.

    Changing a range with the output on interrupts the current (or voltage) of that phase; the current is
    set to 0 first. The current channels stay included in the output with 0 A set, so that a current can be
    applied after the voltage without switching off.
    """

    ROLE: ClassVar[str] = "source"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("FLUKE",)
    MODELS: ClassVar[tuple[str, ...]] = ("6105A", "6100B")
    KEEPS_WITHIN: ClassVar[tuple[float, float]] = (0.3, 0.3)
    """How near its terminals are to a setting, % and degrees: far wider than any of its specifications (own rule)."""
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf="SOUR:PHAS<x>:CURR:MHAR:HARM1 <amplitude>,<angle>",
                confidence=Confidence.C,
                why="the command is certain; the sign of the angle (positive leading) is not confirmed",
            ),
            UncertainLeaf(
                leaf="SOUR:PHAS<x>:CURR:MHAR:HARM1 <amplitude>,<angle>",
                confidence=Confidence.B,
                why="that the angle refers to the voltage of its own phase rests on one program",
            ),
            UncertainLeaf(
                leaf="SOUR:PHAS<x>:VOLT|CURR:MHAR:HARM<y> <amplitude>,<angle>",
                confidence=Confidence.C,
                why="to which zero crossing the angle of a harmonic refers is not confirmed",
            ),
            UncertainLeaf(
                leaf="SOUR:PHAS<x>:VOLT:RANG <low>,<high>",
                confidence=Confidence.C,
                why="the low ends of the voltage ranges are not known; 0 is sent",
            ),
            UncertainLeaf(
                leaf="ENER:OUTP:CONS:UNIT IPKWH",
                confidence=Confidence.C,
                why="the command is certain; whether the energy option has to be in a mode first is not known",
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self.phases = sum(self._query(f"SOUR:PHAS{x}:FITT?").strip() == "1" for x in (1, 2, 3))
        self._prepared = False
        self._distorted: set[str] = set()
        self._amplified: set[int] = set()
        self._pulses_imp_per_kwh: float | None = None

    def limits(self) -> SourceLimits:
        """Return what the instrument can deliver, with the 80 A option, or with amplifiers on all phases."""
        fitted = [self._query(f"SOUR:PHAS{x}:CURR:EAMP:FITT?").strip() for x in range(1, self.phases + 1)]
        amplified = bool(fitted) and set(fitted) == {"1"}
        return SourceLimits(
            phases=self.phases,
            voltage_max_v=VOLTAGE_MAX_V,
            current_max_a=AMPLIFIER_MAX_A if amplified else CURRENT_MAX_A,
            frequency_min_hz=FREQUENCY_MIN_HZ,
            frequency_max_hz=FREQUENCY_MAX_HZ,
        )

    def apply(self, setting: LoadSetting) -> float:
        """Set voltages, currents, angles and frequency; return the settling time in seconds.

        Phases not named are set to 0. With the output off nothing reaches the terminals yet.
        Raise SetpointRefused, before anything is sent, for what no 6105A delivers.
        """
        self._check(setting)
        self._prepare()
        on = self.is_on()
        self._command(f"SOUR:FREQ {number(setting.frequency_hz)}")
        missing = self.phases - len(setting.phases)
        phases = (*setting.phases, *(PhaseSetting(voltage_v=0.0, current_a=0.0) for _ in range(missing)))
        for x, phase in enumerate(phases, start=1):
            self._apply_voltage(x, phase, on=on)
        for x, phase in enumerate(phases, start=1):
            self._apply_current(x, phase)
        return SETTLING_AFTER_CHANGE_S if on else 0.0

    def give_energy_pulses(self, constant_imp_per_kwh: float) -> None:
        """Set the pulse output of the energy option: so many pulses for each kWh of all phases together.

        The energy is the one the calibrator works out of its own outputs. Its meter test is not driven: the leaves
        of its modes, durations and results are in no text at hand.
        """
        if constant_imp_per_kwh == self._pulses_imp_per_kwh:
            return
        self._refuse_unless(
            constant_imp_per_kwh, PULSE_CONSTANT_MIN, PULSE_CONSTANT_MAX, "constant_imp_per_kwh"
        )
        self._command("ENER:OUTP:CONS:UNIT IPKWH")
        self._command(f"ENER:OUTP:CONS {number(constant_imp_per_kwh)}")
        self._pulses_imp_per_kwh = constant_imp_per_kwh

    def switch_on(self) -> float:
        """Switch the output on; return ramp plus settling time. ``is_on`` is only meaningful after it.

        After the ramp ``is_on`` is false when a current loop with current set is open.
        """
        self._prepare()
        self._command("OUTP:STAT ON")
        return RAMP_S + SETTLING_AFTER_ON_S

    def switch_off(self) -> None:
        """Switch all outputs off."""
        self._command("OUTP:STAT OFF")

    def is_on(self) -> bool:
        """Return whether the output is on (or still ramping up)."""
        return self._query("OUTP:STAT?").strip().upper() in ("1", "ON")

    def safe_state(self) -> None:
        """Switch the output off and see that it is; whatever happened before, as often as one likes.

        A session that does not answer is opened anew once. Raise InstrumentFault when the output cannot be
        proven off.
        """
        try:
            self._force_off()
        except InstrumentFault:
            self._transport.reopen()
            self._force_off()

    def _force_off(self) -> None:
        with self._transport.lock:
            self._transport.clear()
            self._transport.write("OUTP:STAT OFF")
            still_on = self.is_on()
            # errors left in the queue belong to what went wrong before, not to the next command
            self._transport.write("*CLS")
        if still_on:
            raise InstrumentFault(
                "The source stays on although it was switched off.",
                resource=self.resource,
                remedy="Press its STANDBY key or remove its mains now.",
            )

    def _check(self, setting: LoadSetting) -> None:
        if not 1 <= len(setting.phases) <= self.phases:
            raise SetpointRefused(
                f"The load setting has {len(setting.phases)} phases, the source {self.phases}.",
                resource=self.resource,
                remedy="Choose a load point for the phases this rig has.",
            )
        self._refuse_unless(setting.frequency_hz, FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ, "frequency_hz")
        for phase in setting.phases:
            self._refuse_unless(phase.voltage_v, 0.0, VOLTAGE_MAX_V, "voltage_v")
            highest_a = AMPLIFIER_MAX_A if phase.current_a > CURRENT_MAX_A else CURRENT_MAX_A
            self._refuse_unless(phase.current_a, 0.0, highest_a, "current_a")
            for harmonic in (*phase.voltage_harmonics, *phase.current_harmonics):
                self._refuse_unless(harmonic.order, 0, HARMONIC_MAX, "harmonic order")
                self._refuse_unless(harmonic.rms, 0.0, VOLTAGE_MAX_V, "harmonic rms")
                self._refuse_unless(harmonic.angle_deg, -FULL_TURN_DEG, FULL_TURN_DEG, "harmonic angle_deg")
            for name in ("voltage_angle_deg", "current_lag_deg"):
                self._refuse_unless(getattr(phase, name), -FULL_TURN_DEG, FULL_TURN_DEG, name)

    def _prepare(self) -> None:
        """Fix units and ramp once; harmonic amplitudes must be absolute before the first one is sent."""
        if self._prepared:
            return
        self._command(f"OUTP:RAMP:TIME {number(RAMP_S)}")
        self._command("UNIT:MHAR:VOLT ABS")
        self._command("UNIT:MHAR:CURR ABS")
        self._prepared = True

    def _apply_voltage(self, x: int, phase: PhaseSetting, *, on: bool) -> None:
        base = f"SOUR:PHAS{x}:VOLT"
        wanted_end = next(end for end in VOLTAGE_RANGE_ENDS_V if phase.voltage_v <= end)
        present_end = self._query_number(f"{base}:RANG? HIGH")
        # a smaller range is not worth cutting the meter's supply
        if phase.voltage_v > present_end or (not on and not math.isclose(wanted_end, present_end)):
            self._command(f"SOUR:PHAS{x}:CURR:MHAR:HARM1 0,0")
            self._command(f"{base}:MHAR:HARM1 0,0")
            self._command(f"{base}:RANG 0,{number(wanted_end)}")
        self._command(f"{base}:MHAR:STAT ON")
        angle = _half_turn(phase.voltage_angle_deg)
        self._clear_harmonics(base)
        self._command(f"{base}:MHAR:HARM1 {number(phase.voltage_v)},{number(angle)}")
        self._send_harmonics(base, phase.voltage_harmonics)
        self._command(f"{base}:STAT ON")

    def _apply_current(self, x: int, phase: PhaseSetting) -> None:
        base = f"SOUR:PHAS{x}:CURR"
        present_end = self._query_number(f"{base}:RANG? HIGH")
        self._clear_harmonics(base)
        rms = phase.current_rms_a
        if rms > CURRENT_MAX_A:
            if self._query(f"{base}:EAMP:FITT?").strip() != "1":
                raise SetpointRefused(
                    f"Phase {x} was asked for {rms:g} A; without an amplifier it gives {CURRENT_MAX_A:g} A.",
                    resource=self.resource,
                    remedy="Fit a 52120A amplifier, or choose a smaller current.",
                )
            if x not in self._amplified:
                self._command(f"{base}:MHAR:HARM1 0,0")
                self._command(f"{base}:EAMP:RANG 0,{number(AMPLIFIER_MAX_A)}")
                self._amplified.add(x)
        else:
            low, high = next(ends for ends in CURRENT_RANGES_A if rms <= ends[1])
            # 0 A fits every range; keep the one that is there
            if rms > 0 and (not math.isclose(high, present_end) or x in self._amplified):
                self._command(f"{base}:MHAR:HARM1 0,0")
                self._command(f"{base}:RANG {number(low)},{number(high)}")
                self._amplified.discard(x)
        self._command(f"{base}:MHAR:STAT ON")
        angle = _half_turn(-phase.current_lag_deg)
        self._command(f"{base}:MHAR:HARM1 {number(phase.current_a)},{number(angle)}")
        self._send_harmonics(base, phase.current_harmonics)
        self._command(f"{base}:STAT ON")

    def _clear_harmonics(self, base: str) -> None:
        """Take back what an earlier setting added to the fundamental; DC is set to 0 by itself."""
        if base in self._distorted:
            self._command(f"{base}:MHAR:CLE")
            self._command(f"{base}:MHAR:HARM0 0,0")
            self._distorted.discard(base)

    def _send_harmonics(self, base: str, harmonics: tuple[Harmonic, ...]) -> None:
        """Send DC and harmonics; their angles count from the fundamental voltage of the phase (C)."""
        for harmonic in harmonics:
            angle = _half_turn(harmonic.angle_deg)
            self._command(f"{base}:MHAR:HARM{harmonic.order} {number(harmonic.rms)},{number(angle)}")
            self._distorted.add(base)


def _half_turn(angle_deg: float) -> float:
    """Return the same angle within -180 (exclusive) to 180 (inclusive)."""
    turned = math.fmod(angle_deg, FULL_TURN_DEG)
    if turned > FULL_TURN_DEG / 2:
        return turned - FULL_TURN_DEG
    if turned <= -FULL_TURN_DEG / 2:
        return turned + FULL_TURN_DEG
    return turned
