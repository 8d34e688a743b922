"""Stories of credit: the balance of use and tokens, and the emergency credit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.story import CONNECTED, DISCONNECTED, SUPPLY, look, story, told
from tests.judgement.told import FAILED, INAPPLICABLE, PASSED, said

Outcome = Any


def credit(wh: float, register: float = 100.0, **changes: Any) -> dict[str, Any]:
    return look(CONNECTED, credit_wh=wh, register_wh=register, **changes)


@pytest.mark.parametrize(
    ("steps", "outcome", "words"),
    [
        ((("wait", {}, credit(4900.0, 200.0)),), PASSED, "agree over 1 steps"),
        ((("wait", {}, credit(4903.0, 200.0)),), PASSED, ""),  # three truncated readings
        ((("wait", {}, credit(4897.0, 200.0)),), PASSED, ""),
        ((("wait", {}, credit(4904.0, 200.0)),), FAILED, "4 Wh above what use and tokens leave"),
        ((("wait", {}, credit(4896.0, 200.0)),), FAILED, "4 Wh below"),
        ((("token", {"wh": 1000}, credit(6000.0)),), PASSED, ""),
        ((("token", {}, credit(6000.0)),), PASSED, ""),  # 1000 Wh where nothing else is said
        ((("token", {"wh": 1040}, credit(6000.0)),), PASSED, ""),  # tokens carry tenths of a kWh
        ((("token", {"wh": 1060}, credit(6100.0)),), PASSED, ""),
        ((("token", {"wh": 1000}, credit(7000.0)),), FAILED, "1000 Wh above"),
        ((("race", {}, look(DISCONNECTED, credit_wh=5200.0)),), PASSED, ""),
        ((("set_credit", {"wh": 300}, credit(300.0)), ("wait", {}, credit(250.0, 150.0))), PASSED, ""),
        ((("payment_mode", {}, credit(5000.0, payment_mode=1)), ("wait", {}, credit(5000.0, 900.0, payment_mode=1))),
         PASSED, ""),
        # in the step of the change itself nobody knows how much of it was prepaid
        ((("payment_mode", {}, credit(4950.0, 200.0, payment_mode=1)),), PASSED, ""),
        ((("payment_mode", {}, credit(4896.0, 200.0, payment_mode=1)),), FAILED, "104 Wh below"),
        ((("payment_mode", {}, credit(5004.0, 200.0, payment_mode=1)),), FAILED, "4 Wh above"),
        # three digits either way, from a look that knew of no emergency credit
        ((("wait", {}, credit(4997.0, emergency_wh=0.0)),), PASSED, ""),
        ((("wait", {}, credit(5003.0, emergency_wh=0.0)),), PASSED, ""),
        # one reading after the other under load: 2 s at 9 kW are 5 Wh
        ((("load", {}, credit(4908.0, 200.0, read_s=2.0), {"load_w": 9000.0}),), PASSED, ""),
        ((("load", {}, credit(4892.0, 200.0, read_s=2.0), {"load_w": 9000.0}),), PASSED, ""),
        ((("load", {}, credit(4909.0, 200.0, read_s=2.0), {"load_w": 9000.0}),), FAILED, "9 Wh above"),
        ((("load", {}, credit(4908.0, 200.0), {"load_w": 9000.0}),), FAILED, "8 Wh above"),
        # the emergency credit counts
        ((("emergency", {}, credit(4000.0, emergency_wh=1000.0)),), PASSED, ""),
    ],
)  # fmt: skip
def test_the_balance_of_a_story(steps: tuple[Any, ...], outcome: Outcome, words: str) -> None:
    found = story("credit-story", told(*steps))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert (found.limit, found.unit) == (3.0, "Wh")
    if outcome is FAILED:
        assert found.measured == float(words.split()[0]) * (1 if "above" in words else -1)


def test_a_coarse_register_has_coarse_bounds() -> None:
    """A register of 10 Wh and credit of 1 Wh: 2 + 10 Wh are in their truncated digits."""

    def balance(left_wh: float) -> Any:
        tens = {"register_digit_wh": 10.0}
        first = look(CONNECTED, **tens)
        return story("credit-story", told(("wait", {}, credit(left_wh, 200.0, **tens)), first=first))

    assert [balance(wh).outcome for wh in (4888.0, 4912.0)] == [PASSED, PASSED]
    assert [balance(wh).outcome for wh in (4887.0, 4913.0)] == [FAILED, FAILED]
    assert balance(4887.0).limit == 12.0


def test_a_coarse_credit_has_coarse_bounds() -> None:
    data = told(("wait", {}, credit(4879.0, 200.0)))
    tens = {"credit_resolution_wh": 10}
    assert said("dual.credit-story", data, supply=SUPPLY, payment=tens).outcome is PASSED
    beyond = told(("wait", {}, credit(4878.0, 200.0)))
    assert said("dual.credit-story", beyond, supply=SUPPLY, payment=tens).outcome is FAILED
    money = {"accounting": "currency"}
    assert said("dual.credit-story", data, supply=SUPPLY, payment=money).outcome is INAPPLICABLE


def drawn(left_wh: float, status: int, wh: float = 0.0) -> dict[str, Any]:
    return look(CONNECTED, credit_wh=wh, emergency_wh=left_wh, emergency_status=status)


@pytest.mark.parametrize(
    ("first", "steps", "outcome", "words"),
    [
        (drawn(2000.0, 1), (("emergency", {}, drawn(2000.0, 3)),), PASSED, "once, until it was repaid"),
        (
            drawn(2000.0, 1),
            (("emergency", {}, drawn(2000.0, 1), {"answer": "other-reason"}),),
            FAILED,
            "selectable",
        ),
        (drawn(2000.0, 0), (("emergency", {}, drawn(2000.0, 0), {"answer": "other-reason"}),), PASSED, ""),
        (drawn(1997.0, 3), (("emergency", {}, drawn(1997.0, 3)),), PASSED, ""),  # three digits are no use
        (
            drawn(1996.0, 3),
            (("emergency", {}, drawn(1996.0, 3)),),
            FAILED,
            "drawn again before it was repaid",
        ),
        (drawn(500.0, 3), (("wait", {}, drawn(503.0, 3)),), PASSED, ""),
        (drawn(500.0, 3), (("wait", {}, drawn(3.0, 4)),), PASSED, ""),
        (drawn(500.0, 3), (("wait", {}, drawn(4.0, 4)),), FAILED, "told as used up with 4 of"),
        (drawn(0.0, 4), (("token", {"wh": 500}, drawn(500.0, 4)), ("wait", {}, drawn(500.0, 4))), PASSED, ""),
        (
            drawn(500.0, 3),
            (("wait", {}, drawn(504.0, 3)),),
            FAILED,
            "rose from 500 to 504 Wh without a token",
        ),
        (drawn(500.0, 3), (("token", {"wh": 1000}, drawn(1500.0, 3)),), PASSED, ""),
        (drawn(500.0, 3), (("set_credit", {"wh": 10}, drawn(2000.0, 0)),), PASSED, ""),
    ],
)
def test_emergency_credit(
    first: dict[str, Any], steps: tuple[Any, ...], outcome: Outcome, words: str
) -> None:
    found = story("emergency-story", told(*steps, first=first))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    plain = said("dual.emergency-story", told(*steps, first=first), supply=SUPPLY)
    assert plain.outcome is INAPPLICABLE
