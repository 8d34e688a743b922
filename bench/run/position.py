"""One meter position as a case sees it: the meter's declaration and secrets, its link, its wiring, its hands."""

from __future__ import annotations

from collections.abc import Callable

from bench.clock import Clock
from bench.errors import BenchFault, PlanError
from bench.meter.dlms_client import DlmsClient, Refused, opened, why_not
from bench.meter.filed_vending import FiledVending
from bench.meter.hdlc_session import HdlcEndpoints
from bench.meter.ledger import Ledger
from bench.meter.link import Link, SocketTransport, Tap, open_transport
from bench.meter.meter_line import MeterLine
from bench.meter.protection import Protection, protection_of
from bench.meter.session import Session
from bench.meter.token_orders import load_token_file
from bench.meter.url import parse_meter_url
from bench.meter.vending import Vending
from bench.protocols.values import as_integer
from bench.record.declaration import AssociationDeclaration, Declaration
from bench.record.secrets import SecretStore
from bench.rig.pulses import PulseWiring
from bench.rig.rack import Rack
from bench.rig.rig_file import PositionEntry
from bench.run.held_settings import HeldSettings
from instruments.roles import Actuators

READER, MANAGEMENT = "reader", "management"
#: Rejected tokens in a row that lock the entry of some meters (sts.md 7.5: three); stay one below.
REJECTS_BELOW_LOCK_OUT = 2
#: Protected APDUs that one association may send on the word of the ledger.
COUNTER_STRETCH = 4096


