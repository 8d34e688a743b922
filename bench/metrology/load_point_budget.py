"""The uncertainty budget of a percentage error measured by pulse comparison or power and time.

Sizes marked "estimate" are this project's, to be replaced by a laboratory's own certificate values.
"""

from __future__ import annotations

from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.gate import ripple_rms_pct
from bench.metrology.series import Series

#: Meter and standard see nearly the same ripple: half of its rms bound is left (estimate).
RIPPLE_LEFT = 0.5
#: Change of the source over a gate at PF 1, half width, % (estimate).
SOURCE_STABILITY_PCT = 0.005
#: Grid on which a meter's firmware emits its pulses, s, at least (estimate, a per-sample energy integrator).
PULSE_GRID_S = 0.001
#: Standard uncertainty of a single reading that was not repeated, % (estimate).
SINGLE_READING_PCT = 0.01
#: How much worse than at PF 1 a standard's class is at PF 0.5 (0.03 of class 0.02): 1 + (1/PF - 1)/2.
POWER_FACTOR_LOSS = 0.5


def load_point_budget(
    *,
    standard_class_pct: float | None,
    standard_uncertainty_pct: float | None,
    power_factor: float,
    frequency_hz: float,
    duration_s: float,
    reference_counts: float | None,
    readings: Series,
    prior_s_pct: float = SINGLE_READING_PCT,
    distorted_uncertainty_pct: float | None = None,
    pulse_grid_s: float | None = None,
) -> Budget:
    """Return the budget of the mean error of some readings, %.

    ``standard_class_pct``: limits of error of the reference standard; ``standard_uncertainty_pct``: expanded
    uncertainty (k = 2) of its calibration; at least one is needed, else ValueError. ``power_factor``: cos
    phi. ``duration_s`` and ``reference_counts``: of the shortest gate. ``prior_s_pct``: scatter of one reading of
    this type, where it was not repeated. ``distorted_uncertainty_pct``: what the certificate adds on distorted
    waveforms, expanded. ``pulse_grid_s``: how unevenly this meter was seen to give its pulses.
    """
    worse = 1 + (1 / power_factor - 1) * POWER_FACTOR_LOSS
    lines = []
    if standard_class_pct is not None:
        lines.append(
            Contribution(
                name="reference standard, class",
                value=standard_class_pct,
                distribution=Distribution.RECTANGULAR,
                sensitivity=worse,
                source="class of the standard; its loss at low power factor estimated",
            )
        )
    if standard_uncertainty_pct is not None:
        lines.append(
            Contribution(
                name="reference standard, calibration",
                value=standard_uncertainty_pct,
                distribution=Distribution.EXPANDED,
                sensitivity=1.0 if standard_class_pct is not None else worse,
                source="certificate",
            )
        )
    if not lines:
        raise ValueError("the uncertainty of the reference standard is unknown")
    lines += [
        Contribution(
            name="source over the gate",
            value=SOURCE_STABILITY_PCT,
            distribution=Distribution.RECTANGULAR,
            sensitivity=1 / power_factor,
            source="estimate",
        ),
        Contribution(
            name="ripple of the power",
            value=ripple_rms_pct(frequency_hz=frequency_hz, duration_s=duration_s, power_factor=power_factor),
            distribution=Distribution.NORMAL,
            sensitivity=RIPPLE_LEFT,
            source="derived; share left estimated",
        ),
        Contribution(
            name="pulse grid of the meter",
            value=100 * max(PULSE_GRID_S, pulse_grid_s or 0.0) / duration_s,
            distribution=Distribution.TRIANGULAR,
            source="estimate" if (pulse_grid_s or 0.0) <= PULSE_GRID_S else "seen in its pulses",
        ),
    ]
    if reference_counts:
        lines.append(
            Contribution(
                name="resolution of the reference counts",
                value=100 / reference_counts,
                distribution=Distribution.RECTANGULAR,
                source="one count",
            )
        )
    if distorted_uncertainty_pct is not None:
        lines.append(
            Contribution(
                name="reference standard, distorted waveform",
                value=distorted_uncertainty_pct,
                distribution=Distribution.EXPANDED,
                source="certificate",
            )
        )
    lines.append(_repeatability(readings, prior_s_pct))
    return Budget(contributions=tuple(lines))


def _repeatability(readings: Series, prior_s_pct: float) -> Contribution:
    if readings.s_mean is None:
        return Contribution(
            name="repeatability",
            value=prior_s_pct,
            distribution=Distribution.NORMAL,
            source="prior of the type: the reading was not repeated",
        )
    return Contribution(
        name="repeatability",
        value=readings.s_mean,
        distribution=Distribution.NORMAL,
        sensitivity=readings.t_factor,
        degrees_of_freedom=readings.degrees_of_freedom,
        source=f"{readings.n} readings, with Student's t",
    )
