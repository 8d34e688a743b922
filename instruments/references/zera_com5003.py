"""ZERA COM5003 (and MT310s2) reference standard with its error calculator, over its SCPI port 6320."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.roles import ErrorReading, PhaseReading, Readings
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

PHASES = 3
INTEGRATION_S = 1.0
RANGE_SETTLING_S = 3.0
"""After a change of range: two integration intervals and a margin (our choice)."""
MODULES = ("RMS1", "DFT1", "POW1", "RNG1")
METER_TEST = "CALC:EC01:0001"
ENERGY_TEST = "CALC:EM01:0001"
STATUS_READY, STATUS_ABORTED = 4, 8
N_INTERVALS_MAX = 2**32 - 1
WH_PER_KWH = 1000.0
_RANGE_NAME = re.compile(r"([0-9.]+)(m?)([VA])", re.IGNORECASE)


class ZeraCom5003(ScpiDriver):
    """Plays ``ReferenceStandard`` and ``ErrorCalculator``. No call waits for bench time.

    The instrument ends parameters with ``;`` and separates commands with ``|``. A failing query gives no
    answer at all, so every query carries ``|*STB?`` behind it: its answer starts with a sign, and when it
    comes alone the query has failed.

    Angles. ``DFT1`` gives peak amplitude, radians and degrees. ZERA counts angles against the IEC sense
    (its own server negates every angle it reads); so lag of current = angle of I minus angle of U here. That
    source speaks of ZERA's serial protocols; for ``DFT1`` the sign is not confirmed (C). A wrong sign shows
    as an inductive load read as capacitive; active power does not depend on it.
    """

    ROLE: ClassVar[str] = "reference"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("ZERA",)
    MODELS: ClassVar[tuple[str, ...]] = ("COM5003", "MT310s2")
    ERROR_QUERY: ClassVar[str] = "SYSTEM:ERROR?"
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.A,
        uncertain=(
            UncertainLeaf(
                leaf="FETC:DFT1:U1? / I1?",
                confidence=Confidence.C,
                why="the sign of the angles (against the IEC sense) is known from ZERA's serial protocols only",
            ),
            UncertainLeaf(
                leaf="CALC:EC01:0001:MEASNUM?",
                confidence=Confidence.C,
                why="taken as the number of finished tests of a continuous series since START",
            ),
            UncertainLeaf(
                leaf="CALC:EM01:0001:ENERGY?", confidence=Confidence.B, why="unit kWh taken over from EC01"
            ),
            UncertainLeaf(
                leaf="INIT:<module>", confidence=Confidence.B, why="exact header of INIT for a single module"
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self._test: tuple[int, float] | None = None

    # ReferenceStandard

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Fix the smallest ranges that hold these rms values on all phases; return the settling time.

        A change of range aborts a running error test. Raise SetpointRefused when no range is large enough.
        """
        self._refuse_unless(voltage_v, 0.0, 1e6, "voltage_v")
        self._refuse_unless(current_a, 0.0, 1e6, "current_a")
        ranges = {"UL": self._fitting("UL1", voltage_v), "IL": self._fitting("IL1", current_a)}
        self._command("CONF:RNG1:RNGAUTO 0;")
        changed = False
        for kind, name in ranges.items():
            for phase in range(1, PHASES + 1):
                leaf = f"SENS:RNG1:{kind}{phase}:RANG"
                if self._query(f"{leaf}?") != name:
                    self._command(f"{leaf} {name};")
                    changed = True
        self._command("SENS:RNG1:OVERLOAD 0;")
        return RANGE_SETTLING_S if changed else 0.0

    def start_reading(self) -> float:
        """Start an integration interval; return the time until it is certainly over.

        The instrument measures without pause; the first whole interval after now ends after at most two.
        """
        self._command(f"CONF:DSP1:TINTEGRATION {number(INTEGRATION_S)};")
        self._command("|".join(f"INIT:{module}" for module in MODULES))
        return 2.0 * INTEGRATION_S + 0.2

    def collect_reading(self) -> Readings:
        """Return the last finished interval. Raise InstrumentFault when it is not over yet."""
        phases: list[PhaseReading] = []
        u1_deg = 0.0
        for index in range(1, PHASES + 1):
            phase, angle_deg = self._phase(index)
            u1_deg = angle_deg if index == 1 else u1_deg
            iec_deg = 180.0 - (angle_deg - u1_deg + 180.0) % 360.0
            phases.append(replace(phase, voltage_angle_deg=iec_deg))
        return Readings(
            phases=tuple(phases),
            power_w=self._values("FETC:POW1:PS?")[0],
            frequency_hz=self._values("FETC:RNG1:F?")[0],
            overload=self._query_number("SENS:RNG1:OVERLOAD?") != 0,
            voltage_range=self._query("SENS:RNG1:UL1:RANG?"),
            current_range=self._query("SENS:RNG1:IL1:RANG?"),
        )

    def start_energy(self) -> None:
        """Zero the energy register and let it count active energy, sum of phases."""
        for leaf in ("START 0;", "REFSOURCE P;", "MODE 0;", "START 1;"):
            self._command(f"{ENERGY_TEST}:{leaf}")

    def energy_wh(self) -> float:
        """Return the active energy since ``start_energy`` in Wh, a whole number of reference pulses."""
        return self._query_number(f"{ENERGY_TEST}:ENERGY?") * WH_PER_KWH

    # ErrorCalculator

    def arm_error_test(self, meter_constant_imp_per_kwh: float, n_intervals: int) -> None:
        """Arm a test: from the next pulse on, measure over ``n_intervals`` pulse intervals."""
        self._arm(meter_constant_imp_per_kwh, n_intervals, continuous=False)

    def arm_error_series(self, meter_constant_imp_per_kwh: float, n_intervals: int) -> None:
        """Arm tests without end: the pulse that ends one begins the next. ``abort_error_test`` ends them."""
        self._arm(meter_constant_imp_per_kwh, n_intervals, continuous=True)

    def error_tests_done(self) -> int:
        """Return how many tests of a series are over; ``collect_error`` gives the last one."""
        return int(self._query_number(f"{METER_TEST}:MEASNUM?"))

    def _arm(self, meter_constant_imp_per_kwh: float, n_intervals: int, *, continuous: bool) -> None:
        self._refuse_unless(meter_constant_imp_per_kwh, 1e-6, 1e20, "meter_constant_imp_per_kwh")
        self._refuse_unless(n_intervals, 1, N_INTERVALS_MAX, "n_intervals")
        for leaf in (
            "START 0;",
            "DUTSOURCE SC1;",
            "REFSOURCE P;",
            "DCUNIT I/kWh;",
            f"DUTCONSTANT {number(meter_constant_imp_per_kwh)};",
            f"MRATE {n_intervals};",
            f"CONTINUOUS {int(continuous)};",
            "START 1;",
        ):
            self._command(f"{METER_TEST}:{leaf}")
        self._test = (n_intervals, meter_constant_imp_per_kwh)

    def error_test_ready(self) -> bool:
        """Return whether the test is over. Raise InstrumentFault when the instrument aborted it."""
        status = int(self._query_number(f"{METER_TEST}:STATUS?"))
        if status & STATUS_ABORTED:
            raise InstrumentFault(
                "The error test was aborted.",
                resource=self.resource,
                remedy="A change of range or somebody at the instrument aborts it; arm it again.",
            )
        return bool(status & STATUS_READY)

    def collect_error(self) -> ErrorReading:
        """Return the finished test with its raw counts. Raise InstrumentFault when there is none."""
        if self._test is None or not self.error_test_ready():
            raise InstrumentFault(
                "There is no finished error test to collect.",
                resource=self.resource,
                remedy="Arm a test and wait until it is ready.",
            )
        n_intervals, meter_constant = self._test
        return ErrorReading(
            n_intervals=n_intervals,
            meter_constant_imp_per_kwh=meter_constant,
            reference_constant_imp_per_kwh=self._query_number(f"{METER_TEST}:REFCONSTANT?"),
            reference_energy_wh=self._query_number(f"{METER_TEST}:ENFINAL?") * WH_PER_KWH,
            duration_s=self._query_number(f"{METER_TEST}:MMEASTIME?") / 1000.0,
            error_pct=self._query_number(f"{METER_TEST}:RESULT?"),
            voltage_range=self._query("SENS:RNG1:UL1:RANG?"),
            current_range=self._query("SENS:RNG1:IL1:RANG?"),
        )

    def abort_error_test(self) -> None:
        """Stop a running test; without one nothing happens."""
        self._command(f"{METER_TEST}:START 0;")
        self._test = None

    # the dialect

    def _query(self, line: str) -> str:
        if line.startswith("*"):
            return super()._query(line)
        with self._transport.lock:
            answer = self._transport.query(f"{line}|*STB?")
            if not answer.startswith("+"):
                self._transport.read()  # the status byte behind it
                return answer.removesuffix(";")
            errors = self._take_errors()
        raise InstrumentFault(
            f"The instrument refused {line!r}: {'; '.join(errors) or 'no reason given'}.",
            resource=self.resource,
            remedy="A reading may not be finished, or the session has not the modules this driver needs.",
        )

    def _values(self, line: str) -> tuple[float, ...]:
        """Return the numbers of a measured value: ``RMS1:UL1:[V]:230.01``, several separated by commas."""
        numbers = self._query(line).rpartition(":")[2]
        return tuple(self._to_number(text, line) for text in numbers.split(","))

    def _phase(self, index: int) -> tuple[PhaseReading, float]:
        """Return what one phase shows, and the angle of its voltage as the instrument counts it."""
        voltage_v = self._values(f"FETC:RMS1:UL{index}?")[0]
        current_a = self._values(f"FETC:RMS1:IL{index}?")[0]
        power_w = self._values(f"FETC:POW1:P{index}?")[0]
        voltage_angle_deg = self._values(f"FETC:DFT1:U{index}?")[2]
        current_angle_deg = self._values(f"FETC:DFT1:I{index}?")[2]
        lag_deg = 0.0
        if voltage_v > 0 and current_a > 0:  # an angle of nothing means nothing
            lag_deg = (current_angle_deg - voltage_angle_deg + 180.0) % 360.0 - 180.0
        reading = PhaseReading(
            voltage_v=voltage_v, current_a=current_a, power_w=power_w, current_lag_deg=lag_deg
        )
        return reading, voltage_angle_deg

    def _fitting(self, channel: str, value: float) -> str:
        """Return the name of the smallest range of ``channel`` that holds ``value``."""
        names = [name for name in self._query(f"SENS:RNG1:{channel}:RANG:CATALOG?").split(";") if name]
        ends = {name: end for name in names if (end := _range_end(name)) is not None and value <= end}
        if not ends:
            raise SetpointRefused(
                f"No range of {channel} holds {value:g}; it has {', '.join(names)}.",
                resource=self.resource,
                remedy="Use a standard with larger ranges or a smaller load point.",
            )
        return min(ends, key=lambda name: ends[name])


class ZeraMt310s2(ZeraCom5003):
    """The portable MT310s2: the same commands, other ranges, which it tells itself."""

    MODELS: ClassVar[tuple[str, ...]] = ("MT310s2",)


def _range_end(name: str) -> float | None:
    """Return the end of a range from its name (``240V``, ``500mA``); None for clamps and the like."""
    match = _RANGE_NAME.fullmatch(name.strip())
    if match is None:
        return None
    return float(match[1]) * (1e-3 if match[2] else 1.0)
