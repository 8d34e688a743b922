"""The laboratory, assembled: one world, one circuit, instruments, meters, ports, and their one loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.reactor import Reactor
from instruments.virtual.server import ScpiServer
from reference_meter.blueprint import Blueprint, Defect
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.energy_reference import CalibratorPulses, EnergyReference
from reference_meter.lab.isolation import isolation
from reference_meter.lab.lab_port import LabPort
from reference_meter.lab.line import Line
from reference_meter.lab.master_meter import MasterMeter, master_errors
from reference_meter.lab.network import TcpLine, UdpLine
from reference_meter.lab.plants import RackPlant
from reference_meter.lab.position import Position
from reference_meter.lab.rig_files import Place, Rig, write_rig_files
from reference_meter.lab.twins import twins
from reference_meter.lab.unsteady import UnsteadySource
from reference_meter.lab.world import MANUFACTURED_UTC, World
from reference_meter.meter import build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.manufacture import deliver, manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots

PRODUCTS: dict[str, Callable[[int, int], Product]] = {"dds722": dds722, "dts722": dts722}
"""What can stand in the laboratory, by name; each is made from its position and the seed."""

ERROR_CALCULATOR, MASTER_METER, CALIBRATOR = "error-calculator", "master-meter", "calibrator"
"""What gives the reference energy: the standard's own calculator, or pulses on a further counter channel."""

_REAL_TIME_STEP_S = 0.005
"""Longest time by which the simulated time of a real-time laboratory may lag behind the wall clock."""


class DefectDoesNotFit(Exception):
    """A defect asks for a slot that the meter does not have, or for one that another defect took."""

    def __init__(self, defect: Defect, error: KeyError | TypeError) -> None:
        self.defect = defect
        super().__init__(
            f"defect {defect.id} does not fit this meter: {error.args[0] if error.args else error}"
        )


