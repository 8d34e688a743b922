"""DTS722: three-phase four-wire direct-connected keypad prepayment meter, 3x230/400 V, 10(100) A, class 2.

Accuracy to IEC 62053-21:2020, so its currents are Ist, Imin, Itr, In and Imax; 1000 imp/kWh; decoder key for
EA11; control mode 4: after a remote reconnection it closes at once, and no credit event may close it.
"""

from __future__ import annotations

import hashlib

from bench.protocols.sts.identity import MeterPan
from reference_meter.products.associations import factory_associations, system_title
from reference_meter.products.calendar_rules import CalendarRules, last_sunday
from reference_meter.products.dds722 import TEST_VENDING_KEY
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

FIRMWARE_VERSION = "DTS722-1.0.0"
FLAG_ID = "MBR"


def meter_pan(position: int) -> str:
    """Return the 18-digit MeterPAN of ``position``: IIN 0000, manufacturer code 0100, check digits.

    Position 1 carries the published test PAN 000001000000000082, with a DRN of 13 digits.
    """
    return str(MeterPan.from_serial("0100", f"{position - 1:08d}"))


def _uniform(seed: int, position: int, what: str) -> float:
    """Return a number in [-1, 1) that depends on the arguments alone."""
    digest = hashlib.sha256(f"dts722/{seed}/{position}/{what}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**63 - 1.0


def dts722(position: int = 1, seed: int = 0) -> Product:
    """Return the DTS722 that stands at ``position`` (from 1); ``seed`` decides residual errors and passwords.

    Residuals stay well inside class 2: gain within 0.3 % and between the elements within 0.1 % of that, phase
    within 0.03 deg, offset within 5 mW an element.
    """
    if position < 1:
        raise ValueError(f"positions are numbered from 1, not {position}")
    serial_number = f"{72250000 + position:08d}"
    return Product(
        name="dts722",
        position=position,
        nameplate=Nameplate(
            elements=3,
            basic_current_a=10.0,
            maximum_current_a=100.0,
            accuracy_edition="2020",
            accuracy_class="2",
            measurement_mode="absolute",
            starting_current_a=0.05,  # 0.05 Itr, class 2 direct (IEC 62053-21:2020)
        ),
        identity=Identity(
            manufacturer="meterbench",
            flag_id=FLAG_ID,
            meter_type="DTS722",
            serial_number=serial_number,
            logical_device_name=f"{FLAG_ID}00722{serial_number}",
            firmware_version=FIRMWARE_VERSION,
        ),
        sts=StsIdentity(
            meter_pan=meter_pan(position),
            supply_group_code="201457",
            encryption_algorithm="EA11",
            no_of_kct_supported=4,
            vending_key=TEST_VENDING_KEY,
        ),
        payment=Payment(initial_credit_wh=100_000),
        supply=Supply(control_mode=4),
        calendar=CalendarRules(  # Eastern European time
            time_zone_min=-120, daylight_begin=last_sunday(3, 3), daylight_end=last_sunday(10, 4)
        ),
        communication=Communication(
            system_title=system_title(FLAG_ID, serial_number),
            associations=factory_associations("dts722", position, seed),
        ),
        residuals=MeteringResiduals(
            gain_pct=0.3 * _uniform(seed, position, "gain"),
            element_gain_pct=tuple(0.1 * _uniform(seed, position, f"gain of L{n}") for n in (1, 2, 3)),
            extra_lag_deg=0.03 * _uniform(seed, position, "phase"),
            offset_w=0.005 * _uniform(seed, position, "offset"),
            hysteresis_fraction=0.1,
            bandwidth_hz=3000.0,
            samples_per_cycle=140,
            current_step_a=2e-5,
            dc_loss_pct=0.4,
            voltage_coefficient_pct=0.05 * _uniform(seed, position, "voltage"),
            frequency_coefficient_pct=0.03 * _uniform(seed, position, "frequency"),
            crosstalk_pct=0.05 * _uniform(seed, position, "crosstalk"),
            temperature_coefficient_pct_per_k=0.008 * _uniform(seed, position, "temperature"),
            self_heating_pct=0.03,
            reactive_gain_pct=0.25 * _uniform(seed, position, "reactive gain"),
            reactive_lag_deg=0.02 * _uniform(seed, position, "reactive phase"),
            pulse_grid_s=0.00025,
        ),
    )
