"""What makes a condition of a meter come and go: hands, voltage, current."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bench.record.functions_declaration import ConditionDeclaration
from bench.rig.load_settings import balanced_load
from bench.run.case_bench import CaseBench
from instruments.roles import LoadSetting

#: How far beyond its threshold a quantity goes to be above it, and how far below to be not.
BEYOND, SHORT_OF = 1.03, 0.97
MAGNET_MT = 200.0
BATTERY_V = 3.6
#: Line current while the neutral carries five times as much (EV row "2 A and 10 A").
BYPASS_LINE_A, BYPASS_SHARE = 2.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """How a condition is made and taken away, or why it cannot be made here."""

    make: Callable[[], None]
    end: Callable[[], None]
    cannot: str = ""


def stimulus(bench: CaseBench, row: ConditionDeclaration) -> Stimulus:
    """Return what makes a declared condition at this position."""
    actuators, number = bench.position.hands(bench.rack)
    plate = bench.declaration.nameplate

    def load(*, factor: float = 1.0, current_a: float = 0.0, lag_deg: float = 0.0) -> Callable[[], None]:
        return lambda: bench.run.load(voltage_factor=factor, current_a=current_a, lag_deg=lag_deg)

    none = load()
    module = bench.declaration.modules.names[0] if bench.declaration.modules is not None else ""
    threshold = row.threshold or 0.0
    current_a = threshold * BEYOND * plate.maximum_current_a
    ways = {
        "cover": Stimulus(
            make=lambda: actuators.cover(number, "meter", opened=True),
            end=lambda: actuators.cover(number, "meter", opened=False),
        ),
        "terminal cover": Stimulus(
            make=lambda: actuators.cover(number, "terminal", opened=True),
            end=lambda: actuators.cover(number, "terminal", opened=False),
        ),
        "magnet": Stimulus(
            make=lambda: actuators.magnet(number, max(MAGNET_MT, threshold)),
            end=lambda: actuators.magnet(number, 0.0),
        ),
        "current reversed": Stimulus(make=load(current_a=plate.basic_current_a, lag_deg=180.0), end=none),
        "neutral missing": Stimulus(
            make=lambda: actuators.neutral(number, connected=False),
            end=lambda: actuators.neutral(number, connected=True),
        ),
        "bypass": Stimulus(
            make=partial(_bypass, bench, share=BYPASS_SHARE, current_a=BYPASS_LINE_A),
            end=partial(_bypass, bench, share=1.0, current_a=0.0),
        ),
        "over-voltage": Stimulus(make=load(factor=threshold * BEYOND), end=none),
        "under-voltage": Stimulus(make=load(factor=threshold * SHORT_OF), end=none),
        "over-current": Stimulus(
            make=load(current_a=current_a),
            end=none,
            cannot=""
            if current_a <= bench.rack.limits.current_max_a
            else f"{current_a:g} A is above what {bench.rack.limits.current_by} allows",
        ),
        "battery low": Stimulus(
            make=lambda: actuators.battery(number, 0.0), end=lambda: actuators.battery(number, BATTERY_V)
        ),
        "module": Stimulus(
            make=lambda: actuators.module(number, ""), end=lambda: actuators.module(number, module)
        ),
        "customer unit": Stimulus(
            make=lambda: actuators.customer_unit(number, connected=False),
            end=lambda: actuators.customer_unit(number, connected=True),
        ),
    }
    return ways[row.name]


def phase_stimulus(bench: CaseBench, row: ConditionDeclaration, phase: int) -> Stimulus:
    """Return what makes a declared condition of voltage or current in one phase alone, counted from 1."""
    plate, threshold = bench.declaration.nameplate, row.threshold or 0.0
    normal = _normal(bench)
    before = normal.phases[phase - 1]
    current_a = threshold * BEYOND * plate.maximum_current_a
    ways = {
        "over-voltage": replace(before, voltage_v=threshold * BEYOND * plate.voltage_v),
        "under-voltage": replace(before, voltage_v=threshold * SHORT_OF * plate.voltage_v),
        "over-current": replace(before, current_a=current_a),
        "current reversed": replace(before, current_a=plate.basic_current_a, current_lag_deg=180.0),
    }
    if row.name not in ways:
        return Stimulus(
            make=lambda: None, end=lambda: None, cannot=f"{row.name} is not a matter of one phase"
        )
    others = normal.phases
    alone = replace(normal, phases=(*others[: phase - 1], ways[row.name], *others[phase:]))
    too_much = row.name == "over-current" and current_a > bench.rack.limits.current_max_a
    return Stimulus(
        make=lambda: bench.rack.apply(alone),
        end=lambda: bench.rack.apply(normal),
        cannot=f"{current_a:g} A is above what {bench.rack.limits.current_by} allows" if too_much else "",
    )


def _bypass(bench: CaseBench, *, share: float, current_a: float) -> None:
    actuators, number = bench.position.hands(bench.rack)
    actuators.neutral_current(number, share)
    bench.run.load(voltage_factor=1.0, current_a=current_a, lag_deg=0.0)


def swell(bench: CaseBench, factor: float, duration_s: float) -> None:
    """Raise the voltage for a moment, without current, and bring it back."""
    bench.rack.momentary(_scaled(_normal(bench), factor), duration_s)


def _normal(bench: CaseBench) -> LoadSetting:
    """Return the nominal voltages without current."""
    plate = bench.declaration.nameplate
    return balanced_load(
        elements=plate.elements,
        voltage_v=plate.voltage_v,
        current_a=0.0,
        lag_deg=0.0,
        frequency_hz=plate.frequency_hz,
    )


def _scaled(setting: LoadSetting, factor: float) -> LoadSetting:
    phases = tuple(replace(phase, voltage_v=phase.voltage_v * factor) for phase in setting.phases)
    return replace(setting, phases=phases)
