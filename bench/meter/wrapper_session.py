"""The working client of the wrapper over TCP or UDP: one APDU there, one APDU back."""

from __future__ import annotations

from dataclasses import dataclass

from bench.clock import Clock
from bench.meter.link import Link
from bench.meter.session import LONGEST_ANSWER, Silence, Unexpected
from bench.protocols.deviation import violations
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper


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
        self.deviations: list[str] = []

    @property
    def clock(self) -> Clock:
        return self._link.clock

    def connect(self) -> None:
        """Open a new line; what belonged to the one before ends with it."""
        self._link.close()
        self._reader = WrapperReader()

    def disconnect(self) -> None:
        """Close the line."""
        self._link.close()

    def close(self) -> None:
        """Close the line."""
        self._link.close()

    def exchange(self, apdu: bytes) -> bytes:
        """Send one APDU and return the answer's."""
        self._link.send(WrapperFrame(self.ends.client, self.ends.server, apdu).to_bytes())
        return self.receive()

    def receive(self) -> bytes:
        """Return the next APDU for this client. Raises Silence, Unexpected or LinkError. Bounded."""
        deadline_s = self._link.clock.now() + self.ends.response_time_out_s
        seen, n_seen = b"", 0
        while True:
            octets = self._link.receive(deadline_s) if self._link.clock.now() <= deadline_s else b""
            n_seen += len(octets)
            seen = (seen + octets)[-64:]
            if not octets or n_seen > LONGEST_ANSWER:
                self._reader = WrapperReader()
                if n_seen:
                    raise Unexpected("The meter's answer is no wrapped APDU.", "garbage", last_octets=seen)
                raise Silence(f"The meter did not answer within {self.ends.response_time_out_s:g} s.")
            if self.ends.datagrams:
                self._reader = WrapperReader()
            for raw in self._reader.feed(octets):
                apdu = self._sound(raw)
                if apdu is not None:
                    return apdu

    def _sound(self, raw: bytes) -> bytes | None:
        decoded = decode_wrapper(raw)
        broken = violations(decoded.deviations)
        self.deviations.extend(str(deviation) for deviation in broken)
        frame = decoded.frame
        if frame is None or broken:
            return None
        ours = (frame.source, frame.destination) == (self.ends.server, self.ends.client)
        if not ours:
            self.deviations.append(f"the answer has wPorts {frame.source} and {frame.destination}")
        return frame.payload if ours else None