class Laboratory:
    """Everything in the room. Only ``run`` lets anything happen; a signal handler may call ``stop``."""

    def __init__(
        self,
        product: Callable[[int, int], Product] = dds722,
        *,
        positions: int = 1,
        seed: int = 0,
        defects: Sequence[Defect] = (),
        real_time: bool = False,
        dead: bool = False,
        source_drift_pct_per_min: float = 0.0,
        reference: str = ERROR_CALCULATOR,
    ) -> None:
        self.reactor = Reactor()
        # with real time goes the real date: a bench on the wall clock compares the meter's clock with its own
        self.world = World(seed, epoch=datetime.now(UTC) if real_time else None)
        self._stopping = False
        self.each_step: list[Callable[[], None]] = []
        """What looks around at each step of real time, every few milliseconds."""
        self._real_time = real_time
        self._dead = dead
        self._defects = defects
        blueprints = {n: self._blueprint(product(n, seed)) for n in range(1, positions + 1)}
        products = {number: blueprint.product for number, blueprint in blueprints.items()}
        phases = products[1].nameplate.elements
        transformers = isolation(self.world, positions)
        places = positions + int(reference == MASTER_METER)
        self.circuit = Circuit(self.world, phases=phases, positions=places, isolation=transformers)
        given: EnergyReference | None = None
        if reference == MASTER_METER:
            given = MasterMeter(self.world, self.circuit, number=places, errors=master_errors(self.world))
        elif reference == CALIBRATOR:
            given = CalibratorPulses(positions + 1)
        self.positions = {number: self._position(number, made) for number, made in blueprints.items()}
        self.lines: dict[str, Line] = {}
        """The optical line of each meter, by port name."""
        self.ports: dict[str, Line | UdpLine] = {}
        """Every meter port, the optical lines among them."""
        for number, made in products.items():
            line = self._line(number, made)
            self.lines[line.name] = line
            self.ports |= {port.name: port for port in (line, *self._network(number, made))}
        source = UnsteadySource(self.world, self.circuit, runaway_pct_per_min=source_drift_pct_per_min)
        plant = RackPlant(
            self.world,
            self.circuit,
            self.positions,
            notify=self._notify,
            terminals=source,
            reference=given,
        )
        instruments = twins(self.world, plant, phases=phases)
        if isinstance(given, CalibratorPulses):
            sources = [twin.instrument for twin in instruments]
            given.connect(next(own for own in sources if isinstance(own, VirtualFluke6105A)).energy_pulses)
        self.port = LabPort(
            self.world,
            self.reactor,
            self.ports,
            instruments=frozenset(twin.name for twin in instruments),
            real_time=real_time,
            stopping=lambda: self._stopping,
        )
        servers = {twin.name: ScpiServer(self.reactor, twin.instrument) for twin in instruments}
        self.rig = Rig(
            real_time=real_time,
            reference=given,
            lab_resource=ScpiServer(self.reactor, self.port.instrument).resource,
            twins=instruments,
            resources={name: server.resource for name, server in servers.items()},
            places=[
                Place(
                    number=number,
                    tcp_port=self.lines[f"meter{number}"].tcp_port,
                    port=f"meter{number}",
                    product=made,
                    isolation=transformers.get(number),
                    network_ports={
                        port.name: self.ports[f"meter{number}-{port.name}"].tcp_port
                        for port in made.communication.network_ports
                    },
                )
                for number, made in products.items()
            ],
        )

    def write_files(self, directory: Path) -> Path:
        """Write rig file, declarations and secrets into ``directory``; return the path of the rig file."""
        return write_rig_files(directory, self.rig)

    def run(self) -> None:
        """Serve until ``stop``. Simulated time moves by the lab port, or with the wall clock in real time."""
        if self._real_time:
            self._follow_wall_clock()
        else:
            while not self._stopping:
                self.reactor.poll(None)
                self.port.settle()

    def stop(self) -> None:
        """End any passage of time at once, and ``run`` when a socket or watched descriptor next wakes it."""
        self._stopping = True

    def close(self) -> None:
        """Close every socket."""
        for line in self.ports.values():
            if isinstance(line, UdpLine):
                line.close()
        self.reactor.close()

    def _follow_wall_clock(self) -> None:
        started = time.monotonic()
        while not self._stopping:
            # from the start each time, so that nothing adds up
            self.world.run_until(time.monotonic() - started, stop=lambda: self._stopping)
            self.port.flush()
            next_s = self.world.next_event_s()
            ahead_s = _REAL_TIME_STEP_S if next_s is None else next_s - (time.monotonic() - started)
            self.reactor.poll(min(max(ahead_s, 0.0), _REAL_TIME_STEP_S))
            self.port.settle()
            for look in self.each_step:
                look()

    def _notify(self, port: str) -> None:
        self.port.notify(port)

    def _blueprint(self, product: Product) -> Blueprint:
        blueprint = Blueprint(product, standard_slots())
        for defect in self._defects:
            try:
                defect.apply(blueprint)
            except (KeyError, TypeError) as error:  # what Blueprint raises
                raise DefectDoesNotFit(defect, error) from error
        return blueprint

    def _position(self, number: int, blueprint: Blueprint) -> Position:
        position = Position(
            self.world,
            self.circuit,
            number=number,
            reference_voltage_v=blueprint.product.nameplate.voltage_v,
            build=partial(build_meter, blueprint),
        )
        manufacture(blueprint.product, position.memory, MANUFACTURED_UTC)
        deliver(blueprint.product, position.memory, self.world.utc())
        return position

    def _line(self, number: int, product: Product) -> Line:
        position = self.positions[number]
        line = Line(
            self.world,
            self.reactor,
            name=f"meter{number}",
            baud=product.communication.baud,
            end=_DeadEnd() if self._dead else position,
            burst_ended=lambda line: self._notify(line.name),
        )
        position.attach(line)
        return line

    def _network(self, number: int, product: Product) -> list[Line | UdpLine]:
        position = self.positions[number]
        made: list[Line | UdpLine] = []
        for port in product.communication.network_ports:
            kind: type[TcpLine | UdpLine] = TcpLine if port.transport == "tcp" else UdpLine
            line = kind(
                self.world,
                self.reactor,
                name=f"meter{number}-{port.name}",
                end=_DeadEnd() if self._dead else position.end(port.name),
                burst_ended=lambda line: self._notify(line.name),
            )
            position.attach(line, port.name)
            made.append(line)
        return made


class _DeadEnd:
    """A meter whose port takes octets and never answers."""

    def line_opened(self) -> None:
        """Ignore the client."""

    def line_octets(self, octets: bytes) -> None:
        """Lose the octets."""

    def line_closed(self) -> None:
        """Ignore that it went."""
