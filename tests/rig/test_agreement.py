"""Source and standard as two witnesses of a load: what makes them contradict each other."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bench.rig.agreement import STANDING, Agreement, disagreement
from bench.rig.load_settings import balanced_load
from instruments.roles import Harmonic, PhaseReading, Readings

ASKED = balanced_load(elements=3, voltage_v=230.0, current_a=5.0, lag_deg=60.0, frequency_hz=50.0)
CALIBRATOR = Agreement(value_pct=0.3, angle_deg=0.3)
RIGHT = tuple(
    PhaseReading(
        voltage_v=230.01, current_a=5.0004, power_w=575.07, current_lag_deg=60.0, voltage_angle_deg=angle
    )
    for angle in (0.0, -120.0, 120.0)
)


def readings(*phases: PhaseReading, power_w: float | None = None) -> Readings:
    return Readings(
        phases=phases,
        power_w=sum(phase.power_w for phase in phases) if power_w is None else power_w,
        frequency_hz=50.0,
        overload=False,
        voltage_range="240V",
        current_range="5A",
    )


def second(**changes: float) -> Readings:
    return readings(RIGHT[0], replace(RIGHT[1], **changes), RIGHT[2])


def test_what_fits_is_left_alone() -> None:
    assert disagreement(ASKED, readings(*RIGHT), CALIBRATOR) == ""


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (second(current_a=4.925, power_w=566.4), "L2: the source was set to 5 A .* reads 4.925 A"),
        (second(voltage_v=231.84, power_w=579.6), "L2: the source was set to 230 V .* reads 231.84 V"),
        (second(current_lag_deg=-60.0), "L2: .* lag of 60°, the reference standard sees -60.0°"),
        (second(current_lag_deg=61.0, power_w=557.5), "L2: .* sees 61.0°"),
        (second(current_lag_deg=-120.0, power_w=-575.0), "L2: .* sees -120.0°"),
        (second(voltage_angle_deg=120.0), "L2: the voltage was asked for at -120°"),
        (second(power_w=1150.0), r"L2: the reference standard reads 1150 W, but its own .* make 575\.1 W"),
        (readings(*RIGHT, power_w=575.0), "reads 575 W in all, but 1725 W as the sum"),
    ],
    ids=[
        "clamp ratio",
        "transformer ratio",
        "angle sign",
        "displaced",
        "reversed",
        "swapped",
        "frozen power",
        "one phase only",
    ],
)
def test_what_contradicts_is_named(seen: Readings, said: str) -> None:
    assert re.search(said, disagreement(ASKED, seen, CALIBRATOR))


def test_a_source_that_nothing_is_known_of_is_believed_within_the_envelope() -> None:
    seen = second(current_a=4.95, power_w=569.3, current_lag_deg=61.0)
    assert disagreement(ASKED, replace(seen, power_w=1719.4), Agreement()).endswith("make 552 W")
    assert disagreement(ASKED, second(current_a=4.95, power_w=569.3), Agreement()) == ""
    assert disagreement(ASKED, second(current_lag_deg=64.0, power_w=504.0), STANDING) == ""


def test_harmonics_make_no_sinusoid() -> None:
    harmonics = (Harmonic(order=3, rms=1.5),)
    asked = replace(ASKED, phases=tuple(replace(p, current_harmonics=harmonics) for p in ASKED.phases))
    distorted = tuple(replace(phase, current_a=5.22) for phase in RIGHT)
    assert disagreement(asked, readings(*distorted), CALIBRATOR) == ""
    assert "its own voltage" in disagreement(ASKED, readings(*distorted), Agreement())


def test_bursts_are_not_compared_as_if_they_were_steady() -> None:
    bursts = tuple(replace(phase, current_a=5.0 / 2**0.5, power_w=287.5) for phase in RIGHT)
    assert disagreement(ASKED, readings(*bursts), CALIBRATOR, flowing_share=0.5) == ""


def test_a_phase_without_voltage_or_current_has_no_angle() -> None:
    asked = replace(ASKED, phases=tuple(replace(phase, current_a=0.0) for phase in ASKED.phases))
    seen = tuple(replace(phase, current_a=0.0, power_w=0.0, current_lag_deg=17.0) for phase in RIGHT)
    assert disagreement(asked, readings(*seen), CALIBRATOR) == ""
