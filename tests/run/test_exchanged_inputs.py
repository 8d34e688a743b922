"""Pulse inputs that lead to each other's meters, and meters that are merely wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bench.run.exchanged_inputs import ANOTHER, exchanged


def seen(*energies: tuple[float, int], ends_with: dict[int, int] | None = None) -> dict[str, dict[str, Any]]:
    """Return by position the register's advance, Wh, and the pulses of a meter with 1000 imp/kWh; steps of 4 Wh.

    ``ends_with``: the position with whose supply the pulses of another one end; its own where nothing is said.
    """
    found = {}
    for number, (register_wh, pulses) in enumerate(energies, start=1):
        last = (ends_with or {}).get(number, number)
        per_step = pulses // last
        found[str(number)] = {
            "step": number,
            "pulses": pulses,
            "pulses_before_step": min(number - 1, last) * per_step,
            "pulses_at_cut": min(number, last) * per_step if number != last else pulses,
            "meter_constant_imp_per_kwh": 1000.0,
            "register_before_wh": 100.0,
            "register_after_wh": 100.0 + register_wh,
            "step_wh": 4.0,
        }
    return found


FIRST, SECOND, THIRD = (f'the meter of position "{number}"' for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("energies", "ends_with", "found"),
    [
        ([(4, 4), (8, 8), (12, 12)], {}, {}),
        ([(4, 8), (8, 5), (12, 12)], {1: 2, 2: 1}, {"1": SECOND, "2": FIRST}),
        ([(4, 8), (8, 12), (12, 4)], {1: 2, 2: 3, 3: 1}, {"1": SECOND, "2": THIRD, "3": FIRST}),
        ([(4, 8), (8, 8), (12, 12)], {}, {}),
        ([(4, 6), (8, 13), (12, 19)], {}, {}),
        ([(4, 0), (8, 0), (12, 12)], {}, {}),
        ([(4, 8), (8, 8), (12, 12)], {1: 2}, {"1": ANOTHER}),
        ([(4, 8), (8, 8), (12, 12)], {1: 2, 2: 1}, {"1": ANOTHER, "2": ANOTHER}),
    ],
    ids=[
        "right",
        "two exchanged",
        "three in a ring",
        "one wrong",
        "a wrong constant",
        "two dark",
        "two inputs at one meter",
        "two exchanged, one of them with twice the constant",
    ],
)
def test_energies_and_the_order_of_events_say_whose_pulses_they_are(
    energies: list[tuple[float, int]], ends_with: dict[int, int], found: dict[str, str]
) -> None:
    assert exchanged(seen(*energies, ends_with=ends_with)) == found
