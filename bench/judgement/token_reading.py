"""What an observed token entry says: the results its display and its gateway name, the change of credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import number, part
from bench.judgement.token_situations import STATUS_NAMES
from bench.record.declaration import StsDeclaration

ACTION_SUCCESS = "success"
MONEY = "x 0.00001 currency units"


def shown_results(entry: Mapping[str, Any], sts: StsDeclaration) -> frozenset[str] | None:
    """Return the results that the display may mean by its text; None where it names none that is declared."""
    text = entry.get("display")
    if not text:
        return None
    found = {name: words for name, words in sts.result_texts.items() if words and words in str(text)}
    if not found:
        return None
    longest = max(len(words) for words in found.values())
    return frozenset(name for name, words in found.items() if len(words) == longest)


def coded_results(entry: Mapping[str, Any], sts: StsDeclaration) -> frozenset[str] | None:
    """Return the results that token_status.data_value may mean; None where no declared code stands there."""
    bits = entry.get("data_value")
    if not bits or not sts.result_codes:
        return None
    code = int(str(bits), 2)
    return frozenset(name for name, known in sts.result_codes.items() if known == code) or None


def status_code(entry: Mapping[str, Any]) -> int | None:
    """Return the gateway's status code, or None where it was not read."""
    code = entry.get("status_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def refused_at_once(entry: Mapping[str, Any]) -> bool:
    """Return whether the gateway refused the method call itself."""
    return entry.get("action_result") not in (None, ACTION_SUCCESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """How far the credit rose, what was there afterwards, and the weight of its last digit; ``unit`` "Wh" or money."""

    amount: float
    after: float
    resolution: float
    unit: str

    def tolerance(self, due: float = 0.0) -> float:
        """Return how far a change may look from what is due: half a digit; one digit where it falls between digits.

        Both readings are cut off to whole digits.
        """
        return self.resolution / 2 if due % self.resolution == 0 else self.resolution


#: Unit -> suffix of the fields.
_CREDITS = {"Wh": "wh", MONEY: "units"}


def gain_of(entry: Mapping[str, Any]) -> Gain | None:
    """Return how far the credit rose; None where the meter offers no credit to read."""
    for unit, suffix in _CREDITS.items():
        if entry.get(f"credit_after_{suffix}") is not None:
            after = number(entry, f"credit_after_{suffix}")
            return Gain(
                amount=after - number(entry, f"credit_before_{suffix}"),
                after=after,
                resolution=number(entry, f"credit_resolution_{suffix}"),
                unit=unit,
            )
    return None


def said(entry: Mapping[str, Any], sts: StsDeclaration) -> str:
    """Return what the meter said, in words."""
    parts = []
    for names in (shown_results(entry, sts), coded_results(entry, sts)):
        if names and "/".join(sorted(names)) not in parts:
            parts.append("/".join(sorted(names)))
    code = status_code(entry)
    if code is not None:
        parts.append(f"status {code} ({STATUS_NAMES.get(code, 'unknown')})")
    if refused_at_once(entry):
        parts.append(f"action refused with {entry['action_result']}")
    return ", ".join(parts) or "no result shown"


def token_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is recorded of the token itself."""
    return part(entry, "token")
