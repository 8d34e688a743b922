"""The conformance player of the wrapper over TCP: octets as a case wrote them, each step on a connection of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from bench.errors import LinkError
from bench.meter.link import Link
from bench.meter.wrapper_session import WrapperEndpoints
from bench.protocols.wrapper import WrapperFrame

LONGEST_STEP = 1 << 16


class WrapperPlayer:
    """Plays raw octets on a TCP connection and keeps what came back. It decides nothing."""

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
    ) -> bytes:
        """Send ``parts`` with gaps on a new connection (or the one there is) and return what comes back."""
        clock = self._link.clock
        received, closed = b"", False
        try:
            if not same_line:
                self._link.close()
            for index, part in enumerate(parts):
                if index:
                    clock.sleep(gap_s)
                self._link.send(part)
            deadline_s = clock.now() + (self.ends.response_time_out_s if patience_s is None else patience_s)
            while len(received) < LONGEST_STEP and clock.now() < deadline_s:
                octets = self._link.receive(deadline_s)
                if not octets:
                    break
                received += octets
        except LinkError as error:
            received += error.last_octets
            closed = True
            with contextlib.suppress(LinkError):
                self._link.close()
        self.steps.append(
            {
                "name": name,
                "rule": rule,
                "sent": b"".join(parts).hex(),
                "received": received.hex(),
                "closed": closed,
                "client": self.ends.client,
                "server": self.ends.server,
            }
        )
        return received

    def answers(self, apdu: bytes) -> bool:
        """Tell whether a good message is answered on a new connection; outside the steps."""
        kept = list(self.steps)
        answered = bool(self.play("proof of life", [self.message(apdu).to_bytes()], "answered"))
        self.steps = kept
        return answered
