"""Judge one story as a head-end sees it: a token is vended, delivered, credited once, used, and stands in the books."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import number, part, positive, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.head-end-story", version=2)
def judge_story(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Each chapter leads to the next: gateway, account, keypad, daily profile, billing."""
    data = observations[0].data
    digit = positive(data, "credit_resolution_wh")
    bought, before, after = (
        number(data, name) for name in ("token_wh", "credit_before_wh", "credit_after_token_wh")
    )
    if abs(after - before - bought) > digit:
        return _failed(f"a token of {bought:g} Wh moved the credit by {after - before:g} Wh")
    again = number(data, "credit_after_keypad_wh")
    if abs(again - after) > digit:
        return _failed(f"the same token at the keypad moved the credit by {again - after:g} Wh")
    sts = context.declaration.sts
    used = sts.result_texts.get("UsedError") if sts is not None else None
    if used and used not in text(data, "display"):
        return _failed(f'the keypad shows "{text(data, "display")}" for a used token, "{used}" is declared')
    spent = again - number(data, "credit_at_end_wh")
    if spent <= digit:
        return _failed(f"the credit fell by {spent:g} Wh under load")
    books = part(data, "books")
    for place, item in books.items():
        if item["rows"] != 1:
            return _failed(f"{item['rows']} rows in the {place} for the end of the month, one is due")
        if abs(float(item["value"]) - float(item["due"])) > float(item["room"]):
            return _failed(f"the {place} says {item['value']:g} Wh, {item['due']:g} Wh is due")
    told = ", ".join(books) or "no profile"
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{bought:g} Wh vended, credited once, {spent:g} Wh used, found in account and {told}",
    )


@judge("dual.credit-and-register", version=1)
def judge_use(observations: Sequence[Observation], _requirement: Requirement, _context: Context) -> Judgement:
    """The credit falls by what the register moves by."""
    data = observations[0].data
    spent = number(data, "credit_after_keypad_wh") - number(data, "credit_at_end_wh")
    moved = number(data, "register_at_end_wh") - number(data, "register_before_wh")
    room = positive(data, "credit_resolution_wh") + positive(data, "register_resolution_wh")
    return Judgement(
        outcome=Outcome.PASSED if abs(spent - moved) <= room else Outcome.FAILED,
        reason=f"the credit fell by {spent:g} Wh while the register moved by {moved:g} Wh",
        measured=spent - moved,
        limit=room,
        unit="Wh",
    )


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
