"""Defects of layer HD: HDLC."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.protocols.hdlc import (
    LLC_RESPONSE,
    Address,
    DecodedFrame,
    Frame,
    FrameKind,
    FrameReader,
    LinkParameters,
)
from reference_meter.blueprint import Blueprint
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.hdlc_link import HdlcLink
from reference_meter.dlms.hdlc_session import HdlcSession, Segment
from reference_meter.dlms.sign_on import SignOn
from reference_meter.products.configurations import with_framing

_FLAG = 0x7E
_NEVER_S = 1e9
_EVERYTHING = LinkParameters(
    max_info_transmit=2030, max_info_receive=2030, window_transmit=7, window_receive=7
)


class FcsIgnored(HdlcLink):
    """Act on frames whose frame check sequence is wrong."""

    def acceptable(self, decoded: DecodedFrame) -> bool:
        others = tuple(found for found in decoded.deviations if found.rule != "hdlc.fcs")
        return super().acceptable(replace(decoded, deviations=others))


class RepetitionExecuted(HdlcLink):
    """Take the information of a repeated I-frame again and send what comes of it under the old number."""

    def repeated(self, session: HdlcSession, frame: Frame) -> None:
        if frame.segmented or not session.unacknowledged:
            super().repeated(session, frame)
            return
        answer = self.message_received(session, frame.information, overflow=False)
        if answer is not None:
            session.send_number = session.unacknowledged[0].number
            session.unacknowledged.clear()
            session.enqueue(LLC_RESPONSE + answer, self.segment_length(session))
        if frame.control_field.poll:
            self.reply(session)


class ForgetsToWrap(HdlcLink):
    """Count 0 to 7, and then 1 to 7 for ever."""

    def next_number(self, number: int) -> int:
        return number + 1 if number < 7 else 1


class TooLongInformation(HdlcLink):
    """Send segments of twice the length that was agreed."""

    def segment_length(self, session: HdlcSession) -> int:
        return 2 * super().segment_length(session)


class SegmentationBitStays(HdlcLink):
    """Leave the segmentation bit set on the last segment of a message."""

    _in_message = False

    def segment_frame(self, session: HdlcSession, segment: Segment, *, final: bool) -> Frame:
        frame = super().segment_frame(session, segment, final=final)
        last_of_many = self._in_message and not segment.segmented
        self._in_message = segment.segmented
        return replace(frame, segmented=True) if last_of_many else frame


class NeverIdle(HdlcLink):
    """Keep a silent client for ever."""

    def inactivity_time_out_s(self) -> float:
        return 0.0


class LargerThanProposed(HdlcLink):
    """Answer SNRM with what the meter could do, whatever the client proposes."""

    def negotiate(self, proposed: LinkParameters) -> LinkParameters:  # noqa: ARG002
        return super().negotiate(_EVERYTHING)


class EveryAddress(HdlcLink):
    """Answer frames for any address."""

    def addressed(self, destination: Address) -> bool:  # noqa: ARG002
        return True


class InformationWithoutConnection(HdlcLink):
    """Take an I-frame without a connection for the beginning of one."""

    def not_connected(self, frame: Frame, client: Address, server: Address) -> None:
        if frame.control_field.kind is not FrameKind.I:
            super().not_connected(frame, client, server)
            return
        self.session = HdlcSession(client=client, server=server, limits=self.negotiate(LinkParameters()))
        self.information(self.session, frame)


class LengthCountsOneTooMany(HdlcLink):
    """Write a frame length that is one too large."""

    def to_octets(self, frame: Frame) -> bytes:
        return frame.to_bytes(length=len(frame.to_bytes()) - 1)


class PartialFrameStays(HdlcLink):
    """Wait for the rest of a frame for ever."""

    def inter_octet_time_out_s(self) -> float:
        return _NEVER_S


class FlagReader(FrameReader):
    """Cut at every flag, whatever the length says."""

    def feed(self, octets: bytes) -> list[bytes]:
        self._buffer += octets
        frames: list[bytes] = []
        while True:
            start = self._buffer.find(_FLAG)
            end = self._buffer.find(_FLAG, start + 1)
            if start < 0 or end < 0:
                return frames
            if end > start + 1:
                frames.append(bytes(self._buffer[start : end + 1]))
            del self._buffer[:end]


class FlagEndsFrame(HdlcLink):
    """Take every 7E for the end of a frame."""

    def new_reader(self) -> FrameReader:
        return FlagReader()


class OwnFlagReader(FrameReader):
    """Want a flag of its own in front of each frame: what follows a shared one is lost."""

    def feed(self, octets: bytes) -> list[bytes]:
        frames: list[bytes] = []
        self._buffer += octets
        while (frame := self._next()) is not None:
            frames.append(frame)
            del self._buffer[:1]
            rest = self._buffer.find(_FLAG)
            if self._buffer[:1] != bytes([_FLAG]):
                del self._buffer[: len(self._buffer) if rest < 0 else rest + 1]
        return frames


class SharedFlagLost(HdlcLink):
    """Receive a frame only behind a flag that closed no other frame."""

    def new_reader(self) -> FrameReader:
        return OwnFlagReader()


class OldRateAfterSignOn(SignOn):
    """Go on at the rate of the sign-on after the acknowledgement."""

    def switch_rate(self, baud: int) -> None:
        """Leave the rate as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnDefect:
    """A defect of the mode E sign-on: the optical port of the meter opens by it, and its declaration says so."""

    id: str
    title: str
    mixin: type[SignOn]

    def apply(self, blueprint: Blueprint) -> None:
        """Order the port with mode E and put the mixin before the slot's class."""
        if blueprint.product.communication.framing == "hdlc":
            blueprint.product = with_framing("mode-e")(blueprint.product)
        blueprint.override("sign_on", self.mixin)


def _defect(defect_id: str, title: str, mixin: type[HdlcLink]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="hdlc_link", mixin=mixin)


DEFECTS = (
    _defect("HD-01", "Frames with wrong FCS are processed", FcsIgnored),
    _defect("HD-03", "Repeated I-frame (same N(S)) executed again", RepetitionExecuted),
    _defect("HD-04", "N(S)/N(R) wrap fails at modulo 8", ForgetsToWrap),
    _defect("HD-05", "Information field longer than negotiated", TooLongInformation),
    _defect("HD-07", "Segmentation bit left set on the last segment", SegmentationBitStays),
    _defect("HD-09", "No inactivity time-out", NeverIdle),
    _defect("HD-11", "UA returns larger parameters than the SNRM proposed", LargerThanProposed),
    _defect("HD-12", "No address filter", EveryAddress),
    _defect("HD-14", "I-frame accepted in NDM (no DM)", InformationWithoutConnection),
    _defect("HD-16", "Frame length counts one octet too many", LengthCountsOneTooMany),
    _defect("HD-17", "Partial frame never times out (inter-octet)", PartialFrameStays),
    SignOnDefect(id="HD-18", title="Mode E hand-over wrong: data at the old rate", mixin=OldRateAfterSignOn),
    _defect("HD-20", "7E inside payload or FCS ends the frame", FlagEndsFrame),
    _defect("HD-21", "Frame behind a shared flag is lost", SharedFlagLost),
)
