"""Tokens that are not for this meter, or damaged: refused by their checksum, without effect. Facts: sts.md 7.1, 10 C.

A damaged token opens with a right checksum once in 65536; those are left out by calculation.
"""

from __future__ import annotations

from dataclasses import replace

from bench.meter.vending import NEXT_TID, Sale
from bench.protocols.sts.algorithm import Algorithm, Dkga
from bench.protocols.sts.crc import block_crc
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import SetMaximumPowerLimit, TransferCurrency
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.keys import KeyParameters
from bench.protocols.sts.layouts import write_payload
from bench.protocols.sts.number import digits_of, extract_class, insert_class
from bench.protocols.sts.tid import BaseDate
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

AMOUNT = 29
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
#: Valid PANs (both check digits right) that are not the meter's own: published test PANs.
OTHER_PANS = ("600727111111111153", "600727000000000009", "000001000000000082")
BITS = 66
#: Every third bit of the 66 is flipped, so both class bits and both ends are among them.
BIT_STEP = 3
#: Bits of the checksum that are made wrong: both ends of each of its octets.
CHECKSUM_BITS = (0, 7, 8, 15)
#: A limit that no direct-connected meter reaches, should a meter take it.
HARMLESS = SetMaximumPowerLimit(tid=NEXT_TID, limit_w=100_000)
IMPOSSIBLE = 2**BITS
ENCRYPTED_CLASSES = (0, 2)
CREDIT_CLASS, MANAGEMENT_CLASS = 0, 2


@case(
    "sts/wrong_meter",
    token_requirement("7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=200, time_s=20),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_wrong_meter(bench: CaseBench) -> None:
    """A token for another meter of the same supply group fails authentication."""
    with TokenDesk(bench) as desk:
        own = desk.vending.own
        for pan in OTHER_PANS:
            if pan != own.meter_pan.digits:
                sale = _under(desk, replace(own, meter_pan=MeterPan(pan)))
                desk.enter(sale, "not authentic", what="a token for another meter")
        desk.judge()


@case(
    "sts/other_key_parameters",
    token_requirement("6.5.2, 7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=15, credit_wh=600, time_s=20),
    stage=Stage.TOKENS,
)
def test_other_key_parameters(bench: CaseBench) -> None:
    """Another tariff index, key revision, supply group, key type, base date or cipher is another key."""
    with TokenDesk(bench) as desk:
        for what, other in _neighbours(desk.vending.own):
            desk.enter(_under(desk, other), "not authentic", what=f"a token made with another {what}")
        desk.judge()


@case(
    "sts/changed_digit",
    token_requirement("7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=16, credit_wh=1400, time_s=50),
    stage=Stage.TOKENS,
    sparing=True,
)
def test_changed_digit(bench: CaseBench) -> None:
    """A good token with one digit changed is refused, whichever digit it is."""
    with TokenDesk(bench) as desk:
        digits = desk.credit(AMOUNT).digits
        changed = [
            digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
            for place in range(len(digits))
        ]
        _refuse_all(desk, changed, "one digit changed")
        desk.judge()


@case(
    "sts/flipped_bit",
    token_requirement("7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=18, credit_wh=1600, time_s=50),
    stage=Stage.TOKENS,
)
def test_flipped_bit(bench: CaseBench) -> None:
    """A good token with one of its 66 bits flipped is refused."""
    with TokenDesk(bench) as desk:
        value = int(desk.credit(AMOUNT).digits)
        flipped = [digits_of(value ^ 1 << bit) for bit in range(0, BITS, BIT_STEP)]
        _refuse_all(desk, flipped, "one bit flipped")
        desk.judge()


@case(
    "sts/one_bit_of_checksum",
    token_requirement("7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=14, credit_wh=600, time_s=30),
    stage=Stage.TOKENS,
)
def test_one_bit_of_checksum(bench: CaseBench) -> None:
    """A token under the meter's own key counts only with the whole checksum right, in either class."""
    with TokenDesk(bench) as desk:
        for what, kind in (("credit", desk.credit_fields(AMOUNT)), ("management", HARMLESS)):
            for bit in desk.sample(CHECKSUM_BITS):
                fields = replace(kind, tid=desk.vending.reserve(1)[0])
                right = block_crc(*write_payload(fields), currency=isinstance(fields, TransferCurrency))
                sale = desk.vending.issue(fields, crc=right ^ 1 << bit)
                desk.enter(sale, "not authentic", what=f"a {what} token, bit {bit} of its checksum wrong")
        desk.judge()


@case(
    "sts/class_exchanged",
    token_requirement("6.2, 7.3.6 CRCError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
)
def test_class_exchanged(bench: CaseBench) -> None:
    """The class counts in the checksum: credit cannot pass for management, nor management for credit."""
    with TokenDesk(bench) as desk:
        credit = desk.credit_fields(AMOUNT)
        management = SetMaximumPowerLimit(tid=NEXT_TID, limit_w=AMOUNT)
        for what, fields, token_class in (
            ("a credit token with the class of management", credit, MANAGEMENT_CLASS),
            ("a management token with the class of credit", management, CREDIT_CLASS),
        ):
            exchanged = ""
            while not exchanged or desk.vending.explains(exchanged):
                sale = desk.vending.issue(fields)
                _, block = extract_class(int(sale.digits))
                exchanged = digits_of(insert_class(block, token_class))
            desk.enter(exchanged, "not authentic", what=what)
        desk.judge()


def _under(desk: TokenDesk, other: KeyParameters) -> Sale:
    """Sell a token under another key that the meter's own key does not open by chance."""
    while True:
        sale = desk.vending.issue(desk.credit_fields(AMOUNT), under=other)
        if not desk.vending.explains(sale.digits):
            return sale


def _neighbours(own: KeyParameters) -> list[tuple[str, KeyParameters]]:
    """Return the key parameters with one of them changed; only those that make another key."""
    changes = {
        "tariff index": {"tariff_index": (own.tariff_index + 1) % 100},
        "key revision number": {"key_revision_number": own.key_revision_number % 9 + 1},
        "supply group code": {"supply_group_code": f"{(int(own.supply_group_code) + 1) % 10**6:06d}"},
        "key type": {"key_type": KeyType.DEFAULT if own.key_type is KeyType.UNIQUE else KeyType.UNIQUE},
    }
    if own.dkga is Dkga.DKGA04:
        # base date and cipher do not enter a key of DKGA02
        changes["base date"] = {
            "base_date": BaseDate.Y1993 if own.base_date is BaseDate.Y2014 else BaseDate.Y2014
        }
        changes["cipher"] = {
            "algorithm": Algorithm.EA11 if own.algorithm is Algorithm.EA07 else Algorithm.EA07
        }
    neighbours = []
    for what, change in changes.items():
        try:
            neighbours.append((what, replace(own, **change)))  # type: ignore[arg-type]
        except FieldError:
            continue
    return neighbours


def _refuse_all(desk: TokenDesk, tokens: list[str], what: str) -> None:
    for token in desk.sample(tokens):
        if int(token) >= IMPOSSIBLE or desk.vending.explains(token):
            continue
        encrypted = desk.vending.token_class(token) in ENCRYPTED_CLASSES
        desk.enter(token, "not authentic" if encrypted else "class changed", what=f"a token with {what}")
