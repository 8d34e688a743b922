"""The circuit of the rack: source → connection → every meter position and the reference standard.

The voltage of each phase stands on a bus, from which every position takes it through its supply contactor.
The current of each phase is one loop through all positions in series and through the standard: a meter
that opens its supply switch opens the loop for all of them, unless its bypass carries the current around it.
Each position of a rack has a transformer that isolates its voltage, with errors of its own: measuring circuits load
neither bus nor loop, and the closed voltage links of a direct-connected meter couple nothing into its neighbours.

Everything is periodic and constant between two changes, so energy is computed, never stepped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from instruments.virtual.plant import Harmonic, PhaseOutput
from reference_meter.board import ElementInput
from reference_meter.lab.isolation import IDEAL, Isolation
from reference_meter.lab.world import Event, World

_SECONDS_PER_HOUR = 3600.0
_MINUTES_PER_DEGREE = 60.0
STEADY = (1, 0)
"""A current without pauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterInputs:
    """What the terminals of one meter see: one entry per measuring element, and the frequency."""

    elements: tuple[ElementInput, ...]
    frequency_hz: float


@dataclass(slots=True, kw_only=True)
class _Branch:
    """The contacts of one position, and who has to know when its inputs change."""

    inputs: MeterInputs
    isolation: Isolation = IDEAL
    supply_on: bool = True
    bypass_automatic: bool = False
    contact_closed: bool = True
    neutral_connected: bool = True
    contact_bridged: bool = False
    changed: Callable[[], None] | None = None

    @property
    def conducting(self) -> bool:
        """Whether the loop passes this position, through the meter or around it."""
        return self.through_meter or self.bypass_automatic

    @property
    def through_meter(self) -> bool:
        """Whether current can pass the meter: its contact is closed, or bridged between its terminals."""
        return self.contact_closed or self.contact_bridged


