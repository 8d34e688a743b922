"""Virtual twin of a ZERA MT meter test system: the serial commands its driver uses, after the vendor's own mock.

An unknown command is not answered at all, as on the instrument. Left out on purpose: energy dosage, measuring
modes, the energy register (its unit is not known), auxiliary switches.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from instruments.virtual.plant import PhaseOutput
from instruments.virtual.plants_together import MeterTestPlant
from instruments.virtual.zera_inputs import NOMINAL_FREQUENCY_HZ

PHASES = 3
VOLTAGE_RANGES_V = (420.0, 250.0, 125.0, 60.0, 5.0, 0.25)
CURRENT_RANGES_A = (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
"""Voltages as the vendor's mock has them; of the currents only the ends are known, the steps are ours."""
VOLTAGE_MAX_V, CURRENT_MAX_A = 500.0, 120.0
SETTLING_S = 0.5
_THREE = re.compile(r"(?:[RST](\d{3}\.\d{3})(\d{3}\.\d{2}))" * PHASES)
_SWITCHES = re.compile(r"([EA]{3})([PA]{3})AAA")
_TEST = re.compile(r"(\d{6});(\d\d);(\d{1,6});(\d)")
IDLE, ARMED, RUNNING, FINISHED = range(4)
FLAG_NIBBLES = 20


