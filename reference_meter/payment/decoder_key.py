"""Slot ``decoder_key``: the decoder key register and the key parameters it belongs to (sts.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.key_change import KeyChange

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "decoder_key"
SUPPLY_GROUP_UNKNOWN = "000000"
"""What is stored after a set that carries no supply group code: the old one no longer holds (sts.md 7.4)."""

_NEXT_BASE_DATE = {1993: 2014, 2014: 2035, 2035: 2035}


class DecoderKey:
    """The current decoder key; only a key change set replaces it."""

    def __init__(self, meter: Meter) -> None:
        record = meter.memory.get(RECORD)
        if record is None:
            raise ValueError(f"the memory holds no {RECORD!r}: manufacture the meter before powering it")
        self.meter = meter
        self.pan: str = meter.product.sts.meter_pan
        self.algorithm: Algorithm = Algorithm(record["algorithm"])
        self.key: bytes = bytes.fromhex(record["key"])
        self.supply_group_code: str = record["supply_group_code"]
        self.tariff_index: str = record["tariff_index"]
        self.key_revision_number: int = record["key_revision_number"]
        self.key_type: int = record["key_type"]
        self.key_expiry_number: int = record["key_expiry_number"]
        self.base_date: int = record["base_date"]

    def replace(self, change: KeyChange) -> None:
        """Put a new key and its parameters in place of the old ones."""
        self.key = change.new_key
        self.key_type = change.key_type
        self.key_expiry_number = change.key_expiry_number
        if change.roll_over:
            self.base_date = _NEXT_BASE_DATE[self.base_date]
        self.take_parameters(change)
        self.save()

    def take_parameters(self, change: KeyChange) -> None:
        """Take over what users see of a key: supply group, tariff index, key revision."""
        self.supply_group_code = change.supply_group_code or SUPPLY_GROUP_UNKNOWN
        self.tariff_index = f"{change.tariff_index:02d}"
        self.key_revision_number = change.key_revision_number

    def save(self) -> None:
        """Write the register to the memory chip."""
        self.meter.memory.put(
            RECORD,
            {
                "key": self.key.hex(),
                "algorithm": self.algorithm.value,
                "supply_group_code": self.supply_group_code,
                "tariff_index": self.tariff_index,
                "key_revision_number": self.key_revision_number,
                "key_type": self.key_type,
                "key_expiry_number": self.key_expiry_number,
                "base_date": self.base_date,
            },
        )

    def __repr__(self) -> str:
        return f"<DecoderKey of {self.pan}, key revision {self.key_revision_number}>"
