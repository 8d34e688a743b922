"""ZERA COM5003 (and MT310s2) reference standard with its error calculator, over its SCPI port 6320."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
LINE_MAX = 255
"""Longest line that is made of several commands (our choice; nothing public tells what the instrument takes)."""
_RANGE_NAME = re.compile(r"([0-9.]+)(m?)([VA])", re.IGNORECASE)


STATUS = f"{METER_TEST}:STATUS?"
OVERLOAD = "SENS:RNG1:OVERLOAD?"
STATUS_BYTE = "*STB?"


def _of_phase(index: int) -> tuple[str, ...]:
    """Return the queries of one phase: voltage, current, power, and both as amplitude and angle."""
    return (
        f"FETC:RMS1:UL{index}?",
        f"FETC:RMS1:IL{index}?",
        f"FETC:POW1:P{index}?",
        f"FETC:DFT1:U{index}?",
        f"FETC:DFT1:I{index}?",
    )


_SELECTED = ("SENS:RNG1:UL1:RANG?", "SENS:RNG1:IL1:RANG?")
_READING = (
    *(line for index in range(1, PHASES + 1) for line in _of_phase(index)),
    "FETC:POW1:PS?",
    "FETC:RNG1:F?",
    OVERLOAD,
    *_SELECTED,
)
_FINISHED = (
    STATUS,
    *(f"{METER_TEST}:{leaf}?" for leaf in ("REFCONSTANT", "ENFINAL", "MMEASTIME", "RESULT")),
    *_SELECTED,
)
"""What is asked of a finished error test."""


class ZeraCom5003(ScpiDriver):
    """Plays ``ReferenceStandard`` and ``ErrorCalculator``. No call waits for bench time.

    The instrument ends parameters with ``;`` and separates commands with ``|``; each answer is a line of its own.
    So commands that belong together go in one line, with the error query behind them. A failing query gives no
    answer at all, so every line of queries carries ``|*STB?`` behind it: its answer starts with a sign, and when
    it comes too early a query has failed.

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
            UncertainLeaf(
                leaf="<command>|<command>|...",
                confidence=Confidence.B,
                why="the separator is known, how long a line may get is not; the driver sends up to 255 octets",
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self._test: tuple[int, float] | None = None
        self._ranges: dict[str, str] = {}

    # ReferenceStandard

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Fix the smallest ranges that hold these rms values on all phases; return the settling time.

        A change of range aborts a running error test. Raise SetpointRefused when no range is large enough.
        """
        self._refuse_unless(voltage_v, 0.0, 1e6, "voltage_v")
        self._refuse_unless(current_a, 0.0, 1e6, "current_a")
        leaves = [f"SENS:RNG1:{kind}{phase}:RANG" for kind in ("UL", "IL") for phase in range(1, PHASES + 1)]
        catalogs = [f"SENS:RNG1:{channel}:RANG:CATALOG?" for channel in ("UL1", "IL1")]
        voltages, currents, *selected = self._queries([*catalogs, *(f"{leaf}?" for leaf in leaves)])
        ranges = {"UL": _fitting(voltages, voltage_v), "IL": _fitting(currents, current_a)}
        for kind, name, value in (("UL1", ranges["UL"], voltage_v), ("IL1", ranges["IL"], current_a)):
            if not name:
                raise SetpointRefused(
                    f"No range of {kind} holds {value:g}; it has {voltages if kind == 'UL1' else currents}.",
                    resource=self.resource,
                    remedy="Use a standard with larger ranges or a smaller load point.",
                )
        wanted = [ranges["UL"]] * PHASES + [ranges["IL"]] * PHASES
        wrong = [
            f"{leaf} {name};" for leaf, name, now in zip(leaves, wanted, selected, strict=True) if now != name
        ]
        self._commands(["CONF:RNG1:RNGAUTO 0;", *wrong, "SENS:RNG1:OVERLOAD 0;"])
        self._ranges = ranges
        return RANGE_SETTLING_S if wrong else 0.0

    def start_reading(self) -> float:
        """Start an integration interval; return the time until it is certainly over.

        The instrument measures without pause; the first whole interval after now ends after at most two.
        """
        start = [f"INIT:{module}" for module in MODULES]
        self._commands([f"CONF:DSP1:TINTEGRATION {number(INTEGRATION_S)};", *start])
        return 2.0 * INTEGRATION_S + 0.2

    def collect_reading(self) -> Readings:
        """Return the last finished interval. Raise InstrumentFault when it is not over yet."""
        answers = iter(self._queries(_READING))
        phases: list[PhaseReading] = []
        u1_deg = 0.0
        for index in range(1, PHASES + 1):
            phase, angle_deg = self._phase(index, answers)
            u1_deg = angle_deg if index == 1 else u1_deg
            iec_deg = 180.0 - (angle_deg - u1_deg + 180.0) % 360.0
            phases.append(replace(phase, voltage_angle_deg=iec_deg))
        readings = Readings(
            phases=tuple(phases),
            power_w=self._values("FETC:POW1:PS?", next(answers))[0],
            frequency_hz=self._values("FETC:RNG1:F?", next(answers))[0],
            overload=self._to_number(next(answers), OVERLOAD) != 0,
            voltage_range=next(answers),
            current_range=next(answers),
        )
        if not readings.overload:
            self._refuse_other_ranges({"UL": readings.voltage_range, "IL": readings.current_range})
        return readings

    def _refuse_other_ranges(self, found: dict[str, str]) -> None:
        """Raise InstrumentFault where a range is not the one that was selected."""
        for kind, name in found.items():
            selected = self._ranges.get(kind, name)
            if selected != name:
                raise InstrumentFault(
                    f"The range {selected} was selected for {kind}1, it stands at {name}.",
                    resource=self.resource,
                    remedy="Does somebody operate it, or another program? Is its automatic ranging off?",
                )

    def start_energy(self) -> None:
        """Zero the energy register and let it count active energy, sum of phases."""
        self._commands([f"{ENERGY_TEST}:{leaf}" for leaf in ("START 0;", "REFSOURCE P;", "MODE 0;")])
        self._command(f"{ENERGY_TEST}:START 1;")

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
        settings = (
            "START 0;",
            "DUTSOURCE SC1;",
            "REFSOURCE P;",
            "DCUNIT I/kWh;",
            f"DUTCONSTANT {number(meter_constant_imp_per_kwh)};",
            f"MRATE {n_intervals};",
            f"CONTINUOUS {int(continuous)};",
        )
        self._commands([f"{METER_TEST}:{leaf}" for leaf in settings])
        self._command(f"{METER_TEST}:START 1;")  # only once nothing of it was refused
        self._test = (n_intervals, meter_constant_imp_per_kwh)

    def error_test_ready(self) -> bool:
        """Return whether the test is over. Raise InstrumentFault when the instrument aborted it."""
        return self._is_ready(self._query(STATUS))

    def _is_ready(self, answer: str) -> bool:
        status = int(self._to_number(answer, STATUS))
        if status & STATUS_ABORTED:
            raise InstrumentFault(
                "The error test was aborted.",
                resource=self.resource,
                remedy="A change of range or somebody at the instrument aborts it; arm it again.",
            )
        return bool(status & STATUS_READY)

    def collect_error(self) -> ErrorReading:
        """Return the finished test with its raw counts. Raise InstrumentFault when there is none."""
        answers = self._queries(_FINISHED) if self._test is not None else []
        if self._test is None or not self._is_ready(answers[0]):
            raise InstrumentFault(
                "There is no finished error test to collect.",
                resource=self.resource,
                remedy="Arm a test and wait until it is ready.",
            )
        constant, energy_kwh, duration_ms, error_pct = (
            self._to_number(answer, line) for answer, line in zip(answers[1:5], _FINISHED[1:5], strict=True)
        )
        n_intervals, meter_constant = self._test
        return ErrorReading(
            n_intervals=n_intervals,
            meter_constant_imp_per_kwh=meter_constant,
            reference_constant_imp_per_kwh=constant,
            reference_energy_wh=energy_kwh * WH_PER_KWH,
            duration_s=duration_ms / 1000.0,
            error_pct=error_pct,
            voltage_range=answers[5],
            current_range=answers[6],
        )

    def abort_error_test(self) -> None:
        """Stop a running test; without one nothing happens."""
        self._command(f"{METER_TEST}:START 0;")
        self._test = None

    # the dialect

    def _query(self, line: str) -> str:
        if line.startswith("*"):
            return super()._query(line)
        return self._queries([line])[0]

    def _queries(self, lines: Sequence[str]) -> list[str]:
        """Ask several things; return the answer to each. Raise InstrumentFault when one was refused."""
        answers: list[str] = []
        for asked in _packed(lines, len(STATUS_BYTE)):
            together = "|".join(asked)
            with self._transport.lock:
                answer, told = self._transport.query(f"{together}|{STATUS_BYTE}"), []
                while not answer.startswith("+"):  # the status byte stands behind the answers
                    told.append(answer.removesuffix(";"))
                    answer = self._transport.read()
                errors = self._take_errors() if len(told) != len(asked) else ()
            if len(told) != len(asked):
                raise InstrumentFault(
                    f"The instrument refused {together!r}: {'; '.join(errors) or 'no reason given'}.",
                    resource=self.resource,
                    remedy="A reading may not be finished, or the session has not the modules this driver needs.",
                )
            answers += told
        return answers

    def _command(self, line: str, *, shown: str = "") -> None:
        """Send a command and, in the same line, ask for the oldest error."""
        with self._transport.lock:
            first = self._transport.query(f"{line}|{self.ERROR_QUERY}")
            if self._to_number(first.partition(",")[0], self.ERROR_QUERY) == 0:
                return
            errors = (first, *self._take_errors())
        raise InstrumentFault(
            f"The instrument refused {shown or line!r}: {'; '.join(errors)}.",
            resource=self.resource,
            remedy="The driver and this instrument's firmware or options may not fit together.",
        )

    def _commands(self, lines: Sequence[str]) -> None:
        """Send commands that belong together."""
        for together in _packed(lines, len(self.ERROR_QUERY)):
            self._command("|".join(together))

    def _values(self, line: str, answer: str) -> tuple[float, ...]:
        """Return the numbers of a measured value: ``RMS1:UL1:[V]:230.01``, several separated by commas."""
        return tuple(self._to_number(text, line) for text in answer.rpartition(":")[2].split(","))

    def _phase(self, index: int, answers: Iterator[str]) -> tuple[PhaseReading, float]:
        """Return what one phase shows, and the angle of its voltage as the instrument counts it."""
        voltage, current, power, voltage_polar, current_polar = (
            self._values(line, next(answers)) for line in _of_phase(index)
        )
        voltage_v, current_a, power_w = voltage[0], current[0], power[0]
        voltage_angle_deg, current_angle_deg = voltage_polar[2], current_polar[2]
        lag_deg = 0.0
        if voltage_v > 0 and current_a > 0:  # an angle of nothing means nothing
            lag_deg = (current_angle_deg - voltage_angle_deg + 180.0) % 360.0 - 180.0
        reading = PhaseReading(
            voltage_v=voltage_v, current_a=current_a, power_w=power_w, current_lag_deg=lag_deg
        )
        return reading, voltage_angle_deg


class ZeraMt310s2(ZeraCom5003):
    """The portable MT310s2: the same commands, other ranges, which it tells itself."""

    MODELS: ClassVar[tuple[str, ...]] = ("MT310s2",)


def _packed(lines: Sequence[str], behind: int) -> Iterator[list[str]]:
    """Yield the commands in groups that fit into one line each, with ``behind`` octets more at its end."""
    group: list[str] = []
    for line in lines:
        if group and len("|".join([*group, line])) + 1 + behind > LINE_MAX:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _fitting(catalog: str, value: float) -> str:
    """Return the name of the smallest range in a catalog that holds ``value``; "" where there is none."""
    names = [name for name in catalog.split(";") if name]
    ends = {name: end for name in names if (end := _range_end(name)) is not None and value <= end}
    return min(ends, key=lambda name: ends[name], default="")


def _range_end(name: str) -> float | None:
    """Return the end of a range from its name (``240V``, ``500mA``); None for clamps and the like."""
    match = _RANGE_NAME.fullmatch(name.strip())
    if match is None:
        return None
    return float(match[1]) * (1e-3 if match[2] else 1.0)
