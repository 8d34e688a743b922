"""The error calculator EC01 and the energy register EM01 of the virtual COM5003.

Both count whole reference pulses, as the instrument does: energy = pulses / REFCONSTANT, and
error = 100 · (target − pulses) / pulses with target = REFCONSTANT · MRATE / DUTCONSTANT
(from the firmware's error calculator module, confidence A).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntFlag

from instruments.virtual.plant import StandardPlant
from instruments.virtual.zera_inputs import MeasuringInputs


class TestStatus(IntFlag):
    """Status of an error test."""

    __test__ = False  # pytest must not collect it

    IDLE = 0
    ARMED = 1
    STARTED = 2
    READY = 4
    ABORTED = 8


_ARMED, _STARTED = int(TestStatus.ARMED), int(TestStatus.STARTED)


class PulseRegister:
    """Counts reference pulses from ``start`` to ``stop``."""

    def __init__(self, plant: StandardPlant, inputs: MeasuringInputs) -> None:
        self._plant = plant
        self._inputs = inputs
        self._started_at = 0
        self._started_s = plant.now()
        self._final: tuple[int, float] = (0, 0.0)
        self.running = False

    def start(self) -> None:
        """Zero the register and count from now on."""
        self.running = True
        self._started_at = self._position()
        self._started_s = self._plant.now()

    def stop(self) -> None:
        """Keep what has been counted."""
        if self.running:
            self._final = self._since_start()
            self.running = False

    def counted(self) -> tuple[int, float]:
        """Return the reference pulses and the seconds since the start, or up to the stop."""
        return self._since_start() if self.running else self._final

    def energy_kwh(self) -> float:
        return self.counted()[0] / self._inputs.reference_constant_imp_per_kwh()

    def _since_start(self) -> tuple[int, float]:
        return self._position() - self._started_at, self._plant.now() - self._started_s

    def _position(self) -> int:
        energy_kwh = sum(self._inputs.energy_wh()) / 1000.0
        return math.floor(energy_kwh * self._inputs.reference_constant_imp_per_kwh())


class ErrorCalculatorTwin:
    """One meter test: wait for a pulse, count MRATE more of them against reference pulses."""

    def __init__(self, plant: StandardPlant, inputs: MeasuringInputs, finished: Callable[[], None]) -> None:
        self._inputs = inputs
        self._finished = finished
        self._register = PulseRegister(plant, inputs)
        self.status = TestStatus.IDLE
        self.dut_constant = 1000.0
        self.rate = 1
        self.continuous = False
        self.pulses = 0
        self.tests_done = 0
        self._result: tuple[int, float, float] = (0, 0.0, math.nan)
        plant.on_pulse(1, self._pulse)

    @property
    def running(self) -> bool:
        return bool(self.status & (TestStatus.ARMED | TestStatus.STARTED))

    def start(self) -> None:
        """Arm: the next pulse starts the test."""
        self.status = TestStatus.ARMED
        self.pulses = 0
        self.tests_done = 0
        self._result = (0, 0.0, math.nan)

    def stop(self) -> None:
        """Abort a running test; a finished one keeps its result."""
        if self.running:
            self.status = TestStatus.ABORTED
            self._register.stop()

    def target(self) -> float:
        """Return the reference pulses a meter without error would give."""
        return self._inputs.reference_constant_imp_per_kwh() * self.rate / self.dut_constant

    def energy_kwh(self) -> float:
        """Return the energy since the first pulse, of the running or the last test."""
        return self._register.energy_kwh() if self.status & TestStatus.STARTED else self.final_energy_kwh()

    def final_energy_kwh(self) -> float:
        return self._result[0] / self._inputs.reference_constant_imp_per_kwh()

    def duration_ms(self) -> int:
        return round(self._result[1] * 1000.0)

    def result_pct(self) -> float:
        return self._result[2]

    def progress_pct(self) -> float:
        if self.status & TestStatus.READY:
            return 100.0
        return 100.0 * self.pulses / self.rate if self.status & TestStatus.STARTED else 0.0

    def _pulse(self, _time_s: float) -> None:
        status = int(self.status)  # each pulse of the meter comes by here, and flags are slow to combine
        if status & _STARTED:
            self.pulses += 1
            if self.pulses >= self.rate:
                self._complete()
        elif status & _ARMED:
            self.status = TestStatus.STARTED
            self.pulses = 0
            self._register.start()

    def _complete(self) -> None:
        self._register.stop()
        counts, duration_s = self._register.counted()
        error_pct = 100.0 * (self.target() - counts) / counts if counts else math.nan
        self._result = (counts, duration_s, error_pct)
        self.tests_done += 1
        self.status = TestStatus.READY
        if self.continuous:
            self.status |= TestStatus.STARTED
            self.pulses = 0
            self._register.start()
        self._finished()
