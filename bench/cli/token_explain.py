"""`meterbench token explain TOKEN`: say what a token is and whether a meter would take it."""

from __future__ import annotations

import argparse
from datetime import datetime

from bench.cli.token_key import MeterKey, add_key_options, key_from
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.cipher import is_encrypted
from bench.protocols.sts.diagnosis import slips, wrong_parameters
from bench.protocols.sts.errors import FieldError, check_range
from bench.protocols.sts.explain import CLASS_TEXTS, checksum_name, conditions, describe, objections
from bench.protocols.sts.key_change import NEVER_EXPIRES
from bench.protocols.sts.keys import whole_number
from bench.protocols.sts.number import extract_class, grouped, parse_digits, value_of
from bench.protocols.sts.opener import open_token
from bench.protocols.sts.tid import MAXIMUM_TID, BaseDate, minutes_since

#: Nobody opens a token of it, with or without a key.
RESERVED_CLASS = 3


def add_explain_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `explain` command."""
    parser = subparsers.add_parser(
        "explain",
        help="say what a token is, and with a key whether a meter would take it",
        description="Say what a token is. With a key, open it and say why a meter would reject it.",
        allow_abbrev=False,
    )
    parser.add_argument("token", nargs="+", metavar="TOKEN", help="20 digits; spaces and hyphens are ignored")
    parser.add_argument(
        "--ken", default=str(NEVER_EXPIRES), help="key expiry number of the meter (default 255: never)"
    )
    parser.add_argument(
        "--remembers",
        action="append",
        default=[],
        metavar="TID|DATE",
        help="an identifier or 'YYYY-MM-DD HH:MM' of a token the meter has taken, or its date of manufacture; "
        "may be repeated",
    )
    add_key_options(parser)
    parser.set_defaults(command=explain)


def explain(args: argparse.Namespace) -> int:
    """Print what a token is; returns the exit code."""
    digits = parse_digits(" ".join(args.token))
    expiry = check_range("key expiry number", whole_number("key expiry number", args.ken), 0, NEVER_EXPIRES)
    key = key_from(args) if args.key is not None else None
    base_date = _base_date(args, key)
    memory = [_remembered(text, base_date) for text in args.remembers]
    token_class, _ = extract_class(value_of(digits))
    print(grouped(digits))
    print(f"A token of {CLASS_TEXTS[token_class]}.")
    if token_class == RESERVED_CLASS:
        print("A meter rejects it: FormatError: class 3 is reserved.")
        return 0
    if is_encrypted(token_class) and key is None:
        print(
            "Its contents cannot be read without the meter's key: give --secrets FILE --key NAME and the meter."
        )
        return 0
    for line in _opened_lines(digits, token_class, key, base_date, expiry, memory):
        print(line)
    return 0


def _remembered(text: str, base_date: BaseDate) -> int:
    """Return an identifier given as a number or as a date; raises `FieldError`."""
    if text.strip().isdecimal():
        return check_range("remembered TID", whole_number("remembered TID", text), 0, MAXIMUM_TID)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FieldError(
            "remembered TID", f"'{text}' is neither a number nor of the form YYYY-MM-DD HH:MM"
        ) from None
    return minutes_since(moment.replace(tzinfo=None), base_date)


def _opened_lines(
    digits: str, token_class: int, key: MeterKey | None, base_date: BaseDate, expiry: int, memory: list[int]
) -> list[str]:
    algorithm = Algorithm.EA07 if key is None else key.algorithm
    decoder_key = None if key is None else key.decoder_key
    opened = open_token(digits, decoder_key, algorithm)
    lines = [f"Checksum ({checksum_name(opened)}): right." if opened.crc_ok else "Checksum: wrong."]
    if opened.fields is not None:
        lines += describe(opened.fields, base_date)
    found = objections(opened, None if key is None else key.parameters, expiry, memory)
    if not found:
        return [*lines, "Nothing in the token speaks against it.", *conditions(opened)]
    lines += [f"A meter rejects it: {objection}" for objection in found]
    if not opened.crc_ok:
        lines += _guesses(digits, key, algorithm, encrypted=is_encrypted(token_class))
    return lines


def _guesses(digits: str, key: MeterKey | None, algorithm: Algorithm, *, encrypted: bool) -> list[str]:
    """Return likely reasons for a wrong checksum, or what they may be."""
    found = slips(digits, None if key is None else key.decoder_key, algorithm)
    if encrypted and key is not None and key.vending_key is not None and key.parameters is not None:
        found = wrong_parameters(digits, key.vending_key, key.parameters) + found
    if found:
        return [f"It opens with {guess}: probably that is the reason." for guess in found]
    if encrypted:
        return ["It is for another meter, supply group or key, or more than one digit is wrong."]
    return []


def _base_date(args: argparse.Namespace, key: MeterKey | None) -> BaseDate:
    if key is not None and key.parameters is not None:
        return key.parameters.base_date
    return BaseDate.parse(args.base_date)
