"""Lists, blocks, writing and invoke-ids on real objects: procedures of the object test, and our own."""

from __future__ import annotations

import contextlib
from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import readable, writable
from bench.judgement.dlms_requirements import object_requirement, protocol_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import encode
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.data import Data
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithDatablock,
)
from bench.protocols.xdlms.parts import invoke_octet
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import get_logical_name, request_of
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import (
    CURRENT_ASSOCIATION,
    Reader,
    associated,
    bear,
    list_objects,
    of_the_link,
    reopen,
)

VALUE_CLASSES = frozenset({1, 3, 4})
N_VALUES, N_ATTRIBUTES = 10, 4
ABSENT = CosemAttribute(1, Obis("15-63:199.255.255.255"), 2)
PDU_SIZES = (64, 128, 1024, 2048, 65535)
#: The logical name of an association, as a GET-response, is just as long.
LEAST_PDU = 12
LEAST = protocol_requirement("a client that receives 12 octets is served", Topic.SERVICE)
MOST_BLOCKS = 2000
#: Attributes that can be changed by one and put back without anybody noticing: time zone, warning thresholds.
SAFE_TO_WRITE = ((8, 3), (112, 5), (111, 16))
INVOKE_IDS = range(16)
LINK_FAULT = "the link layer broke"


@case("dlms/COSEM_multiple_references", object_requirement("Multiple references", Topic.SERVICE))
def test_multiple_references(bench: CaseBench) -> None:
    """What a list brings is what each reference brings alone; one that is absent spoils no other."""
    association = _with_service(bench, "multiple-references")
    bench.energise()
    seen = []
    with associated(bench, association) as client:
        for name, targets in _reference_lists(client).items():
            data = {
                "subtest": name,
                "targets": [str(target) for target in targets],
                **_read_both(client, targets),
            }
            seen.append(bench.observe("reference-list", data))
    bench.judge("dlms.multiple-references/2", *seen)


def _reference_lists(client: DlmsClient) -> dict[str, list[CosemAttribute]]:
    """Return the lists of the procedure. The clock is left out: it never reads the same twice."""
    rows = [row for row in list_objects(client) if readable(row) and row["class_id"] != 8]
    values = [row for row in rows if row["class_id"] in VALUE_CLASSES and row["attribute"] == 2]
    own = [row for row in rows if row["obis"] == CURRENT_ASSOCIATION and row["attribute"] != 2]
    lists = {
        "value attributes": [_target(row) for row in values[:N_VALUES]],
        "one short, one long": [
            CosemAttribute(15, Obis(CURRENT_ASSOCIATION), 1),
            CosemAttribute(15, Obis(CURRENT_ASSOCIATION), 2),
        ],
        "first attributes of one object": [_target(row) for row in own[:N_ATTRIBUTES]],
    }
    lists["one absent among them"] = [*lists["value attributes"][:1], ABSENT, *lists["value attributes"][1:2]]
    return {name: targets for name, targets in lists.items() if len(targets) > 1}


def _target(row: dict[str, Any]) -> CosemAttribute:
    return CosemAttribute(row["class_id"], Obis(row["obis"]), row["attribute"])


def _read_both(client: DlmsClient, targets: list[CosemAttribute]) -> dict[str, Any]:
    alone = _alone(client, targets)
    together: list[str] = []
    trouble, link_fault = "", False
    try:
        together = [_coded(item) for item in client.get_list(targets)]
    except (Refused, LinkError) as error:
        trouble, link_fault = str(error), of_the_link(error)
        if isinstance(error, LinkError):
            reopen(client)
    again = _alone(client, targets)
    return {
        "alone": alone,
        "together": together,
        "again": again,
        "trouble": trouble,
        "link_fault": link_fault or LINK_FAULT in alone + again,
    }


def _alone(client: DlmsClient, targets: list[CosemAttribute]) -> list[str]:
    reader = Reader(client)
    found = [reader.read(target.class_id, str(target.obis), target.attribute) for target in targets]
    return [LINK_FAULT if row["link_fault"] else row["value"] or f"result {row['result']}" for row in found]


def _coded(item: Data | int) -> str:
    return encode(item).hex() if isinstance(item, Data) else f"result {int(item)}"


@case(
    "dlms/pdu_sizes", protocol_requirement("no APDU is longer than the client receives", Topic.SERVICE, "V1")
)
def test_pdu_sizes(bench: CaseBench) -> None:
    """The object list, read with small and large APDUs: sizes kept, blocks counted from 1, the same value."""
    association = _with_service(bench, "block-transfer-with-get-or-read")
    bench.energise()
    sizes = [_read_with(bench, association, size) for size in PDU_SIZES]
    bench.judge("dlms.pdu-sizes/2", bench.observe("pdu-sizes", {"sizes": sizes}))
    seen = bench.observe("least-pdu", _read_with_least(bench))
    bench.judge("dlms.least-pdu/1", seen, sub="least", requirement=LEAST)


def _read_with_least(bench: CaseBench) -> dict[str, Any]:
    """Associate as a client that receives no more than 12 octets, and read the shortest thing there is."""
    association = bench.position.plain_association.model_copy(update={"max_pdu": LEAST_PDU})
    session = bench.position.session(association.name)
    row: dict[str, Any] = {"max_pdu": LEAST_PDU, "aare": "", "answer": ""}
    session.connect()
    row["aare"] = session.exchange(request_of(bench, association).to_bytes()).hex()
    row["answer"] = session.exchange(get_logical_name()).hex()
    with contextlib.suppress(LinkError):
        session.disconnect()
    return row


