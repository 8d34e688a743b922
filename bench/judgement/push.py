"""Judge what a meter sends unasked: each push whole, its blocks in order, none between the blocks of another.

Blocks of general block transfer carry no name of the message they belong to, so those of two messages to one client
cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.xdlms.action import ActionResponseNormal
from bench.protocols.xdlms.apdu import Apdu, decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu, GeneralCiphering
from bench.protocols.xdlms.notification import DataNotification, EventNotificationRequest
from bench.protocols.xdlms.short_name import InformationReportRequest
from bench.protocols.xdlms.signed import GeneralSigning
from bench.record.model import Judgement, Observation, Outcome, Requirement

_PROTECTED = CipheredApdu | GeneralCipheredApdu | GeneralCiphering | GeneralSigning
_UNASKED = DataNotification | EventNotificationRequest | InformationReportRequest


class _Fault(Exception):
    """What is wrong with the pushes."""


@judge("dlms.push", version=1)
def judge_push(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Put the pushes together, client by client."""
    data = observations[0].data
    if not data["answers"]:
        raise MalformedObservation("nothing was invoked")
    confirmed = sum(_confirmed(bytes.fromhex(answer)) for answer in data["answers"])
    if not confirmed:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter refuses to push")
    if not data["messages"]:
        reason = "no push came on this connection; its destination may be another"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    try:
        n_whole, n_blocks = _put_together(data["messages"], int(data["server"]))
    except _Fault as fault:
        return Judgement(outcome=Outcome.FAILED, reason=str(fault))
    if n_whole < confirmed:
        reason = f"{confirmed} pushes were confirmed, {n_whole} came on this connection"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    told = f", {n_blocks} blocks" if n_blocks else ""
    return Judgement(outcome=Outcome.PASSED, reason=f"{n_whole} pushes came whole{told}")


@judge("dlms.push-power-down", version=1)
def judge_power_down(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A setup that pushes on this connection when asked to pushes there as well when the supply goes."""
    data = observations[0].data
    server = int(data["server"])
    if not sum(_confirmed(bytes.fromhex(answer)) for answer in data["answers"]):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter refuses to push")
    if not data["asked"]:
        reason = "no push came on this connection when asked for; its destination may be another"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not data["messages"]:
        reason = "no push came when the supply went; one came on this connection when it was asked for"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    try:
        n_whole, _ = _put_together(data["messages"], server)
    except _Fault as fault:
        return Judgement(outcome=Outcome.FAILED, reason=f"when the supply went: {fault}")
    return Judgement(outcome=Outcome.PASSED, reason=f"{n_whole} push when the supply went")


def _confirmed(answer: bytes) -> bool:
    apdu, _ = decode_apdu(answer)
    return isinstance(apdu, ActionResponseNormal) and apdu.result == 0


def _put_together(messages: Sequence[Mapping[str, Any]], server: int) -> tuple[int, int]:
    """Return how many whole pushes there are, and of how many blocks. Raise `_Fault`."""
    n_whole = n_blocks = 0
    begun: dict[int, tuple[int, bytes]] = {}
    for message in messages:
        client = int(message["destination"])
        if int(message["source"]) != server:
            raise _Fault(f"a push comes from wPort {message['source']}, the logical device is {server}")
        octets = bytes.fromhex(message["apdu"])
        apdu = _sound(octets)
        number, before = begun.pop(client, (0, b""))
        if isinstance(apdu, GeneralBlockTransfer):
            n_blocks += 1
            if apdu.block_number != number + 1:
                where = f"after block {number} of an unfinished push" if number else "first"
                raise _Fault(f"block {apdu.block_number} comes {where}")
            octets = before + apdu.data
            if not apdu.last:
                begun[client] = (apdu.block_number, octets)
                continue
            apdu = _sound(octets)
        elif number:
            raise _Fault(f"another message comes after block {number} of an unfinished push")
        if not isinstance(apdu, _UNASKED | _PROTECTED):
            raise _Fault(f"{type(apdu).__name__} came unasked")
        n_whole += 1
    if begun:
        raise _Fault(f"a push ends with block {max(number for number, _ in begun.values())}, not its last")
    return n_whole, n_blocks


def _sound(octets: bytes) -> Apdu:
    apdu, deviations = decode_apdu(octets)
    broken = violations(deviations)
    if apdu is None or broken:
        raise _Fault("a push breaks the rules: " + "; ".join(map(str, broken)))
    return apdu
