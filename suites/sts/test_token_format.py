"""What is no token, or none that exists: refused without effect, and the entry stays alive. Facts: sts.md 1.1, 10 D."""

from __future__ import annotations

from collections.abc import Callable

from bench.judgement.project_rules import project_rule
from bench.meter.vending import Sale
from bench.protocols.sts.fields import RawToken
from bench.protocols.sts.number import DIGITS, digits_of, extract_class, insert_class
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.sts_functions import has_keypad
from bench.run.token_carriers import ENTER_KEY
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import (
    GATEWAY_NEEDS,
    KEYPAD_NEEDS,
    TOKEN_NEEDS,
    carrier_requirement,
    declared_requirement,
    token_requirement,
)

AMOUNT = 29
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
FIRST_IMPOSSIBLE = 2**66
#: Both ends of what twenty digits can say beyond 66 bits: two, which is below any lock-out and spends nothing.
NO_TOKENS = (FIRST_IMPOSSIBLE, 10**DIGITS - 1)
RESERVED_CLASS = 3
#: (class, subclass) that nobody has assigned (sts.md 1.3).
RESERVED_SUBCLASSES = ((0, 8), (0, 15), (1, 3), (1, 4), (1, 5))
#: Random numbers and identifiers tried until a token has the digits a case wants.
RANDOM_NUMBERS = range(16)
#: Margins around the declared pause between two digits.
SHORT_OF, BEYOND = 0.5, 1.5
HALF = DIGITS // 2
#: Between two entries of one token: less than meters think about one.
APART_S = 0.05
#: Where no pause is declared a half-entered number is given this long to be forgotten.
LONG_PAUSE_S = 60.0


@case(
    "sts/above_66_bits",
    token_requirement("uncertain", Topic.ENTRY, "K"),
    needs=TOKEN_NEEDS,
    stage=Stage.TOKENS,
)
def test_above_66_bits(bench: CaseBench) -> None:
    """Twenty digits above 2^66-1 cannot be a token and are never decrypted."""
    with TokenDesk(bench) as desk:
        for value in NO_TOKENS:
            desk.enter(str(value), "not a token number", what="20 digits above 2^66-1")
        desk.judge()


@case(
    "sts/all_zeros",
    token_requirement("7.3.6"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=3, credit_wh=200, time_s=20),
    stage=Stage.TOKENS,
)
def test_all_zeros(bench: CaseBench) -> None:
    """Twenty zeros are a number of class 0, and nobody's token."""
    with TokenDesk(bench) as desk:
        if desk.vending.explains("0" * DIGITS):
            bench.state(Outcome.INCONCLUSIVE, "this meter's key happens to open twenty zeros")
            return
        desk.enter("0" * DIGITS, "not authentic", what="twenty zeros")
        desk.judge()


@case(
    "sts/reserved_class",
    token_requirement("6.2", status="V1"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
)
def test_reserved_class(bench: CaseBench) -> None:
    """Class 3 does not exist."""
    with TokenDesk(bench) as desk:
        _, block = extract_class(int(desk.credit(AMOUNT).digits))
        desk.enter(
            digits_of(insert_class(block, RESERVED_CLASS)), "reserved class", what="a token of class 3"
        )
        desk.judge()


@case(
    "sts/reserved_subclasses",
    token_requirement("6.2", status="K"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=500, time_s=20),
    stage=Stage.TOKENS,
)
def test_reserved_subclasses(bench: CaseBench) -> None:
    """A subclass that nobody has assigned is no function of the meter."""
    with TokenDesk(bench) as desk:
        for token_class, subclass in RESERVED_SUBCLASSES:
            payload = desk.vending.reserve(1)[0] << 16 | AMOUNT
            fields = RawToken(token_class=token_class, subclass=subclass, payload44=payload)
            what = f"a token of class {token_class}, subclass {subclass}"
            desk.enter(desk.vending.issue(fields), "no such function", what=what)
        desk.judge()


@case(
    "sts/gateway_19_or_21_digits",
    carrier_requirement("20 digits, by the gateway"),
    needs=GATEWAY_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=10, credit_wh=800, time_s=20),
    stage=Stage.TOKENS,
)
def test_gateway_digits(bench: CaseBench) -> None:
    """A good token with a digit missing, or one too many, is no token at the gateway either."""
    with TokenDesk(bench) as desk:
        if desk.sts.token_encoding != "ascii":
            bench.state(
                Outcome.INAPPLICABLE, "the gateway takes packed tokens, which have no count of digits"
            )
            return
        for what, keyed, _ in _wrong_counts(desk):
            desk.enter(keyed, "not a token number", what=what, carrier="gateway")
        desk.enter(desk.credit(), "good credit", what="a good token afterwards", carrier="gateway")
        desk.judge()


@case(
    "sts/keypad_19_or_21_digits",
    carrier_requirement("20 digits (IEC 62055-31 5.8.3)"),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=12, credit_wh=17300, time_s=210),
    stage=Stage.TOKENS,
)
def test_keypad_digits(bench: CaseBench) -> None:
    """A digit missing is not guessed, one too many is not dropped; afterwards the keypad takes a good token."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        for what, keyed, good in _wrong_counts(desk):
            desk.enter(keyed, "not 20 digits", what=what, carrier="keypad")
            desk.pause(BEYOND * (desk.sts.digit_time_out_s or LONG_PAUSE_S))
            desk.enter(good, "good credit", what="the same token with its 20 digits", carrier="keypad")
        desk.judge()


@case(
    "sts/digit_time_out",
    declared_requirement("pause between two digits", Topic.ENTRY),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=7200, time_s=50),
    stage=Stage.TOKENS,
)
def test_digit_time_out(bench: CaseBench) -> None:
    """A pause shorter than declared keeps the digits; a longer one drops them, and a new entry begins clean."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        time_out_s = desk.sts.digit_time_out_s
        if time_out_s is None:
            bench.state(Outcome.INAPPLICABLE, "no pause between digits is declared")
            return
        sale = desk.credit(AMOUNT)
        _half(desk, sale, SHORT_OF * time_out_s)
        desk.enter_rest(sale, HALF, "good credit", what="a token with a short pause in the middle")
        sale = desk.credit(AMOUNT)
        _half(desk, sale, BEYOND * time_out_s)
        desk.enter(
            sale, "good credit", what="a whole token after half of it was left alone", carrier="keypad"
        )
        desk.judge()


