"""Judge the logical devices of a meter: each has a name of its own, and all of them tell the same credit (R-023)."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

LONGEST_NAME = 16


@judge("dual.logical-devices", version=1)
def judge_devices(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Every listed device has another name that begins with the FLAG id; those that answer call themselves so."""
    devices = observations[0].data["devices"]
    names = [device["listed_name"] for device in devices]
    if len(set(names)) != len(names):
        return _failed(f"two logical devices have one name: {', '.join(names)}")
    flag = context.declaration.identity.flag_id
    for device in devices:
        sap, name = device["sap"], device["listed_name"]
        if not name.startswith(flag) or len(name) > LONGEST_NAME:
            return _failed(
                f'logical device {sap} is called "{name}", {flag} and at most 13 characters are due'
            )
        own = device["own_name"]
        if own is not None and own != name:
            return _failed(f'logical device {sap} calls itself "{own}", the SAP assignment "{name}"')
    amounts = {device["sap"]: device["credit"] for device in devices if device["credit"] is not None}
    if len(set(amounts.values())) > 1:
        told = ", ".join(f"{sap} says {amount}" for sap, amount in amounts.items())
        return _failed(f"the logical devices tell different credits: {told}")
    silent = [str(device["sap"]) for device in devices if device["own_name"] is None]
    if len(silent) == len(devices):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"logical device {', '.join(silent)} opened no association with the clients at hand",
        )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{len(devices)} logical devices, {', '.join(names)}; {len(amounts)} of them show the credit"
        + (f"; {', '.join(silent)} opened no association with the clients at hand" if silent else ""),
    )


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
