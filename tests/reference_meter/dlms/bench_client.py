"""The bench's own client on a meter in memory: what `meterbench` would do, without line and laboratory."""

from __future__ import annotations

from pathlib import Path

from bench.clock import Clock, WallClock
from bench.meter.dlms_client import DlmsClient
from bench.meter.protection import protection_of
from bench.record.declaration import load_declaration
from bench.record.secrets import SecretStore
from reference_meter.lab.rig_files import write_declaration
from reference_meter.meter import Meter


class DirectSession:
    """APDUs handed to the meter's services, and back."""

    def __init__(self, meter: Meter, client_sap: int) -> None:
        self.meter, self.client_sap = meter, client_sap
        self.deviations: list[str] = []

    @property
    def clock(self) -> Clock:
        return WallClock()

    def connect(self) -> None:
        self.meter.association.drop()

    def disconnect(self) -> None:
        self.meter.association.drop()

    def close(self) -> None:
        self.meter.association.drop()

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.meter.services.handle(self.client_sap, apdu)
        assert answer is not None
        return answer


def bench_client(meter: Meter, folder: Path, name: str) -> DlmsClient:
    """Return a client that knows the meter by its declaration and secrets alone."""
    write_declaration(folder, meter.product)
    declaration = load_declaration(folder / "meter.toml")
    secrets = SecretStore(folder / "meter.secrets.toml", environ={})
    association = declaration.association_named(name)
    assert association is not None
    secret = secrets.get(association.secret) if association.secret else None
    counter = meter.product.communication.association(association.client_sap)
    assert counter is not None

    def protection() -> object:
        return protection_of(association, secrets, lambda: meter.security.last_received(counter) + 1)

    session = DirectSession(meter, association.client_sap)
    return DlmsClient(session, association, secret, protection)  # type: ignore[arg-type]
