"""Each case of the wrapper fails the meter that breaks its rule, says why, and passes the others and a sound one."""

from __future__ import annotations

import pytest

from tests.suites.kept_rack import not_as_due, outcomes_at, run_rack
from tests.suites.rack_of_wrapper_faults import KEPT
from tests.suites.suites_process import Ran

#: A port with room for one client that it never lets go keeps everybody else out, too.
ALSO = {9: {"dlms/W_IDLE", "dlms/W_HALFOPEN"}}
WORDS = {
    "dlms/W_FRAG": "cut after 1 octets: one AARE was due, silence came",
    "dlms/W_TWO": "the APDU breaks the rules",
    "dlms/W_VERSION": "version 2: silence was due",
    "dlms/W_DPORT": "unknown server: silence was due",
    "dlms/W_SPORT": "unknown client: silence or a refusal was due",
    "dlms/W_LEN0": "good: one AARE was due, silence came",
    "dlms/W_LENSHORT": "length one less: silence or a refusal was due",
    "dlms/W_LENLONG": "good: one AARE was due, silence came",
    "dlms/W_IDLE": "stayed open",
    "dlms/W_SECOND": "first client reads on: one GET-response was due",
    "dlms/W_HALFOPEN": "another client: one AARE that accepts was due",
    "dlms/W_RST": "next client: one AARE was due, silence came",
    "dlms/W_UDP": "GET cut after 4 octets: silence or a refusal was due",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_rack("rack_of_wrapper_faults.py", KEPT, tmp_path_factory.mktemp("wrapper"))


def test_each_rule_of_the_wrapper_has_a_meter_that_breaks_it(run: Ran) -> None:
    assert not_as_due(run, KEPT) == ALSO, run.outcomes()


def test_each_verdict_says_what_came_instead(run: Ran) -> None:
    said = {(item["position"], item["case"]): item["reason"] for item in run.verdicts("FAILED")}
    for position, fault in enumerate(KEPT, 1):
        assert WORDS[fault.case] in said[str(position), fault.case]


def test_the_sound_meter_beside_them_passes(run: Ran) -> None:
    assert outcomes_at(run, len(KEPT) + 1) == {"PASSED"}, run.outcomes()
