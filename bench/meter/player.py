"""The conformance player: sends octets exactly as a case wrote them and records what comes back, or that nothing does.

It decides nothing. A step waits until one whole frame has come, or until the declared response time-out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.link import Link
from bench.protocols.hdlc import Control, Frame, FrameKind, FrameReader, decode_frame, parse_control


class HdlcPlayer:
    """Plays a dialogue of raw frames on a link and keeps its steps."""

    def __init__(self, link: Link, ends: HdlcEndpoints) -> None:
        self._link, self.ends = link, ends
        self.steps: list[dict[str, Any]] = []
        self.alive_before = False
        self.alive_after = False

    def frame(self, control: int, information: bytes = b"", *, segmented: bool = False) -> Frame:
        """Return a frame from the declared client to the declared server."""
        return Frame(
            destination=self.ends.server,
            source=self.ends.client,
            control=control,
            information=information,
            segmented=segmented,
        )

    def snrm(self) -> Frame:
        """Return the SNRM with the declared link parameters."""
        return self.frame(Control.SNRM, self.ends.proposed.to_bytes())

    def disc(self) -> Frame:
        """Return the DISC."""
        return self.frame(Control.DISC)

    def play(self, name: str, octets: bytes) -> bytes:
        """Send ``octets`` as step ``name`` and return all octets that came back (b"": silence)."""
        started_s = self._link.clock.now()
        received, closed = b"", False
        try:
            self._link.send(octets)
            received = self._collect()
        except LinkError as error:
            received, closed = error.last_octets, True
            self._link.close()
        self.steps.append(
            {
                "name": name,
                "sent": octets.hex(),
                "received": received.hex(),
                "closed": closed,
                "duration_s": self._link.clock.now() - started_s,
            }
        )
        return received

    def prove_alive(self) -> bool:
        """Connect and disconnect once, outside the steps; return whether the meter answered SNRM with UA."""
        try:
            self._link.send(self.snrm().to_bytes())
            answer = self._collect()
            alive = any(
                decoded.frame is not None and parse_control(decoded.frame.control).kind is FrameKind.UA
                for decoded in map(decode_frame, FrameReader().feed(answer))
            )
            self._link.send(self.disc().to_bytes())
            self._collect()
        except LinkError:
            self._link.close()
            return False
        return alive

    def observation(self) -> dict[str, Any]:
        """Return the dialogue as the data of an observation."""
        return {
            "steps": self.steps,
            "alive_before": self.alive_before,
            "alive_after": self.alive_after,
            "response_time_out_s": self.ends.response_time_out_s,
            "client_address": self.ends.client.to_bytes().hex(),
            "server_address": self.ends.server.to_bytes().hex(),
        }

    def _collect(self) -> bytes:
        deadline_s = self._link.clock.now() + self.ends.response_time_out_s
        reader, received = FrameReader(), b""
        while True:
            octets = self._link.receive(deadline_s)
            if not octets:
                return received
            received += octets
            if reader.feed(octets):
                return received


class ApduPlayer:
    """Plays APDUs, as octets, each on an HDLC connection that works; keeps what came back, or that nothing did."""

    def __init__(self, session: HdlcSession, hidden: Sequence[bytes] = ()) -> None:
        """``hidden``: secrets, which stand as zeros in the steps; the judges of these steps do not need them."""
        self._session, self._hidden = session, sorted(hidden, key=len, reverse=True)
        self.steps: list[dict[str, Any]] = []

    def connect(self) -> None:
        """Start a new HDLC connection: every subtest begins without association."""
        self._session.disconnect()
        self._session.connect()

    def play(self, name: str, apdu: bytes) -> bytes | None:
        """Send ``apdu`` as step ``name``; return the answer's octets, None for silence or a broken link."""
        try:
            answer, trouble = self._session.exchange(apdu), ""
        except LinkError as error:
            answer, trouble = None, error.message
        self.steps.append(
            {
                "name": name,
                "sent": _without(apdu, self._hidden).hex(),
                "received": answer.hex() if answer is not None else None,
                "trouble": trouble,
            }
        )
        return answer

    def finish(self) -> None:
        """Disconnect; a link that is gone is found out by the next proof of life."""
        with contextlib.suppress(LinkError):
            self._session.disconnect()


def _without(octets: bytes, hidden: Sequence[bytes]) -> bytes:
    for secret in hidden:
        octets = octets.replace(secret, bytes(len(secret)))
    return octets
