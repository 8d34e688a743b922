"""The conformance player of the mode E sign-on: characters and frames at any rate, as a case wrote them."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints
from bench.meter.link import Link
from bench.meter.opening import REACTION_S, read_line, send_line
from bench.protocols.hdlc import Control, Frame, FrameReader
from bench.protocols.mode_e import SignOnRequest
from bench.record.declaration import CommunicationDeclaration

#: By then every port is back at 300 Bd: after a connection that ended, after a sign-on that was left.
BACK_S = 4.0
LONGEST_STEP = 1 << 12


class SignOnPlayer:
    """Plays the parts of a sign-on and keeps what came back. It decides nothing."""

    def __init__(self, link: Link, ends: HdlcEndpoints, said: CommunicationDeclaration) -> None:
        self._link, self._ends, self._said = link, ends, said
        self.steps: list[dict[str, Any]] = []

    @property
    def sign_on_baud(self) -> int:
        """The rate at which a sign-on begins."""
        return self._said.sign_on_baud

    def request(self, address: str | None = None) -> bytes:
        """Return the request message, by default to the declared address."""
        return SignOnRequest(address=self._said.mode_e_address if address is None else address).to_bytes()

    def rest(self) -> None:
        """Wait until the port is where sign-ons begin."""
        self._link.clock.sleep(BACK_S)

    def say(self, name: str, message: bytes, rule: str = "") -> bytes:
        """Send characters at the rate of the sign-on, 7E1, and keep the line that comes back."""
        received = b""
        try:
            self._link.set_rate(self.sign_on_baud, seven_bits=True)
            send_line(self._link, message, self.sign_on_baud)
            received = read_line(self._link, self._link.clock.now() + REACTION_S)
        except LinkError as error:
            received = error.last_octets
            self._link.close()
        self._keep(name, rule, message, received, self.sign_on_baud)
        return received

    def frame(self, name: str, control: Control, baud: int, rule: str = "") -> bytes:
        """Send a frame without information at ``baud``, 8N1, and keep the frame that comes back."""
        sent = Frame(self._ends.server, self._ends.client, control).to_bytes()
        received = b""
        clock = self._link.clock
        try:
            self._link.set_rate(baud)
            self._link.drain()
            self._link.send(sent)
            deadline_s = clock.now() + self._ends.response_time_out_s
            reader = FrameReader()
            while len(received) < LONGEST_STEP and clock.now() <= deadline_s:
                octets = self._link.receive(deadline_s)
                if not octets:
                    break
                received += octets
                if reader.feed(octets):
                    break
        except LinkError as error:
            received += error.last_octets
            self._link.close()
        self._keep(name, rule, sent, received, baud)
        return received

    def _keep(self, name: str, rule: str, sent: bytes, received: bytes, baud: int) -> None:
        self.steps.append(
            {
                "name": name,
                "rule": rule or name,
                "baud": baud,
                "sent": sent.hex(),
                "received": received.hex(),
                "client_address": self._ends.client.to_bytes().hex(),
            }
        )
