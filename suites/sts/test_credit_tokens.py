"""Credit tokens: accepted exactly once, with the exact amount, by this meter only. Facts: sts.md 7 and 10."""

from __future__ import annotations

from typing import Any

from bench.errors import BenchFault
from bench.meter.vending import Vending
from bench.record.model import Kind, Requirement, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.prepayment import enter_token

NEEDS = (Need.MANAGEMENT, Need.VENDING_KEY, Need.TOKEN_GATEWAY)
#: 2.9 kWh: enough to be seen, little enough to be used up again by the suites that empty the credit.
AMOUNT_LEAST_UNITS = 29
WH_PER_LEAST_UNIT = 100
FORMAT, AUTHENTICATION, VALIDATION = 4, 5, 6
#: A valid PAN (both check digits right) that is not the meter's own: published test PANs.
OTHER_PANS = ("600727111111111153", "600727000000000009")
FIRST_IMPOSSIBLE = 2**66


def token_requirement(clause: str, topic: Topic = Topic.TOKEN, status: str = "V1") -> Requirement:
    """Return a requirement of IEC 62055-41; clauses as the public mirrors number them."""
    return Requirement(
        document="IEC 62055-41", edition="2018", clause=clause, topic=topic, kind=Kind.STANDARD, status=status
    )


@case(
    "sts/credit_accepted",
    token_requirement("6.3.6", Topic.CREDIT),
    needs=NEEDS,
    alters=[Alters.TOKEN_IDENTIFIERS, Alters.CREDIT],
    stage=Stage.TOKENS,
)
def test_credit_accepted(bench: CaseBench) -> None:
    """A good token adds exactly its amount."""
    bench.energise()
    token = bench.position.vending.credit(AMOUNT_LEAST_UNITS)
    amount_wh = AMOUNT_LEAST_UNITS * WH_PER_LEAST_UNIT
    entered = enter_token(bench.position, token, what="a good credit token", good=True)
    bench.judge("sts.credit-accepted/1", bench.observe("token-entry", entered | {"amount_wh": amount_wh}))


@case(
    "sts/used_token",
    token_requirement("7.3.7"),
    needs=NEEDS,
    alters=[Alters.TOKEN_IDENTIFIERS, Alters.CREDIT],
    stage=Stage.TOKENS,
)
def test_used_token(bench: CaseBench) -> None:
    """The same token a second time is rejected as used, without effect."""
    bench.energise()
    token = bench.position.vending.credit(AMOUNT_LEAST_UNITS)
    enter_token(bench.position, token, what="a good credit token", good=True)
    _rejected(bench, token, what="the same token a second time", due=[VALIDATION])


@case(
    "sts/wrong_meter",
    token_requirement("7.3.6"),
    needs=NEEDS,
    alters=[Alters.TOKEN_IDENTIFIERS],
    stage=Stage.TOKENS,
)
def test_wrong_meter(bench: CaseBench) -> None:
    """A token for another meter of the same supply group fails authentication."""
    bench.energise()
    vending, sts = bench.position.vending, bench.declaration.sts
    own = sts.meter_pan if sts is not None else ""
    other = next(pan for pan in OTHER_PANS if pan != own)
    token = vending.credit(AMOUNT_LEAST_UNITS, meter_pan=other)
    while vending.explains(token):
        token = vending.credit(AMOUNT_LEAST_UNITS, meter_pan=other)
    _rejected(bench, token, what="a token for another meter", due=[AUTHENTICATION])


@case(
    "sts/changed_digit",
    token_requirement("7.3.6"),
    needs=NEEDS,
    alters=[Alters.TOKEN_IDENTIFIERS],
    stage=Stage.TOKENS,
)
def test_changed_digit(bench: CaseBench) -> None:
    """A good token with one digit changed fails authentication; chance hits of the CRC are skipped by calculation."""
    bench.energise()
    vending = bench.position.vending
    token = _encrypted_neighbour(vending, vending.credit(AMOUNT_LEAST_UNITS))
    _rejected(bench, token, what="a token with one digit changed", due=[AUTHENTICATION])


@case(
    "sts/above_66_bits",
    token_requirement("uncertain", Topic.ENTRY, "K"),
    needs=NEEDS,
    stage=Stage.TOKENS,
)
def test_above_66_bits(bench: CaseBench) -> None:
    """Twenty digits above 2^66-1 cannot be a token and are never decrypted."""
    bench.energise()
    _rejected(bench, str(FIRST_IMPOSSIBLE + 12345), what="20 digits above 2^66-1", due=[FORMAT])


def _rejected(bench: CaseBench, token: str, *, what: str, due: list[int]) -> None:
    entered: dict[str, Any] = enter_token(bench.position, token, what=what, good=False)
    bench.judge("sts.token-rejected/1", bench.observe("token-entry", entered | {"status_codes_due": due}))


def _encrypted_neighbour(vending: Vending, token: str) -> str:
    """Return the token with one digit raised: still a credit class, fits 66 bits, not explained by the key."""
    for index in range(len(token) - 1, 0, -1):
        changed = token[:index] + str((int(token[index]) + 1) % 10) + token[index + 1 :]
        if (
            int(changed) < FIRST_IMPOSSIBLE
            and vending.token_class(changed) == 0
            and not vending.explains(changed)
        ):
            return changed
    raise BenchFault(f"No digit of {token} can be changed as the case needs it.")
