"""The most that may be bought at once, and the most that the credit may come to, in units of the credit register.

Management sets both; what they forbid is refused and leaves no trace. That they bind tokens is how this project reads
their names (dlms.md §7); what a refused token is called is this maker's choice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_RECORD = "vend limits"


class VendLimit(StrEnum):
    """A limit, by its name in the memory chip."""

    CREDIT = "credit"
    VEND = "vend"


def vend_limit(meter: Meter, limit: VendLimit) -> int:
    """Return a limit; at manufacture both are what the credit register can hold."""
    stored = meter.memory.get(_RECORD) or {}
    return int(stored.get(limit, meter.product.payment.credit_limit_wh))


def set_vend_limit(meter: Meter, limit: VendLimit, value: int) -> bool:
    """Set a limit; return False for one that the credit register cannot hold."""
    if value > meter.product.payment.credit_limit_wh:
        return False
    meter.memory.put(_RECORD, {**(meter.memory.get(_RECORD) or {}), limit: value})
    return True
