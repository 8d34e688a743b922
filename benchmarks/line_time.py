"""What a session at 9,600 baud takes on the line, in simulated time, against what its octets and the meter take.

Run ``PYTHONPATH=. python benchmarks/line_time.py``. The laboratory counts ten bits an octet; the meter answers
after its response time. A session associates, reads the registers of the meter, its object list and a day of its load
profile, and disconnects. Exit code 1 when it takes more than 1.05 times that.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from bench.clock import LabClock
from bench.meter.dlms_client import DlmsClient, opened
from bench.meter.link import Link, open_transport
from bench.meter.meter_line import MeterLine
from bench.meter.url import parse_meter_url
from bench.protocols.axdr import double_long_unsigned, long_unsigned, structure
from bench.protocols.hdlc import FrameReader
from bench.protocols.xdlms.parts import SelectiveAccess
from bench.record.declaration import load_declaration
from bench.record.secrets import SecretStore
from bench.rig.rig_file import load_rig
from instruments.transport import VisaTransport

BITS_PER_OCTET = 10
RESPONSE_S = 0.02
"""What the reference meter takes from the end of a request to the beginning of its answer."""
ALLOWED = 1.05
READY_S = 5.0
"""When the meter has started up."""
REGISTERS = ("1-0:1.8.0.255", "1-0:32.7.0.255", "1-0:31.7.0.255", "1-0:1.7.0.255", "1-0:14.7.0.255")
ROWS = 96


class Counted:
    """What passed on the line: octets both ways, and how often the meter answered."""

    def __init__(self) -> None:
        self.octets = self.answers = 0
        self._reader = FrameReader()
        self._waiting = False

    def tap(self, direction: str, octets: bytes) -> None:
        self.octets += len(octets)
        if direction == "sent":
            self._waiting = True
        elif self._waiting and self._reader.feed(octets):
            self.answers += 1
            self._waiting = False

    def due_s(self, baud: int) -> float:
        """Return line time and response time."""
        return self.octets * BITS_PER_OCTET / baud + self.answers * RESPONSE_S


def serve(ready: Connection, directory: Path) -> None:
    """Be a laboratory in simulated time, with the mains on."""
    from instruments.virtual.plant import PhaseOutput
    from reference_meter.lab.laboratory import PRODUCTS, Laboratory

    laboratory = Laboratory(PRODUCTS["dds722"], seed=0)
    laboratory.circuit.drive([PhaseOutput(voltage_v=230.0)], 50.0)
    ready.send(laboratory.write_files(directory))
    laboratory.run()


@contextmanager
def served() -> Iterator[Path]:
    """Start a laboratory and give its rig file; end it afterwards."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as name:
        process = context.Process(target=serve, args=(theirs, Path(name)), daemon=True)
        process.start()
        try:
            yield ours.recv()
        finally:
            process.terminate()
            process.join()


def session_s() -> tuple[float, float]:
    """Return what a session took, and what was due, in simulated seconds."""
    with served() as path:
        rig = load_rig(path)
        entry = rig.position[0]
        declaration = load_declaration(entry.declaration)
        secrets = SecretStore(entry.secrets, environ={})
        port = VisaTransport(rig.clock.resource, timeout_s=60.0)
        clock = LabClock(port.query)
        clock.sleep(READY_S)
        url, baud = parse_meter_url(entry.meter), declaration.communication.baud
        counted = Counted()
        link = Link(lambda: open_transport(url, clock, port=entry.port, baud=baud), clock, counted.tap)
        association = declaration.association_named("management")
        if association is None or association.secret is None:
            raise RuntimeError("the meter has no management association with a password")
        session = MeterLine(declaration, link).session(association)
        client = DlmsClient(session, association, secrets.get(association.secret))
        begun_s = clock.now()
        with opened(client):
            read(client)
        took_s = clock.now() - begun_s
        link.close()
        port.close()
        return took_s, counted.due_s(baud)


def read(client: DlmsClient) -> None:
    """Read what a meter reader reads."""
    for obis in REGISTERS:
        client.register(obis)
    client.get(15, "0-0:40.0.0.255", 2)
    day = structure(double_long_unsigned(1), double_long_unsigned(ROWS), long_unsigned(1), long_unsigned(0))
    client.get(7, "1-0:99.1.0.255", 2, SelectiveAccess(selector=2, parameters=day))
    client.get(7, "0-0:99.98.0.255", 2)


def main() -> int:
    """Print the comparison; exit code 1 when the session takes too long."""
    took_s, due_s = session_s()
    print(
        f"a session at 9600 baud took {took_s:.2f} s of simulated time; line time and response time are {due_s:.2f} s: "
        f"{took_s / due_s:.3f} times, required {ALLOWED}"
    )
    return int(took_s > ALLOWED * due_s)


if __name__ == "__main__":
    sys.exit(main())
