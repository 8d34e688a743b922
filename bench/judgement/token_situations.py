"""What a meter has to make of a token, by the situation in which it comes: results allowed, effect on the credit.

Results in the words of IEC 62055-41 (sts.md 7.2). Where the standard, or the practice of makers, allows several,
all of them stand here, and the verdict says which came.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ACCEPT = "Accept"
SECTIONS = frozenset({"1stKCT", "2ndKCT", "3rdKCT", "4thKCT"})
#: Everything that says no without naming an error of the token itself.
BLOCKED = frozenset({"Lockout", "NotReady"})

#: Result -> codes of the gateway's token_status that report it. Gurux enumeration; which result belongs to which
#: stage is the plain reading of sts.md 7.1 (its section 9 marks it K).
STATUS_CODES: dict[str, frozenset[int]] = {
    ACCEPT: frozenset({3}),
    "FormatError": frozenset({4}),
    "CRCError": frozenset({5}),
    "MfrCodeError": frozenset({5}),
    "OldError": frozenset({6}),
    "UsedError": frozenset({6}),
    "KeyExpiredError": frozenset({6}),
    "DDTKError": frozenset({6}),
    "OverflowError": frozenset({7}),
    "KeyTypeError": frozenset({7}),
    "RangeError": frozenset({7}),
    "FunctionError": frozenset({7}),
    # How a gateway reports a section that only waits, or a block, no public source says: no execution failure.
    **dict.fromkeys(SECTIONS, frozenset({0, 1, 2, 3, 8})),
    **dict.fromkeys(BLOCKED, frozenset({4, 5, 6, 7, 8})),
}
STATUS_NAMES = {
    0: "format OK",
    1: "authentication OK",
    2: "validation OK",
    3: "execution OK",
    4: "format failure",
    5: "authentication failure",
    6: "validation failure",
    7: "execution failure",
    8: "not yet processed",
}


class Effect(StrEnum):
    """What may happen to the credit."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    CLEARED = "cleared"
    #: All of the amount or nothing, as the result says.
    ALL_OR_NOTHING = "all or nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One situation. ``results`` empty: any result will do, the effect alone counts.

    ``chance``: without the key an accept may be one of the 2^-16 chance hits of the checksum.
    """

    words: str
    results: frozenset[str]
    effect: Effect = Effect.UNCHANGED
    chance: bool = False


def _row(words: str, *results: str, effect: Effect = Effect.UNCHANGED, chance: bool = False) -> Situation:
    return Situation(words=words, results=frozenset(results), effect=effect, chance=chance)


SITUATIONS: dict[str, Situation] = {
    row.words: row
    for row in (
        _row("good credit", ACCEPT, effect=Effect.ADDED),
        _row("good management", ACCEPT),
        _row("clears the credit", ACCEPT, effect=Effect.CLEARED),
        _row("test or display", ACCEPT),
        # 6.2.3: both widths exist, a meter must support the one of its own manufacturer code
        _row("test or display that may be missing", ACCEPT, "FunctionError", "RangeError", "FormatError"),
        _row("used", "UsedError"),
        _row("old", "OldError"),
        _row("not authentic", "CRCError", chance=True),
        _row(
            "class changed",
            "CRCError",
            "MfrCodeError",
            "FormatError",
            "FunctionError",
            "RangeError",
            chance=True,
        ),
        _row("other manufacturer", "MfrCodeError", "CRCError"),
        # a meter may lack the other width altogether, but where it has it the code counts
        _row(
            "other manufacturer, other width",
            "MfrCodeError",
            "CRCError",
            "FunctionError",
            "RangeError",
            "FormatError",
        ),
        _row("damaged display token", "CRCError", "MfrCodeError"),
        # whether a lock holds for tests and displays as well is the maker's choice (sts.md 7.5)
        _row("test or display during a lock", ACCEPT, "FunctionError", *BLOCKED),
        _row("key expired", "KeyExpiredError"),
        _row("expired and old", "KeyExpiredError", "OldError", "UsedError"),
        _row("under a default key", "DDTKError"),
        _row("overflow", "OverflowError"),
        _row("largest amount", ACCEPT, "OverflowError", effect=Effect.ALL_OR_NOTHING),
        _row("other commodity", "FunctionError", "FormatError", "RangeError"),
        _row("no such function", "FunctionError", "FormatError", "RangeError"),
        _row("no such register", "RangeError", "FunctionError", "FormatError"),
        # cleared, since there is nothing in it, or refused: nobody says
        _row("register of another commodity", ACCEPT, "RangeError", "FunctionError", "FormatError"),
        _row("padding not zero", "FormatError", "RangeError", "FunctionError"),
        _row("reserved class", "FormatError", "FunctionError", "CRCError"),
        _row("not a token number", "FormatError", "FunctionError"),
        _row("not 20 digits"),
        _row("interrupted entry", effect=Effect.ALL_OR_NOTHING),
        # one of the two entries counts, and whichever it is, the other has to be refused
        _row("by two carriers at once", ACCEPT, "UsedError", *BLOCKED, effect=Effect.ADDED),
        _row("locked out", *BLOCKED),
        _row("wrong token before the lock", "CRCError", *BLOCKED, chance=True),
        _row("section", ACCEPT, *SECTIONS),
        _row("last section", ACCEPT, *SECTIONS),
        # a meter may drop, replace or refuse what cannot belong together: the key it then holds is what counts
        _row("section of some set"),
        _row("section that may be refused", ACCEPT, "KeyTypeError", *SECTIONS),
        _row("forbidden key type", "KeyTypeError"),
        # the bench's own question which key a meter holds, not a demand on the meter
        _row("proves the key", ACCEPT, effect=Effect.ALL_OR_NOTHING),
    )
}

#: Amount asked for -> amount due, least units. Verified values and the discriminating cases of rounding
#: (sts.md 2.3); below 16 384 every amount is itself.
AMOUNTS_DUE = {
    16_384: 16_384,
    16_385: 16_394,
    180_214: 180_214,
    180_223: 180_224,
    180_225: 180_324,
    1_818_524: 1_818_524,
    1_818_623: 1_818_624,
    18_201_624: 18_201_624,
}
FIRST_ROUNDED = 16_384
WH_PER_LEAST_UNIT = 100


def amount_due_wh(least_units: int) -> int | None:
    """Return the credit due for an amount asked for, in Wh; None where this table does not say."""
    due = least_units if 0 <= least_units < FIRST_ROUNDED else AMOUNTS_DUE.get(least_units)
    return None if due is None else due * WH_PER_LEAST_UNIT


#: The same for currency tokens, in 0.00001 currency units, worked out by hand from t = 10^e m + 2^14 (10^e - 1) / 9
#: (sts.md 2.4): up for what is given, towards zero for what is taken away; +1 and -1 unit are verified values.
MONEY_DUE = {
    29_000: 29_004,
    30_000: 30_004,
    100_000: 100_004,
    -100_000: -99_994,
    1_234_000: 1_234_024,
    -1_234_000: -1_233_924,
    18_203_444_442_624: 18_203_444_442_624,
}


def money_due(least_units: int) -> int | None:
    """Return the credit due for an amount of money asked for, in 0.00001 currency units; None if not known here."""
    if abs(least_units) < FIRST_ROUNDED:
        return least_units
    return MONEY_DUE.get(least_units)
