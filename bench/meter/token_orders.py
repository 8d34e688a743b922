"""Tokens described so that somebody else can make them: what a security module is asked for, and what it gave.

A token file is TOML: one ``[[token]]`` per token, in the order in which they are to be issued, each with its
``order`` (the text that ``describe`` gives) and its ``digits``; ``tid`` where the vending side tells it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import (
    ClearCredit,
    ClearTamperCondition,
    Commodity,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    TokenFields,
    TransferCredit,
    TransferCurrency,
)
from bench.protocols.sts.number import parse_digits
from bench.record.toml_model import load_toml

#: Small tokens that take back the count of wrong ones; a run uses about half as many as it tries wrong ones.
RESETS = 40
NO_TID = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How many tokens of one kind are wanted, and what for. The identifier of ``fields`` says nothing."""

    fields: TokenFields
    number: int
    purpose: str


#: Credit of a kind: its amounts in least units, as electricity and of another commodity.
_Credit = type[TransferCredit] | type[TransferCurrency]
_OTHERS = (Commodity.WATER, Commodity.GAS, Commodity.TIME)


def _amounts(credit: _Credit, units: Iterable[int], number: int, purpose: str) -> tuple[Order, ...]:
    return tuple(
        Order(fields=credit(tid=NO_TID, least_units=amount), number=number, purpose=purpose)
        for amount in units
    )


def _credit(credit: _Credit, *, usual: int, smallest: int) -> tuple[Order, ...]:
    """Return what is asked for of the credit that a meter counts."""
    return (
        *_amounts(credit, (usual,), 16, "credit, replay, carriers"),
        *_amounts(credit, (smallest,), RESETS, "take back the count of wrong tokens"),
        *(
            Order(
                fields=credit(tid=NO_TID, least_units=usual, commodity=commodity),
                number=1,
                purpose="another commodity",
            )
            for commodity in _OTHERS
        ),
    )


#: Of a meter that counts kWh, and of one that counts money: what the credit cases ask for.
_KWH = (
    *_credit(TransferCredit, usual=29, smallest=1),
    *_amounts(TransferCurrency, (100_000, -100_000), 1, "currency on an energy meter"),
)
_MONEY = (
    *_credit(TransferCurrency, usual=29_000, smallest=1_000),
    *_amounts(TransferCurrency, (100_000, 1_234_000, -1_234_000, -100_000), 1, "money given and taken away"),
    *_amounts(TransferCredit, (29,), 1, "energy on a meter of money"),
)
_MANAGEMENT = (
    Order(fields=ClearTamperCondition(tid=NO_TID), number=2, purpose="clear tamper, and the same again"),
    Order(
        fields=SetMaximumPowerLimit(tid=NO_TID, limit_w=100_000), number=1, purpose="management used twice"
    ),
    Order(fields=ClearCredit(tid=NO_TID, register=0), number=1, purpose="clear the own register"),
    Order(fields=ClearCredit(tid=NO_TID), number=3, purpose="clear all registers; take back large credit"),
    Order(fields=SetTariffRate(tid=NO_TID, rate=1), number=1, purpose="a reserved function"),
    Order(fields=SetWaterMeterFactor(tid=NO_TID, factor=1), number=1, purpose="a reserved function"),
)


def orders_for(*, counts_money: bool) -> tuple[Order, ...]:
    """Return what the cases need that can run without the key. A test runs the suite with exactly these."""
    return (*(_MONEY if counts_money else _KWH), *_MANAGEMENT)


def describe(fields: TokenFields) -> str:
    """Return what a token is to be, without its identifier and random number."""
    if isinstance(fields, TransferCredit):
        return f"credit {fields.commodity.name.lower()} {fields.amount} {fields.commodity.unit}"
    if isinstance(fields, TransferCurrency):
        return f"currency {fields.commodity.name.lower()} {fields.amount}"
    if isinstance(fields, SetMaximumPowerLimit):
        return f"maximum power limit {fields.limit_w} W"
    if isinstance(fields, ClearCredit):
        return f"clear credit, register {fields.register:#06x}"
    if isinstance(fields, ClearTamperCondition):
        return "clear tamper condition"
    if isinstance(fields, SetTariffRate):
        return f"tariff rate {fields.rate}"
    if isinstance(fields, SetWaterMeterFactor):
        return f"water meter factor {fields.factor}"
    return f"token {type(fields).__name__}"


class FiledToken(BaseModel):
    """One token of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: str
    digits: Annotated[str, BeforeValidator(str)] = Field(default="", repr=False)
    tid: int | None = Field(default=None, ge=0, lt=1 << 24)

    @field_validator("digits")
    @classmethod
    def _is_token(cls, digits: str) -> str:
        if not digits:
            return digits
        try:
            return parse_digits(digits)
        except FieldError as error:
            raise ValueError(f"digits: {error.problem}") from None


class TokenFile(BaseModel):
    """The tokens a vending side made for one meter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    meter_pan: str = ""
    token: tuple[FiledToken, ...] = ()


def load_token_file(path: Path) -> TokenFile:
    """Read a token file; raises PlanError with file, line and what to do, never with digits in it."""
    return load_toml(path, TokenFile)


def wanted_file(meter_pan: str, orders: Iterable[Order]) -> str:
    """Return the text of a token file without digits, for the vending side to fill in."""
    listed = tuple(orders)
    total = Counter({describe(order.fields): order.number for order in listed})
    lines = [
        "# Tokens wanted for a run of the STS suite, for this meter alone and under its present key.",
        "# Issue them in this order, each with a later identifier than the one before; fill in the digits,",
        "# and the tid (minutes since the base date) where it is known. Entries without digits are not used.",
        f"# {sum(total.values())} tokens.",
        f'meter_pan = "{meter_pan}"',
    ]
    for order in listed:
        lines += ["", f"# {order.purpose}"]
        lines += [f'[[token]]\norder = "{describe(order.fields)}"\ndigits = ""' for _ in range(order.number)]
    return "\n".join(lines) + "\n"