@case(
    "sts/two_carriers_at_once",
    declared_requirement("keypad and gateway at the same time", Topic.ENTRY),
    needs=(*GATEWAY_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=7300, time_s=20),
    stage=Stage.TOKENS,
)
def test_two_carriers_at_once(bench: CaseBench) -> None:
    """A token by the gateway while another is half keyed in: the first counts; the second whole or not at all."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        keyed, remote = desk.credit(AMOUNT), desk.credit(AMOUNT + 1)
        _half(desk, keyed, 0.0)
        desk.enter(
            remote, "good credit", what="a token by the gateway during a keypad entry", carrier="gateway"
        )
        seen = desk.enter_rest(keyed, HALF, "interrupted entry", what="the rest of the keypad entry")
        taken = desk.took(seen)
        desk.enter(keyed, "used" if taken else "good credit", what="the keyed token again", carrier="keypad")
        desk.judge()


@case(
    "sts/same_token_by_two_carriers_at_once",
    project_rule("one meter application process: a token counts once", Topic.TOKEN),
    needs=(*GATEWAY_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=5900, time_s=20),
    stage=Stage.TOKENS,
)
def test_same_token_at_once(bench: CaseBench) -> None:
    """One token by keypad and gateway within milliseconds is credited once, and is used from then on."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        for distance_s in (0.0, APART_S):
            sale = desk.credit(AMOUNT)
            desk.learn(sale.digits)
            desk.balance_now()
            desk.keypad.press(sale.digits + ENTER_KEY)
            bench.clock.sleep(distance_s)
            desk.enter(
                sale,
                "by two carriers at once",
                what=f"a token by the gateway {1000 * distance_s:g} ms after its entry at the keypad",
                carrier="gateway",
            )
            desk.enter(sale, "used", what="the same token once more", carrier="gateway")
        desk.judge()


@case(
    "sts/cut_during_entry",
    carrier_requirement("20 digits, after a power failure in their midst"),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=4, credit_wh=3000, time_s=20),
    stage=Stage.TOKENS,
)
def test_cut_during_entry(bench: CaseBench) -> None:
    """Digits on both sides of a power cut are one token or none; a whole entry afterwards is taken."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        sale = desk.credit(AMOUNT)
        _half(desk, sale, 0.0)
        desk.cut_supply()
        seen = desk.enter_rest(sale, HALF, "interrupted entry", what="the second half after a power cut")
        taken = desk.took(seen)
        desk.enter(sale, "used" if taken else "good credit", what="the whole token", carrier="keypad")
        desk.judge()


@case(
    "sts/correction_key",
    declared_requirement("the key that takes back a digit", Topic.ENTRY),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=3, credit_wh=3000, time_s=20),
    stage=Stage.TOKENS,
)
def test_correction_key(bench: CaseBench) -> None:
    """A digit keyed wrong and taken back leaves the token whole, in the middle and at its end."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        key = desk.sts.correction_key
        if not key:
            bench.state(Outcome.INAPPLICABLE, "the declaration names no key that takes back a digit")
            return
        for place in (HALF, DIGITS - 1):
            sale = desk.credit(AMOUNT)
            desk.learn(sale.digits)
            wrong = str((int(sale.digits[place]) + 1) % 10)
            desk.keypad.press(sale.digits[:place] + wrong + key)
            desk.enter_rest(sale, place, "good credit", what=f"a token whose digit {place + 1} was corrected")
        desk.judge()


def _half(desk: TokenDesk, sale: Sale, pause_s: float) -> None:
    desk.learn(sale.digits)
    desk.keypad.press(sale.digits[:HALF])
    if pause_s:
        desk.pause(pause_s)


def _wrong_counts(desk: TokenDesk) -> list[tuple[str, str, Sale]]:
    """Return (what, digits keyed, the good token behind them), each as a careless meter would complete or cut it."""
    last_twice = _with(desk, lambda digits: digits[-1] == digits[-2])
    ends_in_zero = _with(desk, lambda digits: digits[-1] == "0")
    begins_with_zero = _with(desk, lambda digits: digits[0] == "0")
    good, late = desk.credit(AMOUNT), desk.credit(AMOUNT)
    return [
        ("19 digits, the 20th equal to the 19th", last_twice.digits[:-1], last_twice),
        ("19 digits, the 20th a zero", ends_in_zero.digits[:-1], ends_in_zero),
        ("19 digits, the first a zero", begins_with_zero.digits[1:], begins_with_zero),
        ("21 digits, a token and one more", good.digits + "5", good),
        ("21 digits, one more and a token", "5" + late.digits, late),
    ]


def _with(desk: TokenDesk, fits: Callable[[str], bool]) -> Sale:
    """Sell a token whose digits fit, trying random numbers before the next identifier."""
    while True:
        tid = desk.vending.reserve(1)[0]
        for rnd in RANDOM_NUMBERS:
            sale = desk.credit(AMOUNT, tid=tid, rnd=rnd)
            if fits(sale.digits):
                return sale
