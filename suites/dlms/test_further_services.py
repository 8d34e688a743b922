"""ACCESS, general block transfer, and seeded nonsense: services few meters offer, APDUs none does. Our own."""

from __future__ import annotations

import random

from bench.judgement.dlms_requirements import protocol_requirement
from bench.protocols.axdr import null_data
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.access import CONFIRMED, AccessChoice, AccessItem, AccessRequest
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import CURRENT_ASSOCIATION, apdus, get_logical_name, request_of
from suites.dlms.hdlc_dialogue import leave

ABSENT = CosemAttribute(1, Obis("15-63:199.255.255.255"), 2)
N_SPOILED_GETS, N_SPOILED_AARQS = 24, 12
GET_REQUEST, AARQ = 0xC0, 0x60


@case("dlms/access", protocol_requirement("ACCESS answers every item", Topic.SERVICE))
def test_access(bench: CaseBench) -> None:
    """One attribute, then three of which one is absent: as many results as items, in their order."""
    association = _plain_with(bench, "access")
    own = CosemAttribute(15, CURRENT_ASSOCIATION, 1)
    with apdus(bench, "access", association) as player, player.dialogue("access"):
        player.play("AARQ", request_of(bench, association).to_bytes())
        player.play("ACCESS of one attribute", _access(own))
        player.play("ACCESS of three, one absent", _access(own, ABSENT, own))
        player.play("still associated", get_logical_name())


@case("dlms/general_blocks", protocol_requirement("general block transfer of a request", Topic.SERVICE))
def test_general_blocks(bench: CaseBench) -> None:
    """A GET in two general blocks is answered in general blocks; one with a block left out is not."""
    association = _plain_with(bench, "general-block-transfer")
    whole = get_logical_name()
    first, second = whole[:7], whole[7:]
    with apdus(bench, "general_blocks", association) as player:
        with player.dialogue("request in blocks"):
            player.play("AARQ", request_of(bench, association).to_bytes())
            player.play("first block", _block(1, first))
            player.play("last block", _block(2, second, last=True))
            player.play("still associated", whole)
        with player.dialogue("a block left out"):
            player.play("AARQ", request_of(bench, association).to_bytes())
            player.play("first block", _block(1, first))
            player.play("third block", _block(3, second, last=True))
            player.play("still associated", whole)


@case("dlms/fuzz", protocol_requirement("APDUs of nonsense do no harm", Topic.SERVICE))
def test_fuzz(bench: CaseBench) -> None:
    """GETs and AARQs with octets changed, left out, doubled and appended, by the run's seed; the meter lives on."""
    source = random.Random(bench.run.options.seed)  # noqa: S311  # repeatable by its seed
    association = bench.position.plain_association
    good = request_of(bench, association).to_bytes()
    with apdus(bench, "fuzz", association) as player:
        with player.dialogue("fuzz"):
            player.play("AARQ", good)
            for number in range(1, N_SPOILED_GETS + 1):
                spoiled = _spoiled(source, get_logical_name(), GET_REQUEST)
                player.play(f"spoiled GET {number}", spoiled, "spoiled GET")
                player.play(f"GET after spoiled GET {number}", get_logical_name(), "still associated")
        for number in range(1, N_SPOILED_AARQS + 1):
            with player.dialogue(f"spoiled AARQ {number}", "fuzz AARQ"):
                player.play(f"spoiled AARQ {number}", _spoiled(source, good, AARQ), "spoiled AARQ")
        with player.dialogue("after all"):
            player.play("AARQ", good)
            player.play("GET", get_logical_name())


def _spoiled(source: random.Random, good: bytes, tag: int) -> bytes:
    """Return a good APDU with some of its octets changed; what could alter the meter keeps its own tag."""
    octets = bytearray(good)
    for _ in range(source.randint(1, 3)):
        at = source.randrange(1, len(octets)) if len(octets) > 1 else 0
        match source.randrange(4):
            case 0:
                octets[at] = source.randrange(256)
            case 1:
                del octets[at]
            case 2:
                octets.insert(at, octets[at])
            case _:
                octets += source.randbytes(source.randint(1, 4))
    octets[0] = tag
    return bytes(octets)


def _access(*targets: CosemAttribute) -> bytes:
    items = tuple(AccessItem(choice=AccessChoice.GET, reference=target) for target in targets)
    values = (null_data(),) * len(items)
    return AccessRequest(long_invoke=CONFIRMED | 1, items=items, values=values).to_bytes()


def _block(number: int, data: bytes, *, last: bool = False) -> bytes:
    return GeneralBlockTransfer(last=last, block_number=number, block_number_ack=0, data=data).to_bytes()


def _plain_with(bench: CaseBench, service: str) -> AssociationDeclaration:
    """Return a plain association that declares a service; leave the case without."""
    declared = [item for item in bench.declaration.association if service in item.conformance]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, f"no association declares {service}")
    plain = [item for item in declared if not item.ciphered and item.mechanism in {"none", "lls"}]
    if not plain:
        leave(bench, Outcome.INAPPLICABLE, f"only ciphered associations declare {service}")
    usable = [item for item in plain if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(plain[0]))
    return usable[0]
