"""The objects of each association: what the object list promises is what the meter does."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.axdr import encode
from bench.protocols.cosem import Obis
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.record.model import Kind, Outcome, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench

ATTRIBUTE_CHECK = Requirement(
    document="DLMS UA 1001-6 ATS_AL",
    edition="V1.3",
    clause="COSEM_class_version",
    topic=Topic.OBJECT,
    kind=Kind.STANDARD,
    status="V1",
)
CURRENT_ASSOCIATION = "0-0:40.0.0.255"


@case("dlms/COSEM_attributes", ATTRIBUTE_CHECK)
def test_cosem_attributes(bench: CaseBench) -> None:
    """Read every attribute of every object listed, in every association that can be opened."""
    bench.energise()
    done = 0
    for association in bench.declaration.association:
        secret = bench.position.secret_of(association)
        if association.mechanism not in {"none", "lls"} or (association.secret and secret is None):
            continue
        with opened(bench.position.client(association.name)) as client:
            rows = _read_everything(client)
        seen = bench.observe("attributes", {"association": association.name, "attributes": rows})
        bench.judge("dlms.attributes/1", seen, sub=association.name)
        done += 1
    if not done:
        bench.state(Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")


def _read_everything(client: DlmsClient) -> list[dict[str, Any]]:
    """Read the object list, then every attribute on it; keep values and refusals as they came."""
    rows = []
    for entry in as_elements(client.get(15, CURRENT_ASSOCIATION, 2)):
        class_id, version, name, rights = as_elements(entry)
        attribute_rights, _ = as_elements(rights)
        for right in as_elements(attribute_rights):
            attribute, access, *_ = as_elements(right)
            row: dict[str, Any] = {
                "class_id": as_integer(class_id),
                "version": as_integer(version),
                "obis": str(Obis.from_bytes(as_octets(name))),
                "attribute": as_integer(attribute),
                "access": as_integer(access),
                "value": None,
                "result": None,
            }
            try:
                row["value"] = encode(client.get(row["class_id"], row["obis"], row["attribute"])).hex()
            except Refused as refusal:
                row["result"] = (
                    int(refusal.result) if isinstance(refusal.result, int) else str(refusal.result)
                )
            except LinkError as error:
                row["trouble"] = error.message
                client.close()
                client.open()
            rows.append(row)
    return rows
