"""Pulse inputs that lead to each other's meters, and meters that are merely wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bench.run.exchanged_inputs import exchanged


def seen(*energies: tuple[float, int]) -> dict[str, dict[str, Any]]:
    """Return by position the register's advance, Wh, and the pulses of a meter with 1000 imp/kWh; steps of 4 Wh."""
    return {
        str(number): {
            "pulses": pulses,
            "meter_constant_imp_per_kwh": 1000.0,
            "register_before_wh": 100.0,
            "register_after_wh": 100.0 + register_wh,
            "step_wh": 4.0,
        }
        for number, (register_wh, pulses) in enumerate(energies, start=1)
    }


@pytest.mark.parametrize(
    ("energies", "found"),
    [
        ([(4, 4), (8, 8), (12, 12)], {}),
        ([(4, 8), (8, 5), (12, 12)], {"1": "2", "2": "1"}),
        ([(4, 8), (8, 12), (12, 4)], {"1": "2", "2": "3", "3": "1"}),
        ([(4, 8), (8, 8), (12, 12)], {}),
        ([(4, 6), (8, 13), (12, 19)], {}),
        ([(4, 0), (8, 0), (12, 12)], {}),
    ],
    ids=["right", "two exchanged", "three in a ring", "one wrong", "a wrong constant", "two dark"],
)
def test_only_a_full_exchange_is_one(energies: list[tuple[float, int]], found: dict[str, str]) -> None:
    assert exchanged(seen(*energies)) == found
