"""Judge what survives: settings, credit, registers, tokens and logs, over power cuts, brown-outs and new firmware."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.events import codes_of
from bench.judgement.fields import count, number, part, positive, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.kept", version=1)
def judge_kept(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Everything that was read before is there afterwards."""
    data = observations[0].data
    words = text(data, "what")
    for name, item in part(data, "values").items():
        if item["before"] != item["after"]:
            return _failed(f"{words}: {name} was {item['before']} and is {item['after']}")
    for name, item in part(data, "energies").items():
        early, late, room = (float(item[key]) for key in ("before", "after", "room"))
        if abs(late - early) > room:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{words}: {name} was {early:g} Wh and is {late:g} Wh",
                measured=late - early,
                limit=room,
                unit="Wh",
            )
    for name, item in part(data, "logs").items():
        if [row for row in item["before"] if row not in item["after"]]:
            return _failed(f"{words}: the {name} log has lost records")
    used = data.get("used_token")
    # A meter that credits a used token all the time has not forgotten it now.
    remembered = used is not None and used.get("credited_before", 0.0) <= 0
    if used is not None and remembered and used["credit_after_wh"] > used["credit_before_wh"]:
        return _failed(f"{words}: a token that was used before is credited again")
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: everything is as before")


@judge("dual.firmware", version=1)
def judge_firmware(
    observations: Sequence[Observation], requirement: Requirement, context: Context
) -> Judgement:
    """An image that was transferred, verified and activated runs, and nothing else has changed."""
    data = observations[0].data
    refused = {step: answer for step, answer in part(data, "steps").items() if answer != "success"}
    if refused:
        return _failed(f"the image was not taken: {refused}")
    if text(data, "version_after") == text(data, "version_before"):
        return _failed(f"the firmware is still {data['version_before']} after the activation")
    return judge_kept(observations, requirement, context)


@judge("dual.interruption", version=1)
def judge_interruption(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """An interruption of a cycle is no power failure: no record of one, and the meter answers at once."""
    data = observations[0].data
    if number(data, "unanswered"):
        return _failed(
            f"the meter did not answer right after {data['unanswered']} of {data['made']} interruptions"
        )
    codes = [code for code in codes_of(data["rows"], data) if code in data["codes"]]
    if codes:
        return _failed(
            f"{count(data, 'made')} interruptions of {positive(data, 'duration_s') * 1000:g} ms: recorded {codes}"
        )
    if data.get("counted"):
        return _failed(f"{data['made']} interruptions counted as {data['counted']} power failures")
    return Judgement(outcome=Outcome.PASSED, reason=f"{data['made']} interruptions of a cycle left no trace")


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
