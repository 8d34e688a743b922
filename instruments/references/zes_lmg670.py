"""ZES Zimmer LMG610/640/670 power analysers as reference standard, in their short command language."""

from __future__ import annotations

import math
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault
from instruments.roles import Identity, PhaseReading, Readings
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

CYCLE_S = 1.0
RANGE_SETTLING_S = 3.0
CHANNELS = 3
OVERLOAD_FACTOR = 1.5
"""No overload flag is known in this language; a reading this far above the range set counts as one (our choice)."""


class ZesLmg670(ScpiDriver):
    """Reads three channels. It counts no meter pulses, and its energy commands are not known to us.

    Short commands have no error queue here: each set carries ``*OPC?`` behind it and must give 1. ``INIM`` starts
    a cycle; the values are asked for when it is over, so no query waits for bench time. The lag is taken from Q
    and P, positive Q lagging (C); the voltages' angles are not asked for.
    """

    ROLE: ClassVar[str] = "reference"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("ZES",)
    MODELS: ClassVar[tuple[str, ...]] = ("LMG610", "LMG640", "LMG670")
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf="Q<n>?", confidence=Confidence.C, why="sign: a lagging current taken as positive"
            ),
            UncertainLeaf(leaf="*IDN?", confidence=Confidence.C, why="first field taken to begin with ZES"),
            UncertainLeaf(
                leaf="URNG<n>, IRNG<n>",
                confidence=Confidence.B,
                why="the list of ranges depends on the channel; the value wanted is sent",
            ),
            UncertainLeaf(
                leaf="<command>;*OPC?", confidence=Confidence.B, why="known from the LMG500; standard 488.2"
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self._prepared = False
        self._ranges = (math.inf, math.inf)

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Fix ranges for these rms values on all channels; return the settling time."""
        self._refuse_unless(voltage_v, 0.0, 1500.0, "voltage_v")
        self._refuse_unless(current_a, 0.0, 1000.0, "current_a")
        if (voltage_v, current_a) == self._ranges:
            return 0.0
        self._prepare()
        for n in range(1, CHANNELS + 1):
            self._set(f"UAUTO{n} 0;URNG{n} {number(voltage_v)}")
            self._set(f"IAUTO{n} 0;IRNG{n} {number(current_a)}")
        self._ranges = (voltage_v, current_a)
        return RANGE_SETTLING_S

    def start_reading(self) -> float:
        """Start a cycle; return the time until it is certainly over."""
        self._prepare()
        self._transport.write("INIM")
        return 2.0 * CYCLE_S + 0.2

    def collect_reading(self) -> Readings:
        """Return the values of the last cycle."""
        leaves = [f"{leaf}{n}?" for n in range(1, CHANNELS + 1) for leaf in ("UTRMS", "ITRMS", "P", "Q")]
        line = ";".join([*leaves, "FCYC1?"])
        texts = self._query(line).split(";")
        if len(texts) != len(leaves) + 1:
            raise InstrumentFault(
                f"{len(texts)} of {len(leaves) + 1} values came.",
                resource=self.resource,
                remedy="Does the analyser have three channels, and speak its short language?",
            )
        values = [self._to_number(text, line) for text in texts]
        phases = tuple(self._phase(*values[at : at + 4]) for at in range(0, 4 * CHANNELS, 4))
        overload = any(
            phase.voltage_v > OVERLOAD_FACTOR * self._ranges[0]
            or phase.current_a > OVERLOAD_FACTOR * self._ranges[1]
            for phase in phases
        )
        return Readings(
            phases=phases,
            power_w=math.fsum(phase.power_w for phase in phases),
            frequency_hz=values[-1],
            overload=overload,
            voltage_range=f"{self._ranges[0]:g}",
            current_range=f"{self._ranges[1]:g}",
        )

    def start_energy(self) -> None:
        """Refuse: the names of the energy commands are not known to us."""
        raise InstrumentFault(
            "The energy commands of this analyser are not known to us.",
            resource=self.resource,
            remedy="Use power and time, or another reference standard for a dose of energy.",
        )

    def energy_wh(self) -> float:
        """Refuse, as ``start_energy``."""
        self.start_energy()
        return math.nan

    def _fits(self, found: Identity) -> bool:
        return found.manufacturer.upper().startswith("ZES") and found.model.upper() in self.MODELS

    def _prepare(self) -> None:
        if not self._prepared:
            for line in ("*ZLANG SHORT", "FRMT ASCII", f"CYCL {number(CYCLE_S)}", "CONT OFF"):
                self._set(line)
            self._prepared = True

    def _set(self, line: str) -> None:
        answer = self._query(f"{line};*OPC?").strip()
        if answer != "1":
            raise InstrumentFault(
                f"The instrument refused {line!r}: {answer!r}.",
                resource=self.resource,
                remedy="The driver and this instrument's channels or firmware may not fit together.",
            )

    @staticmethod
    def _phase(voltage_v: float, current_a: float, power_w: float, reactive_var: float) -> PhaseReading:
        lag_deg = math.degrees(math.atan2(reactive_var, power_w)) if power_w or reactive_var else 0.0
        return PhaseReading(
            voltage_v=voltage_v, current_a=current_a, power_w=power_w, current_lag_deg=lag_deg
        )
