"""ZERA MT78x/MT79x meter test system: source, reference standard and error calculator in one box, one line.

Serial ASCII, CR at both ends, 9600 8N2, or the same over a raw TCP serial server. Replies may have several lines
and end with an acknowledging one. One connection only, so the supervisor owns the port.
"""

from __future__ import annotations

import math
import re
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.line_settings import LineSettings
from instruments.roles import (
    ErrorReading,
    Identity,
    LoadSetting,
    PhaseReading,
    PhaseSetting,
    Readings,
    SourceLimits,
)
from instruments.transport import Transport

PHASES = 3
VOLTAGE_MAX_V, CURRENT_MAX_A = 500.0, 120.0
FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ = 45.0, 65.0
SETTLING_S = 5.0
INTEGRATION_S = 1
LINES_MAX = 200
OVERLOAD_FACTOR = 1.2
"""No overload flag is known; a reading this far above its range counts as one (our choice)."""
NOMINAL_FREQUENCY_HZ = 60_000.0
WH_PER_KWH, SECONDS_PER_HOUR = 1000.0, 3600.0
FAULTS = (
    (0, 8, "amplifier error"),
    (0, 4, "fuse"),
    (0, 2, "voltage and current short-circuited"),
    (1, 8, "emergency stop"),
    (1, 4, "isolation"),
    (1, 2, "fibre"),
    (1, 1, "reference meter data"),
)
"""Nibble, bit and meaning of the flags in ``SSM``."""
_TEST_RUNNING, _TEST_FINISHED = (1, 2), 3
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class ZeraMt:
    """Plays ``PowerSource``, ``ReferenceStandard`` and ``ErrorCalculator``. No call waits for bench time.

    Angles. The instrument counts the DIN way, against the IEC sense, absolute against U1: U2 stands at 120, and
    an inductive current at phase 1 at a positive angle. Every angle is turned here, at the edge.

    An unknown command is not answered at all. ``NAK`` at the end of a line refuses an argument; ``ER-``, ``ERR-``
    and ``ERROR`` are failures; ``SM...`` lines may come unasked. The source has no soft start: the bench ramps.
    What the energy register counts in is not known, so it is not used.
    """

    ROLE: ClassVar[str] = "source"
    ROLES: ClassVar[tuple[str, ...]] = ("source", "reference")
    RAMP_STEPS: ClassVar[int] = 3
    LINE: ClassVar[LineSettings] = LineSettings(
        write_termination="\r",
        read_termination="\r",
        probe="",
        baud=9600,
        stop_bits=2,
        many_sessions=False,
    )
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf="AVI, ACI",
                confidence=Confidence.B,
                why="layout of the range list; its numbers are taken",
            ),
            UncertainLeaf(
                leaf="SUI...",
                confidence=Confidence.B,
                why="no query tells whether the output is on; SOKUI is believed",
            ),
            UncertainLeaf(
                leaf="AET1, AEV", confidence=Confidence.C, why="unit of the energy register unknown: not used"
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        self.resource = transport.resource
        self.transport = self._transport = transport
        self._on = False
        self._test: tuple[int, float] | None = None
        self._ranges: dict[str, float] = {}
        try:
            self._check_identity(expected_serial)
        except InstrumentFault:
            transport.close()
            raise

    def identify(self) -> Identity:
        """Ask for model and version; there is no serial number."""
        model, _, version = self._ask("AAV", "AAVACK")[0].partition("V")
        return Identity(manufacturer="ZERA", model=model, serial_number="", firmware=f"V{version}")

    def _check_identity(self, expected_serial: str | None) -> None:
        found = self.identify()
        if not found.model.upper().startswith("MT"):
            raise InstrumentFault(
                f"Expected a ZERA MT, found {found.model!r}.",
                resource=self.resource,
                remedy="Correct driver or resource in the rig file.",
            )
        if expected_serial:
            raise InstrumentFault(
                "A ZERA MT does not tell its serial number.",
                resource=self.resource,
                remedy="Leave serial_number empty in the rig file.",
            )

    def close(self) -> None:
        """End the session; the instrument stays as it is."""
        self._transport.close()

    # PowerSource

    def limits(self) -> SourceLimits:
        """Return what an MT786 delivers."""
        return SourceLimits(
            phases=PHASES,
            voltage_max_v=VOLTAGE_MAX_V,
            current_max_a=CURRENT_MAX_A,
            frequency_min_hz=FREQUENCY_MIN_HZ,
            frequency_max_hz=FREQUENCY_MAX_HZ,
        )

    def apply(self, setting: LoadSetting) -> float:
        """Set voltages, currents, angles and frequency; return the settling time in seconds.

        Raise SetpointRefused, before anything is sent, for what no MT delivers.
        """
        self._check(setting)
        missing = PHASES - len(setting.phases)
        phases = (*setting.phases, *(PhaseSetting(voltage_v=0.0, current_a=0.0) for _ in range(missing)))
        self._ask(f"SFR{setting.frequency_hz:05.2f}", "SOKFR")
        voltages = [(phase.voltage_v, -phase.voltage_angle_deg) for phase in phases]
        currents = [(p.current_a, p.current_lag_deg - p.voltage_angle_deg) for p in phases]
        self._ask(f"SUPAE{_three(voltages)}", "SOKUP")
        self._ask(f"SIPAA{_three(currents)}", "SOKIP")
        return SETTLING_S if self._on else 0.0

    def switch_on(self) -> float:
        """Connect voltages and currents; return the settling time."""
        self._ask("SUIEEEPPPAAA", "SOKUI")
        self._on = True
        return SETTLING_S

    def switch_off(self) -> None:
        """Switch everything off."""
        self._ask("SUIAAAAAAAAA", "SOKUI")
        self._on = False

    def is_on(self) -> bool:
        """Return whether the output was switched on. Raise InstrumentFault with what the box reports wrong."""
        flags = self._ask("SSM", "SSM")[0].removeprefix("SSM")
        wrong = [text for at, bit, text in FAULTS if at < len(flags) and int(flags[at], 16) & bit]
        if wrong:
            raise InstrumentFault(
                f"The source reports: {', '.join(wrong)}.",
                resource=self.resource,
                remedy="Find the cause at the rig before you start again.",
            )
        return self._on

    def safe_state(self) -> None:
        """Switch everything off; whatever happened before, as often as one likes.

        Raise InstrumentFault when the instrument does not acknowledge it, after opening the line anew once.
        """
        try:
            self._transport.clear()
            self.switch_off()
        except InstrumentFault:
            self._transport.reopen()
            self.switch_off()

    # ReferenceStandard

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Fix the smallest ranges that hold these rms values; return the settling time."""
        self._refuse_unless(voltage_v, 0.0, 1e6, "voltage_v")
        self._refuse_unless(current_a, 0.0, 1e6, "current_a")
        voltage_range = self._fitting("AVI", "AVIACK", voltage_v)
        current_range = self._fitting("ACI", "ACIACK", current_a)
        self._ask("AAMMMA", "AAMACK")
        self._ask(f"AVR{voltage_range:g}", "AVRACK")
        self._ask(f"ACR{current_range:g}", "ACRACK")
        self._ranges = {"UB": voltage_range, "IB": current_range}
        return 3.0 * INTEGRATION_S

    def start_reading(self) -> float:
        """Set the integration time; return the time until a whole interval is certainly over."""
        self._ask(f"ATI{INTEGRATION_S:02d}", "ATIACK")
        return 2.0 * INTEGRATION_S + 0.2

    def collect_reading(self) -> Readings:
        """Return the actual values."""
        values = self._actual_values()
        status = self._status()
        voltage_range, current_range = status.get("UB", ""), status.get("IB", "")
        for name, selected in self._ranges.items():
            if _or_infinite(status.get(name, "")) != selected:
                raise InstrumentFault(
                    f"The range {selected:g} was selected, {name} stands at {status.get(name, 'nothing')}.",
                    resource=self.resource,
                    remedy="Does somebody operate it? Is its automatic ranging off?",
                )
        u1_deg = values[6]
        phases = tuple(
            PhaseReading(
                voltage_v=values[index],
                current_a=values[3 + index],
                power_w=values[15 + index],
                current_lag_deg=_half_turn(values[9 + index] - values[6 + index])
                if values[index] and values[3 + index]
                else 0.0,
                voltage_angle_deg=_half_turn(u1_deg - values[6 + index]),
            )
            for index in range(PHASES)
        )
        overload = any(
            phase.voltage_v > OVERLOAD_FACTOR * _or_infinite(voltage_range)
            or phase.current_a > OVERLOAD_FACTOR * _or_infinite(current_range)
            for phase in phases
        )
        return Readings(
            phases=phases,
            power_w=values[24],
            frequency_hz=values[28],
            overload=overload,
            voltage_range=voltage_range,
            current_range=current_range,
        )

    def start_energy(self) -> None:
        """Refuse: what the energy register counts in is not known."""
        raise InstrumentFault(
            "The unit of this instrument's energy register is not known to us.",
            resource=self.resource,
            remedy="Use its error calculator, or another reference standard for a dose of energy.",
        )

    def energy_wh(self) -> float:
        """Refuse, as ``start_energy``."""
        self.start_energy()
        return math.nan

    # ErrorCalculator

    def arm_error_test(self, meter_constant_imp_per_kwh: float, n_intervals: int) -> None:
        """Arm a single test over ``n_intervals`` pulse intervals."""
        self._refuse_unless(meter_constant_imp_per_kwh, 1e-3, 1e9, "meter_constant_imp_per_kwh")
        self._refuse_unless(n_intervals, 1, 10**10, "n_intervals")
        self._ask("AEE", "AEEACK")
        constant, constant_power = _six_digits(meter_constant_imp_per_kwh * 1e5, 10)
        pulses, pulse_power = _six_digits(n_intervals, 5)
        self._ask(f"AEP{constant:06d};{constant_power:02d};{pulses};{pulse_power}", "AEPACK")
        self._ask("AEB0", "AEBACK")
        self._test = (n_intervals, meter_constant_imp_per_kwh)

    def error_test_ready(self) -> bool:
        """Return whether the test is over."""
        return int(self._error_status()[0], 16) == _TEST_FINISHED

    def collect_error(self) -> ErrorReading:
        """Return the result. Raise InstrumentFault when there is none.

        The box tells the error only, so the reference energy is worked back from it, and the duration from
        the power that stands: both are no second measurement.
        """
        lines = self._error_status()
        if self._test is None or int(lines[0], 16) != _TEST_FINISHED:
            raise InstrumentFault("The error test is not over.", resource=self.resource)
        error_pct = self._number(lines[1], "AES1")
        n_intervals, constant = self._test
        reference_energy_wh = n_intervals * WH_PER_KWH / constant / (1.0 + error_pct / 100.0)
        power_w = self._actual_values()[24]
        status = self._status()
        return ErrorReading(
            n_intervals=n_intervals,
            meter_constant_imp_per_kwh=constant,
            reference_constant_imp_per_kwh=_reference_constant(status),
            reference_energy_wh=reference_energy_wh,
            duration_s=reference_energy_wh * SECONDS_PER_HOUR / power_w if power_w else 0.0,
            error_pct=error_pct,
            voltage_range=status.get("UB", ""),
            current_range=status.get("IB", ""),
        )

    def abort_error_test(self) -> None:
        """End a test without result."""
        self._ask("AEE", "AEEACK")
        self._test = None

    # the line

    def _ask(self, line: str, end: str) -> list[str]:
        """Send a command and return the lines before its acknowledgement (``SSM`` is its own)."""
        with self._transport.lock:
            self._transport.write(line)
            lines: list[str] = []
            for _ in range(LINES_MAX):
                answer = self._transport.read().strip()
                if answer == end:
                    return lines
                if end == "SSM" and answer.startswith("SSM"):
                    return [answer]
                if answer.startswith("SM"):
                    continue  # a message of the source, unasked; the flags are read with SSM
                if answer.endswith("NAK") or any(word in answer for word in ("ER-", "ERR-", "ERROR")):
                    raise InstrumentFault(
                        f"The instrument refused {line!r}: {answer}.",
                        resource=self.resource,
                        remedy="Value outside of its ranges, or a mode in which it cannot be set.",
                    )
                lines.append(answer)
        raise InstrumentFault(f"The answer to {line!r} does not end.", resource=self.resource)

    def _actual_values(self) -> dict[int, float]:
        values: dict[int, float] = {}
        for line in self._ask("AME", "AMEACK"):
            index, _, value = line.partition(";")
            if index.strip().isdigit() and int(index) != 27:  # 27 is the phase order, a text
                values[int(index)] = self._number(value, "AME")
        missing = [index for index in (*range(27), 28) if index not in values]
        if missing:
            raise InstrumentFault(f"AME did not tell the values {missing}.", resource=self.resource)
        return values

    def _status(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._ask("AST", "ASTACK") if "=" in line)

    def _error_status(self) -> list[str]:
        lines = self._ask("AES1", "AESACK")
        if len(lines) < 2:
            raise InstrumentFault(f"AES1 answered {lines!r}.", resource=self.resource)
        return lines

    def _fitting(self, line: str, end: str, value: float) -> float:
        found = [float(text) for text in _NUMBER.findall(" ".join(self._ask(line, end)))]
        fitting = [there for there in found if there >= value]
        if not fitting:
            raise SetpointRefused(
                f"No range holds {value:g}; there are {found}.",
                resource=self.resource,
                remedy="Use a standard with larger ranges or a smaller load point.",
            )
        return min(fitting)

    def _number(self, text: str, line: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise InstrumentFault(
                f"The answer {text!r} to {line!r} is not a number.", resource=self.resource
            ) from error

    def _check(self, setting: LoadSetting) -> None:
        if not 1 <= len(setting.phases) <= PHASES:
            raise SetpointRefused(f"{len(setting.phases)} phases; nothing was sent.", resource=self.resource)
        self._refuse_unless(setting.frequency_hz, FREQUENCY_MIN_HZ, FREQUENCY_MAX_HZ, "frequency_hz")
        for phase in setting.phases:
            self._refuse_unless(phase.voltage_v, 0.0, VOLTAGE_MAX_V, "voltage_v")
            self._refuse_unless(phase.current_a, 0.0, CURRENT_MAX_A, "current_a")
            self._refuse_unless(phase.voltage_angle_deg, -360.0, 360.0, "voltage_angle_deg")
            self._refuse_unless(phase.current_lag_deg, -360.0, 360.0, "current_lag_deg")
            if phase.voltage_harmonics or phase.current_harmonics:
                raise SetpointRefused(
                    "This driver sets sinusoids only; nothing was sent.", resource=self.resource
                )

    def _refuse_unless(self, value: float, low: float, high: float, name: str) -> None:
        if not (math.isfinite(value) and low <= value <= high):
            raise SetpointRefused(
                f"{name} = {value!r} is outside of {low:g} to {high:g}; nothing was sent.",
                resource=self.resource,
                remedy="Correct the load point or the plan.",
            )


def _three(values: list[tuple[float, float]]) -> str:
    """Write three amplitudes and angles the way SUP and SIP take them."""
    texts = []
    for letter, (value, angle_deg) in zip("RST", values, strict=True):
        turned = round(angle_deg % 360.0, 2) % 360.0
        texts.append(f"{letter}{value:07.3f}{turned:06.2f}")
    return "".join(texts)


def _six_digits(value: float, power_max: int) -> tuple[int, int]:
    """Return ``value`` as at most six digits and a power of ten."""
    power = 0
    while round(value) > 999_999 and power < power_max:
        value, power = value / 10.0, power + 1
    return round(value), power


def _reference_constant(status: dict[str, str]) -> float:
    """Return the constant of the internal reference pulses from ranges and measuring mode (vendor's formula)."""
    wires = {"4": 3, "3": 2, "2": 1}.get(status.get("M", "4")[:1], 3)
    full_scale_w = wires * _or_infinite(status.get("UB", "")) * _or_infinite(status.get("IB", ""))
    return WH_PER_KWH * SECONDS_PER_HOUR * NOMINAL_FREQUENCY_HZ / full_scale_w


def _or_infinite(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.inf


def _half_turn(angle_deg: float) -> float:
    return 180.0 - (180.0 - angle_deg) % 360.0
