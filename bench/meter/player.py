"""The conformance player: sends octets exactly as a case wrote them and records what comes back, or that nothing does.

It decides nothing. A step waits until the meter gives the turn back (a frame with the final bit), or until the
declared response time-out. What comes later is kept with the step it follows.
"""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints
from bench.meter.link import Link
from bench.meter.liveness import Liveness
from bench.meter.opening import DirectOpening, Opening
from bench.protocols.hdlc import (
    LLC_COMMAND,
    Control,
    DecodedFrame,
    Frame,
    FrameKind,
    FrameReader,
    LinkParameters,
    agreed_parameters,
    decode_frame,
    i_control,
    parse_control,
    rr_control,
)

#: A step that brings more octets than this has no answer in it; a full window of the longest frames is less.
LONGEST_STEP = 1 << 14
#: A slow answer may take this many response time-outs, as long as octets keep coming.
SLOW_ANSWER = 3.0
#: Segments of one answer after which the meter is taken to have no end.
MOST_SEGMENTS = 512


class HdlcPlayer:
    """Plays a dialogue of raw frames on a link and keeps its steps."""

    def __init__(self, link: Link, ends: HdlcEndpoints, opening: Opening | None = None) -> None:
        self._link, self.ends = link, ends
        self._opening = opening or DirectOpening()
        self.steps: list[dict[str, Any]] = []
        self.before = Liveness()
        self.after = Liveness()
        self.send_number = 0
        self.receive_number = 0
        self.agreed = LinkParameters()

    # -- frames

    def frame(self, control: int, information: bytes = b"", *, segmented: bool = False) -> Frame:
        """Return a frame from the declared client to the declared server."""
        return Frame(
            destination=self.ends.server,
            source=self.ends.client,
            control=control,
            information=information,
            segmented=segmented,
        )

    def snrm(self, parameters: LinkParameters | None = None) -> Frame:
        """Return the SNRM with these link parameters, by default the declared ones."""
        return self.frame(Control.SNRM, (parameters or self.ends.proposed).to_bytes())

    def disc(self) -> Frame:
        """Return the DISC."""
        return self.frame(Control.DISC)

    # -- steps

    def play(self, name: str, octets: bytes, rule: str = "") -> bytes:
        """Send ``octets`` as step ``name`` and return all octets that came back (b"": silence).

        ``rule`` is the word under which the judge looks up what is due; by default the name.
        """
        started_s = self._link.clock.now()
        received, closed, late = b"", False, b""
        try:
            self._opening.ready()
            late = self._link.drain()
            self._link.send(octets)
            received = self._collect()
        except LinkError as error:
            received, closed = error.last_octets, True
            self._link.close()
        if late and self.steps:
            self.steps[-1]["late"] = late[:LONGEST_STEP].hex()
        if any(_kind(frame) is FrameKind.DISC for frame in self._decoded(octets)) and received:
            self._opening.ended()
        self._keep(name, rule, octets, received, closed=closed, started_s=started_s)
        return received

    def wait(self, name: str, duration_s: float, rule: str = "") -> None:
        """Let bench time pass as step ``name``."""
        started_s = self._link.clock.now()
        self._link.clock.sleep(duration_s)
        self._opening.ended()
        self._keep(name, rule, b"", b"", closed=False, started_s=started_s)

    def connect(self, name: str = "SNRM", parameters: LinkParameters | None = None) -> bool:
        """Play SNRM, and start numbers and limits anew; return whether UA came."""
        self.send_number = self.receive_number = 0
        frames = self._decoded(self.play(name, self.snrm(parameters).to_bytes(), "SNRM"))
        answer = next((frame for frame in frames if _kind(frame) is FrameKind.UA), None)
        if answer is None:
            return False
        self.agreed, _ = agreed_parameters(answer.information, parameters or self.ends.proposed)
        return True

    def message(self, name: str, apdu: bytes, *, size: int = 0, twice: bool = False) -> bytes | None:
        """Play a whole message in I-frames of ``size`` octets and fetch the whole answer.

        Return the answer's octets behind the LLC header, None when there is none. Rule of the frames that are
        due an answer's first or further segment: "request", "continue"; of segments due an RR: "segment".
        ``twice``: send each of them again, as a client does that has not heard the RR (rule "repeat").
        """
        octets = LLC_COMMAND + apdu
        size = size or self.agreed.max_info_receive
        pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
        answer: list[Frame] = []
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            control = i_control(self.send_number, self.receive_number)
            raw = self.frame(control, piece, segmented=not last).to_bytes()
            label = name if last else f"{name}, segment {index + 1} of {len(pieces)}"
            answer = self._decoded(self.play(label, raw, "request" if last else "segment"))
            self.send_number = (self.send_number + 1) % 8
            if not last and [_kind(frame) for frame in answer] != [FrameKind.RR]:
                return None
            if twice:
                self.play(f"{label}, repeated", raw, "repeat")
        return self._fetch(name, answer)

    def _fetch(self, name: str, answer: list[Frame]) -> bytes | None:
        information = b""
        for _ in range(MOST_SEGMENTS):
            segments = [frame for frame in answer if _kind(frame) is FrameKind.I]
            if not segments:
                return None
            for frame in segments:
                information += frame.information
                self.receive_number = (self.receive_number + 1) % 8
            if not segments[-1].segmented:
                return information[3:]
            raw = self.frame(rr_control(self.receive_number)).to_bytes()
            answer = self._decoded(self.play(f"{name}, RR", raw, "continue"))
        return None

    def observation(self) -> dict[str, Any]:
        """Return the dialogue as the data of an observation."""
        return {
            "steps": self.steps,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "response_time_out_s": self.ends.response_time_out_s,
            "client_address": self.ends.client.to_bytes().hex(),
            "server_address": self.ends.server.to_bytes().hex(),
        }

    # -- inside

    def _keep(
        self, name: str, rule: str, sent: bytes, received: bytes, *, closed: bool, started_s: float
    ) -> None:
        self.steps.append(
            {
                "name": name,
                "rule": rule or name,
                "sent": sent.hex(),
                "received": received.hex(),
                "late": "",
                "closed": closed,
                "duration_s": self._link.clock.now() - started_s,
            }
        )

    def _collect(self) -> bytes:
        """Receive until the meter gives the turn back; bounded in time and octets."""
        clock, time_out_s = self._link.clock, self.ends.response_time_out_s
        deadline_s = clock.now() + time_out_s
        last_s = clock.now() + SLOW_ANSWER * time_out_s
        reader, received = FrameReader(), b""
        while len(received) < LONGEST_STEP and clock.now() <= deadline_s:
            octets = self._link.receive(deadline_s)
            if not octets:
                break
            received += octets
            if any(_gives_turn_back(decode_frame(raw)) for raw in reader.feed(octets)):
                break
            deadline_s = min(last_s, clock.now() + time_out_s)
        return received[:LONGEST_STEP]

    @staticmethod
    def _decoded(octets: bytes) -> list[Frame]:
        decoded = [decode_frame(raw).frame for raw in FrameReader().feed(octets)]
        return [frame for frame in decoded if frame is not None]


def _gives_turn_back(decoded: DecodedFrame) -> bool:
    """A frame that cannot be read, or has no P/F bit to look for, ends the step as well."""
    return decoded.frame is None or bool(decoded.deviations) or parse_control(decoded.frame.control).poll


def _kind(frame: Frame) -> FrameKind:
    return parse_control(frame.control).kind
