"""The network ports of the meter (slots ``wrapper_tcp`` and ``wrapper_udp``): APDUs in the wrapper (dlms.md §6.3).

What has a wrong version, is for another wPort, comes from a client that is not configured, or is empty, is
discarded in silence. A TCP connection that is idle for too long is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.deviation import violations
from bench.protocols.wrapper import HEADER_LENGTH, WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.board import Timer
from reference_meter.dlms.logical_devices import DEVICES, MANAGEMENT_DEVICE

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.product import NetworkPort

DUPLICATE_WINDOW_S = 1.0
"""A datagram repeated within this time is a copy that the network made (project figure)."""
_CHANGING = {
    ApduTag.SET_REQUEST,
    ApduTag.ACTION_REQUEST,
    ApduTag.GLO_SET_REQUEST,
    ApduTag.GLO_ACTION_REQUEST,
    ApduTag.DED_SET_REQUEST,
    ApduTag.DED_ACTION_REQUEST,
    ApduTag.GENERAL_GLO_CIPHERING,
    ApduTag.GENERAL_DED_CIPHERING,
    ApduTag.GENERAL_CIPHERING,
}
"""Requests that may change something, so that a copy must not be executed."""


class WrapperPort:
    """What TCP and UDP have in common. ``name`` is the board's name of the port."""

    name = ""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.settings = meter.product.communication
        self.is_open = False
        self._answers: list[Timer] = []
        self._idle_timer: Timer | None = None

    @property
    def port(self) -> NetworkPort | None:
        """Return what the product says of this port; None when it has none such."""
        return next((port for port in self.settings.network_ports if port.name == self.name), None)

    def line_opened(self) -> None:
        """Start the inactivity time-out: a client that says nothing is not kept."""
        self.is_open = True
        self.start_idle_timer()

    def line_closed(self) -> None:
        """Forget the associations of this port and everything still to be sent."""
        self.is_open = False
        self.stop_idle_timer()
        for timer in self._answers:
            timer.cancel()
        self._answers.clear()
        self.meter.association.drop_port(self.name)

    def receive(self, octets: bytes) -> None:
        """Take octets from the network."""
        raise NotImplementedError

    def message_received(self, raw: bytes) -> None:
        """Act on one wrapped APDU, if its header is right and for this meter."""
        decoded = decode_wrapper(raw)
        frame = decoded.frame
        if frame is None or violations(decoded.deviations) or not self.addressed(frame):
            return
        self.start_idle_timer()
        if len(frame.payload) > self.meter.services.longest_request():
            answer: bytes | None = self.meter.services.too_long()
        else:
            answer = self.serve(frame)
        if answer is not None:
            for apdu in (answer, *self.meter.services.take_followers()):
                self.send(WrapperFrame(frame.destination, frame.source, apdu).to_bytes())

    def serve(self, frame: WrapperFrame) -> bytes | None:
        """Return the answer to an APDU; None when it wants none."""
        device = self.device_at(frame.destination) or MANAGEMENT_DEVICE
        channel = f"{self.name}/{frame.source}" + (f"/{device}" if device != MANAGEMENT_DEVICE else "")
        with self.meter.association.serving(device):
            return self.meter.services.handle(frame.source, frame.payload, channel)

    def addressed(self, frame: WrapperFrame) -> bool:
        """Decide whether a message is for this meter, from a client that is configured."""
        known = self.settings.association(frame.source) is not None
        return known and self.device_at(frame.destination) is not None

    def device_at(self, sap: int) -> int | None:
        """Return the logical device behind a wPort, None behind none."""
        if sap == self.settings.server_sap:
            return MANAGEMENT_DEVICE
        return sap if sap in DEVICES[1:] else None

    def send(self, octets: bytes) -> None:
        """Send a message after the response time."""

        def now() -> None:
            self._answers.remove(timer)
            self.board.port(self.name).send(octets)

        timer = self.board.at(self.board.now() + self.settings.response_time_s, now)
        self._answers.append(timer)

    # --- inactivity -------------------------------------------------------------------------------

    def inactivity_time_out_s(self) -> float:
        """Return the silence in seconds after which the port is given up; 0 means never."""
        return 0.0 if self.port is None else self.port.inactivity_time_out_s

    def idle(self) -> None:
        """Give up a client that says nothing."""
        self.line_closed()
        self.board.port(self.name).hang_up()

    def start_idle_timer(self) -> None:
        """Start the inactivity time-out anew."""
        self.stop_idle_timer()
        time_out_s = self.inactivity_time_out_s()
        if time_out_s > 0:
            self._idle_timer = self.board.at(self.board.now() + time_out_s, self.idle)

    def stop_idle_timer(self) -> None:
        """Stop the inactivity time-out."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None


class WrapperTcp(WrapperPort):
    """The wrapper over one TCP connection: messages are cut out of the stream by their length."""

    name = "tcp"

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.reader = WrapperReader()
        self._partial_timer: Timer | None = None

    def line_opened(self) -> None:
        """Start with an empty stream."""
        self.drop_partial()
        super().line_opened()

    def line_closed(self) -> None:
        """Forget the stream too."""
        self.drop_partial()
        super().line_closed()

    def receive(self, octets: bytes) -> None:
        """Take octets of the stream, in any portions."""
        self.stop_partial_timer()
        for raw in self.reader.feed(octets):
            self.message_received(raw)
        if self.reader.pending:
            due_s = self.board.now() + self.settings.partial_message_time_out_s
            self._partial_timer = self.board.at(due_s, self.drop_partial)

    def message_received(self, raw: bytes) -> None:
        """Drop the rest of a stream whose version is wrong: its lengths mean nothing."""
        if int.from_bytes(raw[:2], "big") != 1:
            self.reader.reset()
            return
        super().message_received(raw)

    def drop_partial(self) -> None:
        """Forget an unfinished message."""
        self.stop_partial_timer()
        self.reader.reset()

    def stop_partial_timer(self) -> None:
        """Stop waiting for the rest of a message."""
        if self._partial_timer is not None:
            self._partial_timer.cancel()
            self._partial_timer = None


class WrapperUdp(WrapperPort):
    """The wrapper over UDP: one APDU a datagram. A copy of a changing request gets its answer again."""

    name = "udp"

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._last: dict[int, tuple[bytes, float, bytes | None]] = {}

    def receive(self, octets: bytes) -> None:
        """Take one datagram."""
        if len(octets) >= HEADER_LENGTH:
            self.message_received(octets)

    def serve(self, frame: WrapperFrame) -> bytes | None:
        """Answer, once for all copies of a request that changes something."""
        if frame.payload[0] not in _CHANGING:
            self._last.pop(frame.source, None)
            return super().serve(frame)
        before = self._last.get(frame.source)
        now_s = self.board.now()
        if before is not None and before[0] == frame.payload and now_s - before[1] <= DUPLICATE_WINDOW_S:
            return before[2]
        answer = super().serve(frame)
        self._last[frame.source] = (frame.payload, now_s, answer)
        return answer

    def line_closed(self) -> None:
        """Forget the last requests too."""
        self._last.clear()
        super().line_closed()
