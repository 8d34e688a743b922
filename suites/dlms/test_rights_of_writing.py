"""Who may write: the rights sweep for SET, in every association, by writing back what was read. Our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import readable, writable
from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.rights_of_writing import ALLOWED, DONE, REFUSED
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import decode_all
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, list_objects, reopen

#: What moves while it is read, so that writing it back would change it, or is too long to be worth it.
MOVING = frozenset({(8, 2), (7, 2), (15, 2)})
#: Listed as writable, and nothing happens when they are written with what they hold: tables and thresholds.
HARMLESS = frozenset(
    {(8, 3), (8, 5), (8, 6), (8, 7), (8, 8), (11, 2), (20, 7), (20, 8), (20, 9), (21, 2), (71, 6), (71, 7)}
)
LONGEST_VALUE = 48
MOST_WRITES, MOST_ALLOWED = 24, 8

Target = tuple[int, str, int]


@case(
    "dlms/rights_of_writing",
    protocol_requirement("what is not listed as writable is not written", Topic.RIGHTS),
    alters=[Alters.SETTINGS],
)
def test_rights_of_writing(bench: CaseBench) -> None:
    """What is read-only here, or writable only for others, is not written; what is listed as writable is."""
    bench.energise()
    usable = bench.position.usable_associations
    if not usable:
        leave(bench, Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")
    lists: dict[str, list[dict[str, Any]]] = {}
    values: dict[Target, bytes] = {}
    for association in usable:
        with associated(bench, association) as client:
            lists[association.name] = rows = list_objects(client)
            values.update(_values(client, rows, values))
    for association in usable:
        others = [row for name, rows in lists.items() if name != association.name for row in rows]
        targets = _targets(lists[association.name], others, values)
        with associated(bench, association) as client:
            writes = [
                {"target": "/".join(map(str, target)), "due": due, **_write(client, target, values[target])}
                for target, due in targets
            ]
        data = {"association": association.name, "writes": writes}
        bench.judge("dlms.rights-of-writing/1", bench.observe("writing", data), sub=association.name)


def _values(
    client: DlmsClient, rows: Sequence[Mapping[str, Any]], known: Mapping[Target, bytes]
) -> dict[Target, bytes]:
    """Read what may be written back: a sample over all classes, and all that is harmless to write."""
    fitting = [
        row
        for row in rows
        if row["attribute"] > 1
        and readable(row)
        and (row["class_id"], row["attribute"]) not in MOVING
        and _target(row) not in known
    ]
    harmless = [row for row in fitting if (row["class_id"], row["attribute"]) in HARMLESS]
    rest = [row for row in fitting if row not in harmless]
    reader, found = Reader(client), {}
    for row in (*harmless, *rest[:: 1 + len(rest) // MOST_WRITES]):
        octets = bytes.fromhex(reader.read(*_target(row))["value"] or "")
        if 0 < len(octets) <= LONGEST_VALUE:
            found[_target(row)] = octets
    return found


def _targets(
    own: Sequence[Mapping[str, Any]],
    others: Sequence[Mapping[str, Any]],
    values: Mapping[Target, bytes],
) -> list[tuple[Target, str]]:
    """Return what is tried in an association, and what is due; first what only others may write."""
    mine = {_target(row) for row in own if writable(row)}
    both = {_target(row) for row in own if writable(row) and readable(row)}
    writable_elsewhere = {_target(row) for row in others if writable(row)}
    barred = [target for target in values if target not in mine]
    barred.sort(key=lambda target: target not in writable_elsewhere)
    allowed = [target for target in values if target in both and (target[0], target[2]) in HARMLESS]
    return [
        *((target, REFUSED) for target in barred[:MOST_WRITES]),
        *((target, ALLOWED) for target in allowed[:MOST_ALLOWED]),
    ]


def _write(client: DlmsClient, target: Target, octets: bytes) -> dict[str, Any]:
    """Write back; ``result`` is 0, a code, words of a refusal, or None where no answer came."""
    try:
        client.set(*target, decode_all(octets))
    except Refused as refusal:
        result = refusal.result
        return {"result": int(result) if isinstance(result, int) else str(result), "trouble": ""}
    except LinkError as error:
        reopen(client)
        return {"result": None, "trouble": error.message}
    return {"result": DONE, "trouble": ""}


def _target(row: Mapping[str, Any]) -> Target:
    return int(row["class_id"]), str(row["obis"]), int(row["attribute"])
