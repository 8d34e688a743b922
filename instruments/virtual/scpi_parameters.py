"""Parameters of SCPI commands: cutting a message apart, and reading numbers, strings, words, blocks, lists.

IEEE 488.2 clause 7.7 gives the forms of program data, SCPI-99 volume 1 the numeric words and suffixes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from instruments.virtual.scpi_errors import ScpiError

INFINITY = 9.9e37
NOT_A_NUMBER = 9.91e37

_MULTIPLIERS: dict[str, float] = {
    "": 1.0,
    "EX": 1e18,
    "PE": 1e15,
    "T": 1e12,
    "G": 1e9,
    "MA": 1e6,
    "K": 1e3,
    "M": 1e-3,
    "U": 1e-6,
    "N": 1e-9,
    "P": 1e-12,
    "F": 1e-15,
    "A": 1e-18,
}
_MEGA_WITH_M = frozenset({"HZ", "OHM"})
"""Units before which M means mega, not milli (IEEE 488.2 table 7-2)."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:\s*[eE]\s*([+-]?\d+))?")
_RADIX = {"H": 16, "Q": 8, "B": 2}
_NUMERIC_WORDS = {"INF": INFINITY, "INFINITY": INFINITY, "NINF": -INFINITY, "NAN": NOT_A_NUMBER}
_TRUE_WORDS = {"ON": True, "OFF": False}
_SHELTERING = re.compile(r"[\"'(#]")
_NESTING = re.compile(r"[(#]")
_STRING = r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)"
"""A string, closed or not."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_EXPONENT_MAX = 32000  # IEEE 488.2 7.7.2.4.1


def split_outside(text: str, separator: str) -> Iterator[str]:
    """Cut ``text`` at ``separator``, but not inside quotes, parentheses or definite-length blocks."""
    if separator not in text:
        yield text
        return
    if not _SHELTERING.search(text):
        yield from text.split(separator)
        return
    if not _NESTING.search(text):
        yield from _split_beside_quotes(text, separator)
        return
    start = position = depth = 0
    quote = ""
    while position < len(text):
        character = text[position]
        if quote:
            if character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character == "#":
            position += _block_length(text, position) - 1
        elif character == separator and not depth:
            yield text[start:position]
            start = position + 1
        position += 1
    yield text[start:]


def _split_beside_quotes(text: str, separator: str) -> Iterator[str]:
    """Cut ``text``, which holds quotes and nothing else that shelters, at the separators outside of them."""
    start = 0
    for found in _string_or(separator).finditer(text):
        if found.group() == separator:
            yield text[start : found.start()]
            start = found.end()
    yield text[start:]


@functools.cache
def _string_or(separator: str) -> re.Pattern[str]:
    return re.compile(f"{_STRING}|{re.escape(separator)}", re.DOTALL)


def _block_length(text: str, start: int) -> int:
    """Return how many characters the block header and contents at ``start`` take; 1 when it is no block."""
    if start + 1 >= len(text) or text[start + 1] not in "123456789":
        return 1
    digits = int(text[start + 1])
    length = text[start + 2 : start + 2 + digits]
    if len(length) < digits or not length.isdigit():
        return 1
    return 2 + digits + int(length)


def end_of_message(octets: bytes | bytearray, start: int = 0) -> int:
    """Return the index of the LF that ends the first message, or -1; an LF inside a block does not end it."""
    end = octets.find(b"\n", start)
    if end < 0 or octets.find(b"#", start, end) < 0:
        return end
    text = octets.decode("latin-1")
    quote = ""
    position = start
    while position < len(text):
        character = text[position]
        if character == "\n":
            return position
        if quote:
            if character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "#":
            position += _block_length(text, position) - 1
        position += 1
    return -1


def quoted(text: str) -> str:
    """Return ``text`` as SCPI string data."""
    return '"' + text.replace('"', '""') + '"'


def nr3(value: float) -> str:
    """Return ``value`` in exponent form with all its digits, NaN and infinities as SCPI's large numbers."""
    if value != value:
        return f"{NOT_A_NUMBER:.2E}"
    if value in (float("inf"), float("-inf")):
        return f"{INFINITY if value > 0 else -INFINITY:.1E}"
    written, _, exponent = repr(float(value)).partition("e")
    sign = "-" if written[0] == "-" else ""
    whole, _, fraction = written.removeprefix("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) + len(digits) - len(fraction) - 1 if digits else 0
    digits = digits.rstrip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one command, read by position; each reader raises ``ScpiError`` as SCPI demands."""

    texts: tuple[str, ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> Parameters:
        """Cut the text behind a header at its commas."""
        if not text.strip():
            return cls()
        parts = tuple(part.strip() for part in split_outside(text, ","))
        if any(not part for part in parts):
            raise ScpiError(-102 if parts[-1] else -109, text.strip())
        return cls(parts)

    def __len__(self) -> int:
        return len(self.texts)

    def raw(self, index: int) -> str:
        """Return the parameter as written."""
        if index >= len(self.texts):
            raise ScpiError(-109)
        return self.texts[index]

    def number(
        self,
        index: int = 0,
        *,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        default: float | None = None,
    ) -> float:
        """Read a decimal or non-decimal number with an optional unit, or MIN, MAX, DEF.

        ``low`` and ``high`` are inclusive; outside -222. ``default`` stands for DEF and for a missing one.
        """
        if index >= len(self.texts) and default is not None:
            return default
        text = self.raw(index)
        value = self._numeric_word(text, low, high, default)
        if value is None:
            value = _decimal(text, unit)
        if (low is not None and value < low) or (high is not None and value > high):
            raise ScpiError(-222, text)
        return value

    def integer(
        self, index: int = 0, *, low: int | None = None, high: int | None = None, default: int | None = None
    ) -> int:
        """Read a number and round it to the nearest integer, as IEEE 488.2 7.7.2.4.3 says."""
        return round(self.number(index, low=low, high=high, default=default))

    def boolean(self, index: int = 0) -> bool:
        """Read ON, OFF or a number (true when it rounds to something other than 0)."""
        text = self.raw(index)
        word = _TRUE_WORDS.get(text.upper())
        if word is not None:
            return word
        if _WORD.fullmatch(text):
            raise ScpiError(-141, text)
        return round(_decimal(text, "")) != 0

    def text(self, index: int = 0) -> str:
        """Read string data in either quotes; a doubled quote stands for one."""
        text = self.raw(index)
        mark = text[0]
        if mark not in "\"'":
            raise ScpiError(-104, text)
        body = text[1:-1]
        if len(text) < 2 or text[-1] != mark or body.replace(mark * 2, "").count(mark):
            raise ScpiError(-151, text)
        return body.replace(mark * 2, mark)

    def word(self, index: int, *choices: str) -> str:
        """Read character data and return the choice it names; choices are written like ``IMMediate``."""
        text = self.raw(index)
        if not _WORD.fullmatch(text):
            raise ScpiError(-104, text)
        for choice in choices:
            if text.upper() in (short_form(choice), choice.upper()):
                return choice
        raise ScpiError(-141 if not choices else -224, text)

    def block(self, index: int = 0) -> bytes:
        """Read a definite-length block ``#<n><length><octets>``."""
        text = self.raw(index)
        if not text.startswith("#"):
            raise ScpiError(-104, text[:20])
        length = _block_length(text, 0)
        if length == 1 or length != len(text):
            raise ScpiError(-161)
        return text[2 + int(text[1]) :].encode("latin-1")

    def channels(self, index: int = 0) -> tuple[int, ...]:
        """Read a channel list such as ``(@1,3:5)``."""
        text = self.raw(index)
        if not text.startswith("(@") or not text.endswith(")"):
            raise ScpiError(-104 if not text.startswith("(") else -171, text)
        found: list[int] = []
        for item in text[2:-1].split(","):
            first, _, last = item.strip().partition(":")
            if not first.isdigit() or (last and not last.isdigit()):
                raise ScpiError(-171, text)
            end = int(last or first)
            found.extend(range(int(first), end + 1) if end >= int(first) else range(int(first), end - 1, -1))
        return tuple(found)

    @staticmethod
    def _numeric_word(
        text: str, low: float | None, high: float | None, default: float | None
    ) -> float | None:
        if not text[:1].isalpha():
            return None
        upper = text.upper()
        if upper in ("MIN", "MINIMUM") and low is not None:
            return low
        if upper in ("MAX", "MAXIMUM") and high is not None:
            return high
        if upper in ("DEF", "DEFAULT") and default is not None:
            return default
        return _NUMERIC_WORDS.get(upper)


def short_form(mnemonic: str) -> str:
    """Return the short form of a mnemonic declared like ``VOLTage``: everything before its lower case."""
    for position, character in enumerate(mnemonic):
        if character.islower():
            return mnemonic[:position]
    return mnemonic


def _decimal(text: str, unit: str) -> float:
    if text.startswith("#"):
        return _non_decimal(text)
    if text[0] in "\"'(":
        raise ScpiError(-104, text)
    match = _NUMBER.match(text)
    if match is None:
        raise ScpiError(-104 if _WORD.fullmatch(text) else -121, text)
    suffix = text[match.end() :].strip()
    if suffix[:1].isdigit() or suffix[:1] in (".", "+", "-"):
        raise ScpiError(-121, text)
    if match.group(1) and abs(int(match.group(1))) > _EXPONENT_MAX:
        raise ScpiError(-123, text)
    value = float(match.group(0).replace(" ", ""))
    if not suffix:
        return value
    if not unit:
        raise ScpiError(-138, text)
    upper = suffix.upper()
    if not upper.endswith(unit.upper()):
        raise ScpiError(-131, text)
    prefix = upper[: len(upper) - len(unit)]
    if prefix == "M" and unit.upper() in _MEGA_WITH_M:
        prefix = "MA"
    if prefix not in _MULTIPLIERS:
        raise ScpiError(-131, text)
    return value * _MULTIPLIERS[prefix]


def _non_decimal(text: str) -> float:
    base = _RADIX.get(text[1:2].upper())
    if base is None:
        raise ScpiError(-104, text[:20])
    try:
        return float(int(text[2:], base))
    except ValueError:
        raise ScpiError(-121, text) from None
