"""The optical port under the HDLC server: octets in and out, and the three times of the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.hdlc import FrameReader
from reference_meter.board import Timer

if TYPE_CHECKING:
    from reference_meter.meter import Meter

PORT = "optical"


class HdlcPort:
    """Cut the octets of the line into frames, and send answers after the response time."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.settings = meter.product.communication
        self.reader = self.new_reader()
        self._octet_timer: Timer | None = None
        self._idle_timer: Timer | None = None
        self._answers: list[Timer] = []

    def new_reader(self) -> FrameReader:
        """Return an empty frame reader."""
        return FrameReader()

    def inter_octet_time_out_s(self) -> float:
        """Return the silence in seconds after which an unfinished frame is dropped."""
        return self.settings.inter_octet_time_out_s

    def inactivity_time_out_s(self) -> float:
        """Return the silence in seconds after which the connection is dropped; 0 means never."""
        return self.settings.inactivity_time_out_s

    def response_time_s(self) -> float:
        """Return the time in seconds between a request's last octet and the first of the answer."""
        return self.settings.response_time_s

    # --- from the line ----------------------------------------------------------------------------

    def line_opened(self) -> None:
        """Start listening for a new frame."""
        self.drop_partial()

    def line_closed(self) -> None:
        """Forget the connection and everything still to be sent."""
        self.drop_partial()
        for timer in self._answers:
            timer.cancel()
        self._answers.clear()
        self.disconnect()

    def receive(self, octets: bytes) -> None:
        """Take octets from the line, in any portions."""
        if self._octet_timer is not None:
            self._octet_timer.cancel()
        for raw in self.reader.feed(octets):
            self.frame_received(raw)
        self._octet_timer = self.board.at(self.board.now() + self.inter_octet_time_out_s(), self.drop_partial)

    def drop_partial(self) -> None:
        """Forget an unfinished frame (inter-octet time-out)."""
        if self._octet_timer is not None:
            self._octet_timer.cancel()
            self._octet_timer = None
        self.reader = self.new_reader()

    def frame_received(self, raw: bytes) -> None:
        """Act on one frame, flags included."""
        raise NotImplementedError

    def disconnect(self) -> None:
        """End the connection, if there is one."""
        raise NotImplementedError

    # --- to the line ------------------------------------------------------------------------------

    def send(self, octets: bytes) -> None:
        """Send octets after the response time."""

        def now() -> None:
            self._answers.remove(timer)
            self.board.port(PORT).send(octets)

        timer = self.board.at(self.board.now() + self.response_time_s(), now)
        self._answers.append(timer)

    # --- inactivity -------------------------------------------------------------------------------

    def start_idle_timer(self) -> None:
        """Start the inactivity time-out anew."""
        self.stop_idle_timer()
        time_out_s = self.inactivity_time_out_s()
        if time_out_s > 0:
            self._idle_timer = self.board.at(self.board.now() + time_out_s, self.idle)

    def idle(self) -> None:
        """Give up a client that says nothing."""
        self.disconnect()
        self.meter.sign_on.link_ended()

    def stop_idle_timer(self) -> None:
        """Stop the inactivity time-out."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
