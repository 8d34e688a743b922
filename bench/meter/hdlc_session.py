"""The working HDLC client: connects, carries APDUs, disconnects. It notes what the meter does wrong, and goes on.

What is wrong with a frame that its check sequence still proves, is noted and borne, so that the layers above can
be judged for themselves. A request that meets silence is asked after by RR, and sent again, once, where the meter
says that it never took it. For conformance cases, which build every field by hand, see ``player``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.clock import Clock
from bench.meter.link import Link
from bench.meter.opening import DirectOpening, Opening
from bench.meter.session import LONGEST_ANSWER, Silence, Unexpected
from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    LLC_COMMAND,
    LLC_RESPONSE,
    Address,
    Control,
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

#: Violations that spoil nothing as long as the frame check sequence is right.
BEARABLE = frozenset({"hdlc.length", "hdlc.hcs", "hdlc.empty-information", "hdlc.segmented-not-information"})
#: A frame that has begun within the time-out may take so many of them, as long as octets keep coming.
SLOW_FRAME = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HdlcEndpoints:
    """Who talks to whom, and how long the meter may take to answer."""

    client: Address
    server: Address
    response_time_out_s: float
    proposed: LinkParameters


@dataclass(slots=True, kw_only=True)
class _State:
    send: int = 0
    receive: int = 0
    negotiated: LinkParameters = field(default_factory=LinkParameters)


class HdlcSession:
    """One HDLC connection; ``deviations`` collects what the strict decoder found in the meter's frames."""

    def __init__(self, link: Link, ends: HdlcEndpoints, opening: Opening | None = None) -> None:
        self._link, self._ends = link, ends
        self._opening = opening or DirectOpening()
        self._reader = FrameReader()
        self._state = _State()
        self._waiting: list[bytes] = []
        self.deviations: list[str] = []
        self._meter_seen = False
        #: How often a frame had to be sent again because the meter had not taken it.
        self.resent = 0

    @property
    def clock(self) -> Clock:
        return self._link.clock

    @property
    def negotiated(self) -> LinkParameters:
        return self._state.negotiated

    def connect(self, *, again: bool = True) -> LinkParameters:
        """Send SNRM, ``again`` once more at silence, and take the UA. Raises LinkError if none comes."""
        self._state = _State()
        self._waiting.clear()
        snrm = self._frame(Control.SNRM, self._ends.proposed.to_bytes())
        self._opening.ready()
        self._send(snrm)
        answer = self._receive_or_none()
        if answer is None:
            self._opening.ended()
        if answer is None and again:
            self.resent += 1
            self._opening.ready()
            self._send(snrm)
            answer = self._receive_or_none()
        if answer is None:
            raise self._silence()
        if parse_control(answer.control).kind is not FrameKind.UA:
            raise Unexpected(
                "The meter did not answer SNRM with UA.", _word(answer), last_octets=answer.to_bytes()
            )
        parameters, deviations = agreed_parameters(answer.information, self._ends.proposed)
        self.deviations.extend(str(deviation) for deviation in violations(deviations))
        self._state.negotiated = parameters
        return parameters

    def disconnect(self) -> None:
        """Send DISC and take UA or DM; a meter that is silent here is already disconnected."""
        if not self._opening.is_open:
            return
        self._send(self._frame(Control.DISC))
        self._receive_or_none()
        self._opening.ended()

    def close(self) -> None:
        """Close the link; the next frame opens it anew."""
        self._link.close()
        self._reader = FrameReader()
        self._waiting.clear()

    def exchange(self, apdu: bytes) -> bytes:
        """Send one APDU, segmented as negotiated, and return the answer's APDU without its LLC header."""
        octets = LLC_COMMAND + apdu
        size = self._state.negotiated.max_info_receive
        pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
        answer: Frame | None = None
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            control = i_control(self._state.send, self._state.receive, poll=True)
            answer = self._ask_surely(self._frame(control, piece, segmented=not last))
            self._state.send = (self._state.send + 1) % 8
            if not last and parse_control(answer.control).kind is not FrameKind.RR:
                raise Unexpected(
                    "The meter did not acknowledge a segment with RR.",
                    _word(answer),
                    last_octets=answer.to_bytes(),
                )
        return self._collect(answer)

    def _collect(self, answer: Frame | None) -> bytes:
        information = b""
        while answer is not None:
            control = parse_control(answer.control)
            if control.kind is FrameKind.RR and information:
                self.deviations.append("the segmentation bit stands in the last segment of an answer")
                break
            if control.kind is FrameKind.RR and control.nr != self._state.send:
                raise Unexpected(
                    f"The meter wants N(S)={control.nr}, {self._state.send - 1 & 7} was due and sent.",
                    "frame not taken",
                    last_octets=answer.to_bytes(),
                )
            if control.kind is not FrameKind.I:
                raise Unexpected(
                    f"The meter answered with {control.kind.name} instead of an I-frame.",
                    control.kind.name,
                    last_octets=answer.to_bytes(),
                )
            if control.ns != self._state.receive:
                raise Unexpected(
                    f"The meter sent N(S)={control.ns}, {self._state.receive} was due.",
                    "I out of sequence",
                    last_octets=answer.to_bytes(),
                )
            self._state.receive = (self._state.receive + 1) % 8
            information += answer.information
            if len(information) > LONGEST_ANSWER:
                raise Unexpected("The meter's answer has no end.", "endless answer")
            if not answer.segmented:
                break
            following = None if control.poll else self._receive_or_none()
            if following is None:
                following = self._ask(self._frame(rr_control(self._state.receive, poll=True)))
            answer = following
        if information[:3] != LLC_RESPONSE:
            raise Unexpected(
                "The answer lacks the LLC header E6 E7 00.", "no LLC header", last_octets=information[:64]
            )
        return information[3:]

    def _frame(self, control: int, information: bytes = b"", *, segmented: bool = False) -> Frame:
        return Frame(
            destination=self._ends.server,
            source=self._ends.client,
            control=control,
            information=information,
            segmented=segmented,
        )

    def _ask(self, frame: Frame) -> Frame:
        self._send(frame)
        return self._receive()

    def _ask_surely(self, frame: Frame) -> Frame:
        """Send an I-frame; at silence find out by RR whether the meter took it, and send it again if it did not.

        Raises Silence where it was taken and not answered in time, Unexpected where it is never taken.
        """
        self._send(frame)
        answer = self._receive_or_none()
        if answer is not None:
            return answer
        state = self._state
        self._send(self._frame(rr_control(state.receive, poll=True)))
        answer = self._receive()
        control = parse_control(answer.control)
        if control.kind is FrameKind.I and control.ns == state.receive:
            state.send, state.receive = (state.send + 1) % 8, (state.receive + 1) % 8
            raise Silence("The meter answered only after the time-out.")
        if control.kind is not FrameKind.RR:
            return answer
        if control.nr != state.send:
            state.send = (state.send + 1) % 8
            raise Silence(
                f"The meter took the request and did not answer within {self._ends.response_time_out_s:g} s."
            )
        self.resent += 1
        self._send(frame)
        answer = self._receive_or_none()
        if answer is None:
            raise Unexpected("The meter does not take a frame that follows every rule.", "frame not taken")
        return answer

    def _send(self, frame: Frame) -> None:
        self._link.send(frame.to_bytes())

    def _receive(self) -> Frame:
        frame = self._receive_or_none()
        if frame is None:
            raise self._silence()
        return frame

    def _silence(self) -> Silence:
        return Silence(
            f"The meter did not answer within {self._ends.response_time_out_s:g} s.",
            remedy="Check address, baud rate and that the meter is powered.",
        )

    def _receive_or_none(self) -> Frame | None:
        """Return the next sound frame for this client; None for silence. Bounded in time and octets."""
        now, time_out_s = self._link.clock.now, self._ends.response_time_out_s
        deadline_s = now() + time_out_s
        last_s = now() + SLOW_FRAME * time_out_s
        seen, n_seen = b"", 0
        self._meter_seen = False
        while True:
            while self._waiting:
                frame = self._sound(self._waiting.pop(0))
                if frame is not None:
                    return frame
            octets = self._link.receive(deadline_s) if now() <= deadline_s else b""
            n_seen += len(octets)
            if not octets or n_seen > LONGEST_ANSWER:
                frame = self._salvaged()
                if frame is not None:
                    return frame
                if n_seen:
                    raise Unexpected(
                        "The meter's answer is not an HDLC frame for this client.",
                        "broken frame" if self._meter_seen else "garbage",
                        last_octets=seen,
                    )
                return None
            seen = (seen + octets)[-64:]
            self._waiting.extend(self._reader.feed(octets))
            if len(self._reader.pending) > 1:
                deadline_s = min(last_s, now() + time_out_s)  # a frame has begun: the line may be slow

    def _salvaged(self) -> Frame | None:
        """Return the frame that stands between flags, though its length says that more is to come."""
        raw = self._reader.reset()
        self._reader = FrameReader()
        return self._sound(raw) if len(raw) > 1 else None

    def _sound(self, raw: bytes) -> Frame | None:
        decoded = decode_frame(raw)
        broken = violations(decoded.deviations)
        self.deviations.extend(str(deviation) for deviation in broken)
        frame = decoded.frame
        if frame is not None and (frame.source == self._ends.server or not broken):
            # sound, and to this client, from an address that nobody called: a meter that gives a wrong one
            to_us = frame.source == self._ends.server or frame.destination == self._ends.client
            self._meter_seen = self._meter_seen or to_us
        if frame is None or any(deviation.rule not in BEARABLE for deviation in broken):
            return None
        ours = frame.destination == self._ends.client and frame.source == self._ends.server
        return frame if ours else None


def _word(frame: Frame) -> str:
    return parse_control(frame.control).kind.name
