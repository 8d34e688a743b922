"""Whether pulse input and communication port see the same meter, by energies and by the order of events."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.position_pairing import position_pairing
from bench.judgement.requirements import pairing_requirement
from bench.record.model import Judgement, Outcome

#: A rack of three, 30 Wh before the first step, steps of 4 Wh.
BASE_WH, STEP_WH = 30.0, 4.0


def seen(
    pulses: tuple[int, int, int], register_wh: float, *, others: dict[int, tuple[float, int]] | None = None
) -> dict[str, Any]:
    """Return what was seen at the second position of three, and at the others: (register, pulses) by step."""
    before, at_cut, every = pulses
    sound = {1: (BASE_WH + STEP_WH, 34), 3: (BASE_WH + 3 * STEP_WH, 42)}
    return {
        "step": 2,
        "step_wh": STEP_WH,
        "pulses_before_step": before,
        "pulses_at_cut": at_cut,
        "pulses": every,
        "meter_constant_imp_per_kwh": 1000.0,
        "register_before_wh": 5.0,
        "register_after_wh": 5.0 + register_wh,
        "register_resolution_wh": 1.0,
        "others": [
            {"position": str(step), "step": step, "energy_wh": energy_wh, "pulses": of_it}
            for step, (energy_wh, of_it) in (others or sound).items()
        ],
    }


def judged(observe: Any, context_of: Any, data: dict[str, Any]) -> Judgement:
    return position_pairing([observe("position-pairing", data)], pairing_requirement(), context_of())


@pytest.mark.parametrize(
    ("pulses", "register_wh", "outcome"),
    [
        ((34, 38, 38), 38.0, Outcome.PASSED),
        ((34, 38, 39), 39.0, Outcome.PASSED),
        ((68, 76, 76), 38.0, Outcome.PASSED),  # the LED flashes twice as often, all else is in order
        ((17, 19, 19), 38.0, Outcome.PASSED),  # half as often
        ((68, 76, 76), 76.0, Outcome.PASSED),  # pulses and register count everything twice
        ((34, 38, 42), 38.0, Outcome.ERROR),  # they go on until the third is cut
        ((34, 34, 34), 38.0, Outcome.ERROR),  # they ended with the first
        ((68, 76, 84), 38.0, Outcome.ERROR),  # of the third, whose LED flashes twice as often
        ((34, 38, 42), 42.0, Outcome.ERROR),  # pulses and register of the third: the contactor is another's
        ((0, 0, 0), 38.0, Outcome.ERROR),  # dark: nobody can say whose it is
        ((68, 76, 76), 42.0, Outcome.ERROR),  # a wrong constant, and the port of the third
        ((34, 38, 38), 3.0, Outcome.INCONCLUSIVE),  # a register that shows a tenth
    ],
)
def test_wires_are_our_fault_and_constants_are_not(
    observe: Any, context_of: Any, pulses: tuple[int, int, int], register_wh: float, outcome: Outcome
) -> None:
    assert judged(observe, context_of, seen(pulses, register_wh)).outcome is outcome


def test_a_rack_whose_every_constant_is_wrong_is_paired_by_its_steps(observe: Any, context_of: Any) -> None:
    others = {1: (BASE_WH + STEP_WH, 68), 3: (BASE_WH + 3 * STEP_WH, 84)}
    assert judged(observe, context_of, seen((68, 76, 76), 38.0, others=others)).outcome is Outcome.PASSED


def test_a_register_coarser_than_the_steps_says_nothing(observe: Any, context_of: Any) -> None:
    data = {**seen((34, 38, 38), 40.0), "register_resolution_wh": 10.0}
    assert judged(observe, context_of, data).outcome is Outcome.INCONCLUSIVE
