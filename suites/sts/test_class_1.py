"""Test and display tokens: the same for every meter, not encrypted, never used up. Facts: sts.md 1.4, 10 F."""

from __future__ import annotations

from bench.meter.vending import display_token
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.crc import block_crc
from bench.protocols.sts.layouts import write_payload
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.meter_tests import METER_TESTS, request_test
from bench.record.model import Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.key_parameters import expected_parameters, shown_parameters
from bench.run.spending import Spends
from bench.run.sts_functions import has_keypad, offers
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import KEYPAD_NEEDS, token_requirement

#: Rejected ones may count towards a lock-out, which a good token takes back.
NEEDS = (Need.TOKEN_ENTRY, Need.VENDING_KEY)
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
#: Test 1 works the supply switch, and so does test 0, which asks for all of them.
SWITCH_TEST = 1
SHOW_KEY_REVISION = 4
TWO_DIGIT_CODES, FOUR_DIGIT_CODES = 2, 4
#: Manufacturer codes tried that are not the meter's own.
OTHER_CODES = {2: (55, 99), 4: (5555, 9999)}


@case(
    "sts/display_tests",
    token_requirement("6.2.3", Topic.TOKEN),
    needs=NEEDS,
    alters=(*SPENDS, Alters.SWITCH),
    spends=Spends(token_identifiers=10, credit_wh=1000, time_s=50),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_display_tests(bench: CaseBench) -> None:
    """Test 0 and each single display is obeyed, or refused as a function the meter lacks; twice the same."""
    if not offers(bench, "test-and-display"):
        return
    with TokenDesk(bench) as desk:
        width = _width(desk)
        if bench.run.plan.alters:
            everything = display_token(request_test(0, manufacturer_digits=width))
            desk.enter(everything, "test or display", what="test 0")
            desk.enter(everything, "test or display", what="test 0 again: such a token is never used up")
        for test in METER_TESTS:
            if test.number != SWITCH_TEST:
                fields = request_test(test.number, manufacturer_digits=width)
                desk.enter(display_token(fields), "test or display that may be missing", what=test.meaning)
        other = FOUR_DIGIT_CODES if width == TWO_DIGIT_CODES else TWO_DIGIT_CODES
        fields = request_test(SHOW_KEY_REVISION, manufacturer_digits=other)
        desk.enter(
            display_token(fields),
            "test or display that may be missing",
            what=f"show the key revision, for {other}-digit codes",
        )
        desk.judge()


@case(
    "sts/other_manufacturer",
    token_requirement("7.3.6 MfrCodeError"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_other_manufacturer(bench: CaseBench) -> None:
    """A test token with another maker's code is not obeyed, in neither of the two widths."""
    if not offers(bench, "test-and-display"):
        return
    with TokenDesk(bench) as desk:
        width = _width(desk)
        for code in OTHER_CODES[width]:
            if f"{code:0{width}d}" == desk.vending.own.meter_pan.manufacturer_code:
                continue
            fields = request_test(0, manufacturer_digits=width, manufacturer_code=code)
            desk.enter(
                display_token(fields), "other manufacturer", what=f"a test token of manufacturer {code}"
            )
        other = FOUR_DIGIT_CODES if width == TWO_DIGIT_CODES else TWO_DIGIT_CODES
        for code in OTHER_CODES[other]:
            fields = request_test(0, manufacturer_digits=other, manufacturer_code=code)
            desk.enter(
                display_token(fields),
                "other manufacturer, other width",
                what=f"a test token of the {other}-digit manufacturer {code:0{other}d}",
            )
        desk.judge()


@case(
    "sts/damaged_display_token",
    token_requirement("7.3.6 CRCError for class 1"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=4, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_damaged_display_token(bench: CaseBench) -> None:
    """A display token is not encrypted, but its checksum counts all the same."""
    if not offers(bench, "test-and-display"):
        return
    with TokenDesk(bench) as desk:
        fields = request_test(SHOW_KEY_REVISION, manufacturer_digits=_width(desk))
        right = block_crc(*write_payload(fields))
        for bit in (0, 15):
            damaged = make_token(fields, None, Algorithm.EA07, crc=right ^ 1 << bit)
            desk.enter(damaged, "damaged display token", what=f"a display token, bit {bit} of its CRC wrong")
        desk.judge()


@case(
    "sts/key_parameters_shown",
    token_requirement("6.2.3; key parameters shown", Topic.KEY_CHANGE),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=1, credit_wh=100),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_key_parameters_shown(bench: CaseBench) -> None:
    """What the display tests show of the key is what the declaration says."""
    if not (has_keypad(bench) and offers(bench, "test-and-display")):
        return
    with TokenDesk(bench) as desk:
        own = desk.vending.own
        expected = expected_parameters(own, key_expiry_number=desk.sts.key_expiry_number)
        seen = bench.observe("key-parameters", {"expected": expected, "shown": shown_parameters(desk)})
    bench.judge("sts.key-parameters/2", seen)


def _width(desk: TokenDesk) -> int:
    return len(desk.vending.own.meter_pan.manufacturer_code)
