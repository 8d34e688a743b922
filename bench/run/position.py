"""One meter position as a case sees it: the meter's declaration and secrets, its link, its wiring, its hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.clock import Clock
from bench.errors import BenchFault, PlanError
from bench.meter.dlms_client import DlmsClient
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.link import Link, Tap, open_transport
from bench.meter.player import HdlcPlayer
from bench.meter.url import parse_meter_url
from bench.meter.vending import Vending
from bench.protocols.hdlc import Address, LinkParameters
from bench.record.declaration import AssociationDeclaration, Declaration
from bench.record.secrets import SecretStore
from bench.rig.pulses import PulseWiring
from bench.rig.rack import Rack
from bench.rig.rig_file import PositionEntry
from instruments.roles import Actuators

#: Rejected tokens in a row that lock the entry of some meters (sts.md 7.5: three); stay one below.
REJECTS_BELOW_LOCK_OUT = 2


class Position:
    """A position of the rack. Everything here is this meter's own; nothing is shared with another position."""

    def __init__(
        self, entry: PositionEntry, declaration: Declaration, secrets: SecretStore, clock: Clock, tap: Tap
    ) -> None:
        self.entry, self.declaration, self.secrets, self.clock = entry, declaration, secrets, clock
        self.name = entry.name
        communication = declaration.communication
        if communication.framing != "hdlc":
            raise PlanError(
                f'Position "{entry.name}": framing "{communication.framing}" is not spoken by this version.',
                remedy='Declare framing = "hdlc".',
            )
        url = parse_meter_url(entry.meter)
        self.link = Link(
            lambda: open_transport(url, clock, port=entry.port, baud=communication.baud), clock, tap
        )
        self._vending: Vending | None = None
        self.rejects_in_a_row = 0

    # -- communication

    def association(self, name: str) -> AssociationDeclaration | None:
        """Return a declared association by name, or None."""
        return self.declaration.association_named(name)

    def secret_of(self, association: AssociationDeclaration) -> bytes | None:
        """Return the association's secret, or None where it has none or the secret is not at hand."""
        return self.find_secret(association.secret)

    def find_secret(self, name: str | None) -> bytes | None:
        """Return a secret by name, or None where it is not at hand."""
        return self.secrets.find(name) if name else None

    def ends(self, association: AssociationDeclaration) -> HdlcEndpoints:
        """Return addresses, link parameters and time-out for an association."""
        said = self.declaration.communication
        lower = None if said.address_length == 1 else said.server_lower
        return HdlcEndpoints(
            client=Address(association.client_sap),
            server=Address(said.server_upper, lower, said.address_length),
            response_time_out_s=said.response_time_out_s,
            proposed=LinkParameters(
                max_info_transmit=said.max_info_transmit,
                max_info_receive=said.max_info_receive,
                window_transmit=1,
                window_receive=1,
            ),
        )

    def client(self, association_name: str) -> DlmsClient:
        """Return a client for a declared association; open it with ``opened(client)``."""
        association = self._declared(association_name)
        session = HdlcSession(self.link, self.ends(association))
        return DlmsClient(session, association, self.secret_of(association))

    def session(self, association_name: str) -> HdlcSession:
        """Return an HDLC session for raw APDUs under a declared association's addresses."""
        return HdlcSession(self.link, self.ends(self._declared(association_name)))

    @contextmanager
    def player(self, association_name: str) -> Iterator[HdlcPlayer]:
        """Play raw frames between two proofs that the meter is alive."""
        player = HdlcPlayer(self.link, self.ends(self._declared(association_name)))
        player.alive_before = player.prove_alive()
        try:
            yield player
        finally:
            player.alive_after = player.prove_alive()

    def _declared(self, name: str) -> AssociationDeclaration:
        association = self.association(name)
        if association is None:
            raise PlanError(f'Position "{self.name}": no association "{name}" is declared.')
        return association

    # -- tokens

    @property
    def vending(self) -> Vending:
        """The point of sale for this meter; raises PlanError without key."""
        if self._vending is None:
            sts = self.declaration.sts
            key = self.find_secret(sts.vending_key) if sts is not None else None
            if sts is None or key is None:
                raise PlanError(f'Position "{self.name}": no vending key at hand.')
            self._vending = Vending(sts, key, lambda: self.clock.utc().replace(tzinfo=None))
        return self._vending

    # -- wiring

    def pulse_wiring(self) -> PulseWiring:
        """Return how this meter's LED reaches the instruments."""
        pulse = self.entry.pulse
        return PulseWiring(
            position=self.name,
            meter_constant_imp_per_kwh=self.declaration.nameplate.meter_constant_imp_per_kwh,
            counter=pulse.instrument if pulse else "",
            channel=pulse.channel if pulse else 0,
            error_calculator=self.entry.error_calculator,
        )

    def hands(self, rack: Rack) -> tuple[Actuators, int]:
        """Return the actuators of this position and its number there; raises BenchFault if there are none."""
        if self.entry.actuators is None:
            raise BenchFault(f'Position "{self.name}" has no actuators.')
        return rack.hands(self.entry.actuators.instrument), self.entry.actuators.position
