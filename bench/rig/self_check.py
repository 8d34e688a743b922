"""The wiring, tried with small safe values: which lead goes where, and which way every angle counts.

The source is asked, the standard answers. A convention that a driver took from one text only (the sign of an
angle, what it refers to) shows here, before a meter is judged by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.errors import BenchFault
from bench.rig.rack import Rack
from instruments.errors import SetpointRefused
from instruments.roles import LoadSetting, PhaseSetting, Readings

VOLTAGE_V = 57.7
CURRENT_A = 0.5
FREQUENCY_HZ = 50.0
LAG_DEG = 60.0
"""Small values; 60 degrees tell inductive from capacitive, and active from apparent power."""
SHARE, FLOOR_V, FLOOR_A = 0.05, 1.0, 0.02
ANGLE_TOLERANCE_DEG = 3.0
IEC_ANGLES_DEG = (0.0, -120.0, 120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing tried, what was expected, what the standard saw, and what to do if it is wrong."""

    tried: str
    expected: str
    seen: str
    right: bool
    remedy: str = ""


def check_wiring(rack: Rack) -> Iterator[Finding]:
    """Try the rack phase by phase, yielding each finding as it comes; the source is off at the end.

    Raises SafetyTrip or BenchFault for what stops the check itself.
    """
    phases = min(rack.source.limits().phases, len(IEC_ANGLES_DEG))
    voltage_v = min(VOLTAGE_V, rack.limits.voltage_max_v)
    current_a = min(CURRENT_A, rack.limits.current_max_a)
    try:
        yield from _voltages_alone(rack, phases, voltage_v)
        seen = rack.probe(_setting(phases, voltage_v))
        yield from _rotation(seen, phases)
        if current_a == 0.0:
            yield _not_tried("currents", "this source makes no current")
        for index in range(phases if current_a > 0.0 else 0):
            seen = rack.probe(_setting(phases, voltage_v, current_a=current_a, in_phase=index))
            yield from _alone(seen, index, current_a, kind="current")
            yield from _power(seen, index, voltage_v * current_a, "in phase")
            for lag_deg in (
                LAG_DEG,
                -LAG_DEG,
            ):  # both sides: an angle shown without its sign fits one of them
                seen = rack.probe(
                    _setting(phases, voltage_v, current_a=current_a, in_phase=index, lag_deg=lag_deg)
                )
                yield from _lag(seen, index, lag_deg)
                yield from _power(seen, index, voltage_v * current_a / 2, _side(lag_deg))
    finally:
        rack.safe_state()
    rack.switch_off()
    yield Finding(tried="everything off", expected="dead", seen="dead", right=True)


def _voltages_alone(rack: Rack, phases: int, voltage_v: float) -> Iterator[Finding]:
    """Yield whether each voltage stands on its own phase; some sources set all their phases alike."""
    for index in range(phases):
        try:
            seen = rack.probe(_setting(phases, voltage_v, only_voltage=index))
        except SetpointRefused:
            yield _not_tried("voltages one by one", "this source sets all its phases alike")
            return
        yield from _alone(seen, index, voltage_v, kind="voltage")


def _not_tried(what: str, why: str) -> Finding:
    return Finding(tried=what, expected="nothing", seen=f"not tried: {why}", right=True)


def _setting(
    phases: int,
    voltage_v: float,
    *,
    only_voltage: int | None = None,
    current_a: float = 0.0,
    in_phase: int = 0,
    lag_deg: float = 0.0,
) -> LoadSetting:
    return LoadSetting(
        frequency_hz=FREQUENCY_HZ,
        phases=tuple(
            PhaseSetting(
                voltage_v=voltage_v if only_voltage in (None, index) else 0.0,
                voltage_angle_deg=IEC_ANGLES_DEG[index],
                current_a=current_a if index == in_phase else 0.0,
                current_lag_deg=lag_deg if index == in_phase else 0.0,
            )
            for index in range(phases)
        ),
    )


