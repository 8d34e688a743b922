"""Slot ``push``: what the meter sends unasked, on the TCP connection that a client keeps open (Blue Book class 40).

A push is a data-notification with the values of the push object list. To a client whose association has keys it
goes in general-glo-ciphering, as its security policy demands of responses; an APDU longer than the client takes is
cut into general blocks that nobody acknowledges. One push is sent whole before the next one begins.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, null_data, structure
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.protocols.wrapper import WrapperFrame
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.notification import DataNotification
from reference_meter.board import Timer
from reference_meter.dlms.access_error import AccessError

if TYPE_CHECKING:
    from reference_meter.meter import Meter

FIRST_AFTER_S = 0.1
"""From the request to push to the first message: the answer to the request has left by then."""
BETWEEN_S = 0.05
FAILING_SHARE, DIP_S = 0.5, 0.015
"""Share of the reference voltage below which the supply goes, and how long that is taken for a dip."""
_BLOCK_OVERHEAD = 9
_MOST_WAITING = 16
_OBJECT_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one push setup asks for: objects, client, and how often to try again without a connection."""

    objects: Data
    client_sap: int
    retries: int = 0
    repetition_s: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A push on its way: its blocks, or the one APDU, and the attempts left."""

    order: Order
    apdus: deque[bytes]
    attempts: int


class Push:
    """The queue of pushes; what does not fit in it is dropped."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.waiting: deque[Message] = deque()
        self._count = 0
        self._timer: Timer | None = None
        self._failing: Timer | None = None

    def start(self, order: Order) -> bool:
        """Queue a push with the values of now; False when the queue is full."""
        if len(self.waiting) >= _MOST_WAITING:
            return False
        apdu = self.protected(order, self.notification(order))
        self.waiting.append(Message(order=order, apdus=deque(self.blocks(apdu)), attempts=1 + order.retries))
        if self._timer is None:
            self._after(FIRST_AFTER_S)
        return True

    # --- supply that goes -------------------------------------------------------------------------

    def look(self) -> None:
        """Look at the supply: a loss that is no short dip is told while the power supply still holds."""
        voltage_v = max(element.voltage_v for element in self.board.elements())
        fails = voltage_v < FAILING_SHARE * self.meter.product.nameplate.voltage_v
        if not fails and self._failing is not None:
            self._failing.cancel()
            self._failing = None
        elif fails and self._failing is None:
            self._failing = self.board.at(self.board.now() + DIP_S, self.supply_lost)

    def supply_lost(self) -> None:
        """Push what is to be told on power down."""
        self.meter.scripts.supply_lost()

    def last_words(self, order: Order) -> None:
        """Send a push at once, past the queue, to a client on the line; there is no time for another attempt."""
        port = self.meter.wrapper_tcp
        if not port.is_open:
            return
        sap = self.meter.product.communication.server_sap
        for apdu in self.blocks(self.protected(order, self.notification(order))):
            self.board.port(port.name).send(WrapperFrame(sap, order.client_sap, apdu).to_bytes())

    # --- the message ------------------------------------------------------------------------------

    def notification(self, order: Order) -> bytes:
        """Return the data-notification; what cannot be read stands there as null-data."""
        self._count = (self._count + 1) % (1 << 24)
        values = tuple(self.value(row) for row in order.objects.items())
        return DataNotification(long_invoke=self._count, body=structure(*values)).to_bytes()

    def value(self, row: Data) -> Data:
        """Return what one row of a push object list names."""
        try:
            class_id, name, attribute, element, *_ = as_elements(row)
            reference = CosemAttribute(
                as_integer(class_id), Obis.from_bytes(as_octets(name)), as_integer(attribute)
            )
            found = self.meter.objects.pushed(reference)
            number = as_integer(element)
            return found if number == 0 else found.items()[number - 1]
        except (AccessError, UnexpectedData, ValueError, TypeError, IndexError):
            return null_data()

    def protected(self, order: Order, plain: bytes) -> bytes:
        """Return the APDU as the policy of the client's association wants it."""
        settings = self.meter.product.communication.association(order.client_sap)
        if settings is None or settings.keys is None:
            return plain
        return self.meter.ciphering.seal_unasked(settings, plain)

    def blocks(self, apdu: bytes) -> list[bytes]:
        """Return the APDU, or the general blocks it is cut into: streaming, the last one marked."""
        longest = self.longest()
        if len(apdu) <= longest:
            return [apdu]
        size = max(1, longest - _BLOCK_OVERHEAD)
        parts = [apdu[start : start + size] for start in range(0, len(apdu), size)]
        return [
            GeneralBlockTransfer(
                last=number == len(parts),
                streaming=number < len(parts),
                window=0,
                block_number=number,
                block_number_ack=0,
                data=part,
            ).to_bytes()
            for number, part in enumerate(parts, start=1)
        ]

    def longest(self) -> int:
        """Return the longest APDU that the client on the line takes, as far as it has said so."""
        current = self.meter.association.current
        if current is not None:
            return current.max_send_pdu
        return max(row.max_pdu for row in self.meter.product.communication.associations)

    # --- sending ----------------------------------------------------------------------------------

    def send_next(self) -> None:
        """Send one APDU of the queue, or try again later where nobody is on the line."""
        self._timer = None
        if not self.waiting:
            return
        port = self.meter.wrapper_tcp
        message = self.waiting[0]
        if not port.is_open:
            message.attempts -= 1
            if message.attempts <= 0:
                self.waiting.popleft()
            self._after(message.order.repetition_s or BETWEEN_S)
            return
        message = self.next_message()
        apdu = message.apdus.popleft()
        if not message.apdus:
            self.waiting.remove(message)
        sap = self.meter.product.communication.server_sap
        port.send(WrapperFrame(sap, message.order.client_sap, apdu).to_bytes())
        self._after(BETWEEN_S)

    def next_message(self) -> Message:
        """Return the push whose next APDU is to be sent: the oldest, until it is complete."""
        return self.waiting[0]

    def _after(self, wait_s: float) -> None:
        if self.waiting:
            self._timer = self.board.at(self.board.now() + wait_s, self.send_next)
