"""The distorted test waveforms of the accuracy standards, as exact Fourier components (accuracy.md 1.6).

All values are shares of a reference sine of rms 1 (voltage and current); theta is the angle of the fundamental
voltage, and a component is share * sqrt(2) * sin(order * theta + angle). Order 0 is DC, its share is its value.
Sources can deliver orders up to a highest one; active power is not changed by that where the voltage is a sine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Highest order that is sent to a source; sources end at 100, but the tail of a chopped sine carries no power.
HIGHEST_ORDER = 40
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component of a waveform."""

    order: int
    share: float
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Voltage and current of one phase. The fundamental is the component of order 1."""

    name: str
    voltage: tuple[Component, ...]
    current: tuple[Component, ...]

    @property
    def voltage_rms(self) -> float:
        """Rms of the voltage, for a reference sine of 1."""
        return math.hypot(*(own.share for own in self.voltage))

    @property
    def current_rms(self) -> float:
        """Rms of the current, for a reference sine of 1."""
        return math.hypot(*(own.share for own in self.current))

    @property
    def power(self) -> float:
        """Active power: sum of U_h I_h cos(angle between them) over the common orders (IEEE 1459)."""
        voltages = {own.order: own for own in self.voltage}
        return math.fsum(
            voltages[own.order].share
            * own.share
            * math.cos(math.radians(voltages[own.order].angle_deg - own.angle_deg))
            for own in self.current
            if own.order in voltages
        )

    @property
    def fundamental_current(self) -> float:
        """Rms of the fundamental of the current."""
        return next((own.share for own in self.current if own.order == 1), 0.0)

    @property
    def fundamental_lag_deg(self) -> float:
        """Lag of the fundamental current behind the voltage, inductive positive."""
        return next((-own.angle_deg for own in self.current if own.order == 1), 0.0)

    def scaled_current(self, rms: float) -> Waveform:
        """Return the same waveform with this current rms."""
        factor = rms / self.current_rms
        return Waveform(
            name=self.name,
            voltage=self.voltage,
            current=tuple(
                Component(order=own.order, share=own.share * factor, angle_deg=own.angle_deg)
                for own in self.current
            ),
        )


_SINE = (Component(order=1, share=1.0),)


def sine() -> Waveform:
    """Return the undistorted waveform."""
    return Waveform(name="sine", voltage=_SINE, current=_SINE)


def fifth_harmonic() -> Waveform:
    """Return 10 % fifth harmonic in the voltage, 40 % in the current, in phase at the positive zero crossing."""
    return Waveform(
        name="fifth harmonic",
        voltage=(*_SINE, Component(order=5, share=0.1)),
        current=(*_SINE, Component(order=5, share=0.4)),
    )


def half_wave(highest: int = HIGHEST_ORDER) -> Waveform:
    """Return the positive half cycles of a sine of rms 1: DC, half the fundamental, even harmonics.

    i = sqrt(2) (1/pi + sin(theta)/2 - 2/pi * sum over even n of cos(n theta) / (n^2 - 1)).
    """
    even = tuple(
        Component(order=n, share=2 / (math.pi * (n * n - 1)), angle_deg=-90.0)
        for n in range(2, highest + 1, 2)
    )
    return Waveform(
        name="half wave",
        voltage=_SINE,
        current=(
            Component(order=0, share=math.sqrt(2) / math.pi),
            Component(order=1, share=0.5),
            *even,
        ),
    )


def phase_fired(firing_deg: float = 90.0, highest: int = HIGHEST_ORDER) -> Waveform:
    """Return a sine that conducts from the firing angle to the end of each half cycle.

    Coefficients of sin(n theta) and cos(n theta) are the integrals over one half cycle, in closed form;
    only odd orders exist.
    """
    a = math.radians(firing_deg)
    components = []
    for n in range(1, highest + 1, 2):
        if n == 1:
            in_sine = (math.pi - a + math.sin(2 * a) / 2) / math.pi
            in_cosine = -(math.sin(a) ** 2) / math.pi
        else:
            low, high = n - 1, n + 1
            in_sine = (math.sin(high * a) / high - math.sin(low * a) / low) / math.pi
            in_cosine = (
                (math.cos(high * a) - math.cos(high * math.pi)) / high
                - (math.cos(low * a) - math.cos(low * math.pi)) / low
            ) / math.pi
        share = math.hypot(in_sine, in_cosine)
        if share > _TINY:
            components.append(
                Component(order=n, share=share, angle_deg=math.degrees(math.atan2(in_cosine, in_sine)))
            )
    return Waveform(name=f"phase fired {firing_deg:g} deg", voltage=_SINE, current=tuple(components))


#: Harmonics of OIML R 46 (status R): order, current %, current angle, voltage %, voltage angle.
_QUADRIFORM = (
    (3, 30.0, 0.0, 3.8, 180.0),
    (5, 18.0, 0.0, 2.4, 180.0),
    (7, 14.0, 0.0, 1.7, 180.0),
    (11, 9.0, 0.0, 1.0, 180.0),
    (13, 5.0, 0.0, 0.8, 180.0),
)
_PEAKED = (
    (3, 30.0, 180.0, 3.8, 0.0),
    (5, 18.0, 0.0, 2.4, 180.0),
    (7, 14.0, 180.0, 1.7, 0.0),
    (11, 9.0, 180.0, 1.0, 0.0),
    (13, 5.0, 0.0, 0.8, 180.0),
)


def quadriform() -> Waveform:
    """Return the flat-topped waveform of OIML R 46."""
    return _r46("R 46 quadriform", _QUADRIFORM)


def peaked() -> Waveform:
    """Return the peaked waveform of OIML R 46."""
    return _r46("R 46 peaked", _PEAKED)


def _r46(name: str, rows: tuple[tuple[int, float, float, float, float], ...]) -> Waveform:
    return Waveform(
        name=name,
        voltage=(
            *_SINE,
            *(Component(order=n, share=u / 100, angle_deg=u_angle) for n, _, _, u, u_angle in rows),
        ),
        current=(
            *_SINE,
            *(Component(order=n, share=i / 100, angle_deg=i_angle) for n, i, i_angle, _, _ in rows),
        ),
    )
