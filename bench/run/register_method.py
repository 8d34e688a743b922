"""The register (dial) method: a meter without a pulse output, by the advance of its register over a dose of energy."""

from __future__ import annotations

from typing import Any

from bench.metrology.gate import register_dose
from bench.rig.dosed import check_dose
from bench.rig.loads import Load
from bench.rig.pulses import PulseResult
from bench.run.measuring import conditions, known_errors
from bench.run.prepayment import ensure_credit
from bench.run.readout import read_energy
from bench.run.run import Run

METHOD = "register"
SHORTEST_S = 60.0
CREDIT_MARGIN = 1.5


def dose_s(load: Load, *, power_factor: float, limit_pct: float, resolution_wh: float) -> float:
    """Return how long a load has to stand until the register's last digit costs a fifth of the limit."""
    dose_wh = register_dose(limit_pct=limit_pct, resolution=resolution_wh)
    return max(SHORTEST_S, dose_wh / load.power_w(power_factor) * 3600)


def measure_by_register(run: Run, load: Load, *, power_factor: float, limit_pct: float) -> dict[str, Any]:
    """Send a dose through all meters and read their registers without current before and after it.

    The standard counts from before the current comes until it is gone, so no switching instant matters. Returns by
    position the result, with one reading {registered_wh, register_resolution_wh, reference_energy_wh, duration_s}.
    """
    run.energise()
    before = {name: read_energy(position) for name, position in run.positions.items()}
    resolution_wh = max(reading.resolution_wh for reading in before.values())
    duration_s = dose_s(load, power_factor=power_factor, limit_pct=limit_pct, resolution_wh=resolution_wh)
    for position in run.positions.values():
        ensure_credit(position, CREDIT_MARGIN * load.power_w(power_factor) * duration_s / 3600)
    before = {name: read_energy(position) for name, position in run.positions.items()}
    setting = load.setting()
    highest_v = max(phase.voltage_rms_v for phase in setting.phases)
    highest_a = max(phase.current_rms_a for phase in setting.phases)
    with run.rack.counting_energy(highest_v, highest_a):
        run.rack.apply(setting)
        samples = [run.rack.readings_now()]
        run.clock.sleep(duration_s)
        samples.append(run.rack.readings())
        run.energise()
        energy_wh = run.rack.standard.energy_wh()
    check_dose(
        energy_wh, power_w=sum(sample.power_w for sample in samples) / len(samples), duration_s=duration_s
    )
    after = {name: read_energy(position) for name, position in run.positions.items()}
    return {
        name: PulseResult(
            method=METHOD,
            readings=(
                {
                    "registered_wh": after[name].energy_wh - before[name].energy_wh,
                    "register_resolution_wh": after[name].resolution_wh,
                    "reference_energy_wh": energy_wh,
                    "duration_s": duration_s,
                },
            ),
            edges_seen=0,
            waited_s=duration_s,
            samples=tuple(samples),
        )
        for name in run.positions
    }


def register_data(
    run: Run, position: str, load: Load, result: PulseResult, *, point: dict[str, Any]
) -> dict[str, Any]:
    """Return the data of a ``load-point`` observation made by the register."""
    data: dict[str, Any] = {
        "point": {
            "current_a": load.current_a,
            "voltage_v": load.voltage_v,
            "frequency_hz": load.frequency_hz,
            "lag_deg": load.lag_deg,
            **point,
        },
        "method": result.method,
        "meter_constant_imp_per_kwh": run.declarations[position].nameplate.meter_constant_imp_per_kwh,
        "readings": list(result.readings),
        "standard": run.standard_calibration(),
        "conditions": conditions(load, result),
        "length": {"rule": "single", "prior_s_pct": run.plan.prior_s_pct},
    }
    known = known_errors(run, position, result, str(point.get("pf", "")))
    if any(known.values()):
        data["corrections"] = known
    return data