class Circuit:
    """Contacts, voltages, currents and energies. Positions are numbered from 1, phases from 0."""

    def __init__(
        self,
        world: World,
        *,
        phases: int,
        positions: int,
        isolation: Mapping[int, Isolation] | None = None,
    ) -> None:
        if phases not in (1, 2, 3):
            raise ValueError(f"a circuit has one to three phases, not {phases}")
        self.phases = phases
        self._world = world
        self._source: tuple[PhaseOutput, ...] = (PhaseOutput(),) * phases
        self._frequency_hz = 0.0
        self._flowing: tuple[PhaseOutput, ...] = self._source
        self._energy_wh = [0.0] * phases
        self._accrued_to_s = world.now()
        dead = MeterInputs(elements=(ElementInput(),) * phases, frequency_hz=0.0)
        transformers = isolation or {}
        self._branches = {
            number: _Branch(inputs=dead, isolation=transformers.get(number, IDEAL))
            for number in range(1, positions + 1)
        }
        self._loop_listeners: list[Callable[[int], None]] = []
        self._contact_listeners: list[Callable[[], None]] = []
        self._burst = STEADY
        self._led_around = False
        self._next_change: Event | None = None

    # the switch that leads the current of all loops around standard and meters

    def interrupt(self, on: float, off: float, *, cycles: bool) -> None:
        """Lead the current around after each ``on`` for ``off``, in whole cycles or in seconds; ``off`` 0: never.

        The loop of the source stays closed, so it goes on delivering.
        """
        if self._next_change is not None:
            self._next_change.cancel()
            self._next_change = None
        self._burst = (int(on), int(off)) if cycles and off > 0 else STEADY
        self._led_around = False
        if not cycles and off > 0:
            self._change_after(on, off)
        self._settle()

    def _change_after(self, this_s: float, next_s: float) -> None:
        def change() -> None:
            self._led_around = not self._led_around
            self._change_after(next_s, this_s)
            self._settle()

        self._next_change = self._world.at(self._world.now() + this_s, change)

    # the source's side

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        """Put rms values on the source terminals; phases that the circuit does not have lead nowhere."""
        idle = (PhaseOutput(),) * self.phases
        self._source = (*tuple(phases)[: self.phases], *idle[len(phases) :])
        self._frequency_hz = frequency_hz
        self._settle()

    def loop_closed(self, phase: int) -> bool:
        """Return whether current can flow around the loop of ``phase`` (0-based)."""
        return phase < self.phases and all(branch.conducting for branch in self._branches.values())

    def on_loop_opened(self, action: Callable[[int], None]) -> None:
        """Call ``action(phase)`` whenever a loop that carried current opens."""
        self._loop_listeners.append(action)

    # the standard's side

    def inputs(self) -> tuple[PhaseOutput, ...]:
        """Return what the standard sees: the bus voltages, and the currents that really flow."""
        return self._flowing

    def frequency_hz(self) -> float:
        """Return the frequency of the source."""
        return self._frequency_hz

    def energy_wh(self) -> tuple[float, ...]:
        """Return the exact active energy through each phase since the start, in Wh (import positive)."""
        self._accrue()
        return tuple(self._energy_wh)

    # the positions' side

    def meter_inputs(self, position: int) -> MeterInputs:
        """Return what the meter at ``position`` sees now."""
        return self._branches[position].inputs

    def on_inputs_changed(self, position: int, action: Callable[[], None]) -> None:
        """Call ``action`` after each change of what the meter at ``position`` sees."""
        self._branches[position].changed = action

    def contact_moved(self, position: int, *, closed: bool) -> None:
        """Take note that the supply switch of the meter at ``position`` moved, all phases together."""
        self._branches[position].contact_closed = closed
        self._settle()
        for action in self._contact_listeners:
            action()

    def bridge(self, position: int, *, closed: bool) -> None:
        """Bridge the supply switch of a position from terminal to terminal, or take the bridge away."""
        self._branches[position].contact_bridged = closed
        self._settle()
        for action in self._contact_listeners:
            action()

    def on_contact_moved(self, action: Callable[[], None]) -> None:
        """Call ``action()`` after the supply switch of any meter moved."""
        self._contact_listeners.append(action)

    def contact_closed(self, position: int) -> bool:
        """Return whether the supply switch of the meter at ``position`` is closed."""
        return self._branches[position].contact_closed

    def switch_supply(self, position: int, *, on: bool) -> None:
        """Close or open the supply contactor (the voltage) of a position."""
        self._branches[position].supply_on = on
        self._settle()

    def connect_neutral(self, position: int, *, connected: bool) -> None:
        """Open or close the neutral of a position; only the voltage circuit of a single-phase meter needs it."""
        self._branches[position].neutral_connected = connected
        self._settle(told=position)

    def line_voltage_v(self, position: int) -> float:
        """Return the highest voltage of a line terminal of a position against earth."""
        if not self._branches[position].supply_on:
            return 0.0
        return max(phase.voltage_v for phase in self._flowing)

    def supply_on(self, position: int) -> bool:
        """Return whether the supply contactor of a position is closed."""
        return self._branches[position].supply_on

    def arm_bypass(self, position: int, *, automatic: bool) -> None:
        """Let the bypass contactor close whenever the meter opens (and only then), or keep it open."""
        self._branches[position].bypass_automatic = automatic
        self._settle()

    def bypass_automatic(self, position: int) -> bool:
        """Return whether the bypass of a position is armed."""
        return self._branches[position].bypass_automatic

    def load_side_live(self, position: int) -> bool:
        """Return whether voltage stands behind the supply switch: voltage present and contact closed."""
        branch = self._branches[position]
        return branch.through_meter and any(element.voltage_v > 0 for element in branch.inputs.elements)

    # arithmetic

    def _settle(self, told: int = 0) -> None:
        """Work out the currents anew after a change, then tell everybody whose inputs changed, and ``told``."""
        self._accrue()
        before = self._flowing
        self._flowing = tuple(
            _without_current(phase)
            if self._led_around or not self.loop_closed(number)
            else phase
            if self._burst == STEADY
            else replace(phase, burst=self._burst)
            for number, phase in enumerate(self._source)
        )
        changed = []
        for branch in self._branches.values():
            inputs = self._seen_by(branch)
            if inputs != branch.inputs or branch is self._branches.get(told):
                branch.inputs = inputs
                changed.append(branch)
        opened = [
            number
            for number, phase in enumerate(before)
            if phase.current_rms_a > 0 and not self.loop_closed(number)
        ]
        for branch in changed:
            if branch.changed is not None:
                branch.changed()
        for number in opened:
            for tell in self._loop_listeners:
                tell(number)

    def _seen_by(self, branch: _Branch) -> MeterInputs:
        # between three phases the star point stays where it is under the balanced voltages of a source
        supplied = branch.supply_on and (branch.neutral_connected or self.phases > 1)
        ratio = 1.0 + branch.isolation.ratio_error_pct / 100.0
        lead_deg = branch.isolation.phase_lead_min / _MINUTES_PER_DEGREE
        return MeterInputs(
            elements=tuple(
                ElementInput(
                    voltage_v=phase.voltage_v * ratio if supplied else 0.0,
                    current_a=phase.current_a if branch.through_meter else 0.0,
                    voltage_angle_deg=phase.voltage_angle_deg,
                    current_lag_deg=phase.current_lag_deg + lead_deg,
                    voltage_harmonics=_scaled(phase.voltage_harmonics, ratio) if supplied else (),
                    current_harmonics=_turned(phase.current_harmonics, lead_deg)
                    if branch.through_meter
                    else (),
                    burst=phase.burst,
                )
                for phase in self._flowing
            ),
            frequency_hz=self._frequency_hz,
        )

    def _accrue(self) -> None:
        now_s = self._world.now()
        elapsed_h = (now_s - self._accrued_to_s) / _SECONDS_PER_HOUR
        self._accrued_to_s = now_s
        if elapsed_h > 0:
            for number, phase in enumerate(self._flowing):
                self._energy_wh[number] += phase.power_w * elapsed_h


def _scaled(harmonics: tuple[Harmonic, ...], ratio: float) -> tuple[Harmonic, ...]:
    return harmonics if ratio == 1.0 else tuple(replace(own, rms=own.rms * ratio) for own in harmonics)


def _turned(harmonics: tuple[Harmonic, ...], lead_deg: float) -> tuple[Harmonic, ...]:
    """Return currents whose angles are counted from a voltage that leads by ``lead_deg``."""
    if lead_deg == 0.0:
        return harmonics
    return tuple(replace(own, angle_deg=own.angle_deg - own.order * lead_deg) for own in harmonics)


def _without_current(phase: PhaseOutput) -> PhaseOutput:
    return PhaseOutput(
        voltage_v=phase.voltage_v,
        current_a=0.0,
        voltage_angle_deg=phase.voltage_angle_deg,
        current_lag_deg=phase.current_lag_deg,
        voltage_harmonics=phase.voltage_harmonics,
    )
