"""Mode E on the optical port (slot ``sign_on``): identification at 300 Bd, then HDLC at the rate agreed.

A meter that opens in HDLC directly passes everything through. After DISC, after the inactivity time-out, and
when a sign-on is not finished in time, the port returns to 300 Bd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.deviation import DecodeError
from bench.protocols.mode_e import (
    BAUD_OF_CHARACTER,
    CHARACTER_OF_BAUD,
    HDLC,
    Acknowledgement,
    Identification,
    decode_acknowledgement,
    decode_request,
)
from reference_meter.board import Timer
from reference_meter.dlms.hdlc_port import PORT

if TYPE_CHECKING:
    from reference_meter.meter import Meter

REACTION_S = 0.2
"""From a message's last character to the answer (200 ms to 1500 ms are allowed)."""
PATIENCE_S = 1.5
"""How long the meter waits for the rest of a message or for the acknowledgement."""
RETURN_S = 1.0
"""From the end of the connection to 300 Bd: the last answer has left the line by then."""
_LONGEST_MESSAGE = 64


class SignOn:
    """The optical port before, and after, HDLC."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.settings = meter.product.communication
        self.enabled = self.settings.framing == "mode-e"
        self.in_hdlc = not self.enabled
        self._text = bytearray()
        self._offered = False
        self._timer: Timer | None = None

    def power_up(self) -> None:
        """Begin at the rate of the sign-on."""
        if self.enabled:
            self.restart()

    # --- from the line ----------------------------------------------------------------------------

    def line_opened(self) -> None:
        """Pass it on."""
        self.meter.hdlc_link.line_opened()

    def line_closed(self) -> None:
        """End the connection and begin anew."""
        self.meter.hdlc_link.line_closed()
        if self.enabled:
            self.restart()

    def receive(self, octets: bytes) -> None:
        """Take octets of the line: characters of the sign-on, or HDLC."""
        if self.in_hdlc:
            self.meter.hdlc_link.receive(octets)
            return
        self._text += octets
        del self._text[:-_LONGEST_MESSAGE]
        while not self.in_hdlc and (end := self._text.find(b"\r\n")) >= 0:
            message = bytes(self._text[: end + 2])
            del self._text[: end + 2]
            self.message_received(message)
        if not self.in_hdlc:
            self._wait(PATIENCE_S + REACTION_S)

    def message_received(self, message: bytes) -> None:
        """Act on one line of the sign-on."""
        start = message.rfind(b"/?") if not self._offered else message.rfind(b"\x06")
        message = message[max(start, 0) :]
        try:
            if self._offered:
                self.acknowledged(decode_acknowledgement(message))
            elif decode_request(message).address in ("", self.settings.mode_e_address):
                self._offered = True
                self.board.at(self.board.now() + REACTION_S, self.identify)
        except DecodeError:
            return

    def identify(self) -> None:
        """Send the identification."""
        identity = self.meter.product.identity
        offer = Identification(
            flag_id=identity.flag_id,
            baud_character=CHARACTER_OF_BAUD[self.settings.baud],
            text=identity.meter_type,
        )
        self.board.port(PORT).send(offer.to_bytes())
        characters = len(offer.to_bytes())
        self._wait(PATIENCE_S + characters * 10 / self.settings.sign_on_baud)

    def acknowledged(self, choice: Acknowledgement) -> None:
        """Go on in HDLC, if that was chosen at a rate that this meter has."""
        baud = BAUD_OF_CHARACTER.get(choice.baud_character)
        if choice.protocol != HDLC or choice.mode != HDLC or baud is None or baud > self.settings.baud:
            return
        self.in_hdlc = True
        self.switch_rate(baud)
        self._wait(self.meter.hdlc_link.inactivity_time_out_s() or None)

    def switch_rate(self, baud: int) -> None:
        """Set the rate of the port."""
        self.board.port(PORT).set_rate(baud)

    # --- and back ---------------------------------------------------------------------------------

    def connected(self) -> None:
        """Take note that HDLC is connected: its own time-out counts from now on."""
        self._wait(None)

    def link_ended(self) -> None:
        """Return to the sign-on once the last answer has left."""
        if self.enabled and self.in_hdlc:
            self._wait(RETURN_S)

    def restart(self) -> None:
        """Wait for a request at the rate of the sign-on."""
        self._wait(None)
        self._text.clear()
        self._offered = False
        self.in_hdlc = False
        self.board.port(PORT).set_rate(self.settings.sign_on_baud, seven_bits=True)

    def _wait(self, duration_s: float | None) -> None:
        """Begin anew after ``duration_s``; None: do not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if duration_s is not None:
            self._timer = self.board.at(self.board.now() + duration_s, self.restart)
