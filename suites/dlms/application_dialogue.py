"""How the application layer cases play: dialogues of APDUs between two proofs of life, one observation each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.meter.apdu_player import ApduPlayer
from bench.meter.dlms_client import association_request
from bench.protocols.acse import Aarq
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.get import GetRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation
from bench.run.case_bench import CaseBench

CURRENT_ASSOCIATION = Obis("0-0:40.0.0.255")
JUDGE = "dlms.application/2"


@contextmanager
def apdus(
    bench: CaseBench,
    procedure: str,
    association: AssociationDeclaration | None = None,
    *,
    hidden: Sequence[bytes] = (),
    into: list[Observation] | None = None,
) -> Iterator[ApduPlayer]:
    """Play the dialogues of ``procedure`` and judge them, or only collect the observation ``into`` a list."""
    bench.energise()
    association = association or bench.position.plain_association
    secret = bench.position.secret_of(association)
    with bench.position.line.apdus(association, [*hidden, *([secret] if secret else [])]) as player:
        yield player
    data = {"procedure": procedure, "association": association.name, **player.observation()}
    seen = bench.observe("apdu-dialogue", data)
    if into is None:
        bench.judge(JUDGE, seen)
    else:
        into.append(seen)


def request_of(bench: CaseBench, association: AssociationDeclaration | None = None) -> Aarq:
    """Return the good AARQ of an association, by default the plain one."""
    association = association or bench.position.plain_association
    return association_request(association, bench.position.secret_of(association))


def get_logical_name(invoke: int = 0xC1) -> bytes:
    """Return the GET of what every association must let its client read."""
    return GetRequestNormal(invoke=invoke, attribute=CosemAttribute(15, CURRENT_ASSOCIATION, 1)).to_bytes()
