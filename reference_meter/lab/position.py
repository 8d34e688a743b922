"""One meter position: the meter's circuit board in its place in the circuit, and what hands can do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from reference_meter.board import Board, ElementInput, Firmware, Memory, Port
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.hardware import BistableRelay, MemoryChip, RealTimeClock
from reference_meter.lab.world import Event, World
from reference_meter.senses import Senses

START_UP_S = 0.5
"""From voltage to running firmware (project figure; IEC 62053-21 8.3.1 allows 5 s)."""
RELAY_DELAY_S = 0.1
"""From coil pulse to moved contact (project figure)."""
CRYSTAL_ERROR_MAX_PPM = 2.0
"""Largest error of the real-time clock's crystal at 23 °C, drawn by the seed (0.17 s a day)."""

HOLD_UP_S = 0.04
"""How long the power supply carries the meter without voltage: two cycles (project figure)."""
CLOCK_HOLD_UP_S = 48 * 3600.0
"""How long the super-capacitor keeps the clock going without supply and without battery (project figure)."""
BATTERY_KEEPS_V = 2.0
"""Below this the battery keeps nothing."""
BOUNCES = 20
BOUNCE_S = 0.0005
"""A cover switch closes so often, so far apart, until it stays."""

_CLOCK_BEGINS = datetime(2000, 1, 1, tzinfo=UTC)
_POWERED_FROM = 0.6
_POWERED_DOWN_TO = 0.5
"""The power supply starts at 0.6 Un and holds down to 0.5 Un: below the extended range (0.8 Un)."""


class PoweredPort(Port, Protocol):
    """The line of a meter port, as the board sees it."""

    @property
    def connected(self) -> bool:
        """Whether a client holds the line."""

    def power_lost(self) -> None:
        """Stop sending."""


class PortEnd:
    """The meter's end of one line: what happens there reaches the firmware, if it runs."""

    def __init__(self, port: str, firmware: Callable[[], Firmware | None]) -> None:
        self._port = port
        self._firmware = firmware

    def line_opened(self) -> None:
        """Tell the firmware that a client came."""
        if (firmware := self._firmware()) is not None:
            firmware.port_opened(self._port)

    def line_octets(self, octets: bytes) -> None:
        """Give the firmware octets; without power they are lost."""
        if (firmware := self._firmware()) is not None:
            firmware.octets_received(self._port, octets)

    def line_closed(self) -> None:
        """Tell the firmware that the client went."""
        if (firmware := self._firmware()) is not None:
            firmware.port_closed(self._port)


