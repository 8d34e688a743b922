"""A long GET whose client has lost count: no data follow a block that was never sent. Our own."""

from __future__ import annotations

from bench.judgement.dlms_requirements import protocol_requirement
from bench.protocols.cosem import CosemAttribute
from bench.protocols.xdlms.get import GetRequestNext, GetRequestNormal
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import CURRENT_ASSOCIATION, apdus, get_logical_name, request_of
from suites.dlms.hdlc_dialogue import leave

BLOCKS = "block-transfer-with-get-or-read"
#: So short that the object list of any meter comes in blocks, and far from the block that comes first.
SHORT_PDU, NEVER_SENT = 64, 7


@case("dlms/get_next_number", protocol_requirement("blocks of a long GET are numbered", Topic.SERVICE, "K"))
def test_get_next_number(bench: CaseBench) -> None:
    """After the first block of the object list one is acknowledged that was never sent: no data go on from there."""
    declared = [item for item in bench.declaration.association if BLOCKS in item.conformance]
    plain = [item for item in declared if not item.ciphered and item.mechanism in {"none", "lls"}]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, f"no association declares {BLOCKS}")
    usable = [item for item in plain if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, "no association without ciphering that declares blocks can be opened")
    association = max(usable, key=lambda item: len(item.conformance))
    short = association.model_copy(update={"max_pdu": SHORT_PDU})
    object_list = GetRequestNormal(attribute=CosemAttribute(15, CURRENT_ASSOCIATION, 2)).to_bytes()
    with apdus(bench, "get_next_number", association) as player, player.dialogue("long GET"):
        player.play("AARQ", request_of(bench, short).to_bytes())
        player.play("first block", object_list)
        wrong = GetRequestNext(block_number=NEVER_SENT).to_bytes()
        player.play("a block that was never sent", wrong)
        player.play("still associated", get_logical_name())
