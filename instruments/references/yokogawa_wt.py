"""Yokogawa WT310E, WT332E, WT333E (and WT3xx) digital power meters as reference standard."""

from __future__ import annotations

import math
import re
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.roles import Identity, PhaseReading, Readings
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

UPDATE_S = 1.0
RANGE_SETTLING_S = 2.5
"""On a WT333E: 0.5 s before the items are set again, about 2 s before the first reading."""
VOLTAGE_RANGES_V = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
CURRENT_RANGES_A = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
ITEMS = ("U", "I", "P", "Q")
_MODEL = re.compile(r"WT3([13])([0-3])(E?)(?:-.*)?", re.IGNORECASE)


class YokogawaWt(ScpiDriver):
    """Reads one to three elements. It counts no meter pulses, so it is no error calculator.

    Headers in replies are switched off first. ``NAN`` stands for no data, ``INF`` for over range. The lag is taken
    from Q and P: that Q is positive for a lagging current is not confirmed by a text (C), and the voltages'
    angles are not told at all.
    """

    ROLE: ClassVar[str] = "reference"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("YOKOGAWA",)
    MODELS: ClassVar[tuple[str, ...]] = ("WT310E", "WT332E", "WT333E", "WT3xx")
    ERROR_QUERY: ClassVar[str] = ":STAT:ERR?"
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf=":NUM:NORM:ITEM<k> Q,<element>",
                confidence=Confidence.C,
                why="sign of Q: lag taken as positive",
            ),
            UncertainLeaf(
                leaf=":INP:VOLT:RANG, :INP:CURR:RANG, :AUTO",
                confidence=Confidence.B,
                why="ranges as one driver used on a WT333E has them",
            ),
            UncertainLeaf(leaf=":INP:WIR P3W4", confidence=Confidence.B, why="used on a WT333E"),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        match = _MODEL.fullmatch(self.identify().model)
        digits = (match[1], match[2]) if match is not None else ("1", "0")
        self.elements = 1 if digits[0] == "1" else max(1, int(digits[1]))
        self._prepared = False
        self._ranges = ("", "")
        self._overload = False

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Fix the smallest ranges that hold these rms values; return the settling time."""
        self._refuse_unless(voltage_v, 0.0, 1e6, "voltage_v")
        self._refuse_unless(current_a, 0.0, 1e6, "current_a")
        wanted = (
            f"{self._fitting(VOLTAGE_RANGES_V, voltage_v, 'V'):g}",
            f"{self._fitting(CURRENT_RANGES_A, current_a, 'A'):g}",
        )
        if wanted == self._ranges:
            return 0.0
        self._prepare()
        self._command(":INP:VOLT:AUTO OFF")
        self._command(":INP:CURR:AUTO OFF")
        self._command(f":INP:VOLT:RANG {wanted[0]}")
        self._command(f":INP:CURR:RANG {wanted[1]}")
        self._ranges = wanted
        return RANGE_SETTLING_S

    def start_reading(self) -> float:
        """Return the time until a whole update interval is certainly over; the instrument measures on its own."""
        self._prepare()
        return 2.0 * UPDATE_S + 0.2

    def collect_reading(self) -> Readings:
        """Return the last update. Raise InstrumentFault when there are no data."""
        values = self._values()
        per_element = len(ITEMS)
        phases = tuple(
            self._phase(*values[at : at + per_element])
            for at in range(0, self.elements * per_element, per_element)
        )
        frequency_hz = values[self.elements * per_element]
        return Readings(
            phases=phases,
            power_w=math.fsum(phase.power_w for phase in phases) if not self._overload else math.nan,
            frequency_hz=frequency_hz,
            overload=self._overload,
            voltage_range=self._ranges[0],
            current_range=self._ranges[1],
        )

    def start_energy(self) -> None:
        """Zero the integrator and start it; RESet works only when it is stopped."""
        self._prepare()
        if self._query(":INTEG:STAT?").strip().upper().startswith("STAR"):
            self._command(":INTEG:STOP")
        for line in (":INTEG:RES", ":INTEG:MODE NORM", ":INTEG:TIM 0,0,0", ":INTEG:STAR"):
            self._command(line)

    def energy_wh(self) -> float:
        """Return the active energy since ``start_energy``, sum of elements, in Wh.

        Raise InstrumentFault where an element has none: it would be missing from the sum.
        """
        first = self.elements * len(ITEMS) + 1
        energies = self._values()[first : first + self.elements]
        if any(math.isnan(energy) for energy in energies):
            raise InstrumentFault(
                "The integrator has no energy for an element.",
                resource=self.resource,
                remedy="Was the integration started, or stopped by somebody at the instrument?",
            )
        return math.fsum(energies)

    def _fits(self, found: Identity) -> bool:
        return found.manufacturer.upper().startswith("YOKOGAWA") and _MODEL.fullmatch(found.model) is not None

    def _prepare(self) -> None:
        """Choose the form of replies and the items once: U, I, P, Q of each element, f, WH of each element."""
        if self._prepared:
            return
        items = [(name, x) for x in range(1, self.elements + 1) for name in ITEMS]
        items += [("FU", 1), *(("WH", x) for x in range(1, self.elements + 1))]
        lines = [":COMM:HEAD OFF", ":COMM:VERB OFF", ":NUM:FORM ASC", f":RATE {number(UPDATE_S)}S"]
        if self.elements == 3:
            lines.append(":INP:WIR P3W4")
        lines.append(f":NUM:NORM:NUM {len(items)}")
        lines += [f":NUM:NORM:ITEM{k} {name},{x}" for k, (name, x) in enumerate(items, start=1)]
        for line in lines:
            self._command(line)
        self._prepared = True

    def _values(self) -> tuple[float, ...]:
        line = ":NUM:NORM:VAL?"
        texts = [text.strip().upper() for text in self._query(line).split(",")]
        wanted = self.elements * (len(ITEMS) + 1) + 1
        if len(texts) != wanted:
            raise InstrumentFault(f"{line} gave {len(texts)} of {wanted} values.", resource=self.resource)
        self._overload = "INF" in texts
        values = []
        for at, text in enumerate(texts):
            if text == "NAN" and not self._overload and at < self.elements * len(ITEMS):
                raise InstrumentFault(
                    "The instrument has no data yet.", resource=self.resource, remedy="Wait for an update."
                )
            energy = at > self.elements * len(ITEMS)
            no_data = math.nan if energy else 0.0  # without voltage there is no frequency
            values.append(no_data if text == "NAN" else self._to_number(text, line))
        return tuple(values)

    @staticmethod
    def _phase(voltage_v: float, current_a: float, power_w: float, reactive_var: float) -> PhaseReading:
        lag_deg = math.degrees(math.atan2(reactive_var, power_w)) if power_w or reactive_var else 0.0
        return PhaseReading(
            voltage_v=voltage_v, current_a=current_a, power_w=power_w, current_lag_deg=lag_deg
        )

    def _fitting(self, ends: tuple[float, ...], value: float, unit: str) -> float:
        for end in ends:
            if value <= end:
                return end
        raise SetpointRefused(
            f"No range holds {value:g} {unit}; the largest is {ends[-1]:g} {unit}.",
            resource=self.resource,
            remedy="Use a standard with larger ranges, a transformer, or a smaller load point.",
        )
