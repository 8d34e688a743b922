"""What an interrupter, a chamber, a distorting source and a register show of a meter: each found, and nothing else."""

from __future__ import annotations

import pytest

from tests.suites.kept_rack import not_as_due, outcomes_at, run_rack
from tests.suites.rack_of_influences import KEPT, KEPT_POLYPHASE
from tests.suites.suites_process import Ran

PARTS = {"dds722": (KEPT, "RACK"), "dts722": (KEPT_POLYPHASE, "RACK_POLYPHASE")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return {
        product: run_rack(
            "rack_of_influences.py",
            kept,
            tmp_path_factory.mktemp(product),
            *("--product", product, "--seed", "5"),
            name=name,
        )
        for product, (kept, name) in PARTS.items()
    }


@pytest.mark.parametrize("product", PARTS)
def test_each_is_failed_in_its_own_case_and_in_no_other(runs: dict[str, Ran], product: str) -> None:
    assert not_as_due(runs[product], PARTS[product][0]) == {}, runs[product].outcomes()


@pytest.mark.parametrize("product", PARTS)
def test_the_clean_meter_passes_in_everything(runs: dict[str, Ran], product: str) -> None:
    assert outcomes_at(runs[product], len(PARTS[product][0]) + 1) == {"PASSED"}, runs[product].outcomes()


@pytest.mark.parametrize("product", PARTS)
def test_nothing_is_an_error_of_the_bench(runs: dict[str, Ran], product: str) -> None:
    assert runs[product].verdicts("ERROR") == []


def test_what_a_transformer_adds_is_taken_out_at_every_position(runs: dict[str, Ran]) -> None:
    known = [
        item["data"]["baseline"]["corrections"]["transformer_ratio_pct"]
        for item in runs["dds722"].lines("observations.jsonl")
        if item["kind"] == "influence"
    ]
    assert len(set(known)) == len(KEPT) + 1
