"""The second opinion of each run: gurux-dlms reads a sample of what our client reads. Our own."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import readable
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.gurux_client import GuruxClient
from bench.meter.wrapper_session import WrapperSession
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation, Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, bear, list_objects

SAMPLE = 6


@case("dlms/second_opinion", protocol_requirement("two clients read the same", Topic.OBJECT))
def test_second_opinion(bench: CaseBench) -> None:
    """In every association both can open, a sample of values is read by both."""
    bench.energise()
    seen: list[Observation] = []
    for association in bench.position.usable_associations:
        if association.ciphered or association.mechanism not in {"none", "lls"}:
            continue
        with associated(bench, association) as client:
            rows = _sample(list_objects(client))
            reader = Reader(client)
            ours = [reader.read(row["class_id"], row["obis"], row["attribute"])["value"] for row in rows]
        theirs, trouble = _read_by_gurux(bench, association, rows)
        data = {
            "association": association.name,
            "trouble": trouble,
            "rows": [
                {
                    "target": f"{row['class_id']}/{row['obis']}/{row['attribute']}",
                    "ours": mine,
                    "theirs": other,
                }
                for row, mine, other in zip(rows, ours, theirs, strict=False)
            ],
        }
        seen.append(bench.observe("second-opinion", data))
    if not seen:
        leave(bench, Outcome.NOT_RUN, "no association can be opened by both clients")
    bench.judge("dlms.second-opinion/1", *seen)


def _sample(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first values that do not move by themselves."""
    values = [row for row in rows if row["class_id"] == 1 and row["attribute"] == 2 and readable(row)]
    registers = [
        row for row in rows if row["class_id"] == 3 and row["attribute"] == 2 and ".8." in row["obis"]
    ]
    return [*values[: SAMPLE - 2], *registers[:2]]


def _read_by_gurux(
    bench: CaseBench, association: AssociationDeclaration, rows: list[dict[str, Any]]
) -> tuple[list[Any], str]:
    position = bench.position
    session = position.session(association.name)
    ends = session.ends if isinstance(session, WrapperSession) else position.ends(association)
    client = GuruxClient(position.link, ends, association, position.secret_of(association))
    values: list[Any] = []
    try:
        position.line.opening.ready()
        client.open()
        for row in rows:
            name = row["obis"].replace("-", ".").replace(":", ".")
            values.append(_as_json(client.get(row["class_id"], name, row["attribute"])))
        client.close()
        position.line.opening.ended()
    except LinkError as error:
        session.close()
        bear(bench, error)
        return values, error.message
    return values, ""


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)
