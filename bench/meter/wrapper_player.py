"""The conformance player of the wrapper: octets as a case wrote them, on a connection of their own or one held open."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from bench.errors import LinkError
from bench.meter.link import Link
from bench.meter.liveness import PATIENCE_S, Liveness, prove_alive
from bench.meter.wrapper_session import SLOW_ANSWER, WrapperEndpoints
from bench.protocols.wrapper import HEADER_LENGTH, WrapperFrame, WrapperReader

LONGEST_STEP = 1 << 16
RLRE = b"\x63"
#: After a whole answer, how long another one is waited for that is not due.
GRACE_S = 0.25


class WrapperPlayer:
    """Plays raw octets on a connection and keeps what came back. It decides nothing."""

    def __init__(self, link: Link, ends: WrapperEndpoints) -> None:
        self._link, self.ends = link, ends
        self.steps: list[dict[str, Any]] = []

    def message(self, apdu: bytes, *, client: int | None = None, server: int | None = None) -> WrapperFrame:
        """Return a wrapped APDU, by default between the declared ends."""
        return WrapperFrame(
            self.ends.client if client is None else client,
            self.ends.server if server is None else server,
            apdu,
        )

    def play(
        self,
        name: str,
        parts: Sequence[bytes],
        rule: str,
        *,
        gap_s: float = 0.0,
        patience_s: float | None = None,
        same_line: bool = False,
        link: Link | None = None,
        client: int | None = None,
    ) -> bytes:
        """Send ``parts`` with gaps on a new connection (or the one there is) and return what comes back.

        ``link``: another connection than the player's own. ``client``: the wPort an answer is due to.
        """
        line = link or self._link
        clock = line.clock
        received, closed = b"", False
        try:
            if not same_line:
                line.close()
            for index, part in enumerate(parts):
                if index:
                    clock.sleep(gap_s)
                line.send(part)
            received = self._collect(
                line, self.ends.response_time_out_s if patience_s is None else patience_s
            )
        except LinkError as error:
            received += error.last_octets
            closed = True
            with contextlib.suppress(LinkError):
                line.close()
        self.steps.append(
            {
                "name": name,
                "rule": rule,
                "sent": b"".join(parts).hex(),
                "received": received.hex(),
                "closed": closed,
                "client": self.ends.client if client is None else client,
                "server": self.ends.server,
            }
        )
        return received

    def _collect(self, line: Link, patience_s: float) -> bytes:
        """Receive until the line is quiet; a whole answer shortens the wait. Bounded in time and octets.

        An answer that has begun may go on as long as a session would wait for it.
        """
        clock, time_out_s = line.clock, self.ends.response_time_out_s
        deadline_s = clock.now() + patience_s
        last_s = deadline_s + SLOW_ANSWER * time_out_s
        reader, received = WrapperReader(), b""
        while len(received) < LONGEST_STEP and clock.now() < deadline_s:
            try:
                octets = line.receive(deadline_s)
            except LinkError as error:
                error.last_octets = received + error.last_octets
                raise
            if not octets:
                break
            received += octets
            whole = reader.feed(octets)
            if reader.pending:
                deadline_s = max(deadline_s, min(last_s, clock.now() + time_out_s))
            elif whole:
                deadline_s = clock.now() + min(patience_s, GRACE_S)
        return received

    def hang_up(self) -> None:
        """End the connection there may be."""
        self._link.close()

    def released(self, rlrq: bytes) -> bool:
        """Tell whether an RLRQ on the line there is ends what is associated; outside the steps."""
        kept = list(self.steps)
        answer = self.play("release", [self.message(rlrq).to_bytes()], "released", same_line=True)
        self.steps = kept
        return answer[HEADER_LENGTH : HEADER_LENGTH + 1] == RLRE

    def prove_alive(self, apdu: bytes, *, patience_s: float = PATIENCE_S) -> Liveness:
        """Send a good message until it is answered or patience ends; outside the steps."""
        close = self._link.close
        return prove_alive(self._link.clock, lambda: self.answers(apdu), close, patience_s=patience_s)

    def answers(self, apdu: bytes) -> bool:
        """Tell whether a good message is answered on a new connection; outside the steps.

        Octets that do not begin as a wrapped message of this meter does are no sign of life.
        """
        kept = list(self.steps)
        message = self.message(apdu).to_bytes()
        answer = self.play("proof of life", [message], "answered")
        self.steps = kept
        swapped = message[:2] + message[4:6] + message[2:4]
        return answer[: len(swapped)] == swapped
