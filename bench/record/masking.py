"""Keep secrets out of texts: a last net under everything that is written besides traffic.

A secret that stands in a string value, as hex or as itself, becomes ``{secret:name:hex:HASH}`` or
``{secret:name:text:HASH}``, with its keyed hash; whoever holds the same secret can put it back.
"""

from __future__ import annotations

import functools
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
    if not words:
        return value
    not_hex = tuple((word, hidden) for word, hidden in words if not _HEX_RUN.fullmatch(word))

    def hide(text: str) -> str:
        for word, hidden in words if _HEX_RUN.search(text) else not_hex:
            text = text.replace(word, hidden)
        return text

    return _over_strings(value, hide)


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


@functools.lru_cache(maxsize=8)
def _words(stores: tuple[tuple[SecretStore, int], ...]) -> tuple[tuple[str, str], ...]:
    """Return what is searched for in texts and what takes its place, longest first; stores with their versions."""
    words: dict[str, str] = {}
    for store, _ in stores:
        for name in store:
            words.update(_forms(name, store.get(name), store))
    return tuple(sorted(words.items(), key=lambda pair: -len(pair[0])))


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
