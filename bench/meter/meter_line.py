"""One meter's line as declared: who talks to whom, over HDLC or the wrapper, and the proofs that it is alive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.errors import LinkError
from bench.meter.apdu_player import ApduPlayer
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.link import Link
from bench.meter.liveness import PATIENCE_S, Liveness, prove_alive
from bench.meter.opening import DirectOpening, ModeEOpening, Opening
from bench.meter.player import HdlcPlayer
from bench.meter.session import Session, Silence, Unexpected
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.acse import Aarq
from bench.protocols.hdlc import Address, LinkParameters
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.record.declaration import AssociationDeclaration, Declaration

#: No proposal of an association is simpler: a wrapped meter that answers it, however, is alive.
PLAIN_REQUEST = Aarq(user_information=InitiateRequest(conformance=Conformance.GET).to_bytes()).to_bytes()


class MeterLine:
    """Everything that speaks to one meter over one link."""

    def __init__(self, declaration: Declaration, link: Link) -> None:
        self.declaration, self.link = declaration, link
        said = declaration.communication
        self.opening: Opening = ModeEOpening(link, said) if said.framing == "mode-e" else DirectOpening()
        self.was_alive = False
        """Whether the meter has answered in this run."""
        self._given_up = False
        self._heard = ""

    @property
    def is_hdlc(self) -> bool:
        """Whether the link carries HDLC frames (also after a mode E sign-on)."""
        return self.declaration.communication.framing != "wrapper"

    def ends(self, association: AssociationDeclaration, device: int | None = None) -> HdlcEndpoints:
        """Return addresses, link parameters and time-out; ``device`` is the SAP of another logical device."""
        said = self.declaration.communication
        lower = None if said.address_length == 1 else said.server_lower
        return HdlcEndpoints(
            client=Address(association.client_sap),
            server=Address(said.server_upper if device is None else device, lower, said.address_length),
            response_time_out_s=said.response_time_out_s,
            proposed=LinkParameters(
                max_info_transmit=said.max_info_transmit,
                max_info_receive=said.max_info_receive,
                window_transmit=1,
                window_receive=1,
            ),
        )

    def session(self, association: AssociationDeclaration, device: int | None = None) -> Session:
        """Return a session under a declared association's addresses, with the declared logical device or another."""
        if self.is_hdlc:
            return HdlcSession(self.link, self.ends(association, device), self.opening)
        said = self.declaration.communication
        ends = WrapperEndpoints(
            client=association.client_sap,
            server=said.server_sap if device is None else device,
            response_time_out_s=said.response_time_out_s,
            datagrams=said.transport == "udp",
        )
        return WrapperSession(self.link, ends)

    @contextmanager
    def frames(self, association: AssociationDeclaration) -> Iterator[HdlcPlayer]:
        """Play raw frames between two proofs that the meter is alive. Raises LinkError for a dead one."""
        player = HdlcPlayer(self.link, self.ends(association), self.opening)
        player.before = self._alive_or_error(association)
        try:
            yield player
        finally:
            player.after = self.prove_alive(association)

    @contextmanager
    def apdus(
        self, association: AssociationDeclaration, hidden: Sequence[bytes] = ()
    ) -> Iterator[ApduPlayer]:
        """Play APDUs between two proofs that the meter is alive. Raises LinkError for a dead one."""
        player = ApduPlayer(self.session(association), hidden)
        player.before = self._alive_or_error(association)
        try:
            yield player
        finally:
            player.after = self.prove_alive(association)

    def prove_alive(self, association: AssociationDeclaration) -> Liveness:
        """Call the meter until it answers; a meter given up before is called only briefly."""
        session = self.session(association)
        patience_s = 0.0 if self._given_up else PATIENCE_S
        found = prove_alive(
            session.clock, lambda: self._answers(session), session.close, patience_s=patience_s
        )
        self._given_up = not found.alive
        self.was_alive = self.was_alive or found.alive
        return found

    def _alive_or_error(self, association: AssociationDeclaration) -> Liveness:
        found = self.prove_alive(association)
        if not found.alive:
            raise LinkError(
                f"The meter did not answer before the case began{self._heard}.",
                remedy="Check power, wiring, address and baud rate: meterbench doctor --meter URL.",
            )
        return found

    def _answers(self, session: Session) -> bool:
        """Connect and disconnect once. A frame of the meter's is a sign of life; its faults are for the cases to judge.

        Octets that are nobody's frame are no meter: a wrong baud rate, or another device.
        """
        self._heard = ""
        try:
            if isinstance(session, HdlcSession):
                session.connect(again=False)
            else:
                session.connect()
                session.exchange(PLAIN_REQUEST)
        except Silence:
            return False
        except Unexpected as came:
            if came.answer == "garbage":
                self._heard = "; what came is not readable"
            return came.answer != "garbage"
        except LinkError as trouble:
            self._heard = f": {trouble.message.rstrip('.')}"
            raise
        with contextlib.suppress(Silence, Unexpected):
            session.disconnect()
        return True
