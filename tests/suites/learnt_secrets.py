"""A pytest plugin for one test: writes down every token made and every secret learnt, outside the run folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.protocols.sts import maker
from bench.record.secrets import SecretStore

_FILE = Path(os.environ["METERBENCH_TEST_LEARNT"])


def _note(word: str) -> None:
    with _FILE.open("a") as file:
        file.write(word + "\n")


_make_token = maker.make_token
_learn = SecretStore.learn


def make_token(*arguments: Any, **named: Any) -> str:
    """Make a token, and note its digits."""
    token = _make_token(*arguments, **named)
    _note(token)
    return token


def learn(self: SecretStore, name: str, value: bytes) -> None:
    """Learn a secret, and note it, if it is text."""
    if value.isascii() and value.isalnum():
        _note(value.decode("ascii"))
    _learn(self, name, value)


maker.make_token = make_token
SecretStore.learn = learn  # type: ignore[method-assign]
