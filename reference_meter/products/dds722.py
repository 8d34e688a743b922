"""DDS722: single-phase direct-connected keypad prepayment meter, 230 V, 5(60) A, 1000 imp/kWh, class 1."""

from __future__ import annotations

import hashlib

from bench.protocols.sts.identity import MeterPan
from reference_meter.products.associations import factory_associations, system_title
from reference_meter.products.product import (
    Communication,
    Identity,
    MeteringResiduals,
    Nameplate,
    Payment,
    Product,
    StsIdentity,
    Supply,
)

TEST_VENDING_KEY = bytes.fromhex("abababababababab949494949494949401234567")
"""The published test vending key of STS531-1 (test data of the STS Association)."""

FIRMWARE_VERSION = "DDS722-1.0.0"
FLAG_ID = "MBR"


def meter_pan(position: int) -> str:
    """Return the 18-digit MeterPAN of ``position``: IIN 600727, manufacturer code 00, check digits.

    Position 1 carries the published test PAN 600727000000000009.
    """
    return str(MeterPan.from_serial("00", f"{position - 1:08d}"))


def _uniform(seed: int, position: int, what: str) -> float:
    """Return a number in [-1, 1) that depends on the arguments alone."""
    digest = hashlib.sha256(f"dds722/{seed}/{position}/{what}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**63 - 1.0


def dds722(position: int = 1, seed: int = 0) -> Product:
    """Return the DDS722 that stands at ``position`` (from 1); ``seed`` decides residual errors and passwords.

    Residuals stay well inside class 1: gain within 0.15 %, phase within 0.015 deg, offset within 5 mW.
    """
    if position < 1:
        raise ValueError(f"positions are numbered from 1, not {position}")
    serial_number = f"{72200000 + position:08d}"
    logical_device_name = f"{FLAG_ID}00722{serial_number}"
    return Product(
        name="dds722",
        position=position,
        nameplate=Nameplate(),
        identity=Identity(
            manufacturer="meterbench",
            flag_id=FLAG_ID,
            meter_type="DDS722",
            serial_number=serial_number,
            logical_device_name=logical_device_name,
            firmware_version=FIRMWARE_VERSION,
        ),
        sts=StsIdentity(
            meter_pan=meter_pan(position),
            supply_group_code="201457",
            vending_key=TEST_VENDING_KEY,
        ),
        payment=Payment(),
        supply=Supply(),
        communication=Communication(
            system_title=system_title(FLAG_ID, serial_number),
            associations=factory_associations("dds722", position, seed),
        ),
        residuals=MeteringResiduals(
            gain_pct=0.15 * _uniform(seed, position, "gain"),
            extra_lag_deg=0.015 * _uniform(seed, position, "phase"),
            offset_w=0.005 * _uniform(seed, position, "offset"),
            hysteresis_fraction=0.1,
            bandwidth_hz=3000.0,
            samples_per_cycle=140,
            current_step_a=2e-5,
            dc_loss_pct=0.4,
            voltage_coefficient_pct=0.05 * _uniform(seed, position, "voltage"),
            frequency_coefficient_pct=0.03 * _uniform(seed, position, "frequency"),
            temperature_coefficient_pct_per_k=0.008 * _uniform(seed, position, "temperature"),
            self_heating_pct=0.03,
            reactive_gain_pct=0.25 * _uniform(seed, position, "reactive gain"),
            reactive_lag_deg=0.02 * _uniform(seed, position, "reactive phase"),
            pulse_grid_s=0.00025,
        ),
    )
