"""Who may invoke: the rights sweep for ACTION, in every association. Our own.

What may be tried on any meter would change nothing if it were done: a shift of the clock by no second, the null
script, credit of nothing, the policy that is in force. What would alter a meter is tried on a sacrificial one only.
A method that one list names more than once is shown to the judge with all its rights.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import invocable
from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.rights_of_methods import DONE
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import Data, double_long, enum, integer, long, long_unsigned
from bench.protocols.values import UnexpectedData, as_integer
from bench.protocols.xdlms.errors import ExceptionResponse
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import associated, list_methods, reopen

SECURITY_SETUP, POLICY, ACTIVATE = 64, 2, 1
DISCONNECT_CONTROL, RECONNECT = 70, 2
#: Class and method -> a parameter with which nothing changes: shift_time, execute (script 0 is the null script,
#: recalled), update_amount of Credit. security_activate gets the policy that is read first.
HARMLESS: Mapping[tuple[int, int], Data] = {
    (8, 6): long(0),
    (9, 1): long_unsigned(0),
    (112, 1): double_long(0),
}
#: Resets, captures, push, passive calendar; the switch last, because nothing else works without supply.
ALTERING: Mapping[tuple[int, int], Data] = dict.fromkeys(
    ((3, 1), (4, 1), (5, 1), (5, 2), (7, 1), (7, 2), (20, 1), (40, 1), (70, 2), (70, 1)), integer(0)
)
MOST_OF_A_KIND = 2

Target = tuple[int, str, int]
Lists = dict[str, list[dict[str, Any]]]


@case(
    "dlms/rights_of_methods",
    protocol_requirement("what is not listed as allowed is not invoked", Topic.RIGHTS),
    alters=[Alters.SETTINGS],
)
def test_rights_of_methods(bench: CaseBench) -> None:
    """Methods that only others may invoke, or nobody, are refused; with data that would change nothing."""
    _sweep(bench, _lists(bench), HARMLESS)


@case(
    "dlms/rights_of_altering_methods",
    protocol_requirement("what is not listed as allowed is not invoked: resets and supply", Topic.RIGHTS),
    alters=[Alters.REGISTERS, Alters.SETTINGS, Alters.SWITCH],
    stage=Stage.KEYS,
    irreversible=True,
)
def test_rights_of_altering_methods(bench: CaseBench) -> None:
    """The same for methods that would reset, capture, push or disconnect; a supply that went is brought back."""
    lists = _lists(bench)
    if _sweep(bench, lists, ALTERING):
        _reconnect(bench, lists)


def _lists(bench: CaseBench) -> Lists:
    bench.energise()
    usable = bench.position.usable_associations
    if not usable:
        leave(bench, Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")
    lists: Lists = {}
    for association in usable:
        with associated(bench, association) as client:
            lists[association.name] = list_methods(client)
    return lists


def _sweep(bench: CaseBench, lists: Lists, parameters: Mapping[tuple[int, int], Data]) -> bool:
    """Try and judge association by association; return whether a switch was opened."""
    tried = opened = False
    for association in bench.position.usable_associations:
        targets = _targets(association.name, lists, parameters)
        again = _listed_again(lists[association.name])
        if not targets and not again:
            continue
        tried = True
        with associated(bench, association) as client:
            invoked = [
                _invoke(client, target, value) for target, value in _with_data(client, targets, parameters)
            ]
        opened |= any(
            row["result"] == DONE and row["target"].startswith(f"{DISCONNECT_CONTROL}/") for row in invoked
        )
        if invoked or again:
            data = {"association": association.name, "invoked": invoked, "listed_again": again}
            bench.judge("dlms.rights-of-methods/2", bench.observe("invoking", data), sub=association.name)
    if not tried:
        leave(bench, Outcome.INAPPLICABLE, "every client may invoke whatever could be tried")
    return opened


def _targets(name: str, lists: Lists, parameters: Mapping[tuple[int, int], Data]) -> list[Target]:
    """Return what an association may not invoke, a few of each kind; first what others may."""
    allowed = {_target(row) for row in lists[name] if invocable(row)}
    elsewhere = {_target(row) for rows in lists.values() for row in rows if invocable(row)}
    kinds = {*parameters} | ({(SECURITY_SETUP, ACTIVATE)} if parameters is HARMLESS else set())
    barred: list[Target] = []
    for class_id, method in sorted(kinds, key=[*parameters, (SECURITY_SETUP, ACTIVATE)].index):
        found = dict.fromkeys(
            _target(row)
            for rows in lists.values()
            for row in rows
            if (row["class_id"], row["method"]) == (class_id, method) and _target(row) not in allowed
        )
        barred += sorted(found, key=lambda target: target not in elsewhere)[:MOST_OF_A_KIND]
    return barred


def _listed_again(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return all rows of those methods that a list names more than once."""
    counts = Counter(map(_target, rows))
    return [
        {"target": _told(_target(row)), "access": row["access"], "in_bits": bool(row.get("in_bits"))}
        for row in rows
        if counts[_target(row)] > 1
    ]


def _with_data(
    client: DlmsClient, targets: Sequence[Target], parameters: Mapping[tuple[int, int], Data]
) -> list[tuple[Target, Data]]:
    """Return each target with its parameter; a policy that this client cannot read is left alone."""
    found = []
    for target in targets:
        class_id, obis, method = target
        if class_id != SECURITY_SETUP:
            found.append((target, parameters[class_id, method]))
            continue
        with contextlib.suppress(Refused, UnexpectedData):
            found.append((target, enum(as_integer(client.get(SECURITY_SETUP, obis, POLICY)))))
    return found


def _invoke(client: DlmsClient, target: Target, value: Data) -> dict[str, Any]:
    """Invoke; ``result`` is 0, a code, words of a refusal, or None where no answer came."""
    class_id, obis, method = target
    row: dict[str, Any] = {"target": _told(target), "result": DONE, "trouble": ""}
    try:
        client.invoke(class_id, obis, method, value)
    except Refused as refusal:
        row["result"] = _words(refusal.result)
    except LinkError as error:
        reopen(client)
        row |= {"result": None, "trouble": error.message}
    return row


def _words(result: object) -> int | str:
    if isinstance(result, ExceptionResponse):
        return f"exception-response {int(result.state_error)} {int(result.service_error)}"
    return int(result) if isinstance(result, int) else str(result)


def _reconnect(bench: CaseBench, lists: Lists) -> None:
    """Close the switch again by a client that may."""
    for association in bench.position.usable_associations:
        for row in lists[association.name]:
            if (row["class_id"], row["method"]) == (DISCONNECT_CONTROL, RECONNECT) and invocable(row):
                with contextlib.suppress(Refused, LinkError), associated(bench, association) as client:
                    client.invoke(DISCONNECT_CONTROL, row["obis"], RECONNECT, integer(0))


def _told(target: Target) -> str:
    class_id, obis, method = target
    return f"{class_id}/{obis}/method {method}"


def _target(row: Mapping[str, Any]) -> Target:
    return int(row["class_id"]), str(row["obis"]), int(row["method"])
