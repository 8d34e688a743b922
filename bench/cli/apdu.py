"""`meterbench apdu`: explain frames and APDUs, check the codec against vectors."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench.errors import PlanError
from bench.protocols.explain import explain
from bench.protocols.keyring import Keyring
from bench.protocols.vectors import check_vector
from bench.record.secrets import SecretStore


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `apdu` and its two actions."""
    parser = subparsers.add_parser("apdu", help="explain and check DLMS frames and APDUs")
    actions = parser.add_subparsers(dest="action", required=True)
    explaining = actions.add_parser(
        "explain", help="say what octets hold (HDLC frames begin with 7E, wrapped APDUs with 0001)"
    )
    explaining.add_argument("hex", nargs="+", help="octets in hexadecimal; several arguments are joined")
    explaining.add_argument(
        "--secrets", type=Path, metavar="FILE", help="secrets file with the keys that open ciphered APDUs"
    )
    explaining.add_argument(
        "--title",
        action="append",
        default=[],
        metavar="HEX",
        help="system title of the sender, where the octets do not carry it (may be repeated)",
    )
    explaining.set_defaults(func=_explain)
    checking = actions.add_parser("check", help="decode and rebuild every vector of a file")
    checking.add_argument("vectors", type=Path, help="JSON file with the test vectors")
    checking.set_defaults(func=_check)


def _explain(args: argparse.Namespace) -> int:
    """Print what the octets hold and every deviation; exit code 1 when there are any, 2 without hex."""
    try:
        octets = _octets("".join(args.hex))
        titles = [_octets(title) for title in args.title]
    except ValueError as error:
        _complain(f"That is no hexadecimal: {error}. Give octets such as C001C100080000010000FF0200.")
        return 2
    try:
        secrets = SecretStore(args.secrets)
    except PlanError as error:
        _complain(str(error))
        return 2
    keyring = Keyring({name: secrets.get(name) for name in secrets}, titles)
    explanation = explain(octets, keyring)
    _print(*(row.numbered() for row in explanation.rows))
    _print(*(f"deviation: {deviation}" for deviation in explanation.deviations))
    return 1 if explanation.deviations else 0


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", "").replace("-", "").removeprefix("0x"))


def _check(args: argparse.Namespace) -> int:
    """Print every failed vector and the count; exit code 1 when any failed, 2 for an unusable file."""
    try:
        vectors = _load(args.vectors)
    except PlanError as error:
        _complain(str(error))
        return 2
    results = [check_vector(vector) for vector in vectors]
    failed = [result for result in results if not result.passed]
    _print(*(f"FAILED {result.name}: {result.reason}" for result in failed))
    _print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _load(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name a readable file."
        ) from error
    except ValueError as error:
        raise PlanError(f"{path} is no JSON: {error}.", remedy="Correct the file.") from error
    vectors = content.get("vectors") if isinstance(content, dict) else None
    if not isinstance(vectors, list) or not vectors or not all(isinstance(row, dict) for row in vectors):
        raise PlanError(f"{path} holds no vectors.", remedy='It needs a list "vectors" of objects.')
    return vectors


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")
