"""The logical devices as a head-end sees them: one name each, and one credit in all of them."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.record.model import Outcome, Topic
from bench.run.case import Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.prepayment import CREDIT

NEEDS = (Need.SOURCE, Need.READER)
NAME, SAP_LIST = (1, "0-0:42.0.0.255", 2), (17, "0-0:41.0.0.255", 2)
#: Clients that are tried with each device, in this order; ciphered ones have counters of their own there.
CLIENTS = ("reader", "public")


@case(
    "dual/logical_devices",
    project_rule("R-023 logical devices: own names, one credit", Topic.OBJECT),
    needs=NEEDS,
    stage=Stage.MEMORY,
)
def test_logical_devices(bench: CaseBench) -> None:
    """Open an association with every device of the SAP assignment, and read its name and the credit it shows."""
    bench.energise()
    try:
        with opened(bench.position.client("reader")) as client:
            listed = [as_elements(row) for row in as_elements(client.get(*SAP_LIST))]
    except Refused as refused:
        bench.state(Outcome.INAPPLICABLE, f"the reader may not read the SAP assignment: {refused}")
        return
    devices = []
    for row in listed:
        sap = as_integer(row[0])
        name = as_octets(row[1]).decode("latin-1")
        devices.append({"sap": sap, "listed_name": name, **_seen(bench, sap)})
    seen = bench.observe("logical-devices", {"devices": devices})
    bench.judge("dual.logical-devices/1", seen)


def _seen(bench: CaseBench, sap: int) -> dict[str, Any]:
    """Return what a device says of itself; nothing where no client opens an association with it."""
    position = bench.position
    for name in CLIENTS:
        association = position.association(name)
        if association is None or association.ciphered or position.cannot_open(association):
            continue
        session = position.line.session(association, sap)
        client = DlmsClient(session, association, position.secret_of(association))
        try:
            with opened(client):
                own = as_octets(client.get(*NAME)).decode("latin-1")
                return {"own_name": own, "credit": _credit(client)}
        except Refused:
            continue
        except LinkError:
            position.link.close()
    return {"own_name": None, "credit": None}


def _credit(client: DlmsClient) -> int | None:
    try:
        return as_integer(client.get(*CREDIT, 2))
    except Refused:
        return None