def _read_with(bench: CaseBench, association: AssociationDeclaration, size: int) -> dict[str, Any]:
    """Associate with a client-max-receive-pdu-size and read the object list, keeping lengths and numbers."""
    row: dict[str, Any] = {"max_pdu": size, "lengths": [], "block_numbers": [], "value": "", "trouble": ""}
    row["link_fault"] = False
    session = bench.position.session(association.name)
    target = CosemAttribute(15, Obis(CURRENT_ASSOCIATION), 2)
    wanted = association.model_copy(update={"max_pdu": size})
    session.connect()  # a meter that is not there at all says nothing of sizes
    try:
        session.exchange(request_of(bench, wanted).to_bytes())
        octets = session.exchange(GetRequestNormal(attribute=target).to_bytes())
        while len(row["lengths"]) < MOST_BLOCKS:
            row["lengths"].append(len(octets))
            answer, _ = decode_apdu(octets)
            if isinstance(answer, GetResponseNormal) and isinstance(answer.result, Data):
                row["value"] = encode(answer.result).hex()
                break
            if not isinstance(answer, GetResponseWithDatablock) or not isinstance(answer.result, bytes):
                row["trouble"] = f"no block came, but {octets[:16].hex(' ').upper()}"
                break
            row["block_numbers"].append(answer.block_number)
            row["value"] += answer.result.hex()
            if answer.last:
                break
            following = GetRequestNext(invoke=answer.invoke, block_number=answer.block_number)
            octets = session.exchange(following.to_bytes())
        else:
            row["trouble"] = f"no last block among {MOST_BLOCKS}"
    except LinkError as error:
        row["trouble"], row["link_fault"] = error.message, of_the_link(error)
        session.close()
        bear(bench, error)
    with contextlib.suppress(LinkError):
        session.disconnect()
    return row


@case(
    "dlms/invoke_ids", protocol_requirement("an answer carries the invoke-id of its request", Topic.SERVICE)
)
def test_invoke_ids(bench: CaseBench) -> None:
    """Every invoke-id, with both priorities, comes back."""
    bench.energise()
    association = bench.position.plain_association
    session = bench.position.session(association.name)
    target = CosemAttribute(15, Obis(CURRENT_ASSOCIATION), 1)
    pairs = []
    session.connect()
    session.exchange(request_of(bench, association).to_bytes())
    for invoke_id in INVOKE_IDS:
        for priority in (False, True):
            octet = invoke_octet(invoke_id, high_priority=priority)
            request = GetRequestNormal(invoke=octet, attribute=target).to_bytes()
            pairs.append({"sent": request.hex(), "received": session.exchange(request).hex()})
    with contextlib.suppress(LinkError):
        session.disconnect()
    bench.judge("dlms.invoke-ids/2", bench.observe("invoke-ids", {"pairs": pairs}))


@case(
    "dlms/set_stores",
    protocol_requirement("SET stores what it confirms", Topic.SERVICE),
    alters=[Alters.SETTINGS],
)
def test_set_stores(bench: CaseBench) -> None:
    """An attribute that is safe to change is written, read, and put back."""
    bench.energise()
    association = _with_service(bench, "set")
    with associated(bench, association) as client:
        writes = [write_and_restore(client, row) for row in safe_to_write(client)]
    if not writes:
        leave(
            bench,
            Outcome.INCONCLUSIVE,
            "WRITE DATA NOT AVAILABLE: no attribute that is safe to change is writable",
        )
    bench.judge("dlms.stored/2", bench.observe("writes", {"writes": writes}))


def safe_to_write(client: DlmsClient) -> list[dict[str, Any]]:
    """Return the rows of the object list that can be changed and put back."""
    return [
        row
        for row in list_objects(client)
        if (row["class_id"], row["attribute"]) in SAFE_TO_WRITE and readable(row) and writable(row)
    ]


def write_and_restore(client: DlmsClient, row: dict[str, Any]) -> dict[str, Any]:
    """Write a number that differs by one, read it, put the old one back, and keep what came at each step."""
    place = (row["class_id"], row["obis"], row["attribute"])
    found: dict[str, Any] = {"target": "/".join(map(str, place)), "trouble": "", "link_fault": False}
    found |= dict.fromkeys(("before", "written", "after", "restored"), "")
    try:
        before = client.get(*place)
        if not isinstance(before.value, int) or isinstance(before.value, bool):
            return {**found, "trouble": f"is {before.type.name}, a number was expected"}
        other = Data(before.type, before.value - 1 if before.value > 0 else before.value + 1)
        found["before"], found["written"] = encode(before).hex(), encode(other).hex()
        client.set(*place, other)
        found["after"] = encode(client.get(*place)).hex()
        client.set(*place, before)
        found["restored"] = encode(client.get(*place)).hex()
    except (Refused, LinkError) as error:
        found["trouble"], found["link_fault"] = f"listed as writable: {error}", of_the_link(error)
        if isinstance(error, LinkError):
            reopen(client)
        if found["written"]:  # it may be stored, whatever was answered
            with contextlib.suppress(Refused, LinkError):
                client.set(*place, before)
    return found


def _with_service(bench: CaseBench, service: str) -> AssociationDeclaration:
    """Return an association that this bench can open and that declares a service; leave the case without."""
    declared = [item for item in bench.declaration.association if service in item.conformance]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, f"no association declares {service}")
    usable = [item for item in declared if not bench.position.cannot_open(item)]
    plain = [item for item in usable if not item.ciphered and item.mechanism in {"none", "lls"}]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(declared[0]))
    if not plain and service == "block-transfer-with-get-or-read":
        leave(bench, Outcome.NOT_RUN, "only ciphered associations declare blocks; their sizes are not judged")
    # The client that may do most sees the longest object list, which needs the most blocks.
    return max(plain or usable, key=lambda item: len(item.conformance))
