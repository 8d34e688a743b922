"""Load settings made from others: the same on each element, without current, with a share of its voltage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from instruments.roles import LoadSetting, PhaseSetting


def balanced_load(
    *, elements: int, voltage_v: float, current_a: float, lag_deg: float, frequency_hz: float
) -> LoadSetting:
    """Return the same load on each element; voltages 120 degrees apart on a polyphase meter (IEC angles)."""
    return LoadSetting(
        frequency_hz=frequency_hz,
        phases=tuple(
            PhaseSetting(
                voltage_v=voltage_v,
                current_a=current_a,
                voltage_angle_deg=-120.0 * index if elements > 1 else 0.0,
                current_lag_deg=lag_deg,
            )
            for index in range(elements)
        ),
    )


def without_current(setting: LoadSetting) -> LoadSetting:
    """Return the same voltages with all currents at zero."""
    return LoadSetting(
        frequency_hz=setting.frequency_hz,
        phases=tuple(
            PhaseSetting(voltage_v=phase.voltage_v, current_a=0.0, voltage_angle_deg=phase.voltage_angle_deg)
            for phase in setting.phases
        ),
    )


def scaled(setting: LoadSetting, share: float) -> LoadSetting:
    """Return the same load with this share of its voltages, for ramps."""
    if share == 1.0:
        return setting
    phases = tuple(
        replace(phase, voltage_v=phase.voltage_v * share, voltage_harmonics=()) for phase in setting.phases
    )
    return replace(setting, phases=phases)


def voltages(setting: LoadSetting) -> Sequence[tuple[float, float]]:
    """Return voltage and angle of each phase, and the frequency: what changes only without current."""
    return [(phase.voltage_v, phase.voltage_angle_deg) for phase in setting.phases] + [
        (setting.frequency_hz, 0.0)
    ]
