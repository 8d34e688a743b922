"""What the laboratory declares of a meter's memory and panel: clock, tariffs, profiles, events, modules."""

from __future__ import annotations

import hashlib
from pathlib import Path

from reference_meter.calendar.activity_calendar import RATES
from reference_meter.calendar.meter_clock import SETTABLE_YEARS
from reference_meter.dlms.function_control import FUNCTIONS
from reference_meter.dlms.model.event_objects import ALARM_REGISTER, TAMPER_RESPONSES
from reference_meter.dlms.model.protection_objects import FUNCTION_CONTROL
from reference_meter.events.alarms import TAMPER
from reference_meter.events.condition_table import Condition, EventRules
from reference_meter.events.event_logs import ENTRIES_MAX, LOG_OF
from reference_meter.front_panel.display import LOW_CREDIT
from reference_meter.lab.position import CLOCK_HOLD_UP_S
from reference_meter.lab.toml_writer import Inline, Table, Value
from reference_meter.products.product import Product
from reference_meter.profiles.event_rows import CODES, EVENT_PROFILES, LOCAL
from reference_meter.profiles.profile import Profile
from reference_meter.profiles.standard import (
    CLOCK_ADJUSTED,
    CLOCK_INVALID,
    DAYLIGHT_SAVING,
    POWER_DOWN,
    PROFILES,
)

CODE_COPIES = 20
"""The code of an image is its identifier, so often."""
BY_PHASE = frozenset({"current reversed", "over-voltage", "under-voltage", "over-current"})
"""Conditions that one phase alone begins."""
MODULES = ("plc-prime", "plc-g3", "rf-mesh", "gprs", "lte")


def functions(product: Product) -> Table:
    """Return the tables [clock], [tariffs], [profiles], [events], [panel] and [modules]."""
    obis = {profile.name: _six(profile.obis) for profile in PROFILES}
    return {
        "clock": {
            "last_year": SETTABLE_YEARS[-1],
            "time_zone_min": product.calendar.time_zone_min,
            "hold_up_s": CLOCK_HOLD_UP_S,
        },
        "tariffs": {"rates": RATES},
        "function_control": {
            "object": _six(FUNCTION_CONTROL),
            "functions": Inline(**{name: name for name in FUNCTIONS}),
        },
        "profiles": {
            **obis,
            "status": "0-0:96.10.1.255",
            "status_bits": Inline(
                **{
                    "clock-invalid": CLOCK_INVALID,
                    "daylight-saving": DAYLIGHT_SAVING,
                    "clock-adjusted": CLOCK_ADJUSTED,
                    "power-down": POWER_DOWN,
                }
            ),
            "maximum_demand": "1-0:1.6.0.255",
            "demand_period_s": product.calendar.demand_period_s,
        },
        "events": {
            "logs": {_log(profile): _six(profile.obis) for profile in EVENT_PROFILES},
            "entries": ENTRIES_MAX,
            "power_up": CODES["power-up"],
            "power_down": CODES["power-down"],
            "clock_set": CODES["clock-set"],
            "log_cleared": CODES["log-cleared"],
            "switch": Inline(
                **{
                    "remote-disconnect": CODES["disconnected"],
                    "remote-reconnect": CODES["reconnected"],
                    "armed": CODES["armed"],
                    "local-disconnect": LOCAL["disconnected"],
                    "local-reconnect": LOCAL["reconnected"],
                    "switch-failed": CODES["switch-failed"],
                }
            ),
            "responses": _six(TAMPER_RESPONSES),
            "alarms": _six(ALARM_REGISTER),
            "tamper_alarm": TAMPER,
            "condition": [
                _condition(row, product) for row in product.events.conditions() if _fits(row, product)
            ],
        },
        "panel": {
            "low_credit_text": LOW_CREDIT,
            "short_codes": Inline(
                **{"total-energy": "001", "credit": "002", "serial-number": "004", "active-rate": "006"}
            ),
            "customer_unit": True,
        },
        "modules": {"names": list(MODULES), "identity": "0-1:96.1.0.255"},
    }


def firmware(product: Product, image: Path) -> Table:
    """Write a newer image into the file ``image``, an older one beside it, and return the table [firmware]."""
    meter_type, _, version = product.identity.firmware_version.rpartition("-")
    major, minor, patch = version.split(".")
    identifier = f"{meter_type}-{major}.{minor}.{int(patch) + 1}"
    older_identifier = f"{meter_type}-{int(major) - 1}.{minor}.{patch}"
    older = image.with_suffix(".older.image")
    for file, name in ((image, identifier), (older, older_identifier)):
        code = name.encode("ascii") * CODE_COPIES
        file.write_bytes(code + hashlib.sha256(code).digest())
    return {
        "image": image.name,
        "identifier": identifier,
        "older_image": older.name,
        "older_identifier": older_identifier,
    }


def _six(obis: str) -> str:
    return f"{obis}.255"


def _log(profile: Profile) -> str:
    return str(profile.log)


def _fits(row: Condition, product: Product) -> bool:
    return row.name != "bypass" or product.nameplate.elements == 1


def _condition(row: Condition, product: Product) -> Table:
    entry: dict[str, Value] = {
        "name": row.name,
        "log": str(LOG_OF[row.started]),
        "begins": CODES[row.started],
        "ends": CODES[row.ended],
        "after_s": row.on_s,
    }
    threshold = _threshold(row.name, product.events)
    if threshold is not None:
        entry["threshold"] = threshold
    if row.counter:
        entry["counter"] = _six(row.counter)
    elements = product.nameplate.elements
    if row.name in BY_PHASE and elements > 1:
        entry["begins_by_phase"] = [CODES[row.started]] * elements
        entry["ends_by_phase"] = [CODES[row.ended]] * elements
    if row.name.endswith("cover"):
        entry["without_supply"] = True
    return entry


def _threshold(name: str, rules: EventRules) -> float | None:
    return {
        "magnet": rules.magnet_mt,
        "bypass": rules.bypass_share,
        "over-voltage": rules.over_voltage,
        "under-voltage": rules.under_voltage,
        "over-current": rules.over_current,
        "battery low": rules.battery_low_v,
    }.get(name)
