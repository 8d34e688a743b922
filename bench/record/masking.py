"""Keep secrets out of texts: a last net under everything that is written besides traffic.

A secret that stands in a string value, as hex or as itself, becomes ``{secret:name:hex:HASH}`` or
``{secret:name:text:HASH}``, with its keyed hash; whoever holds the same secret can put it back.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from bench.record.secrets import SecretStore

Value = TypeVar("Value")

#: A shorter secret would be found in innocent words.
SHORTEST_MASKED = 6

#: What a secret looks like as hex, and a token as digits; a text without such a run is soon done with.
_HEX_RUN = re.compile(rf"[0-9A-Fa-f]{{{2 * SHORTEST_MASKED},}}")

_PLACEHOLDER = re.compile(r"\{secret:([^:}]+):(hex|text):([0-9a-f]+)\}")


def mask(value: Value, stores: Iterable[SecretStore]) -> Value:
    """Return a JSON value whose strings show no secret of ``stores``; keys and numbers are left alone."""
    words = _words(tuple((store, store.version) for store in stores))
    if not words or words.absent_from(value):
        return value
    return _over_strings(value, words.hide)


def expand(value: Value, store: SecretStore) -> Value:
    """Return a JSON value with the placeholders that ``store`` knows replaced by the secrets."""

    def show(match: re.Match[str]) -> str:
        name, form, keyed_hash = match.groups()
        octets = store.find(name)
        if octets is None or store.keyed_hash(octets) != keyed_hash:
            return match[0]
        return octets.hex() if form == "hex" else octets.decode("ascii", errors="replace")

    return _over_strings(value, lambda text: _PLACEHOLDER.sub(show, text))


def masked_names(value: object) -> tuple[str, ...]:
    """Return the names of the secrets that are still masked in a JSON value."""
    names: dict[str, None] = {}

    def collect(text: str) -> str:
        names.update(dict.fromkeys(match[1] for match in _PLACEHOLDER.finditer(text)))
        return text

    _over_strings(value, collect)
    return tuple(names)


class _Words:
    """What is searched for in texts and what takes its place, longest first."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._all = tuple(sorted(forms.items(), key=lambda pair: -len(pair[0])))
        self._not_hex = tuple(pair for pair in self._all if not _HEX_RUN.fullmatch(pair[0]))
        self._hex_words = tuple(word for word, _ in self._all if _HEX_RUN.fullmatch(word))
        self._in_json = tuple(json.dumps(word, ensure_ascii=False)[1:-1] for word, _ in self._not_hex)
        self._heads = frozenset(word[:SHORTEST_MASKED] for word, _ in self._all)

    def __bool__(self) -> bool:
        return bool(self._all)

    def hide(self, text: str) -> str:
        """Return a text without them."""
        words = self._all if _HEX_RUN.search(text) else self._not_hex
        if len(words) > len(text) and not self._may_stand_in(text):
            return text
        for word, hidden in words:
            text = text.replace(word, hidden)
        return text

    def absent_from(self, value: object) -> bool:
        """Return whether a JSON value surely holds none of them: its text has none, written as JSON writes strings."""
        text = json.dumps(value, ensure_ascii=False)
        if any(word in text for word in self._in_json):
            return False
        runs = " ".join(_HEX_RUN.findall(text))
        if len(self._hex_words) > len(runs) and not self._may_stand_in(runs):
            return True
        return not any(word in runs for word in self._hex_words)

    def _may_stand_in(self, text: str) -> bool:
        """Return whether a text has a head of one: a rack has more secrets than most texts have letters."""
        last = len(text) - SHORTEST_MASKED
        return any(text[at : at + SHORTEST_MASKED] in self._heads for at in range(last + 1))


@functools.lru_cache(maxsize=8)
def _words(stores: tuple[tuple[SecretStore, int], ...]) -> _Words:
    """Return what is searched for in texts; ``stores`` with their versions."""
    forms: dict[str, str] = {}
    for store, _ in stores:
        for name in store:
            forms.update(_forms(name, store.get(name), store))
    return _Words(forms)


@functools.lru_cache(maxsize=4096)  # a run learns its secrets one by one: those it knew stay as they are
def _forms(name: str, octets: bytes, store: SecretStore) -> Mapping[str, str]:
    if len(octets) < SHORTEST_MASKED or not any(octets):
        return {}
    keyed_hash = store.keyed_hash(octets)
    hidden = f"{{secret:{name}:hex:{keyed_hash}}}"
    forms = {octets.hex(): hidden, octets.hex().upper(): hidden}
    if octets.isascii() and octets.decode("ascii").isprintable():
        forms[octets.decode("ascii")] = f"{{secret:{name}:text:{keyed_hash}}}"
    return forms


def _over_strings(value: Value, change: Callable[[str], str]) -> Value:
    return cast("Value", _walk(value, change))


def _walk(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _walk(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(inner, change) for inner in value]
    return value
