"""Push over TCP: what the meter sends unasked comes whole, one message after the other. Procedure derived by us."""

from __future__ import annotations

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import DlmsClient, opened
from bench.meter.wrapper_session import WrapperSession
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.push_line import IN_BLOCKS, push_line, push_setups, pushed

AT_ONCE = 2
#: Small enough that a push of a few values needs blocks.
SMALL_PDU = 32


@case(
    "dlms/push_blocks",
    protocol_requirement("general block transfer: blocks of unasked messages do not mix", Topic.PUSH),
)
def test_push_blocks(bench: CaseBench) -> None:
    """Two pushes asked for at once, longer than the client takes: each comes whole, the blocks in order."""
    line = push_line(bench)
    link, ends, association = line.link, line.ends, line.association
    secret = bench.position.secret_of(association)
    with opened(DlmsClient(WrapperSession(link, ends), association, secret)) as client:
        setups = push_setups(client)
    if not setups:
        leave(bench, Outcome.INAPPLICABLE, "no push setup whose push may be invoked is listed")
    with opened(DlmsClient(WrapperSession(link, ends), _receiving_little(association), secret)):
        answers, messages = pushed(link, ends, setups[:AT_ONCE])
    data = {
        "setups": setups[:AT_ONCE],
        "server": ends.server,
        "answers": [answer.hex() for answer in answers],
        "messages": [
            {"source": item.source, "destination": item.destination, "apdu": item.apdu.hex()}
            for item in messages
        ],
    }
    bench.judge("dlms.push/1", bench.observe("push", data))


def _receiving_little(association: AssociationDeclaration) -> AssociationDeclaration:
    """Return the same association for a client that cannot take much at once, where blocks are agreed."""
    if IN_BLOCKS not in association.conformance:
        return association
    return association.model_copy(update={"max_pdu": SMALL_PDU})
