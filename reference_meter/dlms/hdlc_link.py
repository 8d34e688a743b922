"""HDLC server of the meter's optical port (slot ``hdlc_link``), after IEC 62056-46 (dlms.md §6.1).

The link is in NDM (``session`` is None) or in NRM (one session, one client). A frame that violates a rule is
discarded in silence, and so is one for another address. Answers leave after the response time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    LLC_COMMAND,
    LLC_RESPONSE,
    Address,
    Control,
    DecodedFrame,
    Frame,
    FrameKind,
    LinkParameters,
    decode_frame,
    decode_parameters,
    i_control,
    rr_control,
)
from reference_meter.dlms.hdlc_port import PORT, HdlcPort
from reference_meter.dlms.hdlc_session import MODULUS, HdlcSession, Segment
from reference_meter.dlms.logical_devices import DEVICES, MANAGEMENT_DEVICE

if TYPE_CHECKING:
    from reference_meter.meter import Meter

NO_STATION = 0
LONG = 4
ALL_OF_LONG, ALL_OF_SHORT = 0x3FFF, 0x7F
"""The all-station address, of an address of four octets and of one or two."""

# Reasons in the third octet of an FRMR (ISO/IEC 13239, bits W, Y and Z; from memory).
CONTROL_UNKNOWN = 0x01
INFORMATION_TOO_LONG = 0x04
INVALID_NR = 0x08

ANSWERED_DEVIATIONS = {"hdlc.control-unknown"}
"""Violations that do not discard a frame: an undefined control field is answered with FRMR."""


class HdlcLink(HdlcPort):
    """Answer one client at a time over the octets of the optical port."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.session: HdlcSession | None = None
        self._handlers: dict[FrameKind, Callable[[HdlcSession, Frame], None]] = {
            FrameKind.I: self.information,
            FrameKind.RR: self.receive_ready,
            FrameKind.RNR: self.receive_not_ready,
            FrameKind.UI: self.unnumbered_information,
        }

    # --- frames -----------------------------------------------------------------------------------

    def frame_received(self, raw: bytes) -> None:
        """Decode one frame and act on it, if it is sound and for this meter."""
        decoded = decode_frame(raw)
        frame = decoded.frame
        if frame is None or not self.acceptable(decoded):
            return
        if not isinstance(frame.source, Address) or not isinstance(frame.destination, Address):
            return
        if not self.client_possible(frame.source):
            return
        if self.addressed(frame.destination):
            self.dispatch(frame, frame.source, frame.destination)
        elif self.for_all(frame.destination) and frame.control_field.kind is FrameKind.UI:
            self.broadcast_received(frame, frame.source)

    def acceptable(self, decoded: DecodedFrame) -> bool:
        """Decide whether a frame is sound enough to be acted on; the others are discarded in silence."""
        return all(found.rule in ANSWERED_DEVIATIONS for found in violations(decoded.deviations))

    def addressed(self, destination: Address) -> bool:
        """Decide whether a destination is this meter's own address, in the declared form."""
        if destination.length != self.settings.address_length:
            return False
        if self.settings.all_station_address and destination.is_all_station:
            return True
        lower = None if destination.length == 1 else self.settings.server_lower
        return destination.lower == lower and self.device_at(destination.upper) is not None

    def device_at(self, upper: int) -> int | None:
        """Return the logical device behind an upper address, None behind none."""
        if upper == self.settings.server_upper:
            return MANAGEMENT_DEVICE
        return upper if upper in DEVICES[1:] else None

    def for_all(self, destination: Address) -> bool:
        """Decide whether a destination is the address of all stations, in the declared form."""
        every = ALL_OF_LONG if destination.length == LONG else ALL_OF_SHORT
        parts = (destination.upper, every if destination.lower is None else destination.lower)
        return destination.length == self.settings.address_length and parts == (every, every)

    def broadcast_received(self, frame: Frame, client: Address) -> None:
        """Take the message of one unsegmented UI frame to all stations; nothing is answered."""
        if not frame.segmented and frame.information.startswith(LLC_COMMAND):
            self.meter.broadcasts.receive(client.upper, frame.information[len(LLC_COMMAND) :])

    def client_possible(self, source: Address) -> bool:
        """Decide whether a source can be a client: one octet, and not the no-station address."""
        return source.length == 1 and source.upper != NO_STATION

    def dispatch(self, frame: Frame, client: Address, server: Address) -> None:
        """Act on a frame for this meter."""
        control = frame.control_field
        session = self.session if self.session is not None and self.session.client == client else None
        if control.kind is FrameKind.SNRM:
            if control.poll:
                self.connect(client, server, frame.information)
        elif control.kind is FrameKind.DISC:
            if control.poll:
                self.disconnect_received(session, client, server)
        elif session is None:
            self.not_connected(frame, client, server)
        else:
            self.start_idle_timer()
            self.in_connection(session, frame)

    def in_connection(self, session: HdlcSession, frame: Frame) -> None:
        """Act on a frame of the connected client other than SNRM and DISC."""
        if session.reject is None:
            handler = self._handlers.get(frame.control_field.kind)
            if handler is None:
                self.refuse(session, frame, CONTROL_UNKNOWN)
            else:
                handler(session, frame)
        elif frame.control_field.poll:
            self.answer(session.client, session.server, Control.FRMR, session.reject)

    # --- connection -------------------------------------------------------------------------------

    def connect(self, client: Address, server: Address, information: bytes) -> None:
        """Enter NRM with fresh numbers and confirm with UA; any earlier connection and association ends."""
        self.disconnect()
        proposed, _deviations = decode_parameters(information)
        limits = self.negotiate(proposed)
        self.session = HdlcSession(client=client, server=server, limits=limits)
        self.meter.sign_on.connected()
        self.start_idle_timer()
        self.answer(client, server, Control.UA, limits.to_bytes())

    def negotiate(self, proposed: LinkParameters) -> LinkParameters:
        """Return the limits seen from the server: what one side sends is bounded by what the other receives.

        A proposal below the standard's range is taken as it is, but never as less than 1.
        """
        own = self.settings
        limits = LinkParameters(
            max_info_transmit=own.max_info_transmit,
            max_info_receive=own.max_info_receive,
            window_transmit=own.window_transmit,
            window_receive=own.window_receive,
        ).negotiated(proposed)
        return replace(
            limits,
            max_info_transmit=max(1, limits.max_info_transmit),
            max_info_receive=max(1, limits.max_info_receive),
            window_transmit=max(1, limits.window_transmit),
            window_receive=max(1, limits.window_receive),
        )

    def disconnect_received(self, session: HdlcSession | None, client: Address, server: Address) -> None:
        """Answer DISC: UA when this client was connected, else DM."""
        if session is None:
            self.answer(client, server, Control.DM)
        else:
            self.disconnect()
            self.answer(client, server, Control.UA)
            self.meter.sign_on.link_ended()

    def disconnect(self) -> None:
        """Enter NDM; the association goes with the connection."""
        self.stop_idle_timer()
        self.session = None
        self.meter.association.drop(PORT)

    def not_connected(self, frame: Frame, client: Address, server: Address) -> None:
        """Answer any other frame in NDM: DM when polled; UI is left alone."""
        control = frame.control_field
        if control.poll and control.kind is not FrameKind.UI:
            self.answer(client, server, Control.DM)

    # --- frames in NRM ----------------------------------------------------------------------------

    def information(self, session: HdlcSession, frame: Frame) -> None:
        """Take an I-frame: new, repeated, or out of sequence."""
        control = frame.control_field
        number, acknowledged = control.ns or 0, control.nr or 0
        if len(frame.information) > session.limits.max_info_receive:
            self.refuse(session, frame, INFORMATION_TOO_LONG)
        elif self.is_repetition(session, number):
            self.repeated(session, frame)
        elif not session.acknowledges(acknowledged):
            self.refuse(session, frame, INVALID_NR)
        else:
            session.acknowledge(acknowledged)
            if number == session.receive_number and not session.unacknowledged:
                session.receive_number = self.next_number(number)
                self.accept(session, frame)
            if control.poll:
                self.reply(session)

    def is_repetition(self, session: HdlcSession, number: int) -> bool:
        """Tell whether N(S) = ``number`` is that of the I-frame that was answered last."""
        return bool(session.last_reply) and self.next_number(number) == session.receive_number

    def repeated(self, session: HdlcSession, frame: Frame) -> None:
        """Answer a repeated I-frame with the same reply; its information is not taken again."""
        if frame.control_field.poll:
            self.send(session.last_reply)

    def next_number(self, number: int) -> int:
        """Return the sequence number after ``number``."""
        return (number + 1) % MODULUS

    def accept(self, session: HdlcSession, frame: Frame) -> None:
        """Take the information of a frame in sequence; a complete message goes to the application layer."""
        longest = self.meter.services.longest_request() + len(LLC_COMMAND)
        session.store(frame.information, longest)
        session.waiting.clear()
        if frame.segmented:
            return
        message, overflow = session.take_message()
        answer = self.message_received(session, message, overflow=overflow)
        if answer is not None:
            session.enqueue(LLC_RESPONSE + answer, self.segment_length(session))
            for apdu in self.meter.services.take_followers():
                session.append(LLC_RESPONSE + apdu, self.segment_length(session))

    def message_received(self, session: HdlcSession, message: bytes, *, overflow: bool) -> bytes | None:
        """Return the answer APDU to a message, or None when it has no APDU or wants no answer."""
        if overflow:
            return self.meter.services.too_long()
        if not message.startswith(LLC_COMMAND):
            return None
        device = self.device_at(session.server.upper) or MANAGEMENT_DEVICE
        with self.meter.association.serving(device):
            return self.meter.services.handle(session.client_sap, message[len(LLC_COMMAND) :], PORT)

    def segment_length(self, session: HdlcSession) -> int:
        """Return the longest information field to be sent, in octets."""
        return session.limits.max_info_transmit

    def receive_ready(self, session: HdlcSession, frame: Frame) -> None:
        """Take RR: go on sending, send again, or confirm readiness."""
        control = frame.control_field
        acknowledged = control.nr or 0
        if not session.acknowledges(acknowledged):
            self.refuse(session, frame, INVALID_NR)
            return
        session.acknowledge(acknowledged)
        if control.poll:
            self.reply(session)

    def receive_not_ready(self, session: HdlcSession, frame: Frame) -> None:
        """Take RNR: the client cannot receive information now, so only RR is sent."""
        control = frame.control_field
        acknowledged = control.nr or 0
        if not session.acknowledges(acknowledged):
            self.refuse(session, frame, INVALID_NR)
            return
        session.acknowledge(acknowledged)
        if control.poll:
            self.answer(session.client, session.server, rr_control(session.receive_number))

    def unnumbered_information(self, _session: HdlcSession, _frame: Frame) -> None:
        """Leave UI alone: the meter has no unconfirmed association."""

    def refuse(self, session: HdlcSession, frame: Frame, reason: int) -> None:
        """Enter the reject state, which holds until SNRM or DISC, and answer FRMR when polled.

        FRMR information: rejected control field, V(S) and V(R), reason (ISO/IEC 13239, from memory).
        """
        numbers = session.receive_number << 5 | session.send_number << 1
        session.reject = bytes([frame.control, numbers, reason])
        if frame.control_field.poll:
            self.answer(session.client, session.server, Control.FRMR, session.reject)

    # --- sending ----------------------------------------------------------------------------------

    def reply(self, session: HdlcSession) -> None:
        """Send unconfirmed segments again, else the next ones that the window allows, else RR."""
        if not session.unacknowledged:
            while session.waiting and len(session.unacknowledged) < session.limits.window_transmit:
                segment = session.waiting.popleft()
                segment.number = session.send_number
                session.send_number = self.next_number(session.send_number)
                session.unacknowledged.append(segment)
        segments = list(session.unacknowledged)
        if segments:
            frames = [self.segment_frame(session, each, final=each is segments[-1]) for each in segments]
        else:
            frames = [Frame(session.client, session.server, rr_control(session.receive_number))]
        session.last_reply = b"".join(map(self.to_octets, frames))
        self.send(session.last_reply)

    def segment_frame(self, session: HdlcSession, segment: Segment, *, final: bool) -> Frame:
        """Return the I-frame of a segment."""
        control = i_control(segment.number, session.receive_number, final)
        return Frame(session.client, session.server, control, segment.information, segment.segmented)

    def answer(self, client: Address, server: Address, control: int, information: bytes = b"") -> None:
        """Send one frame."""
        self.send(self.to_octets(Frame(client, server, control, information)))

    def to_octets(self, frame: Frame) -> bytes:
        """Encode a frame for the line."""
        return frame.to_bytes()
