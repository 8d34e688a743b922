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


def _bypass(bench: CaseBench, *, share: float, current_a: float) -> None:
    actuators, number = bench.position.hands(bench.rack)
    actuators.neutral_current(number, share)
    bench.run.load(voltage_factor=1.0, current_a=current_a, lag_deg=0.0)


def swell(bench: CaseBench, factor: float, duration_s: float) -> None:
    """Raise the voltage for a moment, without current, and bring it back."""
    plate = bench.declaration.nameplate
    normal = balanced_load(
        elements=plate.elements,
        voltage_v=plate.voltage_v,
        current_a=0.0,
        lag_deg=0.0,
        frequency_hz=plate.frequency_hz,
    )
    bench.rack.momentary(_scaled(normal, factor), duration_s)


def _scaled(setting: LoadSetting, factor: float) -> LoadSetting:
    phases = tuple(replace(phase, voltage_v=phase.voltage_v * factor) for phase in setting.phases)
    return replace(setting, phases=phases)
