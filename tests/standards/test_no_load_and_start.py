"""No-load and starting-current rules against worked examples of five meters."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bench.standards.currents import Connection, Currents
from bench.standards.limits import NoLimit
from bench.standards.no_load import no_load_test
from bench.standards.starting_current import pulse_time_s, starting_current, starting_window_s

TABLE = Path(__file__).parent / "data" / "worked_examples_creep_start.csv"
EXAMPLES = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
RULES = [
    ("IEC 62053-21", "2003", "1", "creep_2003_class1_min", 1.15),
    ("IEC 62053-21", "2003", "2", "creep_2003_class2_min", 1.15),
    ("IEC 62053-21", "2020", "1", "creep_2020_1.1Un_min_using_Ist_class1", 1.1),
    ("EN 50470-3", "2006", "B", "creep_EN50470_1.15Un_min_using_Ist_class1", 1.15),
    ("OIML R 46-1", "2012", "B", "creep_R46_classB_min", 1.0),
]


def currents_of(example: dict[str, str]) -> Currents:
    return Currents.of(
        connection=Connection.DIRECT if example["conn"] == "d" else Connection.CT,
        rated_a=float(example["Ib_or_In_A"]),
        maximum_a=float(example["Imax_A"]),
        minimum_a=float(example["Imin_R46_classB_A"]),
    )


@pytest.mark.parametrize(("standard", "edition", "accuracy_class", "column", "factor"), RULES)
@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example['k_imp_per_kWh']}imp-m{example['m']}"
)
def test_duration_of_the_no_load_test(
    example: dict[str, str], standard: str, edition: str, accuracy_class: str, column: str, factor: float
) -> None:
    voltage_v = float(example["Un_V"])
    test = no_load_test(
        standard=standard,
        edition=edition,
        accuracy_class=accuracy_class,
        currents=currents_of(example),
        voltage_v=voltage_v,
        meter_constant_imp_per_kwh=float(example["k_imp_per_kWh"]),
        elements=int(example["m"]),
    )
    assert test.duration_s / 60 == pytest.approx(float(example[column]), abs=5.1e-4)
    assert test.voltage_v == pytest.approx(voltage_v * factor)
    assert test.max_pulses == 1


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example['k_imp_per_kWh']}imp-m{example['m']}"
)
def test_starting_current_and_pulse_time(example: dict[str, str]) -> None:
    for edition in ("2003+A1:2016", "2020"):
        start = starting_current(
            standard="IEC 62053-21", edition=edition, accuracy_class="1", currents=currents_of(example)
        )
        assert start.current_a == float(example["Ist_class1_A"])
    power_w = float(example["Un_V"]) * start.current_a * int(example["m"])
    constant = float(example["k_imp_per_kWh"])
    tau_s = pulse_time_s(meter_constant_imp_per_kwh=constant, power_w=power_w)
    assert tau_s == pytest.approx(float(example["tau_one_pulse_at_Un_Ist_s"]), abs=5.1e-4)
    window_s = starting_window_s(
        meter_constant_imp_per_kwh=constant,
        voltage_v=float(example["Un_V"]),
        current_a=start.current,
        elements=int(example["m"]),
    )
    assert window_s == pytest.approx(2 * float(example["R46_start_window_1.5tau_s"]), abs=1.1e-3)


@pytest.mark.parametrize(
    ("edition", "connection", "accuracy_class", "expected_a", "status"),
    [
        ("2003+A1:2016", Connection.DIRECT, "1", 0.02, "V1R"),
        ("2003+A1:2016", Connection.DIRECT, "2", 0.025, "V1R"),
        ("2003+A1:2016", Connection.CT, "2", 0.015, "V1R"),
        ("2020", Connection.DIRECT, "0.5", 0.02, "V1x"),
        ("2020", Connection.DIRECT, "2", 0.025, "V1x"),
        ("2020", Connection.CT, "0.5", 0.005, "V1x"),
        ("2020", Connection.CT, "2", 0.015, "V1x"),
    ],
)
def test_starting_current_by_class(
    edition: str, connection: Connection, accuracy_class: str, expected_a: float, status: str
) -> None:
    currents = Currents.of(connection=connection, rated_a=5, maximum_a=60)
    start = starting_current(
        standard="IEC 62053-21", edition=edition, accuracy_class=accuracy_class, currents=currents
    )
    assert (start.current_a, start.status) == (expected_a, status)


def test_a_class_without_a_rule_is_told() -> None:
    currents = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60)
    ask = {"standard": "IEC 62053-21", "edition": "2003", "accuracy_class": "0.5", "currents": currents}
    with pytest.raises(NoLimit, match="no no-load rule"):
        no_load_test(**ask, voltage_v=230, meter_constant_imp_per_kwh=1000)
    with pytest.raises(NoLimit, match="no starting-current rule"):
        starting_current(**ask)


def test_how_sure_the_no_load_rule_is() -> None:
    currents = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60)
    ask = {
        "standard": "IEC 62053-21",
        "currents": currents,
        "voltage_v": 230,
        "meter_constant_imp_per_kwh": 1000,
    }
    assert no_load_test(**ask, edition="2003", accuracy_class="1").status == "V2"
    assert no_load_test(**ask, edition="2003", accuracy_class="2").status == "R"
    assert no_load_test(**ask, edition="2020", accuracy_class="2").status == "V1"
