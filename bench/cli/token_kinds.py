"""The kinds of token that can be made on the command line: options of each, and how they become fields."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bench.cli.token_key import base_date_from, required
from bench.protocols.sts import fields as kinds
from bench.protocols.sts.amount import MAXIMUM_LEAST_UNITS, least_units_of, round_up
from bench.protocols.sts.currency import decode_currency, encode_currency
from bench.protocols.sts.errors import FieldError, check_range
from bench.protocols.sts.explain import plain
from bench.protocols.sts.fields import Commodity, TokenFields
from bench.protocols.sts.keys import whole_number
from bench.protocols.sts.meter_tests import request_test
from bench.protocols.sts.tid import MAXIMUM_TID, tid_from

Options = argparse.Namespace

_COMMODITIES_OF_UNIT = {
    "kwh": (Commodity.ELECTRICITY,),
    "m3": (Commodity.WATER, Commodity.GAS),
    "min": (Commodity.TIME,),
}
_REGISTER_WORDS = {"all": kinds.ALL_REGISTERS} | {
    f"{commodity.name.lower()}{suffix}": commodity.value + offset
    for commodity in Commodity
    for suffix, offset in (("", 0), ("-currency", 4))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKind:
    """One kind of token that can be made: its options, and how they become fields."""

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    read: Callable[[Options], TokenFields]
    has_tid: bool = True


def add_tid_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("date")
    group.add_argument("--at", metavar="'YYYY-MM-DD HH:MM'", help="local date and time of issue")
    group.add_argument(
        "--last-tid", help="token identifier of the token issued before this one to the same meter"
    )
    group.add_argument("--tid", help="token identifier as a number, instead of a date")
    group.add_argument("--rnd", default=str(kinds.DEFAULT_RND), help="random number, 0 to 15 (default 5)")


def _tid(args: Options) -> int:
    if args.tid is not None:
        if args.at is not None:
            raise FieldError("date", "give --at or --tid, not both")
        if args.last_tid is not None:
            raise FieldError("last TID", "it moves a token given by --at; leave it out beside --tid")
        return check_range("TID", whole_number("TID", args.tid), 0, MAXIMUM_TID)
    text = required(args.at, "date", "--at 'YYYY-MM-DD HH:MM'")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FieldError("date", f"'{text}' is not of the form YYYY-MM-DD HH:MM") from None
    if moment.tzinfo is not None:
        raise FieldError("date", "give the local time without a time zone; tokens know none")
    last_tid = None if args.last_tid is None else whole_number("last TID", args.last_tid)
    return tid_from(moment, base_date_from(args), last_tid=last_tid)


def _rnd(args: Options) -> int:
    return check_range("rnd", whole_number("rnd", args.rnd), 0, 15)


def _note_rounding(asked: str, carried: str) -> None:
    if asked != carried:
        print(f"note: {asked} is not representable; the token carries {carried}", file=sys.stderr)


def _add_amount_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--amount", help="amount to credit")
    parser.add_argument("--unit", default=None, help="kWh (default), m3 or min")
    _add_commodity(parser)


def _add_commodity(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(commodity.name.lower() for commodity in Commodity)
    parser.add_argument("--commodity", help=f"{names} (default: what the unit says, else electricity)")


def _commodity(args: Options, unit: str | None) -> Commodity:
    possible = tuple(Commodity) if unit is None else _COMMODITIES_OF_UNIT.get(unit.strip().lower())
    if possible is None:
        raise FieldError("unit", f"'{unit}' is not one of kWh, m3, min")
    if args.commodity is None:
        if unit is not None and len(possible) > 1:
            raise FieldError("unit", f"{unit} may be water or gas; add --commodity")
        return possible[0]
    for commodity in Commodity:
        if commodity.name.lower() == args.commodity.strip().lower():
            if commodity not in possible:
                raise FieldError("unit", f"{args.commodity} is not sold in {unit}")
            return commodity
    raise FieldError("commodity", f"'{args.commodity}' is not one of electricity, water, gas, time")


def _read_credit(args: Options) -> TokenFields:
    amount = required(args.amount, "amount", "--amount")
    commodity = _commodity(args, args.unit)
    units = least_units_of(amount, kinds.CREDIT_EXPONENT)
    if not 0 <= units <= MAXIMUM_LEAST_UNITS:
        most = plain(Decimal(f"{MAXIMUM_LEAST_UNITS}E{kinds.CREDIT_EXPONENT}"))
        raise FieldError("amount", f"{amount} {commodity.unit} is outside 0 to {most} {commodity.unit}")
    fields = kinds.TransferCredit(
        commodity=commodity, tid=_tid(args), least_units=round_up(units), rnd=_rnd(args)
    )
    _note_rounding(f"{_plain_text(amount)} {commodity.unit}", f"{plain(fields.amount)} {commodity.unit}")
    return fields


def _add_currency_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--amount", help="amount in units of the base currency; negative takes credit away")
    _add_commodity(parser)


def _read_currency(args: Options) -> TokenFields:
    amount = required(args.amount, "amount", "--amount")
    carried = decode_currency(encode_currency(least_units_of(amount, kinds.CURRENCY_EXPONENT)))
    fields = kinds.TransferCurrency(commodity=_commodity(args, None), tid=_tid(args), least_units=carried)
    _note_rounding(_plain_text(amount), plain(fields.amount))
    return fields


def _plain_text(number: str) -> str:
    """Return a decimal number as typed, without exponent, sign of plus or needless zeros."""
    return plain(Decimal(number.strip()))


def _limit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit-w", metavar="W", help="limit in watts")


def _limit_w(args: Options) -> int:
    asked = whole_number("limit", required(args.limit_w, "limit", "--limit-w"))
    carried = round_up(check_range("limit", asked, 0, MAXIMUM_LEAST_UNITS))
    _note_rounding(f"{asked} W", f"{carried} W")
    return carried


def _add_register(parser: argparse.ArgumentParser) -> None:
    words = ", ".join(_REGISTER_WORDS)
    parser.add_argument("--register", default="all", help=f"{words} (default all), or a number")


def _register(args: Options) -> int:
    word = args.register.strip().lower()
    return _REGISTER_WORDS[word] if word in _REGISTER_WORDS else whole_number("register", word)


def _add_test_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", default="0", help="number of the test, 0 to 18 (default 0: all of them)")
    parser.add_argument("--control", help="control bits as a number or 0x hex, instead of --test")
    parser.add_argument("--manufacturer-digits", default="2", help="2 (default) or 4")
    parser.add_argument("--manufacturer-code", default="0", help="manufacturer code (default 0)")


def _read_test(args: Options) -> TokenFields:
    digits = whole_number("manufacturer digits", args.manufacturer_digits)
    code = whole_number("manufacturer code", args.manufacturer_code)
    if args.control is None:
        number = whole_number("test", args.test)
        return request_test(number, manufacturer_digits=digits, manufacturer_code=code)
    return kinds.InitiateTest(
        control=whole_number("control", args.control), manufacturer_code=code, manufacturer_digits=digits
    )


def _add_extended_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", help="0 to 62: a control value; 63: the flags")
    parser.add_argument("--value", default="0", help="value (default 0)")


def _extended(args: Options) -> dict[str, int]:
    return {
        "index": whole_number("index", required(args.index, "index", "--index")),
        "value": whole_number("value", args.value),
    }


def _number_option(name: str, text: str) -> Callable[[argparse.ArgumentParser], None]:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(f"--{name}", help=text)

    return add


def _number(args: Options, name: str) -> int:
    return whole_number(name, required(getattr(args, name), name, f"--{name}"))


def _no_options(parser: argparse.ArgumentParser) -> None:
    del parser


TOKEN_KINDS = (
    TokenKind(
        name="credit",
        help="credit for energy, volume or time",
        add_options=_add_amount_options,
        read=_read_credit,
    ),
    TokenKind(
        name="currency", help="credit in money", add_options=_add_currency_options, read=_read_currency
    ),
    TokenKind(
        name="test",
        help="ask any meter for a test or display",
        add_options=_add_test_options,
        read=_read_test,
        has_tid=False,
    ),
    TokenKind(
        name="read-extended",
        help="ask any meter to show a value of the extended token set",
        add_options=_add_extended_options,
        read=lambda args: kinds.ReadExtended(**_extended(args)),
        has_tid=False,
    ),
    TokenKind(
        name="power-limit",
        help="set the maximum power limit",
        add_options=_limit_options,
        read=lambda args: kinds.SetMaximumPowerLimit(tid=_tid(args), rnd=_rnd(args), limit_w=_limit_w(args)),
    ),
    TokenKind(
        name="unbalance-limit",
        help="set the limit of power unbalance between phases",
        add_options=_limit_options,
        read=lambda args: kinds.SetMaximumPhasePowerUnbalanceLimit(
            tid=_tid(args), rnd=_rnd(args), limit_w=_limit_w(args)
        ),
    ),
    TokenKind(
        name="clear-credit",
        help="set a credit register to zero",
        add_options=_add_register,
        read=lambda args: kinds.ClearCredit(tid=_tid(args), rnd=_rnd(args), register=_register(args)),
    ),
    TokenKind(
        name="clear-tamper",
        help="clear the tamper condition",
        add_options=_no_options,
        read=lambda args: kinds.ClearTamperCondition(tid=_tid(args), rnd=_rnd(args)),
    ),
    TokenKind(
        name="write-extended",
        help="write a value or flag of the extended token set",
        add_options=_add_extended_options,
        read=lambda args: kinds.WriteExtended(tid=_tid(args), rnd=_rnd(args), **_extended(args)),
    ),
    TokenKind(
        name="tariff-rate",
        help="set the tariff rate (reserved; layout not confirmed)",
        add_options=_number_option("rate", "16-bit rate"),
        read=lambda args: kinds.SetTariffRate(tid=_tid(args), rnd=_rnd(args), rate=_number(args, "rate")),
    ),
    TokenKind(
        name="water-factor",
        help="set the water meter factor (reserved; layout not confirmed)",
        add_options=_number_option("factor", "16-bit factor"),
        read=lambda args: kinds.SetWaterMeterFactor(
            tid=_tid(args), rnd=_rnd(args), factor=_number(args, "factor")
        ),
    ),
)
