"""The instruments of the laboratory: each has its serial number and its own small errors, by seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from instruments.virtual.fluke_6105a import SourceErrors, VirtualFluke6105A
from instruments.virtual.hands import VirtualHands
from instruments.virtual.keysight_53230a import VirtualCounter
from instruments.virtual.scpi import ScpiInstrument
from instruments.virtual.zera_com5003 import VirtualCom5003
from instruments.virtual.zera_inputs import CURRENT_RANGES_A, VOLTAGE_RANGES_V, RangeError
from reference_meter.lab.plants import RackPlant
from reference_meter.lab.world import World

STANDARD_CLASS_PCT = 0.02
"""Accuracy class of the reference standard (project figure for a COM5003-like instrument)."""
STANDARD_UNCERTAINTY_PCT = 0.01
"""Expanded uncertainty (k = 2) on its certificate, power at PF 1; the twin's true errors stay inside it."""
STANDARD_DISTORTED_PCT = 0.03
"""What its certificate adds on the distorted waveforms of IEC 62053-21, expanded (project figure)."""
CALIBRATION_LEFT_DAYS = 200
"""How long after the start of a run the certificate of the standard is still valid."""

_SOURCE_GAIN_MAX_PCT = 0.02
_SOURCE_LAG_MAX_DEG = 0.005
_STANDARD_GAIN_MAX_PCT = 0.003
_STANDARD_PHASE_MAX_DEG = 0.0005
"""Of one range of one quantity: voltage and current together stay below 0.006 % at PF 1."""
_COUNTER_TIME_BASE_MAX_PPM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the calibration certificate of an instrument says. Expanded uncertainty, k = 2, at PF 1."""

    number: str
    due: date
    uncertainty_pct: float
    class_pct: float
    distorted_uncertainty_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """One instrument: its name (also the port watched on the lab port), the driver that fits it, its twin."""

    name: str
    role: str
    driver: str
    instrument: ScpiInstrument
    serial_number: str
    certificate: Certificate | None = None


def twins(world: World, plant: RackPlant, *, phases: int) -> tuple[Twin, ...]:
    """Make every instrument of the laboratory and wire it to ``plant``."""
    draw = world.stream("errors of the instruments")

    def within(limit: float) -> float:
        return draw.uniform(-limit, limit)

    serial_numbers = [f"{draw.randrange(10**8):08d}" for _ in range(4)]
    source = VirtualFluke6105A(
        plant,
        "source",
        phases=phases,
        amplifiers=True,
        serial_number=serial_numbers[0],
        errors=SourceErrors(
            voltage_gain_pct=within(_SOURCE_GAIN_MAX_PCT),
            current_gain_pct=within(_SOURCE_GAIN_MAX_PCT),
            lag_deg=within(_SOURCE_LAG_MAX_DEG),
        ),
    )
    range_errors = {
        name: RangeError(gain_pct=within(_STANDARD_GAIN_MAX_PCT), phase_deg=within(_STANDARD_PHASE_MAX_DEG))
        for name in (*VOLTAGE_RANGES_V, *CURRENT_RANGES_A)
    }
    standard = VirtualCom5003(plant, "standard", serial_number=serial_numbers[1], range_errors=range_errors)
    counter = VirtualCounter(
        plant,
        "counter",
        channels=plant.counter_channels,
        serial_number=f"MY{serial_numbers[2]}",
        time_base_ppm=within(_COUNTER_TIME_BASE_MAX_PPM),
    )
    hands = VirtualHands(plant, "hands", serial_number=serial_numbers[3])
    certificate = Certificate(
        number=f"VIRTUAL-{world.seed}",
        due=(world.epoch + timedelta(days=CALIBRATION_LEFT_DAYS)).date(),
        uncertainty_pct=STANDARD_UNCERTAINTY_PCT,
        class_pct=STANDARD_CLASS_PCT,
        distorted_uncertainty_pct=STANDARD_DISTORTED_PCT,
    )
    return (
        Twin(
            name="source",
            role="source",
            driver="fluke-6105a",
            instrument=source,
            serial_number=source.serial_number,
        ),
        Twin(
            name="standard",
            role="reference",
            driver="zera-com5003",
            instrument=standard,
            serial_number=standard.serial_number,
            certificate=certificate,
        ),
        Twin(
            name="counter",
            role="counter",
            driver="keysight-53230a",
            instrument=counter,
            serial_number=counter.serial_number,
        ),
        Twin(
            name="hands",
            role="actuators",
            driver="meterbench-hands",
            instrument=hands,
            serial_number=hands.serial_number,
        ),
    )
