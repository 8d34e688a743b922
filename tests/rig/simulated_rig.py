"""A rack on twins over real sockets, with simulated time moved by its clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.rig.limits import NAMEPLATE, Limits, intersect
from bench.rig.rack import Rack
from bench.rig.rig_file import RigFile, load_rig
from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.zera_com5003 import VirtualCom5003
from tests.instruments.conftest import FakePlant, Served

LIMITS = intersect(voltage_v={"rig file": 300.0, NAMEPLATE: 265.0}, current_a={"rig file": 60.0})


class Plant(FakePlant):
    """Adds what goes wrong between source and standard: ``lead`` changes what the standard's inputs see."""

    lead: Callable[[Sequence[PhaseOutput]], Sequence[PhaseOutput]] = staticmethod(lambda phases: phases)

    def inputs(self) -> Sequence[PhaseOutput]:
        return self.lead(self.terminals)

    def true_energy_wh(self) -> Sequence[float]:
        return tuple(self._energies)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._energies = [0.0, 0.0, 0.0]

    def _move(self, time_s: float) -> None:
        import math

        for index, phase in enumerate(self.inputs()):
            power_w = phase.voltage_v * phase.current_a * math.cos(math.radians(phase.current_lag_deg))
            self._energies[index] += power_w * (time_s - self.time_s) / 3600.0
        self.time_s = max(self.time_s, time_s)


class PlantClock:
    """Moves the plant inside the serving thread; takes supervision samples as a bench clock does."""

    def __init__(self, plant: Plant, served: Served) -> None:
        self._plant, self._served = plant, served
        self._sample: Callable[[], None] | None = None
        self._every_s = 1.0
        self._running = False

    def now(self) -> float:
        return self._plant.time_s

    def utc(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now())

    def supervise(self, sample: Callable[[], None] | None, every_s: float = 1.0) -> None:
        self._sample, self._every_s = sample, every_s

    def sleep(self, duration_s: float) -> None:
        while duration_s > 0:
            step_s = min(duration_s, self._every_s)
            self._served.call(lambda step_s=step_s: self._plant.advance(step_s))
            duration_s -= step_s
            if self._sample is not None and not self._running:
                self._running = True
                try:
                    self._sample()
                finally:
                    self._running = False

    def wait(self, ready: Callable[[], bool], deadline_s: float, watch: object = None) -> bool:
        while not ready():
            if self.now() >= deadline_s:
                return False
            self.sleep(min(1.0, deadline_s - self.now()))
        return True


class SimulatedRig:
    """One source, one standard, one rack."""

    def __init__(self, folder: Path, served: Served, *, phases: int = 1, due: str = "2030-01-01") -> None:
        self.plant = Plant()
        self.plant.terminals = tuple(PhaseOutput() for _ in range(phases))
        self.source = VirtualFluke6105A(self.plant, "source", phases=phases, serial_number="4711")
        self.standard = VirtualCom5003(self.plant, "standard", serial_number="5003")
        self.source_server = served.serve(self.source)
        self.standard_server = served.serve(self.standard)
        self.clock = PlantClock(self.plant, served)
        self.path = folder / "rig.toml"
        self.path.write_text(
            f"""schema = 1
[rig]
name = "simulated"
virtual = true
[clock]
kind = "laboratory"
resource = "TCPIP::127.0.0.1::1::SOCKET"
[limits]
voltage_max_v = 300.0
current_max_a = 60.0
[[instrument]]
name = "source"
role = "source"
driver = "fluke-6105a"
resource = "{self.source_server.resource}"
[[instrument]]
name = "standard"
role = "reference"
driver = "zera-com5003"
resource = "{self.standard_server.resource}"
calibration = {{ certificate = "C1", due = {due} }}
[[position]]
name = "1"
meter = "socket://127.0.0.1:1"
port = "meter1"
declaration = "meter.toml"
"""
        )

    @property
    def file(self) -> RigFile:
        return load_rig(self.path)

    def rack(self, limits: Limits = LIMITS) -> Rack:
        return Rack(self.file, self.clock, limits)
