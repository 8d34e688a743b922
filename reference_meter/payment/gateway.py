"""Slot ``gateway``: the state of the COSEM token gateway (class 115), shared by all carriers.

Whatever carrier a token came by, the gateway tells the last token, when it came, how, and what became of it.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from reference_meter.payment.token_result import StatusCode, TokenResult

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "gateway"
_BINARY_OCTETS = 9
"""Length of the 66-bit value as octets."""


class DeliveryMethod(IntEnum):
    """token_delivery_method of class 115."""

    REMOTE = 0
    LOCAL = 1
    MANUAL = 2


DELIVERY = {"keypad": DeliveryMethod.MANUAL, "gateway": DeliveryMethod.LOCAL}


class Gateway:
    """Attributes 2 to 6 of class 115; ``result`` is None while no token has come yet."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.token = b""
        self.time: datetime | None = None
        self.delivery_method = DeliveryMethod.REMOTE
        self.result: TokenResult | None = None
        self._in_process = False
        saved = meter.memory.get(RECORD)
        if saved is not None:
            self.token = saved["token"].encode("latin-1")
            self.time = datetime.fromisoformat(saved["time"])
            self.delivery_method = DeliveryMethod(saved["delivery_method"])
            self.result = TokenResult(saved["result"])

    @property
    def status(self) -> StatusCode:
        """The status_code of attribute 6; format OK before the first token."""
        if self._in_process:
            return StatusCode.NOT_YET_PROCESSED
        return StatusCode.FORMAT_OK if self.result is None else self.result.status_code

    @property
    def result_number(self) -> int:
        """The number of the STS result, for data_value of attribute 6; 0 before the first token."""
        shown = TokenResult.NOT_READY if self._in_process else self.result
        return 0 if shown is None else self.meter.product.sts.result_codes[shown.display_text]

    def enter(self, octets: bytes) -> bool:
        """Take a token given to method 1; return False while another one is being processed."""
        return self.meter.token_application.receive(self.digits_of(octets), "gateway")

    def digits_of(self, octets: bytes) -> str:
        """Return the digits that octets stand for in the product's encoding; what is none stays none."""
        encoding = self.meter.product.sts.token_encoding
        if encoding == "bcd":
            return octets.hex()
        if encoding == "binary" and len(octets) == _BINARY_OCTETS:
            return f"{int.from_bytes(octets):020d}"
        return octets.decode("latin-1")

    def begin(self, digits: str, carrier: str) -> None:
        """Show a token as received and not yet processed."""
        self._show(digits, carrier)
        self._in_process = True

    def note(self, digits: str, carrier: str, result: TokenResult) -> None:
        """Keep what became of a token."""
        self._show(digits, carrier)
        self.result = result
        assert self.time is not None  # noqa: S101 - _show has set it
        self.meter.memory.put(
            RECORD,
            {
                "token": digits,
                "time": self.time.isoformat(),
                "delivery_method": int(self.delivery_method),
                "result": int(result),
            },
        )

    def finish(self) -> None:
        """Let everyone see the result."""
        self._in_process = False

    def _show(self, digits: str, carrier: str) -> None:
        self.token = digits.encode("latin-1")
        self.time = self.meter.clock.utc()
        self.delivery_method = DELIVERY[carrier]
