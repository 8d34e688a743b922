"""The token side of a declaration: identity, functions, results and lock-out."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from bench.record.declaration_part import DeclarationPart, Text

#: Base dates the token identifier may count its minutes from.
BASE_YEARS = (1993, 2014, 2035)

#: What a token application may be able to do. "credit-kwh" and "credit-currency" are the utility of the meter
#: itself; "key-change-2" to "-4" the sets by their number of tokens; "roll-over" obeys the RO bit.
StsFunction = Literal[
    "credit-kwh",
    "credit-currency",
    "maximum-power-limit",
    "phase-unbalance-limit",
    "clear-credit",
    "clear-tamper",
    "key-change-2",
    "key-change-3",
    "key-change-4",
    "key-expiry",
    "roll-over",
    "extended-token-set",
    "test-and-display",
]

#: Key change sets that carry a key of another length than the algorithm's.
SETS_UNFIT: dict[str, tuple[StsFunction, ...]] = {
    "EA07": ("key-change-4",),
    "EA11": ("key-change-2", "key-change-3"),
}

#: Results of token processing in the words of IEC 62055-41, with those of the token interface.
StsResult = Literal[
    "Accept",
    "1stKCT",
    "2ndKCT",
    "3rdKCT",
    "4thKCT",
    "OverflowError",
    "KeyTypeError",
    "FormatError",
    "RangeError",
    "FunctionError",
    "OldError",
    "UsedError",
    "KeyExpiredError",
    "DDTKError",
    "CRCError",
    "MfrCodeError",
    "Lockout",
    "NotReady",
]


class StsDeclaration(DeclarationPart):
    """The token side of the meter. ``vending_key`` names an entry of the secrets file."""

    meter_pan: Text
    supply_group_code: Text = Field(pattern=r"^[0-9]{6}$")
    tariff_index: int = Field(ge=0, le=99)
    key_revision_number: int = Field(ge=1, le=9)
    key_type: int = Field(ge=0, le=3)
    base_date: int
    key_expiry_number: int = Field(default=255, ge=0, le=255)
    encryption_algorithm: Literal["EA07", "EA11"] = "EA07"
    dkga: Literal["DKGA01", "DKGA02", "DKGA03", "DKGA04"] = "DKGA04"
    vending_key: str | None = None
    tid_memory: int = Field(default=50, ge=1)
    carriers: tuple[str, ...] = ()
    token_encoding: Literal["ascii", "bcd", "binary"] = "ascii"
    supports: tuple[StsFunction, ...] | None = None
    """What the token application can do; None where the manufacturer does not say."""
    extended_values: tuple[Annotated[int, Field(ge=0, le=63)], ...] = ()
    """Indices of the extended token set that a test may write and show, 63 for flag 0; empty: none is known to be
    harmless, since what they do only the manufacturer can say."""
    token_time_s: float | None = Field(default=None, gt=0, le=120)
    """How long a token may take from its entry to its result, over the slowest carrier. None: not declared; three
    seconds are given where a display stays as it was, ten where the meter says that it is not through."""
    result_codes: dict[StsResult, int] = Field(default_factory=dict)
    """Number of each result in ``token_status.data_value``; several results may share one. Empty: not known."""
    result_texts: dict[StsResult, str] = Field(default_factory=dict)
    """What the display shows for each result. Empty: not known."""
    key_change_time_limit_s: float | None = Field(default=None, gt=0)
    """How long the sections of an incomplete key change set are held; None: not declared."""
    lock_out_after: int = Field(default=0, ge=0)
    """Rejected tokens in a row after which entry locks; 0: the meter has no lock-out."""
    lock_out_s: float = Field(default=0.0, ge=0)
    """Length of the first lock; each further rejected token doubles it."""
    lock_out_max_s: float = Field(default=0.0, ge=0)
    """Where the doubling ends; 0: every lock is as long as the first."""
    lock_out_resets_on_good_token: bool = False
    lock_out_resets_on_power_cycle: bool = False
    lock_out_carriers: tuple[str, ...] = ()
    """The carriers that count wrong tokens and are locked, together; empty: all of ``carriers``."""
    digit_time_out_s: float | None = Field(default=None, gt=0)
    """Pause between two keys after which the digits entered so far are dropped; None: not declared."""
    correction_key: str = ""
    """The key that takes back the last digit, as the rig's hands name it; empty: none, or not declared."""

    @field_validator("meter_pan")
    @classmethod
    def _check_digits(cls, pan: str) -> str:
        if not re.fullmatch(r"[0-9]{18}", pan):
            raise ValueError(
                f'a meter PAN has 18 digits, "{pan}" has {len(pan)} characters; write it as text'
            )
        if not luhn_holds(pan):
            raise ValueError(
                f"the check digit of the meter PAN should be {luhn_digit(pan[:17])}, not {pan[-1]}"
            )
        drn = pan[6:17] if not pan.startswith("0000") else pan[4:17]
        if not luhn_holds(drn):
            raise ValueError(
                f"the meter number {drn} inside the PAN has a wrong check digit: "
                f"it should be {luhn_digit(drn[:-1])}, not {drn[-1]}"
            )
        return pan

    @field_validator("base_date", mode="before")
    @classmethod
    def _base_year(cls, value: Any) -> Any:
        year = value.year if isinstance(value, datetime.date) else value
        if isinstance(year, str) and re.fullmatch(r"[0-9]{4}(-01-01)?", year):
            year = int(year[:4])
        if year not in BASE_YEARS:
            raise ValueError(f"base date {value}: write one of {', '.join(map(str, BASE_YEARS))}")
        return year

    @field_validator("dkga")
    @classmethod
    def _algorithm_has_key(cls, dkga: str, info: ValidationInfo) -> str:
        if info.data.get("encryption_algorithm") == "EA11" and dkga != "DKGA04":
            raise ValueError("EA11 needs a 128-bit decoder key, which only DKGA04 makes; write DKGA04")
        return dkga

    @field_validator("supports")
    @classmethod
    def _sets_carry_the_key(
        cls, supports: tuple[StsFunction, ...] | None, info: ValidationInfo
    ) -> tuple[StsFunction, ...] | None:
        """Refuse key change sets that do not fit the length of the key (sts.md 3.6, status V)."""
        algorithm = info.data.get("encryption_algorithm", "")
        unfit = [name for name in supports or () if name in SETS_UNFIT.get(algorithm, ())]
        if unfit:
            right, bits = ("key-change-4", 128) if algorithm == "EA11" else ("key-change-2 or -3", 64)
            raise ValueError(
                f"{algorithm} has decoder keys of {bits} bits, which {unfit[0]} does not carry; write {right}"
            )
        return supports


def luhn_digit(payload: str) -> int:
    """Return the check digit (mod 10, rightmost payload digit doubled) of a string of digits."""
    total = 0
    for place, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def luhn_holds(number: str) -> bool:
    """Return whether the last digit of ``number`` is its check digit."""
    return luhn_digit(number[:-1]) == int(number[-1])
