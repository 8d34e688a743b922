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


class DeliveryMethod(IntEnum):
    """token_delivery_method of class 115."""

    REMOTE = 0
    LOCAL = 1
    MANUAL = 2


_DELIVERY = {"keypad": DeliveryMethod.MANUAL, "gateway": DeliveryMethod.LOCAL}


class Gateway:
    """Attributes 2 to 6 of class 115; ``result`` is None while no token has come yet."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.token = b""
        self.time: datetime | None = None
        self.delivery_method = DeliveryMethod.REMOTE
        self.result: TokenResult | None = None
        saved = meter.memory.get(RECORD)
        if saved is not None:
            self.token = saved["token"].encode("latin-1")
            self.time = datetime.fromisoformat(saved["time"])
            self.delivery_method = DeliveryMethod(saved["delivery_method"])
            self.result = TokenResult(saved["result"])

    @property
    def status(self) -> StatusCode:
        """The status_code of attribute 6; format OK before the first token."""
        return StatusCode.FORMAT_OK if self.result is None else self.result.status_code

    @property
    def result_number(self) -> int:
        """The number of the STS result, for data_value of attribute 6; 0 before the first token."""
        return 0 if self.result is None else int(self.result)

    def enter(self, octets: bytes) -> TokenResult:
        """Process a token given to method 1: 20 ASCII digits; anything else is a FormatError."""
        return self.meter.token_application.enter(octets.decode("latin-1"), "gateway")

    def note(self, digits: str, carrier: str, result: TokenResult) -> None:
        """Keep what became of a token."""
        self.token = digits.encode("latin-1")
        self.time = self.meter.clock.utc()
        self.delivery_method = _DELIVERY[carrier]
        self.result = result
        self.meter.memory.put(
            RECORD,
            {
                "token": digits,
                "time": self.time.isoformat(),
                "delivery_method": int(self.delivery_method),
                "result": int(result),
            },
        )
