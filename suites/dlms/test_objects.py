"""The objects of each association: what the object list promises is what the meter does. Pre-run only."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import object_requirement, protocol_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.cosem import cosem_class
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import (
    CURRENT_ASSOCIATION,
    Reader,
    associated,
    list_objects,
    of_the_link,
    reopen,
)

LOGICAL_DEVICE_NAME, SAP_ASSIGNMENT = "0-0:42.0.0.255", "0-0:41.0.0.255"
#: Tried where the object list leaves off: the next attribute after the last of a class has no reader.
MOST_PROBES = 80
#: What no meter has: value group A 15 is reserved, B to F are extremes.
IMPOSSIBLE = (1, "15-63:199.255.255.255", 2)
LIST_ITSELF = {
    "class_id": 15,
    "version": 0,
    "obis": CURRENT_ASSOCIATION,
    "attribute": 2,
    "access": 1,
    "value": None,
    "result": None,
}


@case("dlms/COSEM_attributes", object_requirement("COSEM_class_version"))
def test_cosem_attributes(bench: CaseBench) -> None:
    """Read every attribute of every object listed, in every association that can be opened."""
    bench.energise()
    done = 0
    for association in bench.position.usable_associations:
        with associated(bench, association) as client:
            reader = Reader(client)
            listed, trouble, link_fault = _listed(client)
            rows = [{**row, **reader.read(row["class_id"], row["obis"], row["attribute"])} for row in listed]
            if trouble:
                rows.append({**LIST_ITSELF, "trouble": trouble, "link_fault": link_fault})
        seen = bench.observe("attributes", {"association": association.name, "attributes": rows})
        bench.judge("dlms.attributes/3", seen, sub=association.name)
        rights = object_requirement("COSEM_class_version: access rights", Topic.RIGHTS)
        bench.judge("dlms.rights-listed/3", seen, sub=f"{association.name}/rights", requirement=rights)
        done += 1
    if not done:
        leave(bench, Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")


def _listed(client: DlmsClient) -> tuple[list[dict[str, Any]], str, bool]:
    """Return the object list, or why there is none (a finding itself), and whether only the link is to blame."""
    try:
        return list_objects(client), "", False
    except (Refused, LinkError, ValueError) as error:
        if isinstance(error, LinkError):
            reopen(client)
        return [], f"the object list cannot be read: {error}", of_the_link(error)


@case("dlms/COSEM_mandatory_objects", object_requirement("Table 32: mandatory objects"))
def test_mandatory_objects(bench: CaseBench) -> None:
    """The current association, the SAP assignment and the logical device name, as declared."""
    bench.energise()
    association = bench.position.plain_association
    with associated(bench, association) as client:
        listed = list_objects(client)
        reader = Reader(client)
        own = {
            str(row["attribute"]): reader.read(15, CURRENT_ASSOCIATION, row["attribute"])
            for row in listed
            if row["obis"] == CURRENT_ASSOCIATION and row["class_id"] == 15
        }
        sap_list = reader.read(17, SAP_ASSIGNMENT, 2)
        device_name = reader.read(1, LOGICAL_DEVICE_NAME, 2)
        data = {
            "association_name": association.name,
            "listed": listed,
            "association": {
                "values": {
                    index: found["value"] for index, found in own.items() if found["value"] is not None
                }
            },
            "sap_list": sap_list["value"],
            "device_name": device_name["value"],
            "link_fault": any(found["link_fault"] for found in (*own.values(), sap_list, device_name)),
        }
    bench.judge("dlms.mandatory-objects/2", bench.observe("mandatory-objects", data))


@case("dlms/COSEM_reporting", object_requirement("Table 33: reporting"))
def test_reporting(bench: CaseBench) -> None:
    """Show what SAP assignment, logical device name, association and security setup say."""
    bench.energise()
    association = bench.position.plain_association
    with associated(bench, association) as client:
        listed = {(row["class_id"], row["obis"], row["attribute"]) for row in list_objects(client)}
        reader = Reader(client)
        wanted = [("SAP list", 17, SAP_ASSIGNMENT, 2), ("logical device name", 1, LOGICAL_DEVICE_NAME, 2)]
        names = {3: "partners", 4: "context", 5: "xDLMS context", 6: "mechanism", 8: "status"}
        wanted += [(f"association {word}", 15, CURRENT_ASSOCIATION, index) for index, word in names.items()]
        setups = sorted({obis for class_id, obis, _ in listed if class_id == 64})
        wanted += [
            (f"security setup {obis} {word}", 64, obis, index)
            for obis in setups
            for index, word in ((2, "policy"), (3, "suite"), (4, "client title"), (5, "server title"))
        ]
        shown = [
            {"what": what, **reader.read(class_id, obis, index)} for what, class_id, obis, index in wanted
        ]
    bench.judge("dlms.reporting/2", bench.observe("reporting", {"shown": shown}))


@case("dlms/rights_unlisted", protocol_requirement("what is not listed is not served", Topic.RIGHTS))
def test_rights_unlisted(bench: CaseBench) -> None:
    """In each association, attributes that only others list, and those that nobody lists, are refused."""
    bench.energise()
    lists: dict[str, list[dict[str, Any]]] = {}
    for association in bench.position.usable_associations:
        with associated(bench, association) as client:
            lists[association.name] = list_objects(client)
    if not lists:
        leave(bench, Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")
    for association in bench.position.usable_associations:
        unlisted = _unlisted(lists[association.name], lists)
        targets = unlisted[:: 1 + len(unlisted) // MOST_PROBES]  # a sample over all classes
        with associated(bench, association) as client:
            reader = Reader(client)
            probes = [
                {"target": f"{class_id}/{obis}/{index}", **reader.read(class_id, obis, index)}
                for class_id, obis, index in targets
            ]
            control = {"target": "/".join(map(str, IMPOSSIBLE)), **reader.read(*IMPOSSIBLE)}
        data = {"association": association.name, "probes": probes, "control": control}
        seen = bench.observe("unlisted", data)
        bench.judge("dlms.unlisted/2", seen, sub=association.name)


def _unlisted(
    own: list[dict[str, Any]], lists: dict[str, list[dict[str, Any]]]
) -> list[tuple[int, str, int]]:
    """Return what others list and this one does not, then the attribute behind the last of each own object."""
    mine = {(row["class_id"], row["obis"], row["attribute"]) for row in own}
    others = {
        (row["class_id"], row["obis"], row["attribute"]) for rows in lists.values() for row in rows
    } - mine
    beyond = set()
    for row in own:
        described = cosem_class(row["class_id"], row["version"])
        if described is not None:
            beyond.add((row["class_id"], row["obis"], max(item.index for item in described.attributes) + 1))
    return [*sorted(others), *sorted(beyond - mine - others)]
