"""Conforming meters drawn at random: what makers may choose, with residual errors up to the limits of the class.

``clean_SEED_NUMBER`` of this file is a defect like any other to the laboratory (``--defect FILE.py:NAME``), only that
nothing is wrong: it orders the meter otherwise. ``python -m reference_meter.products.drawn SEED NUMBER PRODUCT`` prints
what was drawn, the true errors among it, so that somebody else can say what a bench should find.
"""

from __future__ import annotations

import json
import math
import random
import sys
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import by_id
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import MeteringResiduals, Product

NEAR_SHARE = 3
"""One meter in so many has its worst point at 0.8 to 1.0 of the limit."""
LOWEST_SHARE_OF_IB = 0.05
"""The lowest load point at PF 1 of both editions, as a share of Ib (or In)."""
_CONTROL_MODES = (1, 2, 3, 4, 5, 6)
_CURRENTS = {
    "dds722": ((5, 40), (5, 60), (5, 80), (10, 60), (10, 100)),
    "dts722": ((5, 60), (10, 100), (20, 100)),
}
_CONSTANTS = {"dds722": (800, 1000, 1600, 2000, 3200), "dts722": (400, 500, 800, 1000, 1600)}
_EDITIONS = ("2003+A1:2016", "2020")
_IST_OVER_IB = {"1": 0.004, "2": 0.005}
_LIMIT_PCT = {"1": 1.0, "2": 2.0}
_LOW_LOAD_LIMIT_PCT = {"1": 1.5, "2": 2.5}
_VARIANTS = ("N-02", "N-03", "N-04", "N-09", "N-11", "N-14", "N-17", "N-19", "N-21")
"""Legal choices that are built, not ordered; those that are ordered are drawn with the product."""
_VARIANT_SHARE = 0.2
_OWN_WORDS = MappingProxyType({"UsedError": "Token used", "OldError": "Too old", "CRCError": "Reject"})
"""Texts of a maker who words some results otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One drawn meter; ``near``: "", or what brings its worst point to ``worst_share`` of the limit."""

    id: str
    title: str
    seed: int
    number: int

    def apply(self, blueprint: Blueprint) -> None:
        """Order the meter as drawn."""
        name = blueprint.product.name
        blueprint.product, _, _ = draw(blueprint.product, self.seed, self.number)
        for variant in variants(name, self.seed, self.number):
            by_id(variant).apply(blueprint)


def variants(name: str, seed: int, number: int) -> tuple[str, ...]:
    """Return which legal variants of the catalogue the drawn meter is built with."""
    chance = random.Random(f"variants/{seed}/{number}/{name}")  # noqa: S311  # a draw, not a secret
    return tuple(variant for variant in _VARIANTS if chance.random() < _VARIANT_SHARE)


