"""Judge display and keypad: they tell the same as DLMS, to the last digit that they show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

_KWH = re.compile(r"(-?\d+)(?:[.,](\d+))?\s*kWh", re.IGNORECASE)


def shown_kwh(display: str) -> tuple[float, float] | None:
    """Return the first energy on a display and the weight of its last digit, in kWh; None where there is none."""
    return next(iter(energies_kwh(display)), None)


def energies_kwh(display: str) -> list[tuple[float, float]]:
    """Return the energies on a display, each with the weight of its last digit, in kWh."""
    return [
        (float(f"{found[1]}.{found[2] or 0}"), 10.0 ** -len(found[2] or ""))
        for found in _KWH.finditer(display)
    ]


@judge("dual.display-credit", version=3)
def judge_credit(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The credit on the display is that of DLMS, to the last digit shown.

    A display may tell other energies as well, beside it or on another page: one of them is the credit.
    """
    readings = observations[0].data["readings"]
    for reading in readings:
        pages = [str(page) for page in reading["pages"]]
        faults = [_apart(told, reading, "credit") for page in pages for told in energies_kwh(page)]
        if not faults:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"the display shows no kWh: {_told(pages)}")
        if None not in faults and faults[0] is not None:
            return faults[0]
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(readings)} times the display told the credit of DLMS"
    )


def _told(pages: Sequence[str]) -> str:
    return " / ".join(f'"{page}"' for page in pages)


@judge("dual.short-code", version=2)
def judge_code(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What a short code brings to the display is what DLMS reads."""
    data = observations[0].data
    code, display, what = text(data, "code"), text(data, "display"), text(data, "what")
    shown = display[display.rfind(code) + len(code) :] if code in display else display
    if what in ("total-energy", "credit"):
        told = shown_kwh(shown)
        if told is None:
            return Judgement(outcome=Outcome.FAILED, reason=f'code {code} ({what}) shows no kWh: "{display}"')
        fault = _apart(told, data, what)
        if fault:
            return fault
        return Judgement(outcome=Outcome.PASSED, reason=f"code {code} shows {told[0]:g} kWh, as DLMS does")
    wanted = text(data, "dlms")
    if wanted not in shown:
        return Judgement(
            outcome=Outcome.FAILED, reason=f'code {code} ({what}) shows "{shown.strip()}", DLMS says {wanted}'
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"code {code} shows {wanted}, as DLMS does")


def _apart(told: tuple[float, float], data: Mapping[str, Any], what: str) -> Judgement | None:
    """Return the failure of an energy shown that is a digit or more away from what DLMS reads."""
    shown, digit = told
    due, resolution = number(data, "dlms_wh") / 1000, positive(data, "resolution_wh") / 1000
    bound = digit + resolution
    if abs(shown - due) < bound - min(digit, resolution) / 2:  # both are multiples of the finer digit
        return None
    return Judgement(
        outcome=Outcome.FAILED,
        reason=f"{what}: the display shows {shown:g} kWh, DLMS says {due:g} kWh; a digit is {digit:g} kWh",
        measured=shown - due,
        limit=bound,
        unit="kWh",
    )


@judge("dual.low-credit", version=2)
def judge_low_credit(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The sign of low credit shows below the threshold and not above it."""
    for observation in observations:
        data = observation.data
        if text(data, "answer") != "success":
            return Judgement(
                outcome=Outcome.INCONCLUSIVE, reason=f"the threshold was not taken: {data['answer']}"
            )
        credit, threshold = number(data, "credit"), number(data, "threshold")
        due, seen = credit < threshold, any(text(data, "sign") in str(page) for page in data["pages"])
        if seen is not due:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"credit {credit:g}, threshold {threshold:g}: the display "
                f'{"shows" if seen else "does not show"} "{text(data, "sign")}"',
            )
        if data.get("bit") is not None and truth(data, "bit") is not due:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"credit {credit:g}, threshold {threshold:g}: the bit low_credit of the account is "
                f"{int(truth(data, 'bit'))}",
            )
    return Judgement(outcome=Outcome.PASSED, reason="the sign of low credit shows below its threshold only")
