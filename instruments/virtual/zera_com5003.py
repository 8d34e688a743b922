"""Virtual twin of a ZERA COM5003 reference standard: readings, error calculator, energy register.

``MEASure?`` and ``READ?`` are left out: they answer only when the next integration interval is over, and no
query may wait for bench time. Arm with ``INIT``, let time pass, collect with ``FETC?``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from instruments.virtual.plant import StandardPlant, Timer
from instruments.virtual.scpi import ZERA, Call, ScpiError, ScpiInstrument
from instruments.virtual.zera_error_calculator import ErrorCalculatorTwin, PulseRegister
from instruments.virtual.zera_inputs import (
    COM5003_RANGES,
    MT310S2_RANGES,
    PHASES,
    InputRanges,
    MeasuredPhase,
    MeasuringInputs,
    RangeError,
)

OVERLOAD_BIT = 1 << 9
"""STATus:QUEStionable bit of an overload."""
MODULES = ("RMS1", "DFT1", "POW1", "RNG1")
_INTEGRATION_MODULES = ("DSP1", "RMS1", "DFT1", "POW1")
_SECONDS_PER_HOUR = 3600.0
_NO_ERRORS: Mapping[str, RangeError] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    """The values of one finished integration interval."""

    phases: tuple[MeasuredPhase, ...]
    power_w: tuple[float, ...]
    frequency_hz: float


class VirtualCom5003(ScpiInstrument):
    """A COM5003 whose channels have the errors of ``range_errors``, by range name, alike in all phases.

    Position 1's LED reaches its scanning head. Angles are reported the way ZERA does: against the IEC sense.
    """

    def __init__(
        self,
        plant: StandardPlant,
        port: str,
        *,
        serial_number: str = "050000001",
        range_errors: Mapping[str, RangeError] = _NO_ERRORS,
        model: str = "COM5003",
        ranges: InputRanges = COM5003_RANGES,
    ) -> None:
        identity = f"ZERA GmbH Koenigswinter, {model}, {serial_number}, release-4.9.0"
        super().__init__(identity, dialect=ZERA)
        self.serial_number = serial_number
        self._plant = plant
        self._port = port
        self.inputs = MeasuringInputs(plant, range_errors, ranges)
        self._calculator = ErrorCalculatorTwin(plant, self.inputs, lambda: plant.notify(port))
        self._energy = PulseRegister(plant, self.inputs)
        self._integration_s = 1.0
        self._automatic = True
        self._grouping = False
        self._timer: Timer | None = None
        self._armed: set[str] = set()
        self._interval_start: tuple[float, tuple[float, ...]] = (0.0, (0.0,) * PHASES)
        self._last: _Interval | None = None
        self.on_reset = self._reset
        self._declare_readings()
        self._declare_ranges()
        self._declare_error_calculator()
        self._declare_energy()

    def _reset(self) -> None:
        self._calculator.stop()
        self._energy.stop()
        self._integration_s = 1.0
        self._automatic = True

    # readings

    def _declare_readings(self) -> None:
        add = self.tree.add
        for module in _INTEGRATION_MODULES:
            add(f"CONFiguration:{module}:TINTegration", self._set_integration, parameters=1)
            add(f"CONFiguration:{module}:TINTegration?", lambda _call: _number(self._integration_s))
        for module in MODULES:
            add(f"INITiate:{module}", self._initiate_module(module))
        for index in range(PHASES):
            self._declare_phase(index)
        add("FETCh:POW1:PS?", lambda _call: f"POW1:PS:[W]:{_number(sum(self._finished().power_w))};")
        add("FETCh:RNG1:F?", lambda _call: f"RNG1:F:[Hz]:{_number(self._finished().frequency_hz)};")

    def _declare_phase(self, index: int) -> None:
        add = self.tree.add
        number = index + 1

        def phase() -> MeasuredPhase:
            return self._finished().phases[index]

        add(f"FETCh:RMS1:UL{number}?", lambda _call: f"RMS1:UL{number}:[V]:{_number(phase().voltage_v)};")
        add(f"FETCh:RMS1:IL{number}?", lambda _call: f"RMS1:IL{number}:[A]:{_number(phase().current_a)};")
        add(
            f"FETCh:POW1:P{number}?",
            lambda _call: f"POW1:P{number}:[W]:{_number(self._finished().power_w[index])};",
        )
        add(
            f"FETCh:DFT1:U{number}?",
            lambda _call: f"DFT1:U{number}:[V]:{_polar(phase().voltage_v, phase().voltage_angle_deg)};",
        )
        add(
            f"FETCh:DFT1:I{number}?",
            lambda _call: f"DFT1:I{number}:[A]:{_polar(phase().current_a, _current_angle_deg(phase()))};",
        )

    def _set_integration(self, call: Call) -> None:
        self._integration_s = call.parameters.number(0, low=1.0, high=100.0)

    def _initiate_module(self, module: str) -> Callable[[Call], None]:
        """Return the handler of one module's INIT: the modules share an interval, asking again starts anew."""

        def initiate(_call: Call) -> None:
            if self._timer is None or module in self._armed:
                self._start_interval()
            self._armed.add(module)

        return initiate

    def _start_interval(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed.clear()
        if self._automatic and self.inputs.select_automatically():
            self._ranges_changed()
        self._last = None
        self._interval_start = (self._plant.now(), self.inputs.energy_wh())
        self._timer = self._plant.at(self._plant.now() + self._integration_s, self._interval_over)

    def _interval_over(self) -> None:
        self._timer = None
        started_s, started_wh = self._interval_start
        hours = (self._plant.now() - started_s) / _SECONDS_PER_HOUR
        power_w = tuple(
            (end - start) / hours for start, end in zip(started_wh, self.inputs.energy_wh(), strict=True)
        )
        self._last = _Interval(
            phases=self.inputs.measured(), power_w=power_w, frequency_hz=self.inputs.frequency_hz()
        )
        self._show_overload()
        self._plant.notify(self._port)

    def _finished(self) -> _Interval:
        if self._last is None:
            raise ScpiError(-230, "no finished interval")
        return self._last

    # ranges

    def _declare_ranges(self) -> None:
        add = self.tree.add
        ranges = self.inputs.ranges
        for index in range(PHASES):
            self._declare_range(f"UL{index + 1}", index, ranges.voltage_v, self.inputs.voltage_ranges)
            self._declare_range(f"IL{index + 1}", index, ranges.current_a, self.inputs.current_ranges)
        add("CONFiguration:RNG1:RNGAuto", self._set_automatic, parameters=1)
        add("CONFiguration:RNG1:RNGAuto?", lambda _call: str(int(self._automatic)))
        add("CONFiguration:RNG1:GROuping", self._set_grouping, parameters=1)
        add("CONFiguration:RNG1:GROuping?", lambda _call: str(int(self._grouping)))
        add("SENSe:RNG1:OVERload", self._clear_overload, parameters=1)
        add("SENSe:RNG1:OVERload?", self._overload)

    def _declare_range(
        self, channel: str, index: int, ranges: Mapping[str, float], selected: list[str]
    ) -> None:
        def select(call: Call) -> None:
            name = next((name for name in ranges if name.upper() == call.parameters.raw(0).upper()), None)
            if name is None:
                raise ScpiError(-224, call.parameters.raw(0))
            indices = range(PHASES) if self._grouping else (index,)
            self.inputs.accrue()
            changed = any(selected[there] != name for there in indices)
            if changed:
                self._ranges_changed()
            for there in indices:
                selected[there] = name

        add = self.tree.add
        add(f"SENSe:RNG1:{channel}:RANGe", select, parameters=1)
        add(f"SENSe:RNG1:{channel}:RANGe?", lambda _call: selected[index])
        add(f"SENSe:RNG1:{channel}:RANGe:CATalog?", lambda _call: ";".join(ranges))

    def _ranges_changed(self) -> None:
        """A change of range changes the reference constant: running tests are aborted."""
        self._calculator.stop()
        self._energy.stop()

    def _set_automatic(self, call: Call) -> None:
        self._automatic = call.parameters.boolean(0)

    def _set_grouping(self, call: Call) -> None:
        self._grouping = call.parameters.boolean(0)

    def _overload(self, _call: Call) -> str:
        self.inputs.accrue()
        self._show_overload()
        return str(int(self.inputs.overload))

    def _clear_overload(self, call: Call) -> None:
        if call.parameters.boolean(0):
            raise ScpiError(-224, "only 0 can be written")
        self.inputs.overload = False
        self._show_overload()

    def _show_overload(self) -> None:
        for session in self.sessions:
            register = session.status.questionable
            register.set_condition(
                register.condition | OVERLOAD_BIT
                if self.inputs.overload
                else register.condition & ~OVERLOAD_BIT
            )

    # error calculator and energy register

    def _declare_error_calculator(self) -> None:
        base = "CALCulate:EC01:0001"
        add = self.tree.add
        test = self._calculator
        add(f"{base}:DUTSource", _accept("SC1"), parameters=1)
        add(f"{base}:DUTSource?", lambda _call: "SC1")
        add(f"{base}:REFSource", _accept("P"), parameters=1)
        add(f"{base}:REFSource?", lambda _call: "P")
        add(f"{base}:DCUNit", _accept("I/kWh"), parameters=1)
        add(f"{base}:DCUNit?", lambda _call: "I/kWh")
        add(f"{base}:DUTConstant", self._set_constant, parameters=1)
        add(f"{base}:DUTConstant?", lambda _call: _number(test.dut_constant))
        add(f"{base}:REFConstant?", lambda _call: _number(self.inputs.reference_constant_imp_per_kwh()))
        add(f"{base}:MRATe", self._set_rate, parameters=1)
        add(f"{base}:MRATe?", lambda _call: str(test.rate))
        add(f"{base}:TARGet?", lambda _call: _number(test.target()))
        add(f"{base}:CONTinuous", self._set_continuous, parameters=1)
        add(f"{base}:CONTinuous?", lambda _call: str(int(test.continuous)))
        add(
            f"{base}:STARt",
            lambda call: test.start() if call.parameters.boolean(0) else test.stop(),
            parameters=1,
        )
        add(f"{base}:STARt?", lambda _call: str(int(test.running)))
        add(f"{base}:STATus?", lambda _call: str(int(test.status)))
        add(f"{base}:PROGress?", lambda _call: _number(test.progress_pct()))
        add(f"{base}:PULSes?", lambda _call: str(test.pulses))
        add(f"{base}:ENERgy?", lambda _call: _number(test.energy_kwh()))
        add(f"{base}:ENFinal?", lambda _call: _number(test.final_energy_kwh()))
        add(f"{base}:RESult?", lambda _call: _number(test.result_pct()))
        add(f"{base}:MEASnum?", lambda _call: str(test.tests_done))
        add(f"{base}:MMEastime?", lambda _call: str(test.duration_ms()))

    def _set_constant(self, call: Call) -> None:
        self._refuse_while_running()
        self._calculator.dut_constant = call.parameters.number(0, low=1e-6, high=1e20)

    def _set_rate(self, call: Call) -> None:
        self._refuse_while_running()
        self._calculator.rate = call.parameters.integer(0, low=1, high=2**32 - 1)

    def _set_continuous(self, call: Call) -> None:
        self._calculator.continuous = call.parameters.boolean(0)

    def _refuse_while_running(self) -> None:
        if self._calculator.running:
            raise ScpiError(-203, "a test is running")

    def _declare_energy(self) -> None:
        base = "CALCulate:EM01:0001"
        add = self.tree.add
        register = self._energy
        add(f"{base}:REFSource", _accept("P"), parameters=1)
        add(f"{base}:REFConstant?", lambda _call: _number(self.inputs.reference_constant_imp_per_kwh()))
        add(f"{base}:MODE", _accept("0"), parameters=1)
        add(f"{base}:MODE?", lambda _call: "0")
        add(
            f"{base}:STARt",
            lambda call: register.start() if call.parameters.boolean(0) else register.stop(),
            parameters=1,
        )
        add(f"{base}:STATus?", lambda _call: "2" if register.running else "0")
        add(f"{base}:ENERgy?", lambda _call: _number(register.energy_kwh()))
        add(f"{base}:TIME?", lambda _call: _number(register.counted()[1]))


class VirtualMt310s2(VirtualCom5003):
    """The same firmware with the ranges of the portable MT310s2."""

    def __init__(self, plant: StandardPlant, port: str, *, serial_number: str = "310000001") -> None:
        super().__init__(plant, port, serial_number=serial_number, model="MT310s2", ranges=MT310S2_RANGES)


def _accept(*choices: str) -> Callable[[Call], None]:
    """Return a handler that takes any of these words and keeps what is."""

    def check(call: Call) -> None:
        if call.parameters.raw(0).upper() not in (choice.upper() for choice in choices):
            raise ScpiError(-224, call.parameters.raw(0))

    return check


def _number(value: float) -> str:
    return "nan" if math.isnan(value) else repr(float(value))


def _current_angle_deg(phase: MeasuredPhase) -> float:
    return phase.voltage_angle_deg - phase.current_lag_deg


def _polar(rms: float, iec_angle_deg: float) -> str:
    """Return peak amplitude, angle in rad and in degrees (0 to 360), turning against the IEC sense."""
    angle_deg = -iec_angle_deg % 360.0
    return f"{_number(rms * math.sqrt(2.0))},{_number(math.radians(angle_deg))},{_number(angle_deg)}"
