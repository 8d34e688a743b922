"""A pytest plugin for one test: writes down every token and key made and learnt, outside the run folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.protocols.sts import keys, maker
from bench.record.secrets import SecretStore

_FILE = Path(os.environ["METERBENCH_TEST_LEARNT"])


def _note(word: str) -> None:
    with _FILE.open("a") as file:
        file.write(word + "\n")


_make_token = maker.make_token
_decoder_key = keys.decoder_key
_learn = SecretStore.learn


def make_token(*arguments: Any, **named: Any) -> str:
    """Make a token, and note its digits."""
    token = _make_token(*arguments, **named)
    _note(token)
    return token


def learn(self: SecretStore, name: str, value: bytes) -> None:
    """Learn a secret, and note it: text as it is, octets as hex."""
    _note(value.decode("ascii") if value.isascii() and value.isalnum() else value.hex())
    _learn(self, name, value)


def decoder_key(*arguments: Any, **named: Any) -> bytes:
    """Derive a decoder key, and note it as hex."""
    key = _decoder_key(*arguments, **named)
    _note(key.hex())
    return key


keys.decoder_key = decoder_key
maker.make_token = make_token
SecretStore.learn = learn  # type: ignore[method-assign]
