"""Slot ``metering``: what the measuring elements say, with the errors of a real front end.

Error model of accuracy.md 5.3: measured P = (1 + g) * U * I * cos(phi + d) + P_off at each element, with gain g,
extra lag d and offset P_off; harmonics pass the converters of both channels (``sampled_path``); power below the
no-load threshold counts as zero. The meter does not divide by frequency or voltage, so their influence is what the
coefficients of the residuals say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from instruments.virtual.plant import Harmonic
from reference_meter.board import ElementInput, Timer
from reference_meter.metering.sampled_path import SampledPath
from reference_meter.senses import REFERENCE_C

if TYPE_CHECKING:
    from reference_meter.meter import Meter

VOLTAGE_STEP = 0.1
FREQUENCY_STEP = 0.02
"""The relative changes at which the coefficients of the residuals are stated."""
STEADY = (1, 0)
"""A current without pauses."""
MISSING_BELOW = 0.5
"""An element below this share of Un counts as missing."""
HEAT_UPDATE_S = 30.0
"""How often a warming or cooling shunt is looked at; in between the gain stands."""
HEAT_SETTLED = 0.01
"""So close to its final temperature (as a share of the rise at Imax) a shunt is left alone."""


class Metering:
    """Measured quantities now. Positive power flows from the supply to the load."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.nameplate = meter.product.nameplate
        self.residuals = meter.product.residuals
        self._registering = False
        self._heat = 0.0
        self._heat_at_s = meter.board.now()
        self._heat_target = 0.0
        self._heat_timer: Timer | None = None

    def gain(self) -> float:
        """Return the relative gain error of power left by calibration."""
        return self.residuals.gain_pct / 100.0

    def element_gain(self, number: int) -> float:
        """Return what element ``number`` (from 0) adds to the gain error."""
        added = self.residuals.element_gain_pct
        return added[number] / 100.0 if number < len(added) else 0.0

    def extra_lag_deg(self) -> float:
        """Return the lag that the channels add to the current; positive makes inductive loads read low."""
        return self.residuals.extra_lag_deg

    def offset_w(self) -> float:
        """Return the power read at an element that carries none."""
        return self.residuals.offset_w

    def no_load_threshold_w(self) -> float:
        """Return the power below which nothing is registered: a fraction of U * Ist of all elements."""
        plate = self.nameplate
        starting_power_w = plate.elements * plate.voltage_v * plate.starting_current_a
        return self.residuals.anti_creep_fraction * starting_power_w

    def voltage_v(self, element: int = 0) -> float:
        """Return the measured rms voltage of ``element`` (from 0)."""
        seen = self.board.elements()[element]
        return math.hypot(seen.voltage_v, *(harmonic.rms for harmonic in seen.voltage_harmonics))

    def current_a(self, element: int = 0) -> float:
        """Return the measured rms current of ``element`` (from 0); the gain error is given to the current."""
        seen = self.board.elements()[element]
        rms_a = math.hypot(seen.current_a, *(harmonic.rms for harmonic in seen.current_harmonics))
        rms_a *= math.sqrt(seen.flowing_share)
        return rms_a * (1.0 + self.gain())

    def frequency_hz(self) -> float:
        """Return the measured frequency of the voltage."""
        return self.board.frequency_hz()

    def elements(self) -> Sequence[ElementInput]:
        """Return what the elements measure.

        A single-phase meter without neutral sees no voltage and reckons with the nominal one; of line and
        neutral current it takes the larger.
        """
        seen = self.board.elements()
        if len(seen) > 1:
            return seen
        senses, element = self.board.senses, seen[0]
        if not senses.neutral_connected and element.voltage_v == 0.0:
            element = replace(element, voltage_v=self.nameplate.voltage_v)
        share = self.billed_share()
        return [element if share == 1.0 else replace(element, current_a=element.current_a * share)]

    def one_wire_supply(self) -> bool:
        """Tell whether the meter goes on without neutral."""
        return True

    def billed_share(self) -> float:
        """Return the current to bill over that of the line."""
        return max(1.0, self.board.senses.neutral_current_share)

    # influences

    def voltage_influence(self, element: ElementInput) -> float:
        """Return the relative change of power by the deviation of the voltage from Un."""
        deviation = element.voltage_v / self.nameplate.voltage_v - 1.0
        return self.residuals.voltage_coefficient_pct / 100.0 * deviation / VOLTAGE_STEP

    def frequency_influence(self) -> float:
        """Return the relative change of power by the deviation of the frequency."""
        deviation = self.board.frequency_hz() / self.nameplate.frequency_hz - 1.0
        return self.residuals.frequency_coefficient_pct / 100.0 * deviation / FREQUENCY_STEP

    def system_influence(self, elements: Sequence[ElementInput]) -> float:
        """Return the relative change of power by reversed phase order or missing phases."""
        disturbed = reversed_order(elements) or any(
            element.voltage_v < MISSING_BELOW * self.nameplate.voltage_v for element in elements
        )
        return self.residuals.crosstalk_pct / 100.0 if disturbed and len(elements) > 1 else 0.0

    def temperature_influence(self) -> float:
        """Return the relative change of power by the temperature inside the case."""
        deviation_k = self.board.senses.case_c(self.board.now()) - REFERENCE_C
        return self.residuals.temperature_coefficient_pct_per_k / 100.0 * deviation_k

    def burst_response(self, element: ElementInput) -> float:
        """Return what the meter makes of a current that flows in bursts, over what it carries: all of it."""
        del element
        return 1.0

    def sampled_path(self) -> SampledPath:
        """Return the converters of voltage and current: their low-passes, their samples, their steps."""
        left = self.residuals
        return SampledPath(
            voltage_corner_hz=left.bandwidth_hz,
            current_corner_hz=left.bandwidth_hz,
            samples_per_cycle=left.samples_per_cycle,
            current_step_a=left.current_step_a,
        )

    def harmonic_power_w(self, element: ElementInput) -> float:
        """Return the power of the harmonics as the channels pass it."""
        return self.sampled_path().same_order_w(
            element.voltage_harmonics, element.current_harmonics, self.board.frequency_hz()
        )

    def aliased_power_w(self, element: ElementInput) -> float:
        """Return what the samples take for power beside that of equal orders."""
        if not (element.voltage_harmonics or element.current_harmonics):
            return 0.0
        lag_deg = element.current_lag_deg
        voltages = (Harmonic(order=1, rms=element.voltage_v), *element.voltage_harmonics)
        currents = (
            Harmonic(order=1, rms=element.current_a, angle_deg=-lag_deg),
            *element.current_harmonics,
        )
        return self.sampled_path().aliased_w(voltages, currents, self.board.frequency_hz())

    def dc_loss(self, element: ElementInput) -> float:
        """Return the share of power that a DC component of the current costs: full for a half wave."""
        dc_a = math.fsum(own.rms for own in element.current_harmonics if own.order == 0)
        if dc_a == 0.0 or element.current_a == 0.0:
            return 0.0
        half_wave = 2.0 * math.sqrt(2.0) / math.pi  # DC over fundamental rms of a half-wave current
        return self.residuals.dc_loss_pct / 100.0 * min(1.0, dc_a / element.current_a / half_wave)

    # power

    def element_power_w(self, element: ElementInput) -> float:
        """Return the measured active power of one element, before the no-load threshold."""
        if element.voltage_v == 0.0:
            return 0.0
        lag_rad = math.radians(element.current_lag_deg + self.extra_lag_deg())
        fundamental_w = element.voltage_v * element.current_a * math.cos(lag_rad)
        if not element.current_harmonics:
            fundamental_w *= self.sampled_path().step_gain(element.current_a)
        total_w = fundamental_w + self.harmonic_power_w(element) + self.aliased_power_w(element)
        total_w *= 1.0 - self.dc_loss(element)
        if element.burst != STEADY:
            total_w *= element.flowing_share * self.burst_response(element)
        gain = self.gain() + self.voltage_influence(element) + self.frequency_influence() + self.heat_gain()
        gain += self.temperature_influence()
        return (1.0 + gain) * total_w + self.offset_w()

    def anti_creep(self, power_w: float) -> float:
        """Return the power to register: zero below the no-load threshold, which has a hysteresis."""
        threshold_w = self.no_load_threshold_w()
        if self._registering:
            threshold_w *= 1.0 - self.residuals.hysteresis_fraction
        self._registering = abs(power_w) >= threshold_w
        return power_w if self._registering else 0.0

    def sum_of_elements(self, powers_w: Sequence[float]) -> float:
        """Return the power of all elements: with their signs, or each as import, as the nameplate says."""
        if self.nameplate.measurement_mode == "absolute":
            return sum(abs(power_w) for power_w in powers_w)
        return sum(powers_w)

    def active_power_w(self) -> float:
        """Return the measured active power of all elements."""
        self._warm(self.elements())
        return self.anti_creep(self.sum_of_elements(self.element_powers_w()))

    def element_powers_w(self) -> list[float]:
        """Return what each element gives to the sum."""
        elements = self.elements()
        system = 1.0 + self.system_influence(elements)
        return [
            self.element_power_w(element) * (1.0 + self.element_gain(number)) * system
            for number, element in enumerate(elements)
        ]

    def apparent_power_va(self) -> float:
        """Return the sum of U times I of all elements."""
        return math.fsum(
            self.voltage_v(number) * self.current_a(number) for number in range(len(self.board.elements()))
        )

    # reactive power

    def reactive_gain(self) -> float:
        """Return the relative gain error of reactive power."""
        return self.residuals.reactive_gain_pct / 100.0

    def reactive_lag_deg(self) -> float:
        """Return the lag that the 90-degree shift of reactive power adds to the current."""
        return self.residuals.reactive_lag_deg

    def element_reactive_power_var(self, element: ElementInput) -> float:
        """Return the reactive power of the fundamentals at one element, positive where the current lags."""
        lag_rad = math.radians(element.current_lag_deg + self.reactive_lag_deg())
        power_var = element.voltage_v * element.current_a * math.sin(lag_rad) * element.flowing_share
        return (1.0 + self.reactive_gain()) * power_var

    def reactive_power_var(self) -> float:
        """Return the reactive power of all elements, zero below the no-load threshold."""
        power_var = math.fsum(self.element_reactive_power_var(element) for element in self.elements())
        return power_var if abs(power_var) >= self.no_load_threshold_w() else 0.0

    # heat

    def heat_gain(self) -> float:
        """Return the relative change of gain by the temperature of the shunts."""
        return self.residuals.self_heating_pct / 100.0 * self._heat

    def _warm(self, elements: Sequence[ElementInput]) -> None:
        """Bring the temperature up to now, towards what the present current makes of it."""
        if self.residuals.self_heating_pct == 0.0:
            return
        now_s = self.board.now()
        share = math.exp(-(now_s - self._heat_at_s) / self.residuals.heating_time_constant_s)
        self._heat = self._heat_target + (self._heat - self._heat_target) * share
        self._heat_at_s = now_s
        squares = sum(
            (element.current_a**2 + sum(own.rms**2 for own in element.current_harmonics))
            * element.flowing_share
            for element in elements
        )
        self._heat_target = squares / len(elements) / self.nameplate.maximum_current_a**2
        if self._heat_timer is None and abs(self._heat_target - self._heat) > HEAT_SETTLED:
            self._heat_timer = self.board.at(now_s + HEAT_UPDATE_S, self._warmer)

    def _warmer(self) -> None:
        self._heat_timer = None
        self.meter.inputs_changed()


def reversed_order(elements: Sequence[ElementInput]) -> bool:
    """Return whether the voltages of three elements turn L1, L3, L2: the second leads the first."""
    if len(elements) < 3 or any(element.voltage_v == 0.0 for element in elements):
        return False
    angles = [element.voltage_angle_deg for element in elements]
    return math.sin(math.radians(angles[1] - angles[0])) > 0.0
