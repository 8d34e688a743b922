"""Secrets of a meter: keys and passwords by name, from a file or the environment, never in any output.

A secrets file is TOML: ``vending_key = "hex:abab..."``, ``reader_password = "text:..."``. The environment
variable ``METERBENCH_SECRET_<NAME>`` (same syntax) wins over the file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import PlanError

ENVIRONMENT_PREFIX = "METERBENCH_SECRET_"

#: A value shorter than this is not searched for in traffic: it would be found everywhere.
SHORTEST_SEARCHED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpan:
    """Where a secret stood in a string of octets; the octets themselves are recorded as zeros."""

    offset: int
    length: int
    name: str
    keyed_hash: str


class SecretStore:
    """Secrets by name. Its ``repr`` shows names, never values."""

    def __init__(
        self,
        file: Path | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        values: Mapping[str, bytes] | None = None,
    ) -> None:
        """Read a secrets file and the environment (``environ``, by default the process's); ``values`` win.

        Raises PlanError when the file cannot be read or a value is not ``hex:`` or ``text:``; the message
        never shows the value.
        """
        self._values: dict[str, bytes] = {}
        self._searched: tuple[tuple[str, bytes], ...] | None = None
        self._looked_for: dict[str, bytes] = {}
        self._heads: set[bytes] = set()
        self._source = "no secrets file" if file is None else str(file)
        if file is not None:
            for name, value in _read(file).items():
                self._values[name] = _parse(name, value, self._source)
        for variable, value in (os.environ if environ is None else environ).items():
            if variable.startswith(ENVIRONMENT_PREFIX):
                name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
                self._values[name] = _parse(name, value, variable)
        self._values.update(values or {})
        for name, value in self._values.items():
            self._note(name, value)
        self._hash_key = self._make_hash_key()
        #: Counts what was learnt, so that whoever keeps something made of the values knows when it is old.
        self.version = 0

    def get(self, name: str) -> bytes:
        """Return the octets of a secret; raises PlanError where there is none of that name."""
        try:
            return self._values[name]
        except KeyError:
            raise PlanError(
                f'There is no secret "{name}" in {self._source}.',
                remedy=f'Add {name} = "hex:..." to that file, or set {ENVIRONMENT_PREFIX}{name.upper()}.',
            ) from None

    def find(self, name: str) -> bytes | None:
        """Return the octets of a secret, or None."""
        return self._values.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"SecretStore({', '.join(self) or 'empty'}; {self._source})"

    def learn(self, name: str, value: bytes) -> None:
        """Treat a value made during the run (a token, a new key) as a secret from now on."""
        self._values[name] = value
        self._note(name, value)
        self.version += 1

    @property
    def searched(self) -> tuple[tuple[str, bytes], ...]:
        """The secrets that are looked for in traffic, longest first."""
        if self._searched is None:
            self._searched = tuple(
                sorted(self._looked_for.items(), key=lambda item: (-len(item[1]), item[0]))
            )
        return self._searched

    def may_stand_in(self, octets: bytes) -> bool:
        """Say whether the first octets of some secret that is searched for stand in ``octets``: a fast no."""
        starts = range(len(octets) - SHORTEST_SEARCHED + 1)
        return not self._heads.isdisjoint([octets[start : start + SHORTEST_SEARCHED] for start in starts])

    def _note(self, name: str, value: bytes) -> None:
        self._searched = None
        self._looked_for.pop(name, None)
        if len(value) >= SHORTEST_SEARCHED and any(value):
            self._looked_for[name] = value
            self._heads.add(value[:SHORTEST_SEARCHED])

    def keyed_hash(self, value: bytes) -> str:
        """Return a hash of ``value`` that says nothing without this store.

        HMAC-SHA-256, first 16 octets, hex. Its key is the secret ``redaction_key``, else made of the
        whole store as it was opened, so that a guess at a short password cannot be checked against the
        record alone, and what is learnt during a run changes nothing.
        """
        return hmac.digest(self._hash_key, value, "sha256").hex()[:32]

    def _make_hash_key(self) -> bytes:
        key = self._values.get("redaction_key")
        if key is not None:
            return key
        parts = [f"{name}:{self._values[name].hex()}" for name in self]
        return hashlib.sha256("\n".join(["meterbench redaction", *parts]).encode()).digest()

    def expand(self, octets: bytes, spans: tuple[SecretSpan, ...]) -> bytes | None:
        """Put secrets back where ``redact`` took them out; None when one is not here or is another value."""
        full = bytearray(octets)
        for span in spans:
            value = self._values.get(span.name)
            if value is None or len(value) != span.length or self.keyed_hash(value) != span.keyed_hash:
                return None
            full[span.offset : span.offset + span.length] = value
        return bytes(full)


def redact(octets: bytes, secrets: SecretStore) -> tuple[bytes, tuple[SecretSpan, ...]]:
    """Return ``octets`` with every known secret replaced by zeros, and where each stood.

    Longer secrets are looked for first. A secret split over two calls is not found: give whole frames.
    """
    if not secrets.may_stand_in(octets):
        return octets, ()
    masked = bytearray(octets)
    spans = []
    for name, value in secrets.searched:
        start = masked.find(value)
        while start >= 0:
            masked[start : start + len(value)] = bytes(len(value))
            spans.append(
                SecretSpan(offset=start, length=len(value), name=name, keyed_hash=secrets.keyed_hash(value))
            )
            start = masked.find(value, start + len(value))
    return bytes(masked), tuple(sorted(spans, key=lambda span: span.offset))


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The decoder's own message may quote the line, and the line may hold a key.
        raise PlanError(
            f"{path} is not valid TOML.", remedy='Each line reads name = "hex:..." or name = "text:...".'
        ) from None


def _parse(name: str, value: object, source: str) -> bytes:
    if isinstance(value, str):
        kind, colon, text = value.partition(":")
        if colon and kind == "text":
            return text.encode()
        if colon and kind == "hex":
            try:
                return bytes.fromhex(text)
            except ValueError:
                raise PlanError(
                    f'Secret "{name}" in {source} is not valid hex.',
                    remedy="Write pairs of hex digits after hex:.",
                ) from None
    raise PlanError(
        f'Secret "{name}" in {source} is not understood.', remedy='Begin the value with "hex:" or "text:".'
    )
