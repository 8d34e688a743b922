"""Options that say which meter a token is for, and the key they lead to.

Keys are named, never given: they come from a secrets file or the environment.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from pathlib import Path

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.keys import KeyParameters, check_decoder_key, decoder_key
from bench.protocols.sts.tid import BaseDate
from bench.record.secrets import SecretStore

#: Value of --dkga for a key that is the meter's decoder key itself.
GIVEN = "none"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
#: A name with so many hex digits in a row is a key, perhaps with a slip in it; it must not be repeated.
_LOOKS_LIKE_KEY = re.compile(r"[0-9A-Fa-f]{12,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterKey:
    """The decoder key of the meter, and what is known of how it was made.

    ``vending_key`` and ``parameters`` are None where the decoder key itself was given.
    """

    algorithm: Algorithm
    decoder_key: bytes = field(repr=False)
    vending_key: bytes | None = field(default=None, repr=False)
    parameters: KeyParameters | None = None


def add_key_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the key and of the meter it belongs to."""
    group = parser.add_argument_group("key and meter")
    group.add_argument("--secrets", metavar="FILE", help='TOML file of keys: name = "hex:..."')
    group.add_argument(
        "--key",
        metavar="NAME",
        help="name of the vending key in the secrets file, or in the environment as METERBENCH_SECRET_<NAME>",
    )
    group.add_argument("--pan", help="meter PAN, 18 digits")
    group.add_argument("--sgc", help="supply group code, 6 digits")
    group.add_argument("--krn", help="key revision number, 1 to 9")
    group.add_argument("--ti", help="tariff index, 00 to 99")
    group.add_argument("--kt", default="2", help="key type, 0 to 3 (default 2, unique)")
    group.add_argument("--base-date", default="2014", help="1993, 2014 or 2035 (default 2014)")
    group.add_argument("--ea", default="EA07", help="encryption algorithm, EA07 or EA11 (default EA07)")
    group.add_argument(
        "--dkga",
        default="DKGA04",
        help="key generation algorithm, DKGA02 or DKGA04 (default); none: the named key is the decoder key",
    )


def key_from(args: argparse.Namespace) -> MeterKey:
    """Return the key that the options lead to; raises `FieldError` or `PlanError` for a wrong option."""
    secret = named_secret(args, required(args.key, "key", "--key NAME"))
    if _is_given(args):
        algorithm = Algorithm.parse(args.ea)
        return MeterKey(algorithm=algorithm, decoder_key=check_decoder_key(secret, algorithm))
    parameters = parameters_from(args)
    return MeterKey(
        algorithm=parameters.algorithm,
        decoder_key=decoder_key(secret, parameters),
        vending_key=secret,
        parameters=parameters,
    )


def parameters_from(args: argparse.Namespace) -> KeyParameters:
    """Return the key parameters that the options state; raises `FieldError` naming what is wrong or missing."""
    return KeyParameters.parse(
        meter_pan=required(args.pan, "meter PAN", "--pan"),
        supply_group_code=required(args.sgc, "supply group code", "--sgc"),
        tariff_index=two_digits("tariff index", required(args.ti, "tariff index", "--ti")),
        key_revision_number=required(args.krn, "key revision number", "--krn"),
        key_type=args.kt,
        base_date=args.base_date,
        algorithm=args.ea,
        dkga="DKGA04" if _is_given(args) else args.dkga,
    )


def base_date_from(args: argparse.Namespace) -> BaseDate:
    """Return the base date that the options state."""
    return BaseDate.parse(args.base_date)


def named_secret(args: argparse.Namespace, name: str) -> bytes:
    """Return a secret by name. A key typed in place of a name is refused without repeating it."""
    if _LOOKS_LIKE_KEY.search(name) or not _NAME.fullmatch(name):
        raise FieldError("key", "give the name of a key in the secrets file, never the key itself")
    store = SecretStore(Path(args.secrets) if args.secrets else None)
    # Names from the environment are in lower case.
    return store.get(name if name in store else name.lower())


def required(value: str | None, field_name: str, option: str) -> str:
    """Return an option's value; raises `FieldError` that names field and option where it was not given."""
    if value is None:
        raise FieldError(field_name, f"missing; give {option}")
    return value


def two_digits(field_name: str, text: str) -> str:
    """Return a number of one or two decimal digits as typed; raises `FieldError` for anything longer."""
    if not re.fullmatch(r"[0-9]{1,2}", text.strip()):
        raise FieldError(field_name, f"2 digits expected, '{text}' given")
    return text


def _is_given(args: argparse.Namespace) -> bool:
    return bool(args.dkga.strip().lower() == GIVEN)
