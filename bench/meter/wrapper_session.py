"""The working client of the wrapper over TCP or UDP: one APDU there, one APDU back."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from bench.clock import Clock
from bench.errors import LinkError
from bench.meter.link import Link
from bench.meter.session import LONGEST_ANSWER, Silence, Unexpected
from bench.protocols.acse import Rlrq
from bench.protocols.deviation import violations
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper

#: An answer that has begun may take this many response time-outs more, as long as octets keep coming.
SLOW_ANSWER = 10.0
#: Version and both wPorts: what stands in front of the length.
HEADER_LENGTH_OF_ENDS = 6
_AARE, _RLRE = b"\x61", b"\x63"
_BEGIN_AND_END = (_AARE, _RLRE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapperEndpoints:
    """Who talks to whom by wPort, and how long the meter may take to answer."""

    client: int
    server: int
    response_time_out_s: float
    datagrams: bool = False


class WrapperSession:
    """APDUs under one pair of wPorts; ``deviations`` collects what the strict decoder found in the answers."""

    def __init__(self, link: Link, ends: WrapperEndpoints) -> None:
        self._link, self.ends = link, ends
        self._reader = WrapperReader()
        self._to_release = False
        self._head = WrapperFrame(ends.server, ends.client, b"").to_bytes()[:HEADER_LENGTH_OF_ENDS]
        self.deviations: list[str] = []
        self._silent = False
        """Whether the last request met silence: its answer may still come, and is nobody's."""

    @property
    def clock(self) -> Clock:
        return self._link.clock

    def connect(self) -> None:
        """Open a new line; what belonged to the one before ends with it."""
        self._link.close()
        self._silent = False
        self._reader = WrapperReader()
        self._to_release = False

    def disconnect(self) -> None:
        """Close the line. Datagrams know no line: what was associated over them is released first."""
        if self._to_release:
            self._to_release = False
            with contextlib.suppress(LinkError):
                self.exchange(Rlrq(reason=0).to_bytes())
        self._link.close()

    def close(self) -> None:
        """Close the line."""
        self._link.close()

    def exchange(self, apdu: bytes) -> bytes:
        """Send one APDU and return the answer's; one that came late to the request before is dropped first."""
        if self._silent:
            self._silent = False
            self._link.drain()
            self._reader = WrapperReader()
        self._link.send(WrapperFrame(self.ends.client, self.ends.server, apdu).to_bytes())
        answer = self.receive()
        if self.ends.datagrams and answer[:1] in _BEGIN_AND_END:
            self._to_release = answer[:1] == _AARE
        return answer

    def receive(self) -> bytes:
        """Return the next APDU for this client. Raises Silence, Unexpected or LinkError. Bounded."""
        now, time_out_s = self._link.clock.now, self.ends.response_time_out_s
        deadline_s = now() + time_out_s
        last_s = deadline_s + SLOW_ANSWER * time_out_s
        octets = self._link.receive(deadline_s)
        seen, n_seen = b"", 0
        while True:
            n_seen += len(octets)
            seen = (seen + octets)[-64:]
            if not octets or n_seen > LONGEST_ANSWER:
                self._reader = WrapperReader()
                if n_seen:
                    raise Unexpected("The meter's answer is no wrapped APDU.", "garbage", last_octets=seen)
                self._silent = True
                raise Silence(f"The meter did not answer within {time_out_s:g} s.")
            if self.ends.datagrams:
                self._reader = WrapperReader()
            for raw in self._reader.feed(octets):
                apdu = self._sound(raw)
                if apdu is not None:
                    return apdu
            if self._reader.pending.startswith(self._head):
                deadline_s = min(last_s, now() + time_out_s)  # an answer has begun, and is slow
            octets = self._link.receive(deadline_s) if now() <= deadline_s else b""

    def _sound(self, raw: bytes) -> bytes | None:
        decoded = decode_wrapper(raw)
        frame = decoded.frame
        if decoded.deviations:
            broken = violations(decoded.deviations)
            self.deviations.extend(map(str, broken))
            if broken:
                return None
        if frame is None:
            return None
        if frame.source == self.ends.server and frame.destination == self.ends.client:
            return frame.payload
        self.deviations.append(f"the answer has wPorts {frame.source} and {frame.destination}")
        return None