def draw(product: Product, seed: int, number: int) -> tuple[Product, str, float]:
    """Return the meter as ordered, what is near its limit ("" for nothing), and the share of the limit it reaches."""
    chance = random.Random(f"{seed}/{number}/{product.name}")  # noqa: S311  # a draw, not a secret
    near = chance.choice(("gain", "phase", "offset")) if number % NEAR_SHARE == 0 else ""
    if near == "offset" and product.nameplate.elements > 1:
        near = "gain"  # with one element loaded, the offsets of three would count against it
    share = chance.uniform(0.8, 1.0) if near else 0.0
    accuracy_class = chance.choice(("1", "2"))
    basic_a, maximum_a = chance.choice(_CURRENTS[product.name])
    plate = replace(
        product.nameplate,
        accuracy_class=accuracy_class,
        accuracy_edition=chance.choice(_EDITIONS),
        voltage_v=chance.choice((220.0, 230.0, 240.0)),
        frequency_hz=chance.choice((50.0, 50.0, 60.0)),
        basic_current_a=float(basic_a),
        maximum_current_a=float(maximum_a),
        starting_current_a=_IST_OVER_IB[accuracy_class] * basic_a,
        meter_constant_imp_per_kwh=float(chance.choice(_CONSTANTS[product.name])),
        measurement_mode=chance.choice(("vector", "absolute")),
    )
    residuals = replace(product.residuals, anti_creep_fraction=chance.uniform(0.3, 0.5))
    if near:
        size = share * chance.choice((-1, 1))
        residuals = replace(
            residuals, **_near(near, size, accuracy_class, plate.voltage_v, plate.basic_current_a)
        )
    sts = replace(
        product.sts,
        tariff_index=f"{chance.randrange(100):02d}",
        key_revision_number=chance.randint(1, 9),
        tid_memory=chance.choice((50, 64, 100)),
        carriers=product.sts.carriers,
        lock_out_after=chance.choice((0, 3, 3, 5)),
        lock_out_s=chance.choice((10.0, 20.0)),
        digit_time_out_s=chance.choice((10.0, 20.0, 30.0)),
        key_expiry=chance.choice((True, True, False)),
        key_change_time_limit_s=chance.choice((180.0, 600.0)),
        result_texts=chance.choice((MappingProxyType({}), _OWN_WORDS)),
    )
    payment = replace(
        product.payment,
        initial_credit_wh=chance.choice((10_000, 50_000, 250_000)),
        low_credit_threshold_wh=chance.choice((1_000, 2_000, 5_000)),
        emergency_credit=chance.choice((0, 2_000, 5_000)),
    )
    supply = replace(
        product.supply,
        control_mode=chance.choice(_CONTROL_MODES),
        limiter_trip_s=chance.choice((10.0, 20.0)),
        limiter_hold_s=chance.choice((30.0, 60.0, 120.0)),
    )
    communication = replace(
        product.communication,
        baud=chance.choice((4800, 9600, 19200)),
        address_length=chance.choice((2, 4)),
        max_info_transmit=chance.choice((128, 128, 256, 1024)),
        max_info_receive=chance.choice((128, 128, 256, 1024)),
        window_transmit=chance.choice((1, 1, 3, 7)),
        window_receive=chance.choice((1, 1, 3, 7)),
        inactivity_time_out_s=chance.choice((30.0, 60.0, 120.0, 180.0)),
        response_time_s=chance.choice((0.01, 0.02, 0.2)),
    )
    ordered = replace(
        product,
        nameplate=plate,
        residuals=residuals,
        sts=sts,
        payment=payment,
        supply=supply,
        communication=communication,
    )
    return ordered, near, share


def _near(near: str, size: float, accuracy_class: str, voltage_v: float, basic_a: float) -> dict[str, Any]:
    """Return the residuals whose worst point is ``size`` times its limit; nothing else errs."""
    limit_pct = _LIMIT_PCT[accuracy_class]
    alone: dict[str, Any] = {
        "gain_pct": 0.0,
        "element_gain_pct": (),
        "extra_lag_deg": 0.0,
        "offset_w": 0.0,
        "self_heating_pct": 0.0,
    }
    if near == "gain":
        return {**alone, "gain_pct": size * limit_pct}
    if near == "phase":  # cos(60 + d) = (1 + e) cos 60
        lag_deg = math.degrees(math.acos(0.5 * (1.0 + size * limit_pct / 100.0))) - 60.0
        return {**alone, "extra_lag_deg": lag_deg}
    low_w = voltage_v * LOWEST_SHARE_OF_IB * basic_a
    return {**alone, "offset_w": size * _LOW_LOAD_LIMIT_PCT[accuracy_class] / 100.0 * low_w}


def described(product: Product, seed: int, number: int) -> dict[str, Any]:
    """Return what was drawn, as JSON values."""
    ordered, near, share = draw(product, seed, number)
    residuals: MeteringResiduals = ordered.residuals
    return {
        "product": ordered.name,
        "near": near,
        "worst_share": share,
        "nameplate": asdict(ordered.nameplate),
        "gain_pct": residuals.gain_pct,
        "element_gain_pct": list(residuals.element_gain_pct),
        "extra_lag_deg": residuals.extra_lag_deg,
        "offset_w": residuals.offset_w,
        "self_heating_pct": residuals.self_heating_pct,
        "control_mode": ordered.supply.control_mode,
        "variants": list(variants(product.name, seed, number)),
    }


def __getattr__(name: str) -> Drawn:
    word, _, rest = name.partition("_")
    seed, _, number = rest.partition("_")
    if word != "clean" or not (seed.isdigit() and number.isdigit()):
        raise AttributeError(name)
    return Drawn(id=name, title="a conforming meter, drawn", seed=int(seed), number=int(number))


def main(words: list[str]) -> int:
    """Print what was drawn."""
    seed, number, name = int(words[0]), int(words[1]), words[2]
    product = {"dds722": dds722, "dts722": dts722}[name](1, number)
    print(json.dumps(described(product, seed, number)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
