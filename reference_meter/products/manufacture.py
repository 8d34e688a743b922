"""Make a meter: fill a blank memory chip with everything it leaves the factory with."""

from __future__ import annotations

from datetime import datetime

from bench.protocols.axdr import encode
from bench.protocols.sts.keys import KeyParameters
from bench.protocols.sts.keys import decoder_key as make_decoder_key
from bench.protocols.sts.tid import BaseDate, minutes_since
from reference_meter import board
from reference_meter.memory import encode_record
from reference_meter.metering import registers
from reference_meter.payment import account, decoder_key, tid_store
from reference_meter.products.product import Product, StsIdentity
from reference_meter.profiles.profiles import history, record_of
from reference_meter.profiles.rows import row_records
from reference_meter.profiles.standard import PROFILES, cells_without_load
from reference_meter.supply import arbiter


def manufacture(product: Product, memory: board.Memory, at_utc: datetime) -> None:
    """Write the records of a new meter made at ``at_utc`` into its blank memory chip.

    Energy register zero, initial credit, decoder key from the vending key, every place of the TID store filled
    with the date of manufacture (sts.md 7.3), no latch set: the switch leaves the factory closed. Raises
    ValueError when the chip is not blank, `FieldError` when the STS identity is not consistent.
    """
    if memory.names():
        raise ValueError("the memory chip is not blank: a meter is manufactured once")
    tid = minutes_since(at_utc, BaseDate.parse(product.sts.base_date))
    records = {
        registers.RECORD: {"energy_wh": 0.0},
        account.RECORD: {
            "balance_wh": float(product.payment.initial_credit_wh),
            "payment_mode": product.payment.mode,
        },
        decoder_key.RECORD: _key_record(product.sts),
        tid_store.MANUFACTURE_RECORD: tid,
        tid_store.RECORD: [tid] * product.sts.tid_memory,
        arbiter.RECORD: [],
    }
    for name, value in records.items():
        memory.write(name, encode_record(value))


def deliver(product: Product, memory: board.Memory, at_utc: datetime) -> None:
    """Write the rows that the profiles hold when the meter is put up at ``at_utc``: no energy yet, no load."""
    wanted = {
        "load": product.delivery.load_profile_rows,
        "daily": product.delivery.daily_rows,
        "billing": product.delivery.billing_rows,
    }
    for profile in PROFILES:
        values = cells_without_load(
            profile.name,
            voltage_v=product.nameplate.voltage_v,
            credit=product.payment.initial_credit_wh,
        )
        rows = history(wanted[profile.name], at_utc, product.calendar, profile, tuple(map(encode, values)))
        for name, value in row_records(record_of(profile.name), rows).items():
            memory.write(name, encode_record(value))


def _key_record(sts: StsIdentity) -> dict[str, str | int]:
    parameters = KeyParameters.parse(
        meter_pan=sts.key_pan or sts.meter_pan,
        supply_group_code=sts.supply_group_code,
        tariff_index=sts.tariff_index,
        key_revision_number=sts.key_revision_number,
        key_type=sts.key_type,
        base_date=sts.base_date,
        algorithm=sts.encryption_algorithm,
        dkga=sts.dkga,
    )
    return {
        "key": make_decoder_key(sts.vending_key, parameters).hex(),
        "algorithm": sts.encryption_algorithm,
        "supply_group_code": sts.supply_group_code,
        "tariff_index": sts.tariff_index,
        "key_revision_number": sts.key_revision_number,
        "key_type": sts.key_type,
        "key_expiry_number": sts.key_expiry_number,
        "base_date": sts.base_date,
    }
