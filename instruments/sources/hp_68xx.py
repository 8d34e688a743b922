"""HP/Agilent/Keysight 6811B to 6834B and the AMETEK/California Instruments family: AC voltage sources.

One family of commands. They deliver voltage; the current is what the load takes, so a load point with current
needs another source for it.
"""

from __future__ import annotations

import re
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import SetpointRefused
from instruments.roles import Identity, LoadSetting, PhaseSetting, SourceLimits
from instruments.scpi_driver import number
from instruments.sources.scpi_source import ScpiSource
from instruments.transport import Transport

VOLTAGE_MAX_V = 300.0
RANGES_V = (150.0, 300.0)
FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ = 45.0, 1000.0
SLEW_V_PER_S = 200.0
SETTLING_S = 1.0
_HP_MODELS = re.compile(r"68(11|12|13|14|34|41|42|43)[AB]", re.IGNORECASE)
_HP_MAKERS = ("HEWLETT", "AGILENT", "KEYSIGHT")
_CI_MAKERS = ("CALIFORNIA INSTRUMENTS", "AMETEK", "CI,")


class Hp68xx(ScpiSource):
    """Drives one to three phases. Headers are always sent absolute: these parsers disagree about header paths.

    Angles: the instrument's phases count leading positive; after ``*RST`` they stand at 0, 240, 120 (manual of
    the Lx/Ls), which is the IEC sense: U2 = -120 = 240.
    """

    MANUFACTURERS: ClassVar[tuple[str, ...]] = (*_HP_MAKERS, *_CI_MAKERS)
    MODELS: ClassVar[tuple[str, ...]] = (
        "6811B ... 6834B",
        "California Instruments i/iX/Lx/Ls/MX/RS/Asterion",
    )
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf=":INST:NSEL 3",
                confidence=Confidence.B,
                why="that a single-phase model refuses it, from which the number of phases is told",
            ),
            UncertainLeaf(
                leaf=":VOLT:RANG 150|300",
                confidence=Confidence.B,
                why="the ranges are typical; a model with others refuses the command",
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        with transport.lock:
            transport.write(":INST:NSEL 3")
            self.phases = 1 if self._take_errors() else 3
        self._prepared = False

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
        """Set voltages, angles and frequency; return the settling time in seconds.

        Raise SetpointRefused, before anything is sent, for currents and for what the family does not deliver.
        """
        self._check(setting)
        on = self.is_on()
        self._prepare()
        self._command(f":FREQ {number(setting.frequency_hz)}")
        missing = self.phases - len(setting.phases)
        phases = (*setting.phases, *(PhaseSetting(voltage_v=0.0, current_a=0.0) for _ in range(missing)))
        for x, phase in enumerate(phases, start=1):
            self._apply_phase(x, phase)
        return VOLTAGE_MAX_V / SLEW_V_PER_S + SETTLING_S if on else 0.0

    def switch_on(self) -> float:
        """Switch the output on; return the settling time."""
        self._prepare()
        self._command(":OUTP ON")
        return VOLTAGE_MAX_V / SLEW_V_PER_S + SETTLING_S

    def _fits(self, found: Identity) -> bool:
        maker = found.manufacturer.upper()
        if maker.startswith(_HP_MAKERS):
            return _HP_MODELS.fullmatch(found.model) is not None
        return maker.startswith(_CI_MAKERS)

    def _check(self, setting: LoadSetting) -> None:
        super()._check(setting)
        if self.phases == 1 and setting.phases[0].voltage_angle_deg % 360.0:
            raise SetpointRefused(
                "A single phase has no angle to itself; nothing was sent.",
                resource=self.resource,
                remedy="Correct the load point.",
            )

    def _prepare(self) -> None:
        """Trip instead of folding back, ramp by hardware, and let each phase be set alone, once."""
        if self._prepared:
            return
        if self.phases > 1:
            self._command(":INST:COUP NONE")
        for x in range(1, self.phases + 1):
            self._select(x)
            self._command(":CURR:PROT:STAT ON")
            self._command(f":VOLT:SLEW {number(SLEW_V_PER_S)}")
        self._prepared = True

    def _select(self, x: int) -> None:
        if self.phases > 1:
            self._command(f":INST:NSEL {x}")

    def _apply_phase(self, x: int, phase: PhaseSetting) -> None:
        self._select(x)
        present_v = self._query_number(":VOLT:RANG?")
        if phase.voltage_v > present_v:
            self._command(":VOLT 0")  # never change a range under voltage
            wanted_v = next(end for end in RANGES_V if phase.voltage_v <= end)
            self._command(f":VOLT:RANG {number(wanted_v)}")
        if self.phases > 1:
            self._command(f":PHAS {number(phase.voltage_angle_deg % 360.0)}")
        self._command(f":VOLT {number(phase.voltage_v)}")
