"""`meterbench token make KIND`: print a token that a test meter accepts."""

from __future__ import annotations

import argparse

from bench.cli.token_key import (
    MeterKey,
    add_key_options,
    key_from,
    named_secret,
    parameters_from,
    required,
    two_digits,
)
from bench.cli.token_kinds import TOKEN_KINDS, Options, TokenKind, add_tid_options
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.key_change import key_change_sections, key_change_to
from bench.protocols.sts.keys import KeyParameters, check_decoder_key, decoder_key, whole_number
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.number import grouped


def add_make_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `make` command with one sub-command per kind of token."""
    parser = subparsers.add_parser(
        "make", help="make a token", description="Make a token and print its digits."
    )
    by_kind = parser.add_subparsers(title="kinds of token", dest="kind", metavar="KIND", required=True)
    for kind in TOKEN_KINDS:
        kind_parser = by_kind.add_parser(kind.name, help=kind.help, description=kind.help, allow_abbrev=False)
        kind.add_options(kind_parser)
        if kind.has_tid:
            add_tid_options(kind_parser)
            add_key_options(kind_parser)
        kind_parser.set_defaults(command=make_one, token_kind=kind)
    key_change = by_kind.add_parser(
        "key-change",
        help="the set of two, three or four tokens that changes a meter's key",
        description="Make the tokens that change a meter's key. What is not given anew stays as it is.",
        allow_abbrev=False,
    )
    _add_key_change_options(key_change)
    add_key_options(key_change)
    key_change.set_defaults(command=make_key_change)


def make_one(args: Options) -> int:
    """Print one token; returns the exit code."""
    kind: TokenKind = args.token_kind
    fields = kind.read(args)
    if kind.has_tid:
        key = key_from(args)
        token = make_token(fields, key.decoder_key, key.algorithm)
    else:
        token = make_token(fields, None, Algorithm.EA07)
    print(grouped(token))
    return 0


def make_key_change(args: Options) -> int:
    """Print the tokens of a key change set, one a line in order; returns the exit code."""
    key = key_from(args)
    current = parameters_from(args)
    new = KeyParameters.parse(
        meter_pan=current.meter_pan.digits,
        supply_group_code=args.new_sgc or current.supply_group_code,
        tariff_index=two_digits("new tariff index", args.new_ti) if args.new_ti else current.tariff_index,
        key_revision_number=args.new_krn or current.key_revision_number,
        key_type=args.new_kt or current.key_type.value,
        base_date=args.new_base_date or current.base_date.value,
        algorithm=current.algorithm.value,
        dkga=current.dkga.value,
    )
    change = key_change_to(
        new,
        _new_key(args, key, new),
        current=current,
        key_expiry_number=whole_number("new key expiry number", args.new_ken),
        with_supply_group=args.with_sgc,
    )
    for section in key_change_sections(change, key.algorithm):
        print(grouped(make_token(section, key.decoder_key, key.algorithm)))
    return 0


def _new_key(args: Options, key: MeterKey, new: KeyParameters) -> bytes:
    if key.vending_key is None:
        name = required(args.new_key, "new key", "--new-key NAME, since --dkga none derives no keys")
        return check_decoder_key(named_secret(args, name), new.algorithm)
    return decoder_key(named_secret(args, args.new_key) if args.new_key else key.vending_key, new)


def _add_key_change_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("new key")
    group.add_argument(
        "--new-key", metavar="NAME", help="name of the new vending key (default: the present one)"
    )
    group.add_argument("--new-sgc", help="new supply group code")
    group.add_argument("--new-krn", help="new key revision number")
    group.add_argument("--new-ti", help="new tariff index")
    group.add_argument("--new-kt", help="new key type")
    group.add_argument(
        "--new-base-date", help="new base date; a change makes the meter forget its token memory"
    )
    group.add_argument(
        "--new-ken", default="255", help="new key expiry number, 0 to 255 (default 255: never)"
    )
    group.add_argument(
        "--with-sgc", action="store_true", help="EA07: a third token that brings the supply group code"
    )