class VirtualZeraMt:
    """One box. ``flags`` is what ``SSM`` answers; ``emergency_stop`` presses the button."""

    def __init__(self, plant: MeterTestPlant, port: str, *, model: str = "MT793V05.52") -> None:
        self._plant, self._port, self._model = plant, port, model
        self.flags = "0" * FLAG_NIBBLES
        self.output_on = False
        self._conversation: _Conversation | None = None
        self._voltages = [(0.0, 0.0)] * PHASES
        self._currents = [(0.0, 0.0)] * PHASES
        self._voltage_on = [False] * PHASES
        self._current_on = [False] * PHASES
        self._frequency_hz = 50.0
        self._automatic = True
        self._voltage_range_v, self._current_range_a = VOLTAGE_RANGES_V[0], CURRENT_RANGES_A[0]
        self._test = (1000.0, 1)
        self._state = IDLE
        self._pulses = 0
        self._start_wh = 0.0
        self._error_pct = math.nan
        self._commands: tuple[tuple[str, Callable[[str], str]], ...] = (
            ("AAV", lambda _rest: f"{self._model}\rAAVACK"),
            ("SUP", self._set_voltages),
            ("SIP", self._set_currents),
            ("SFR", self._set_frequency),
            ("SUI", self._switch),
            ("SSM", lambda _rest: f"SSM{self.flags}"),
            ("ATI", lambda _rest: "ATIACK"),
            ("AME", lambda _rest: self._actual_values()),
            ("AST", lambda _rest: self._status()),
            ("AVI", lambda _rest: _listed(VOLTAGE_RANGES_V) + "\rAVIACK"),
            ("ACI", lambda _rest: _listed(CURRENT_RANGES_A) + "\rACIACK"),
            ("AAM", self._set_automatic),
            ("AVR", lambda rest: self._set_range(rest, "AVR", VOLTAGE_RANGES_V)),
            ("ACR", lambda rest: self._set_range(rest, "ACR", CURRENT_RANGES_A)),
            ("AEP", self._set_test),
            ("AEB", lambda _rest: self._start_test()),
            ("AEE", lambda _rest: self._end_test()),
            ("AES", lambda _rest: self._test_status()),
        )
        plant.on_pulse(1, self._pulse)
        plant.on_loop_opened(lambda _phase: self._loop_opened())

    def open_session(self, send: Callable[[bytes], None] | None = None) -> _Conversation:
        """Begin the only conversation the box can have; the one before is not answered any more."""
        del send  # nothing is said unasked
        self._conversation = _Conversation(self)
        return self._conversation

    def answer(self, line: str) -> str | None:
        """Run one command; None when the box does not know it."""
        for name, action in self._commands:
            if line.startswith(name):
                return action(line[len(name) :])
        return None

    # source

    def _set_voltages(self, rest: str) -> str:
        values = _parsed(rest, VOLTAGE_MAX_V)
        if not rest.startswith("AE") or values is None:
            return "SUPNAK"
        self._voltages = values
        self._changed()
        return "SOKUP"

    def _set_currents(self, rest: str) -> str:
        values = _parsed(rest, CURRENT_MAX_A)
        if not rest.startswith("AA") or values is None:
            return "SIPNAK"
        self._currents = values
        self._changed()
        return "SOKIP"

    def _set_frequency(self, rest: str) -> str:
        if re.fullmatch(r"\d\d\.\d\d", rest) is None or not 45.0 <= float(rest) <= 65.0:
            return "SFRNAK"
        self._frequency_hz = float(rest)
        self._changed()
        return "SOKFR"

    def _switch(self, rest: str) -> str:
        match = _SWITCHES.fullmatch(rest)
        if match is None:
            return "SUINAK"
        self._voltage_on = [letter == "E" for letter in match[1]]
        self._current_on = [letter == "P" for letter in match[2]]
        self.output_on = any(self._voltage_on + self._current_on)
        if self.output_on:
            self._changed()
        else:
            self._drive()
        return "SOKUI"

    def _changed(self) -> None:
        if self.output_on:
            self._plant.at(self._plant.now() + SETTLING_S, self._drive)

    def _drive(self) -> None:
        """Put what is set now on the terminals; angles come in the DIN sense, absolute against U1."""
        outputs = []
        for index in range(PHASES):
            voltage_v, voltage_deg = self._voltages[index]
            current_a, current_deg = self._currents[index]
            outputs.append(
                PhaseOutput(
                    voltage_v=voltage_v if self._voltage_on[index] else 0.0,
                    current_a=current_a if self._current_on[index] else 0.0,
                    voltage_angle_deg=-voltage_deg,
                    current_lag_deg=current_deg - voltage_deg,
                )
            )
        self._plant.drive(tuple(outputs), self._frequency_hz)

    def _loop_opened(self) -> None:
        if self.output_on:
            self._switch("AAAAAAAAA")
            self.flags = "8" + self.flags[1:]  # amplifier error
            self._plant.notify(self._port)

    def press_emergency_stop(self) -> None:
        """Press the button: the output goes, the flag stands."""
        self._switch("AAAAAAAAA")
        self.flags = self.flags[0] + "8" + self.flags[2:]

    # standard

    def _seen(self) -> list[PhaseOutput]:
        inputs = list(self._plant.inputs())
        return inputs + [PhaseOutput()] * (PHASES - len(inputs))

    def _actual_values(self) -> str:
        seen = self._seen()
        active = [p.voltage_v * p.current_a * math.cos(math.radians(p.current_lag_deg)) for p in seen]
        reactive = [p.voltage_v * p.current_a * math.sin(math.radians(p.current_lag_deg)) for p in seen]
        apparent = [p.voltage_v * p.current_a for p in seen]
        angles_u = [-p.voltage_angle_deg % 360.0 for p in seen]
        angles_i = [(p.current_lag_deg - p.voltage_angle_deg) % 360.0 for p in seen]
        factors = [p / s if s else 0.0 for p, s in zip(active, apparent, strict=True)]
        values = [p.voltage_v for p in seen] + [p.current_a for p in seen] + angles_u + angles_i + factors
        values += active + reactive + apparent + [sum(active), sum(reactive), sum(apparent)]
        lines = [f"{index};{value:.7E}" for index, value in enumerate(values)]
        lines += ["27;123", f"28;{self._plant.frequency_hz():.7E}", "AMEACK"]
        return "\r".join(lines)

    def _status(self) -> str:
        ranges = f"UB={self._voltage_range_v:g}\rIB={self._current_range_a:g}"
        return f"{ranges}\rM=4WA\rPLL=U1\rUEB=--\rNIB=0\rRDY=11-\rASTACK"

    def _set_automatic(self, rest: str) -> str:
        if re.fullmatch("[AM]{3}", rest) is None:
            return "AAMNAK"
        self._automatic = rest[0] == "A"
        return "AAMACK"

    def _set_range(self, rest: str, name: str, ranges: tuple[float, ...]) -> str:
        if self._automatic or rest not in {f"{there:g}" for there in ranges}:
            return f"{name}NAK"
        if name == "AVR":
            self._voltage_range_v = float(rest)
        else:
            self._current_range_a = float(rest)
        return f"{name}ACK"

    # error calculator

    def _set_test(self, rest: str) -> str:
        match = _TEST.fullmatch(rest)
        if match is None:
            return "AEPNAK"
        constant = float(match[1]) * 10.0 ** int(match[2]) / 1e5
        self._test = (constant, int(match[3]) * 10 ** int(match[4]))
        return "AEPACK"

    def _start_test(self) -> str:
        self._state, self._pulses, self._error_pct = ARMED, 0, math.nan
        return "AEBACK"

    def _end_test(self) -> str:
        self._state = IDLE
        return "AEEACK"

    def _test_status(self) -> str:
        error = "oo.oo" if self._state in (IDLE, ARMED) else "--.--"
        if self._state == FINISHED:
            error = f"{self._error_pct:.4f}"
        progress = min(100, round(100 * self._pulses / self._test[1]))
        return f"0{self._state}\r{error}\r{progress};{self._counted_wh() / 1000.0:.6f}\rAESACK"

    def _pulse(self, _time_s: float) -> None:
        if self._state == ARMED:
            self._state, self._start_wh = RUNNING, sum(self._plant.true_energy_wh())
        elif self._state == RUNNING:
            self._pulses += 1
            if self._pulses == self._test[1]:
                constant, intervals = self._test
                reference_wh = self._counted_wh()
                self._error_pct = 100.0 * (intervals * 1000.0 / constant - reference_wh) / reference_wh
                self._state = FINISHED
                self._plant.notify(self._port)

    def _counted_wh(self) -> float:
        """Return the energy since the first pulse in whole reference pulses."""
        full_scale_w = PHASES * self._voltage_range_v * self._current_range_a
        constant = 1000.0 * 3600.0 * NOMINAL_FREQUENCY_HZ / full_scale_w
        counted_wh = sum(self._plant.true_energy_wh()) - self._start_wh
        return math.floor(counted_wh / 1000.0 * constant) / constant * 1000.0


class _Conversation:
    """Lines that end with CR, one reply each or none."""

    def __init__(self, box: VirtualZeraMt) -> None:
        self._box = box
        self._unread = b""

    def feed(self, octets: bytes) -> bytes:
        *lines, self._unread = (self._unread + octets).split(b"\r")
        answers = (self._box.answer(line.decode("latin-1").strip()) for line in lines)
        return b"".join(f"{answer}\r".encode("latin-1") for answer in answers if answer is not None)

    def close(self) -> None:
        """Nothing is kept of a client."""


def _parsed(rest: str, high: float) -> list[tuple[float, float]] | None:
    match = _THREE.fullmatch(rest[2:])
    if match is None:
        return None
    numbers = [float(text) for text in match.groups()]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return pairs if all(value <= high for value, _ in pairs) else None


def _listed(ranges: tuple[float, ...]) -> str:
    return "\r".join(f"{there:g}" for there in ranges)
