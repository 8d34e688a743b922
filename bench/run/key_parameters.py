"""The key parameters a meter tells of itself: by the IEC 62055-41 attributes object, and by its display tests."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import Refused
from bench.meter.vending import display_token
from bench.protocols.sts.keys import KeyParameters
from bench.protocols.sts.meter_tests import request_test
from bench.protocols.values import as_integer
from bench.run.token_desk import TokenDesk

STS_ATTRIBUTES = (116, "0-0:19.60.0.255")
#: Attributes of class 116 that a key change moves (sts.md 9).
ATTRIBUTES = {
    "supply_group_code": 6,
    "tariff_index": 7,
    "key_revision_number": 8,
    "key_type": 9,
    "key_expiry_number": 10,
}
#: Display tests that show a key parameter (sts.md 1.4; 16 and 17 uncertain).
DISPLAY_TESTS = {
    "key_revision_number": 4,
    "tariff_index": 5,
    "supply_group_code": 16,
    "key_expiry_number": 17,
}
CLEAR_KEY = "C"


def expected_parameters(key: KeyParameters, *, key_expiry_number: int) -> dict[str, int]:
    """Return the parameters that a meter holding ``key`` tells, as numbers."""
    return {
        "supply_group_code": int(key.supply_group_code),
        "tariff_index": key.tariff_index,
        "key_revision_number": key.key_revision_number,
        "key_type": int(key.key_type),
        "key_expiry_number": key_expiry_number,
    }


def read_parameters(desk: TokenDesk) -> dict[str, int] | None:
    """Read the attributes that a key change moves; None where nobody can read the object."""
    read: dict[str, int] = {}
    if not desk.speaks_dlms:
        return None
    for name, attribute in ATTRIBUTES.items():
        try:
            read[name] = as_integer(desk.client.get(*STS_ATTRIBUTES, attribute))
        except Refused:
            continue
    return read or None


def shown_parameters(desk: TokenDesk) -> dict[str, dict[str, Any]]:
    """Ask the display for each key parameter by a test token; return its text before and after."""
    width = len(desk.vending.own.meter_pan.manufacturer_code)
    shown = {}
    for name, number in DISPLAY_TESTS.items():
        token = display_token(request_test(number, manufacturer_digits=width)).digits
        desk.learn(token)
        desk.keypad.press(CLEAR_KEY)
        before = desk.keypad.display()
        shown[name] = {"before": before, "after": desk.keypad.enter(token)["display"]}
    return shown
