"""A declaration with another meter constant than the meter has: the bench says so instead of measuring by it."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from bench.errors import BenchFault
from bench.metrology.pulse_train import PulseTrain
from bench.run import pulse_proof

POWER_W = 230.0 * 60.0


def position(declared: float) -> Any:
    plate = SimpleNamespace(
        voltage_v=230.0, maximum_current_a=60.0, elements=1, meter_constant_imp_per_kwh=declared
    )
    return SimpleNamespace(
        name="7",
        declaration=SimpleNamespace(nameplate=plate),
        association=lambda _name: object(),
        client=lambda _name: object(),
    )


def train(given: float) -> PulseTrain:
    return PulseTrain(period_s=3.6e6 / (given * POWER_W), grid_s=0.001)


@pytest.fixture
def shows(monkeypatch: pytest.MonkeyPatch):
    """Let the meter show a constant; return what was asked."""

    def show(constant: float | None) -> list[str]:
        asked: list[str] = []

        def told(_client: object) -> float | None:
            asked.append("constant")
            return constant

        monkeypatch.setattr(pulse_proof, "opened", lambda _client: contextlib.nullcontext())
        monkeypatch.setattr(pulse_proof, "meter_constant", told)
        return asked

    return show


def test_a_typing_error_is_named_with_what_the_meter_shows_and_gives(shows) -> None:
    shows(1600.0)
    with pytest.raises(
        BenchFault, match=r'Position "7": the meter shows 1600 imp/kWh and gives about 1600; 1000 is declared'
    ):
        pulse_proof._check_constant(position(1000.0), train(1600.0))


@pytest.mark.parametrize(
    ("declared", "given", "shown"),
    [(1000.0, 1020.0, 1600.0), (1000.0, 1600.0, 1000.0), (1000.0, 1600.0, None), (1000.0, 1600.0, 3200.0)],
    ids=["pulses fit", "the LED is wrong", "nothing is shown", "all three differ"],
)
def test_anything_else_is_the_meters_and_is_measured(shows, declared: float, given: float, shown) -> None:
    shows(shown)
    pulse_proof._check_constant(position(declared), train(given))


def test_a_meter_whose_pulses_fit_is_not_even_asked(shows) -> None:
    asked = shows(1600.0)
    pulse_proof._check_constant(position(1000.0), train(1010.0))
    assert asked == []