class Position:
    """The board of one meter (``Board``), its power, its end of the line, its LED, keypad and display.

    ``build`` makes the firmware on this board; it is called at each power-up, when RAM is empty.
    """

    def __init__(
        self,
        world: World,
        circuit: Circuit,
        *,
        number: int,
        reference_voltage_v: float,
        build: Callable[[Board], Firmware],
    ) -> None:
        self.number = number
        self.memory: Memory = MemoryChip()
        self.senses = Senses()
        self._world = world
        self._circuit = circuit
        self._build = build
        self._powered_from_v = _POWERED_FROM * reference_voltage_v
        self._powered_down_to_v = _POWERED_DOWN_TO * reference_voltage_v
        crystal = world.stream(f"crystal of meter {number}")
        self._clock = RealTimeClock(
            world,
            world.utc(),  # set right before the run
            error_ppm=crystal.uniform(-CRYSTAL_ERROR_MAX_PPM, CRYSTAL_ERROR_MAX_PPM),
        )
        self._relay = BistableRelay(
            world,
            delay_s=RELAY_DELAY_S,
            closed=circuit.contact_closed(number),
            moved=self._contact_moved,
        )
        self._lines: dict[str, PoweredPort] = {}
        self._optical = self.end("optical")
        self._firmware: Firmware | None = None
        self._start_up: Event | None = None
        self._power_going: Event | None = None
        self._off_since_s = world.now()
        self._one_wire = True
        self._power_cycle = 0
        self._bridged = False
        self._text = ""
        self._watchers: list[Callable[[float], None]] = []
        circuit.on_inputs_changed(number, self._inputs_changed)

    # the board, as the firmware uses it

    def now(self) -> float:
        """Return the oscillator's time; the metrological time base is ideal in this slice."""
        return self._world.now()

    def at(self, time_s: float, action: Callable[[], None]) -> Event:
        """Schedule an action of the firmware; it dies with the power."""
        cycle = self._power_cycle

        def run() -> None:
            if cycle == self._power_cycle:
                action()

        return self._world.at(time_s, run)

    def rtc(self) -> datetime:
        """Return the real-time clock."""
        return self._clock.read()

    def set_rtc(self, utc: datetime) -> None:
        """Set the real-time clock."""
        self._clock.set(utc)
        self.senses.clock_stopped = False

    def elements(self) -> tuple[ElementInput, ...]:
        """Return what the measuring elements see."""
        return self._circuit.meter_inputs(self.number).elements

    def frequency_hz(self) -> float:
        """Return the frequency of the voltage."""
        return self._circuit.meter_inputs(self.number).frequency_hz

    def flash_led(self) -> None:
        """Flash the LED: every photo head on it sees the edge now."""
        now_s = self._world.now()
        for watcher in self._watchers:
            watcher(now_s)

    def led_seen(self) -> bool:
        """Return whether a photo head looks at the LED."""
        return bool(self._watchers)

    def drive_switch(self, *, closed: bool) -> None:
        """Pulse the relay's coil."""
        self._relay.pulse(closed=closed)

    def switch_closed(self) -> bool:
        """Return what the sense input behind the switch says: its contact, or a bridge around it."""
        return self._relay.closed or self._bridged

    def port(self, name: str) -> Port:
        """Return a communication port: "optical", "tcp" or "udp"."""
        if name not in self._lines:
            raise KeyError(f"this board has no port {name!r}")
        return self._lines[name]

    def show(self, text: str) -> None:
        """Write to the display."""
        self._text = text

    # hands and photo heads

    def on_pulse(self, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each flash of the LED."""
        self._watchers.append(action)

    def press(self, keys: str) -> None:
        """Press keys; a meter without power or without its customer unit does not notice."""
        if self._firmware is not None and self.senses.customer_unit:
            self._firmware.keys_pressed(keys)

    def display(self) -> str:
        """Return what the display shows; without power, or without its link, it is blank."""
        if self._firmware is None or not self.senses.customer_unit:
            return ""
        self._firmware.display_looked_at()
        return self._text

    @property
    def running(self) -> bool:
        """Whether the firmware runs."""
        return self._firmware is not None

    # covers, magnet, wires, plugs

    def cover(self, name: str, *, opened: bool) -> None:
        """Open or close a cover; its switch bounces. Without supply a latch on the battery keeps the first time."""
        if self.senses.cover_open[name] == opened:
            return
        for bounce in range(BOUNCES):
            at_s = self._world.now() + 2 * bounce * BOUNCE_S
            self._world.at(at_s, lambda: self._cover_is(name, opened))
            if bounce < BOUNCES - 1:
                self._world.at(at_s + BOUNCE_S, lambda: self._cover_is(name, not opened))
        self._cover_is(name, opened)

    def _cover_is(self, name: str, opened: bool) -> None:
        self.senses.cover_open[name] = opened
        if opened and self._firmware is None and self.senses.battery_v >= BATTERY_KEEPS_V:
            self.senses.opened_without_supply.setdefault(name, self._clock.read())
        self._sensed()

    def magnet(self, field_mt: float) -> None:
        """Bring a magnet to the case, or take it away (0)."""
        self.senses.field_mt = field_mt
        self._sensed()

    def surround(self, temperature_c: float) -> None:
        """Give the air around the meter another temperature; the meter's own follows slowly."""
        self.senses.surround(temperature_c, self._world.now())

    def neutral(self, *, connected: bool) -> None:
        """Take the neutral from its terminal, or put it back."""
        self.senses.neutral_connected = connected
        self._sensed()
        self._circuit.connect_neutral(self.number, connected=connected)

    def neutral_current(self, share: float) -> None:
        """Let the neutral carry ``share`` of the line's current: below or above 1 something bypasses the meter."""
        self.senses.neutral_current_share = share
        if self._firmware is not None:
            self._firmware.inputs_changed()
        self._sensed()

    def battery(self, voltage_v: float) -> None:
        """Put a battery of this voltage in its holder; 0 takes it out."""
        if voltage_v < BATTERY_KEEPS_V <= self.senses.battery_v and self._firmware is None:
            self._off_since_s = self._world.now()
        self.senses.battery_v = voltage_v
        self._sensed()

    def module(self, name: str) -> None:
        """Plug a communication module in; an empty name pulls it out."""
        self.senses.module = name
        self._sensed()

    def customer_unit(self, *, connected: bool) -> None:
        """Plug the customer interface unit in or pull it out."""
        self.senses.customer_unit = connected
        self._sensed()

    def bridge(self, *, closed: bool) -> None:
        """Bridge the supply switch from terminal to terminal: its own contact no longer decides."""
        before = self.switch_closed()
        self._bridged = closed
        self._circuit.bridge(self.number, closed=closed)
        if self._firmware is not None and before != self.switch_closed():
            self._firmware.inputs_changed()

    def _sensed(self) -> None:
        if self._firmware is not None:
            self._firmware.senses_changed()

    # the lines

    def attach(self, line: PoweredPort, port: str = "optical") -> None:
        """Put a port's line in place."""
        self._lines[port] = line

    def end(self, port: str) -> PortEnd:
        """Return the meter's end of the line of ``port``."""
        return PortEnd(port, lambda: self._firmware)

    def line_opened(self) -> None:
        """Tell the firmware that a client came to the optical port."""
        self._optical.line_opened()

    def line_octets(self, octets: bytes) -> None:
        """Give the firmware octets of the optical port; without power they are lost."""
        self._optical.line_octets(octets)

    def line_closed(self) -> None:
        """Tell the firmware that the client of the optical port went."""
        self._optical.line_closed()

    # power

    def _inputs_changed(self) -> None:
        supply_v = self._supply_v()
        powered = self._firmware is not None or self._start_up is not None
        if self._firmware is not None:
            self._firmware.inputs_changed()
        if powered and supply_v < self._powered_down_to_v:
            if self._power_going is None:
                self._power_going = self._world.at(self._world.now() + HOLD_UP_S, self._power_down)
        elif self._power_going is not None and supply_v >= self._powered_from_v:
            self._power_going.cancel()
            self._power_going = None
        elif not powered and supply_v >= self._powered_from_v:
            self._start_up = self._world.at(self._world.now() + START_UP_S, self._power_up)

    def _supply_v(self) -> float:
        """Return what the power supply has to work on: any phase, against the neutral or, if it can, earth."""
        if self.senses.neutral_connected:
            return max(element.voltage_v for element in self.elements())
        return self._circuit.line_voltage_v(self.number) if self._one_wire else 0.0

    def _power_up(self) -> None:
        self._start_up = None
        off_s = self._world.now() - self._off_since_s
        if self.senses.battery_v < BATTERY_KEEPS_V and off_s > CLOCK_HOLD_UP_S:
            self._clock.set(_CLOCK_BEGINS)
            self.senses.clock_stopped = True
        self._firmware = self._build(self)
        self._one_wire = self._firmware.runs_without_neutral()
        for port, line in self._lines.items():
            if line.connected:
                self._firmware.port_opened(port)

    def _power_down(self) -> None:
        self._power_going = None
        if self._start_up is not None:
            self._start_up.cancel()
            self._start_up = None
        if self._firmware is not None:
            self._firmware.power_failing()
            self._off_since_s = self._world.now()
        self._firmware = None
        self._text = ""
        self._power_cycle += 1
        for line in self._lines.values():
            line.power_lost()

    def _contact_moved(self, closed: bool) -> None:
        inputs = self._circuit.meter_inputs(self.number)
        self._circuit.contact_moved(self.number, closed=closed)
        # without current the inputs stay as they are, but the firmware senses the contact
        if self._firmware is not None and inputs == self._circuit.meter_inputs(self.number):
            self._firmware.inputs_changed()
