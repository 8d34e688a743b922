"""Where the instruments' terminals lead: one object that is every plant the virtual twins ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from instruments.virtual.plant import PhaseOutput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.energy_reference import EnergyReference
from reference_meter.lab.position import Position
from reference_meter.lab.unsteady import Terminals
from reference_meter.lab.world import Event, World


class RackPlant:
    """The rack as source, standard, counter and hands reach it (``SourcePlant``, ``StandardPlant``, ...)."""

    def __init__(
        self,
        world: World,
        circuit: Circuit,
        positions: Mapping[int, Position],
        *,
        notify: Callable[[str], None],
        terminals: Terminals | None = None,
        reference: EnergyReference | None = None,
    ) -> None:
        self.positions = len(positions)
        self.counter_channels = len(positions) + (reference is not None)
        self._reference = reference
        self._terminals = terminals or circuit
        self._world = world
        self._circuit = circuit
        self._positions = positions
        self._notify = notify

    # time

    def now(self) -> float:
        """Return the simulated time in seconds."""
        return self._world.now()

    def at(self, time_s: float, action: Callable[[], None]) -> Event:
        """Run ``action`` at simulated time ``time_s``."""
        return self._world.at(time_s, action)

    def notify(self, port: str) -> None:
        """Tell that something on the instrument port ``port`` finished."""
        self._notify(port)

    # the source

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        """Put these values on the source terminals."""
        self._terminals.drive(phases, frequency_hz)

    def loop_closed(self, phase: int) -> bool:
        """Return whether the current loop of ``phase`` (0-based) is closed."""
        return self._circuit.loop_closed(phase)

    def on_loop_opened(self, action: Callable[[int], None]) -> None:
        """Call ``action(phase)`` whenever a loop that carried current opens."""
        self._circuit.on_loop_opened(action)

    # the standard and the counter

    def inputs(self) -> Sequence[PhaseOutput]:
        """Return the true values at the standard's inputs."""
        return self._circuit.inputs()

    def frequency_hz(self) -> float:
        """Return the true frequency."""
        return self._circuit.frequency_hz()

    def true_energy_wh(self) -> Sequence[float]:
        """Return the exact active energy through each phase since the start, in Wh."""
        return self._circuit.energy_wh()

    def on_pulse(self, channel: int, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each LED flash at position ``channel``; an empty one stays silent.

        The channel after the last position belongs to what gives the energy in pulses, where there is such a thing.
        """
        if self._reference is not None and channel == self._reference.number:
            self._reference.on_pulse(action)
            return
        position = self._positions.get(channel)
        if position is not None:
            position.on_pulse(action)

    # the hands

    def supply(self, position: int, *, on: bool) -> None:
        """Close or open the supply contactor of a position."""
        self._circuit.switch_supply(position, on=on)

    def supply_on(self, position: int) -> bool:
        """Return whether the supply contactor is closed."""
        return self._circuit.supply_on(position)

    def bypass(self, position: int, *, automatic: bool) -> None:
        """Arm or disarm the bypass of a position."""
        self._circuit.arm_bypass(position, automatic=automatic)

    def bypass_automatic(self, position: int) -> bool:
        """Return whether the bypass is armed."""
        return self._circuit.bypass_automatic(position)

    def load_side_live(self, position: int) -> bool:
        """Return whether voltage stands behind the meter's supply switch."""
        return self._circuit.load_side_live(position)

    def on_contact_moved(self, action: Callable[[], None]) -> None:
        """Call ``action()`` after the supply switch of any meter moved."""
        self._circuit.on_contact_moved(action)

    def press(self, position: int, keys: str) -> None:
        """Press keys of the meter at a position."""
        self._positions[position].press(keys)

    def display(self, position: int) -> str:
        """Read the display of the meter at a position."""
        return self._positions[position].display()

    def cover(self, position: int, name: str, *, opened: bool) -> None:
        """Open or close a cover of the meter at a position."""
        self._positions[position].cover(name, opened=opened)

    def magnet(self, position: int, field_mt: float) -> None:
        """Bring a magnet to the meter at a position."""
        self._positions[position].magnet(field_mt)

    def neutral(self, position: int, *, connected: bool) -> None:
        """Open or close the neutral of the meter at a position."""
        self._positions[position].neutral(connected=connected)

    def neutral_current(self, position: int, share: float) -> None:
        """Lead a share of the line's current through the neutral of the meter at a position."""
        self._positions[position].neutral_current(share)

    def battery(self, position: int, voltage_v: float) -> None:
        """Put a battery of this voltage into the meter at a position."""
        self._positions[position].battery(voltage_v)

    def module(self, position: int, name: str) -> None:
        """Plug a communication module into the meter at a position, or pull it out."""
        self._positions[position].module(name)

    def customer_unit(self, position: int, *, connected: bool) -> None:
        """Plug in or pull out the customer interface unit of the meter at a position."""
        self._positions[position].customer_unit(connected=connected)

    def interrupt(self, on: float, off: float, *, cycles: bool) -> None:
        """Lead the current around standard and meters in a pattern."""
        self._circuit.interrupt(on, off, cycles=cycles)

    def chamber(self, temperature_c: float) -> None:
        """Give the air around all meters another temperature."""
        for position in self._positions.values():
            position.surround(temperature_c)

    def bridge(self, position: int, *, closed: bool) -> None:
        """Bridge the supply switch of the meter at a position, or take the bridge away."""
        self._positions[position].bridge(closed=closed)
