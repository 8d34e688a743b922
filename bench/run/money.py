"""The credit of a meter that counts money instead of energy, through its standard COSEM objects."""

from __future__ import annotations

from dataclasses import dataclass

from bench.meter.dlms_client import DlmsClient
from bench.protocols.values import as_elements, as_integer
from bench.run.prepayment import CREDIT

ACCOUNT = (111, "0-0:19.0.0.255")
CURRENCY, AMOUNT = 15, 2
#: Power of ten of the least unit of a currency token: 0.00001 of the base currency (sts.md 1.3).
LEAST_UNIT_EXPONENT = -5


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Available token credit in 0.00001 currency units, and the weight of its last digit."""

    amount_units: float
    resolution_units: float


def read_money(client: DlmsClient) -> Money:
    """Read current_credit_amount, and from the Account what its last digit weighs (currency: name, scale, unit)."""
    scale = as_integer(as_elements(client.get(*ACCOUNT, CURRENCY))[1])
    weight = 10.0 ** (scale - LEAST_UNIT_EXPONENT)
    return Money(amount_units=as_integer(client.get(*CREDIT, AMOUNT)) * weight, resolution_units=weight)
