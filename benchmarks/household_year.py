"""Simulate a year of one prepaid household: 15-minute loads, profiles, tariffs, a token a week, daylight saving twice.

``python benchmarks/household_year.py [--product dds722|dts722]`` prints wall time, events and what the meter holds.
"""

from __future__ import annotations

import argparse
import math
import time
from datetime import UTC, datetime

from instruments.virtual.plant import PhaseOutput
from reference_meter.blueprint import Blueprint
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.position import Position
from reference_meter.lab.world import MANUFACTURED_UTC, World
from reference_meter.meter import Meter, build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.manufacture import deliver, manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots

PRODUCTS = {"dds722": dds722, "dts722": dts722}
YEAR_S, STEP_S, WEEK_S = 365 * 86_400, 900, 7 * 86_400
TOKEN_WH = 100_000
BEGINS = datetime(2027, 1, 1, tzinfo=UTC)


class Household:
    """A meter in its circuit, with a load that changes each quarter of an hour."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.world = World(1, epoch=BEGINS)
        self.circuit = Circuit(self.world, phases=product.nameplate.elements, positions=1)
        self.meter: Meter | None = None
        position = Position(
            self.world,
            self.circuit,
            number=1,
            reference_voltage_v=product.nameplate.voltage_v,
            build=self._build,
        )
        manufacture(product, position.memory, MANUFACTURED_UTC)
        deliver(product, position.memory, BEGINS)
        self.drive(0.0)

    def _build(self, board: Position) -> Meter:
        self.meter = build_meter(Blueprint(self.product, standard_slots()), board)
        return self.meter

    def drive(self, current_a: float) -> None:
        """Draw a current from every phase."""
        plate = self.product.nameplate
        self.circuit.drive(
            [
                PhaseOutput(
                    voltage_v=plate.voltage_v,
                    current_a=current_a,
                    voltage_angle_deg=-120.0 * number if plate.elements > 1 else 0.0,
                )
                for number in range(plate.elements)
            ],
            plate.frequency_hz,
        )

    def live(self, duration_s: float) -> None:
        """Let time pass with the load of a household: more by day than by night, more in winter."""
        step = 0
        while step * STEP_S < duration_s:
            at_s = step * STEP_S
            day, season = math.sin(2 * math.pi * at_s / 86_400), math.cos(2 * math.pi * at_s / YEAR_S)
            self.drive(max(0.2, 2.0 + 1.5 * day + 0.5 * season + 0.3 * math.sin(at_s)))
            if at_s % WEEK_S == 0 and self.meter is not None:
                self.meter.account.add_wh(TOKEN_WH)
            self.world.run_until(at_s + STEP_S)
            step += 1


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--product", choices=sorted(PRODUCTS), default="dds722")
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    household = Household(PRODUCTS[options.product](1, 0))
    started, started_cpu = time.perf_counter(), time.process_time()
    household.live(options.days * 86_400)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - started_cpu
    meter = household.meter
    if meter is None:
        raise SystemExit("the meter never started")
    rows = {name: meter.profiles.entries_in_use(profile) for name, profile in meter.profiles.all.items()}
    print(
        f"{options.days} days of a {options.product} household: {wall_s:.2f} s of wall time, {cpu_s:.2f} s of CPU"
    )
    print(
        f"{meter.registers.reading_wh() / 1000:.0f} kWh, credit {meter.account.reading_wh() / 1000:.0f} kWh"
    )
    print(", ".join(f"{name}: {number}" for name, number in rows.items()))


if __name__ == "__main__":
    main()
