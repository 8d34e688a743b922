"""Slot ``decoder_key``: the decoder key register and the key parameters it belongs to (sts.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.sts.algorithm import Algorithm

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "decoder_key"


class DecoderKey:
    """The current decoder key; only a key change set replaces it."""

    def __init__(self, meter: Meter) -> None:
        record = meter.memory.get(RECORD)
        if record is None:
            raise ValueError(f"the memory holds no {RECORD!r}: manufacture the meter before powering it")
        self.pan: str = meter.product.sts.meter_pan
        self.algorithm: Algorithm = Algorithm(record["algorithm"])
        self.key: bytes = bytes.fromhex(record["key"])
        self.supply_group_code: str = record["supply_group_code"]
        self.tariff_index: str = record["tariff_index"]
        self.key_revision_number: int = record["key_revision_number"]
        self.key_type: int = record["key_type"]
        self.key_expiry_number: int = record["key_expiry_number"]
        self.base_date: int = record["base_date"]

    def __repr__(self) -> str:
        return f"<DecoderKey of {self.pan}, key revision {self.key_revision_number}>"