class Position:
    """A position of the rack. Everything here is this meter's own; nothing is shared with another position."""

    def __init__(
        self,
        entry: PositionEntry,
        declaration: Declaration,
        secrets: SecretStore,
        clock: Clock,
        tap: Callable[[str], Tap],
        ledger: Ledger,
    ) -> None:
        """``tap``: gives who records a line, by the name of the meter's further port, "" for its own line."""
        self.entry, self.declaration, self.secrets, self.clock = entry, declaration, secrets, clock
        self.ledger = ledger
        self.name = entry.name
        communication = declaration.communication
        url = parse_meter_url(entry.meter)
        self.link = Link(
            lambda: open_transport(url, clock, port=entry.port, baud=communication.baud), clock, tap("")
        )
        self.line = MeterLine(declaration, self.link)
        self._tap = tap
        self._vending: Vending | None = None
        self.rejects_in_a_row = 0
        self.key_lost = False
        """Whether a key change of this run left the meter with a key that nobody knows."""
        self.pulses_of = ""
        """Whose meter this position's pulse input was seen to lead to; "" while nothing speaks against its own."""
        self.held = HeldSettings()
        """What a case changed on the meter and did not put back yet."""
        self.takes_tokens: bool | None = None
        """Whether a token of this point of sale was credited, as far as it was tried."""

    # -- communication

    def association(self, name: str) -> AssociationDeclaration | None:
        """Return a declared association by name, or None. A meter that has no reader is read by management."""
        named = self.declaration.association_named(name)
        return self.declaration.association_named(MANAGEMENT) if named is None and name == READER else named

    def secret_of(self, association: AssociationDeclaration) -> bytes | None:
        """Return the association's secret, or None where it has none or the secret is not at hand."""
        return self.find_secret(association.secret)

    def find_secret(self, name: str | None) -> bytes | None:
        """Return a secret by name, or None where it is not at hand."""
        return self.secrets.find(name) if name else None

    def ends(self, association: AssociationDeclaration) -> HdlcEndpoints:
        """Return addresses, link parameters and time-out for an association."""
        return self.line.ends(association)

    def client(self, association_name: str, *, protection: Protection | None = None) -> DlmsClient:
        """Return a client for a declared association; open it with ``opened(client)``.

        ``protection`` replaces what the keys and counters at hand would make.
        """
        association = self._declared(association_name)
        make = (lambda: protection) if protection is not None else lambda: self.protection(association)
        return DlmsClient(self.line.session(association), association, self.secret_of(association), make)

    def protection(self, association: AssociationDeclaration) -> Protection | None:
        """Return keys and counters for opening an association; None where it has no keys."""
        return protection_of(association, self.secrets, lambda: self.next_counter(association))

    def next_counter(self, association: AssociationDeclaration) -> int:
        """Return an invocation counter that the meter has not seen.

        As the public client reads it, where the declaration names the object; else as the ledger knows it, in
        stretches, because each is written before it is used.
        """
        shown = self._shown_counter(association)
        if shown is not None:
            return shown + 1
        key = association.encryption_key or association.name
        first = self.ledger.invocation_counter(key) + 1
        self.ledger.spend_counter(key, first + COUNTER_STRETCH)
        return first

    def _shown_counter(self, association: AssociationDeclaration) -> int | None:
        public = self.plain_association
        if not association.invocation_counter or public.mechanism != "none" or public is association:
            return None
        client = DlmsClient(self.line.session(public), public, None)
        try:
            with opened(client):
                return as_integer(client.get(1, association.invocation_counter, 2))
        except (Refused, ValueError):
            return None

    def session(self, association_name: str) -> Session:
        """Return a session for raw APDUs under a declared association's addresses."""
        return self.line.session(self._declared(association_name))

    @property
    def plain_association(self) -> AssociationDeclaration:
        """Return the association that asks least of a client: "public", else one without secret."""
        public = self.association("public")
        ranked = sorted(
            self.declaration.association,
            key=lambda item: (item.pre_established, item.ciphered, item.mechanism != "none"),
        )
        if public is None and not ranked:
            raise PlanError(f'Position "{self.name}": no association is declared.')
        return public or ranked[0]

    @property
    def usable_associations(self) -> tuple[AssociationDeclaration, ...]:
        """Return the declared associations that this bench can open with the secrets at hand."""
        return tuple(item for item in self.declaration.association if not self.cannot_open(item))

    def cannot_open(self, association: AssociationDeclaration) -> str:
        """Return why this bench cannot open an association, or ""."""
        return why_not(association, self.secrets)

    def wrapper_link(self, transport: str = "tcp", *, bare: bool = False) -> Link | None:
        """Return a link to the meter's wrapper port: the main port, or a further one; None without.

        ``bare``: a connection of its own beside the one there may be, which nobody but its socket waits for.
        """
        said = self.declaration.communication
        if (said.framing, said.transport) == ("wrapper", transport):
            return self._link_to(self.entry.meter, self.entry.port, "", bare=True) if bare else self.link
        for entry in self.entry.further_ports:
            declared = said.port_named(entry.name)
            if declared is not None and (declared.framing, declared.transport) == ("wrapper", transport):
                return self._link_to(entry.meter, entry.port, entry.name, bare=bare)
        return None

    def _link_to(self, meter: str, port: str, name: str, *, bare: bool) -> Link:
        url, baud = parse_meter_url(meter), self.declaration.communication.baud
        if bare:
            return Link(lambda: SocketTransport(url.address, self.clock), self.clock, self._tap(name))
        return Link(
            lambda: open_transport(url, self.clock, port=port, baud=baud), self.clock, self._tap(name)
        )

    def _declared(self, name: str) -> AssociationDeclaration:
        association = self.association(name)
        if association is None:
            raise PlanError(f'Position "{self.name}": no association "{name}" is declared.')
        return association

    # -- tokens

    @property
    def vending(self) -> Vending:
        """The point of sale for this meter: its token file, else its key; raises PlanError without either."""
        if self._vending is None:
            sts = self.declaration.sts
            if sts is not None and self.entry.tokens is not None:
                self._vending = FiledVending(sts, load_token_file(self.entry.tokens), ledger=self.ledger)
                return self._vending
            key = self.find_secret(sts.vending_key) if sts is not None else None
            if sts is None or key is None:
                raise PlanError(f'Position "{self.name}": no vending key at hand.')
            self._vending = Vending(
                sts, key, lambda: self.clock.utc().replace(tzinfo=None), ledger=self.ledger
            )
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
