"""Fluke 6003A / Meatest M133C three-phase power calibrator, in its extended power mode PACE."""

from __future__ import annotations

from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.line_settings import LineSettings
from instruments.roles import Identity, LoadSetting, PhaseSetting, SourceLimits
from instruments.scpi_driver import number
from instruments.sources.scpi_source import FULL_TURN_DEG, ScpiSource
from instruments.transport import Transport

PHASES = 3
VOLTAGE_MAX_V, CURRENT_MAX_A = 600.0, 30.0
"""Taken low on purpose: the ranges of the options are not known to us; the instrument refuses what it cannot."""
FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ = 45.0, 400.0
PULSE_CONSTANT_MIN, PULSE_CONSTANT_MAX = 1e-3, 1e9
"""What is sent as a pulse constant (own bounds; the instrument refuses what it cannot)."""
SETTLING_S = 5.0
"""A public program waits 5 s after each setting."""


class Fluke6003A(ScpiSource):
    """Drives the three voltages and currents of a 6003A or M133C. The first command of the mode enters it.

    Angles: sent from 0 to 360, leading positive, voltage and current both absolute against U1. That a current's
    angle is absolute, and its sign, are not confirmed by any text (C): ``meterbench rig check`` shows both.

    On RS-232 the instrument must be told that it is remote; the command does no harm elsewhere.
    """

    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("MEATEST", "FLUKE")
    MODELS: ClassVar[tuple[str, ...]] = ("M133C", "6003A")
    KEEPS_WITHIN: ClassVar[tuple[float, float]] = (0.5, 0.5)
    """How near its terminals are to a setting, % and degrees (own rule, wide)."""
    OFF: ClassVar[tuple[str, ...]] = ("OUTP OFF",)
    IS_ON: ClassVar[str] = "OUTP?"
    LINE: ClassVar[LineSettings] = LineSettings(write_termination="\r\n", baud=9600, many_sessions=False)
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf="PACE:CURR<n>:PHAS <angle>",
                confidence=Confidence.C,
                why="the command is certain; that the angle is absolute against U1, and its sign, are not",
            ),
            UncertainLeaf(
                leaf="OUTP:REF:CONS <constant>",
                confidence=Confidence.C,
                why="the command is certain; that the pulses run in mode PACE too is not",
            ),
            UncertainLeaf(leaf="OUTP?", confidence=Confidence.B, why="ON/OFF or 1/0; both are taken"),
            UncertainLeaf(
                leaf="*IDN? of a Fluke-badged unit", confidence=Confidence.C, why="FLUKE,6003A,... assumed"
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        transport.write("SYST:REM")
        super().__init__(transport, expected_serial=expected_serial)
        self._prepared = False
        self._pulses_imp_per_kwh: float | None = None

    def limits(self) -> SourceLimits:
        """Return what the instrument delivers."""
        return SourceLimits(
            phases=PHASES,
            voltage_max_v=VOLTAGE_MAX_V,
            current_max_a=CURRENT_MAX_A,
            frequency_min_hz=FREQUENCY_MIN_HZ,
            frequency_max_hz=FREQUENCY_MAX_HZ,
        )

    def apply(self, setting: LoadSetting) -> float:
        """Set voltages, currents, angles and frequency; return the settling time in seconds.

        A channel at 0 is taken out of the output. Raise SetpointRefused, before anything is sent, for what no
        6003A delivers.
        """
        self._check(setting)
        on = self.is_on()
        if not self._prepared:
            self._command("OUTP:UNIT DEG")
            self._prepared = True
        self._command(f"PACE:FREQ {number(setting.frequency_hz)}")
        missing = PHASES - len(setting.phases)
        phases = (*setting.phases, *(PhaseSetting(voltage_v=0.0, current_a=0.0) for _ in range(missing)))
        for n, phase in enumerate(phases, start=1):
            self._channel(f"PACE:VOLT{n}", phase.voltage_v, phase.voltage_angle_deg)
        for n, phase in enumerate(phases, start=1):
            angle_deg = phase.voltage_angle_deg - phase.current_lag_deg
            self._channel(f"PACE:CURR{n}", phase.current_a, angle_deg)
        return SETTLING_S if on else 0.0

    def give_energy_pulses(self, constant_imp_per_kwh: float) -> None:
        """Set the reference pulse output: so many pulses for each kWh of active energy, from its own outputs.

        Its energy mode EAC, with a meter error of its own, is not driven: it sets all phases alike, and what its
        control words count is in no text at hand.
        """
        if constant_imp_per_kwh == self._pulses_imp_per_kwh:
            return
        self._refuse_unless(
            constant_imp_per_kwh, PULSE_CONSTANT_MIN, PULSE_CONSTANT_MAX, "constant_imp_per_kwh"
        )
        self._command("OUTP:REF:UNIT W")
        self._command(f"OUTP:REF:CONS {number(constant_imp_per_kwh)}")
        self._pulses_imp_per_kwh = constant_imp_per_kwh

    def switch_on(self) -> float:
        """Switch the output on; return the settling time."""
        self._command("OUTP ON")
        return SETTLING_S

    def _channel(self, base: str, value: float, angle_deg: float) -> None:
        if value == 0.0:
            self._command(f"{base}:ENAB OFF")
            return
        self._command(f"{base} {number(value)}")
        self._command(f"{base}:PHAS {number(angle_deg % FULL_TURN_DEG)}")
        self._command(f"{base}:ENAB ON")

    def _fits(self, found: Identity) -> bool:
        return (found.manufacturer.upper(), found.model.upper()) in (("MEATEST", "M133C"), ("FLUKE", "6003A"))
