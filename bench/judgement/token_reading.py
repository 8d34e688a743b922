"""What an observed token entry says: the results its display and its gateway name, the change of credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.judgement.fields import number, part
from bench.judgement.token_situations import STATUS_NAMES
from bench.record.declaration import StsDeclaration

ACTION_SUCCESS = "success"


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


def gained_wh(entry: Mapping[str, Any]) -> float | None:
    """Return how far the credit rose, in Wh; None where the meter offers no credit to read."""
    if entry.get("credit_after_wh") is None:
        return None
    return number(entry, "credit_after_wh") - number(entry, "credit_before_wh")


def tolerance_wh(entry: Mapping[str, Any]) -> float:
    """Return half of the credit's resolution."""
    return number(entry, "credit_resolution_wh") / 2


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
