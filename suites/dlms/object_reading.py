"""How the object cases read: object lists and values as they came, refusals as their codes, links reopened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import are_bits
from bench.judgement.link_fault import LINK_FAULTS
from bench.meter.dlms_client import DlmsClient, Refused
from bench.meter.liveness import prove_alive
from bench.meter.session import answer_word
from bench.protocols.axdr import encode
from bench.protocols.cosem import Obis
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.protocols.xdlms.parts import SelectiveAccess
from bench.record.declaration import AssociationDeclaration
from bench.run.case_bench import CaseBench

CURRENT_ASSOCIATION = "0-0:40.0.0.255"
#: After so many dead links in one association the rest of it is left alone.
MOST_REOPENED = 3


@contextmanager
def associated(bench: CaseBench, association: AssociationDeclaration) -> Iterator[DlmsClient]:
    """Open an association for a ``with`` block; closing never hides what happened inside."""
    client = bench.position.client(association.name)
    client.open()
    try:
        yield client
    finally:
        with contextlib.suppress(LinkError):
            client.close()


def list_objects(client: DlmsClient) -> list[dict[str, Any]]:
    """Return one row for each attribute of the object list, in its order; its right as it stands there."""
    rows: list[dict[str, Any]] = []
    for entry in as_elements(client.get(15, CURRENT_ASSOCIATION, 2)):
        class_id, version, name, rights = as_elements(entry)
        attribute_rights, _ = as_elements(rights)
        for right in as_elements(attribute_rights):
            attribute, access, *_ = as_elements(right)
            rows.append(
                {
                    "class_id": as_integer(class_id),
                    "version": as_integer(version),
                    "obis": str(Obis.from_bytes(as_octets(name))),
                    "attribute": as_integer(attribute),
                    "access": as_integer(access),
                }
            )
    return [{**row, "in_bits": True} for row in rows] if are_bits(rows) else rows


def list_methods(client: DlmsClient) -> list[dict[str, Any]]:
    """Return one row for each method of the object list, in its order; its right as it stands there."""
    rows: list[dict[str, Any]] = []
    associations: list[dict[str, Any]] = []
    for entry in as_elements(client.get(15, CURRENT_ASSOCIATION, 2)):
        class_id, version, name, rights = as_elements(entry)
        listed = {
            "class_id": as_integer(class_id),
            "version": as_integer(version),
            "obis": str(Obis.from_bytes(as_octets(name))),
        }
        associations.append(listed)
        _, method_rights = as_elements(rights)
        for right in as_elements(method_rights):
            method, access, *_ = as_elements(right)
            rows.append({**listed, "method": as_integer(method), "access": as_integer(access)})
    return [{**row, "in_bits": True} for row in rows] if are_bits(associations) else rows


def known_objects(bench: CaseBench, client: DlmsClient, association: str) -> list[dict[str, Any]]:
    """Return the object list of an association as it was when a case of this run first chose from it.

    For choosing what a case looks at; what lists say is judged where they are read themselves.
    """
    key = f"objects of {bench.position.name} for {association}"
    found: Any = bench.run.shared.setdefault(key, {})
    if "rows" not in found:
        found["rows"] = list_objects(client)
    rows: list[dict[str, Any]] = found["rows"]
    return rows


def of_the_link(error: Exception) -> bool:
    """Tell whether only the link layer can be to blame."""
    return isinstance(error, LinkError) and answer_word(error) in LINK_FAULTS


def reopen(client: DlmsClient) -> None:
    """Open a client's line and association anew, with patience for a meter that restarts.

    A refusal shows in the next request. Raises LinkError where the meter stays away: that is no verdict on it.
    """

    def call() -> bool:
        with contextlib.suppress(Refused):
            client.open()
        return True

    if not prove_alive(client.session.clock, call, client.session.close).alive:
        raise LinkError("The meter answers no more.")


def bear(bench: CaseBench, error: LinkError) -> None:
    """Let a case go on after a broken link where the meter is still there. Raises ``error`` again where it is not."""
    line = bench.position.line
    if not line.prove_alive(bench.position.plain_association).alive:
        raise error


class Reader:
    """Reads attribute after attribute; a link that dies is opened again, and that is kept with the attribute."""

    def __init__(self, client: DlmsClient) -> None:
        self._client, self._reopened, self._link_fault = client, 0, False

    def read(
        self, class_id: int, obis: str, attribute: int, access: SelectiveAccess | None = None
    ) -> dict[str, Any]:
        """Return value (coded, hex), result (code or words) and trouble of one attribute."""
        row: dict[str, Any] = {"value": None, "result": None, "trouble": "", "link_fault": False}
        if self._reopened > MOST_REOPENED:
            return {**row, "trouble": "the link died too often", "link_fault": self._link_fault}
        try:
            row["value"] = encode(self._client.get(class_id, obis, attribute, access)).hex()
        except Refused as refusal:
            row["result"] = int(refusal.result) if isinstance(refusal.result, int) else str(refusal.result)
        except (LinkError, ValueError) as error:
            row["trouble"] = str(error)
            self._link_fault = row["link_fault"] = of_the_link(error)
            self._reopened += 1
            reopen(self._client)
        return row
