"""The rack with a real meter in it: power cuts, the supply switch in the loop, the hands of an operator."""

from __future__ import annotations

import pytest

from tests.reference_meter.lab.lab_process import StartLab, apply_load

CREDIT_LASTS_S = 10_000.0 / (230.0 * 40.0) * 3600.0
"""How long the 10 kWh that a meter has from the factory last at 230 V, 40 A."""


def test_an_exhausted_meter_opens_the_loop_and_the_source_trips(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock("source")
    source = apply_load(laboratory, current_a=40.0)
    clock.sleep(0.9 * CREDIT_LASTS_S)
    assert source.query("OUTP:STAT?") == "1"
    assert clock.wait(lambda: source.query("OUTP:STAT?") == "0", 1.1 * CREDIT_LASTS_S)
    assert clock.now() == pytest.approx(CREDIT_LASTS_S, rel=0.01)


def test_with_its_bypass_armed_the_loop_goes_on_around_it(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock()
    hands = laboratory.instrument("hands")
    hands.write("POS1:BYP AUTO")
    source = apply_load(laboratory, current_a=40.0)
    clock.sleep(0.9 * CREDIT_LASTS_S)
    assert hands.query("POS1:LOAD:LIVE?") == "1"
    clock.sleep(0.2 * CREDIT_LASTS_S)
    assert hands.query("POS1:LOAD:LIVE?") == "0"
    assert source.query("OUTP:STAT?") == "1"


def test_cutting_the_supply_blanks_one_display_and_leaves_the_other(start_lab: StartLab) -> None:
    laboratory = start_lab("--positions", "2")
    clock = laboratory.clock()
    hands = laboratory.instrument("hands")
    apply_load(laboratory)
    clock.sleep(5.0)
    assert hands.query("POS1:DISP?") != '""'
    hands.write("POS1:SUPP OFF")
    clock.sleep(0.1)
    assert hands.query("POS1:DISP?") == '""'
    assert hands.query("POS2:DISP?") != '""'
    hands.write("POS1:SUPP ON")
    clock.sleep(1.0)
    assert hands.query("POS1:DISP?") != '""'


def test_every_meter_of_a_rack_flashes_with_its_own_error(start_lab: StartLab) -> None:
    laboratory = start_lab("--positions", "3")
    clock = laboratory.clock()
    apply_load(laboratory, current_a=10.0)
    clock.sleep(5.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 100,(@1:3)", "INIT (@1:3)"):
        counter.write(command)
    clock.sleep(300.0)
    periods_s = []
    for channel in (1, 2, 3):
        stamps = [float(stamp) for stamp in counter.query(f"FETC? (@{channel})").split(",")]
        periods_s.append((stamps[-1] - stamps[0]) / 99)
    assert len(set(periods_s)) == 3
    # class 1 meter, source within 0.02 % of voltage and of current
    assert periods_s == pytest.approx([3.6e6 / 2300.0 / 1000.0] * 3, rel=0.01)
