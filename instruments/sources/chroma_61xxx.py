"""Chroma 615xx, 616xx, 617xx and 61845 AC voltage sources."""

from __future__ import annotations

import re
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import SetpointRefused
from instruments.roles import Identity, LoadSetting, SourceLimits
from instruments.scpi_driver import number
from instruments.sources.scpi_source import ScpiSource
from instruments.transport import Transport

VOLTAGE_MAX_V, LOW_RANGE_V = 300.0, 150.0
FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ = 45.0, 1000.0
SETTLING_S = 2.0
RELAY_S = 0.1
"""A public program waits so long between the output relay and the output."""
_MODEL = re.compile(r"(?:chroma(?: ate)?)?\s*,?\s*(61\d{3})", re.IGNORECASE)
_THREE_PHASE = ("617", "61845")
EQUAL_TOLERANCE_V = 1e-9


class Chroma61xxx(ScpiSource):
    """Drives a Chroma source: one phase, or three of equal voltage.

    Three different voltages would need ``INST:NSEL``, which no text confirms, so they are refused. Booleans
    are the words ON and OFF; voltage and range go in one message, because they are checked together. Angles
    are positive lagging: ``PHAS:P12 120`` puts U2 at -120 in the IEC sense.
    """

    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("CHROMA",)
    MODELS: ClassVar[tuple[str, ...]] = ("615xx", "616xx", "617xx", "61845")
    OFF: ClassVar[tuple[str, ...]] = (":OUTP OFF", ":OUTP:REL OFF")
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf=":INST:PHAS THREE, :INST:EDIT ALL",
                confidence=Confidence.B,
                why="one program used on a 61845",
            ),
            UncertainLeaf(
                leaf=":PHAS:P12, :PHAS:P13", confidence=Confidence.B, why="one program used on a 61845"
            ),
            UncertainLeaf(
                leaf=":SYST:ERR?", confidence=Confidence.B, why="that its reply starts with 0 if none"
            ),
            UncertainLeaf(leaf=":OUTP?", confidence=Confidence.B, why="ON/OFF or 1/0; both are taken"),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self.phases = 3 if self.identify().model.startswith(_THREE_PHASE) else 1

    def identify(self) -> Identity:
        """Ask for the identity; Chroma's comma fields are maker with model, serial number, versions."""
        fields = [part.strip() for part in self._transport.query("*IDN?").split(",")]
        match = _MODEL.search(",".join(fields[:2]))
        model = match[1] if match is not None else ""
        rest = fields[1:] if model in fields[0] else fields[2:]
        return Identity(
            manufacturer=fields[0].split("61")[0].strip(),
            model=model,
            serial_number=rest[0] if rest else "",
            firmware=",".join(rest[1:]),
        )

    def limits(self) -> SourceLimits:
        """Return what the family delivers: voltage only."""
        return SourceLimits(
            phases=self.phases,
            voltage_max_v=VOLTAGE_MAX_V,
            current_max_a=0.0,
            frequency_min_hz=FREQUENCY_MIN_HZ,
            frequency_max_hz=FREQUENCY_MAX_HZ,
        )

    def apply(self, setting: LoadSetting) -> float:
        """Set the voltage, angles and frequency; return the settling time in seconds.

        Raise SetpointRefused, before anything is sent, for currents, unequal voltages, and too much of it.
        """
        self._check(setting)
        on = self.is_on()
        voltage_v = setting.phases[0].voltage_v
        self._command(f":VOLT:LIM:AC {number(VOLTAGE_MAX_V)}")
        if self.phases > 1:
            self._command(":INST:PHAS THREE")
            self._command(":INST:EDIT ALL")
            for index, leaf in ((1, "P12"), (2, "P13")):
                lag_deg = -setting.phases[index].voltage_angle_deg % 360.0
                self._command(f":PHAS:{leaf} {number(lag_deg)}")
        self._command(f":FREQ {number(setting.frequency_hz)}")
        wanted = "HIGH" if voltage_v > LOW_RANGE_V else "LOW"
        if wanted == "HIGH" or not on:  # a smaller range is not worth cutting the meter's supply
            self._command(f":VOLT:AC {number(voltage_v)};:VOLT:RANG {wanted}")
        else:
            self._command(f":VOLT:AC {number(voltage_v)}")
        if on:
            return SETTLING_S
        self._command(":OUTP:REL ON")
        return RELAY_S

    def switch_on(self) -> float:
        """Switch the output on; return the settling time."""
        self._command(":OUTP ON")
        return SETTLING_S

    def _fits(self, found: Identity) -> bool:
        return found.manufacturer.upper().startswith("CHROMA") and found.model.startswith(
            ("615", "616", "617", "61845")
        )

    def _check(self, setting: LoadSetting) -> None:
        super()._check(setting)
        first_v = setting.phases[0].voltage_v
        equal = all(abs(phase.voltage_v - first_v) <= EQUAL_TOLERANCE_V for phase in setting.phases)
        if len(setting.phases) != self.phases or not equal:
            raise SetpointRefused(
                f"This driver sets one voltage on all {self.phases} phases; nothing was sent.",
                resource=self.resource,
                remedy="Choose a balanced load point, or a source whose phases can be set alone.",
            )
