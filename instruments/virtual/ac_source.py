"""What the virtual twins of AC voltage sources share: voltages, a frequency, an output, and settling."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.virtual.energy_pulses import EnergyPulses
from instruments.virtual.plant import PhaseOutput, SourcePlant, Timer
from instruments.virtual.scpi import SCPI, Dialect, ScpiInstrument

SETTLING_S = 0.5
"""A change reaches the terminals after this time (our assumption)."""


@dataclass(slots=True)
class VoltagePhase:
    """One phase as it is set. ``angle_deg`` is an IEC angle, leading positive."""

    voltage_v: float = 0.0
    current_a: float = 0.0
    angle_deg: float = 0.0
    lag_deg: float = 0.0
    enabled: bool = True


class AcSourceTwin(ScpiInstrument):
    """Drives the plant with what is set while the output is on."""

    def __init__(
        self, identity: str, plant: SourcePlant, port: str, *, phases: int, dialect: Dialect = SCPI
    ) -> None:
        super().__init__(identity, dialect=dialect)
        self.plant = plant
        self.port = port
        self.phases = tuple(VoltagePhase() for _ in range(phases))
        self.source_frequency_hz = 50.0
        self.output_on = False
        self.energy_pulses = EnergyPulses(plant)
        """Of the energy it works out of its settings; without a constant there are none."""
        self._timer: Timer | None = None
        self.on_reset = self.switch_off
        plant.on_loop_opened(self._loop_opened)

    def switch_on(self) -> None:
        """Switch on; the voltage stands after the settling time, unless a loop with current set is open."""
        self.output_on = True
        self.changed()

    def switch_off(self) -> None:
        """Switch off at once."""
        self.output_on = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deliver(tuple(PhaseOutput() for _ in self.phases))

    def changed(self) -> None:
        """Bring what is set to the terminals after the settling time."""
        if not self.output_on:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.plant.at(self.plant.now() + SETTLING_S, self._settled)

    def _settled(self) -> None:
        self._timer = None
        if any(
            phase.enabled and phase.current_a > 0 and not self.plant.loop_closed(index)
            for index, phase in enumerate(self.phases)
        ):
            self._trip()
            return
        self._deliver(
            tuple(
                PhaseOutput(
                    voltage_v=phase.voltage_v,
                    current_a=phase.current_a,
                    voltage_angle_deg=phase.angle_deg,
                    current_lag_deg=phase.lag_deg,
                )
                if phase.enabled
                else PhaseOutput()
                for phase in self.phases
            )
        )

    def _deliver(self, phases: tuple[PhaseOutput, ...]) -> None:
        self.energy_pulses.set_power(sum(phase.power_w for phase in phases))
        self.plant.drive(phases, self.source_frequency_hz)

    def _loop_opened(self, _phase: int) -> None:
        if self.output_on and any(phase.current_a > 0 for phase in self.phases):
            self._trip()

    def _trip(self) -> None:
        self.switch_off()
        self.plant.notify(self.port)
