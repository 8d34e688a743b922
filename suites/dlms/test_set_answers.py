"""SET of a list, and of a value whose type is wrong: what is confirmed is stored, what is refused stays. Our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import Data, encode, octet_string
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.parts import AttributeAccess
from bench.protocols.xdlms.set import SetRequestWithList, SetResponseWithList
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import associated
from suites.dlms.test_object_services import safe_to_write

CONFIRMED = 0
#: No number in any coding, so no meter can mean well and store it.
WRONG_TYPE = octet_string(b"?")
NOTHING_TO_WRITE = "WRITE DATA NOT AVAILABLE: too few attributes that are safe to change are writable"

Place = tuple[int, str, int]


@case(
    "dlms/set_list",
    protocol_requirement("SET stores what it confirms", Topic.SERVICE),
    alters=[Alters.SETTINGS],
)
def test_set_list(bench: CaseBench) -> None:
    """Two attributes are written by one request; each that is confirmed reads as written, and is put back."""
    association = _that_can(bench, "set", "multiple-references")
    with associated(bench, association) as client:
        places = _places(client)[:2]
        if len(places) < 2:
            leave(bench, Outcome.INCONCLUSIVE, NOTHING_TO_WRITE)
        before = [client.get(*place) for place in places]
        results = _set_list(client, places, [_other(value) for value in before])
        writes = [
            _row(client, place, value, _other(value), result)
            for place, value, result in zip(places, before, results, strict=True)
        ]
    bench.judge("dlms.set-answers/1", bench.observe("set-answers", {"writes": writes}))


@case(
    "dlms/set_wrong_type",
    protocol_requirement("SET stores what it confirms", Topic.SERVICE),
    alters=[Alters.SETTINGS],
)
def test_set_wrong_type(bench: CaseBench) -> None:
    """A number is written as an octet string: whatever the meter answers, it must be what happened."""
    association = _that_can(bench, "set")
    with associated(bench, association) as client:
        writes = []
        for place in _places(client):
            before = client.get(*place)
            try:
                client.set(*place, WRONG_TYPE)
                result: int | str = CONFIRMED
            except Refused as refusal:
                result = int(refusal.result) if isinstance(refusal.result, int) else str(refusal.result)
            writes.append(_row(client, place, before, WRONG_TYPE, result))
    if not writes:
        leave(bench, Outcome.INCONCLUSIVE, NOTHING_TO_WRITE)
    bench.judge("dlms.set-answers/1", bench.observe("set-answers", {"writes": writes}))


def _that_can(bench: CaseBench, *services: str) -> AssociationDeclaration:
    """Return an association that this bench can open and that declares the services; leave the case without."""
    bench.energise()
    declared = [item for item in bench.declaration.association if set(services) <= set(item.conformance)]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, f"no association declares {' and '.join(services)}")
    usable = [item for item in declared if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(declared[0]))
    return max(usable, key=lambda item: len(item.conformance))


def _places(client: DlmsClient) -> list[Place]:
    """Return the attributes that are numbers and can be changed and put back."""
    places = [(row["class_id"], row["obis"], row["attribute"]) for row in safe_to_write(client)]
    return [place for place in places if _is_number(client.get(*place))]


def _is_number(value: Data) -> bool:
    return isinstance(value.value, int) and not isinstance(value.value, bool)


def _other(value: Data) -> Data:
    number = int(value.value)  # type: ignore[call-overload]  # `_is_number` has said so
    return Data(value.type, number - 1 if number > 0 else number + 1)


def _set_list(client: DlmsClient, places: Sequence[Place], values: Sequence[Data]) -> list[int | str]:
    """Write several attributes by one request; return each result, or the words of what came instead."""
    items = tuple(
        AttributeAccess(attribute=CosemAttribute(class_id, Obis(obis), attribute))
        for class_id, obis, attribute in places
    )
    octets = client.ask(SetRequestWithList(items=items, values=tuple(values)).to_bytes())
    answer, _ = decode_apdu(octets)
    if isinstance(answer, SetResponseWithList) and len(answer.results) == len(items):
        return [int(result) for result in answer.results]
    return [f"not as a list: {octets[:8].hex(' ').upper()}"] * len(items)


def _row(client: DlmsClient, place: Place, before: Data, written: Data, result: int | str) -> dict[str, Any]:
    """Read what a write left, put the old value back, and keep it all."""
    trouble, after = "", ""
    try:
        read = client.get(*place)
        after = encode(read).hex()
        if read != before:
            client.set(*place, before)
    except (Refused, LinkError) as error:
        trouble = str(error)
    if isinstance(result, str):
        trouble = trouble or result
    return {
        "target": "/".join(map(str, place)),
        "before": encode(before).hex(),
        "written": encode(written).hex(),
        "stored": [encode(written).hex()],
        "result": result,
        "after": after,
        "trouble": trouble,
    }