def _alone(seen: Readings, index: int, value: float, *, kind: str) -> Iterator[Finding]:
    """Yield whether the quantity stands on this phase and on no other."""
    read: Callable[[int], float] = (
        (lambda at: seen.phases[at].voltage_v)
        if kind == "voltage"
        else (lambda at: seen.phases[at].current_a)
    )
    unit, floor = ("V", FLOOR_V) if kind == "voltage" else ("A", FLOOR_A)
    if index >= len(seen.phases):
        raise BenchFault(f"The reference standard has {len(seen.phases)} phases; the source more.")
    shown = ", ".join(f"L{at + 1} {read(at):.3f} {unit}" for at in range(len(seen.phases)))
    there = abs(read(index) - value) <= SHARE * value + floor
    elsewhere = [at + 1 for at in range(len(seen.phases)) if at != index and read(at) > SHARE * value + floor]
    remedy = ""
    if elsewhere:
        remedy = f"The {kind} of L{index + 1} reaches L{elsewhere[0]} of the standard: swap the leads."
    elif not there:
        remedy = f"Is the {kind} circuit of L{index + 1} closed, and does the standard look at it?"
    yield Finding(
        tried=f"{kind} on L{index + 1} alone",
        expected=f"L{index + 1} {value:g} {unit}, nothing elsewhere",
        seen=shown,
        right=there and not elsewhere,
        remedy=remedy,
    )


def _rotation(seen: Readings, phases: int) -> Iterator[Finding]:
    """Yield whether the voltages follow each other the IEC way: U2 120 degrees behind U1."""
    for index in range(1, phases):
        angle_deg = seen.phases[index].voltage_angle_deg
        if angle_deg is None:
            yield _not_tried(
                f"angle of U{index + 1} against U1", "this standard shows no angles between voltages"
            )
            continue
        right = abs(_half_turn(angle_deg - IEC_ANGLES_DEG[index])) <= ANGLE_TOLERANCE_DEG
        yield Finding(
            tried=f"angle of U{index + 1} against U1",
            expected=f"{IEC_ANGLES_DEG[index]:g}°",
            seen=f"{angle_deg:.2f}°",
            right=right,
            remedy=""
            if right
            else "Two voltages are swapped, or source or standard counts angles against the IEC sense.",
        )


def _side(lag_deg: float) -> str:
    return f"{'lagging' if lag_deg > 0 else 'leading'} {abs(lag_deg):g}°"


def _lag(seen: Readings, index: int, asked_deg: float) -> Iterator[Finding]:
    lag_deg = seen.phases[index].current_lag_deg
    right = abs(_half_turn(lag_deg - asked_deg)) <= ANGLE_TOLERANCE_DEG
    remedy = ""
    if abs(_half_turn(lag_deg + asked_deg)) <= ANGLE_TOLERANCE_DEG:
        remedy = (
            "The sign is reversed: source or standard counts angles the other way than its driver believes; "
            "or, if it is so on one side only, without their sign."
        )
    elif abs(abs(_half_turn(lag_deg - asked_deg)) - 120.0) <= ANGLE_TOLERANCE_DEG:
        remedy = "Off by 120°: the current's angle refers to U1 where the driver takes its own voltage, or reverse."
    elif not right:
        remedy = "Are the current leads of this phase reversed?"
    yield Finding(
        tried=f"current on L{index + 1} {_side(asked_deg)}",
        expected=f"{asked_deg:g}° ({'inductive' if asked_deg > 0 else 'capacitive'})",
        seen=f"{lag_deg:.2f}°",
        right=right,
        remedy=remedy,
    )


def _power(seen: Readings, index: int, power_w: float, how: str) -> Iterator[Finding]:
    read_w = seen.phases[index].power_w
    right = abs(read_w - power_w) <= SHARE * 2 * power_w
    remedy = "" if right else "Voltage and current of this phase do not belong together at the standard."
    if read_w < 0:
        remedy = "The current runs backwards: swap its two leads at the standard."
    yield Finding(
        tried=f"power on L{index + 1}, {how}",
        expected=f"{power_w:.2f} W",
        seen=f"{read_w:.2f} W",
        right=right,
        remedy=remedy,
    )


def _half_turn(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0
