"""Push over TCP: what the meter sends unasked comes whole, one message after the other. Procedure derived by us."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import LinkError
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import DlmsClient, opened
from bench.meter.link import Link
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.axdr import integer
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import CURRENT_ASSOCIATION

PUSH_SETUP, PUSH = 40, 1
AT_ONCE = 2
#: Small enough that a push of a few values needs blocks.
SMALL_PDU = 32
#: A meter may let a push wait; after so long without a message none is expected any more.
QUIET_S = 10.0
MOST_MESSAGES = 200
IN_BLOCKS = "general-block-transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One wrapped APDU of the meter."""

    source: int
    destination: int
    apdu: bytes


@case(
    "dlms/push_blocks",
    protocol_requirement("general block transfer: blocks of unasked messages do not mix", Topic.PUSH),
)
def test_push_blocks(bench: CaseBench) -> None:
    """Two pushes asked for at once, longer than the client takes: each comes whole, the blocks in order."""
    association = _association(bench)
    link = bench.position.wrapper_link("tcp")
    if link is None:
        leave(bench, Outcome.INAPPLICABLE, "no wrapper port over TCP is declared and wired")
        return
    bench.energise()
    said = bench.declaration.communication
    ends = WrapperEndpoints(
        client=association.client_sap,
        server=said.server_sap,
        response_time_out_s=said.response_time_out_s,
    )
    secret = bench.position.secrets.find(association.secret) if association.secret else None
    with opened(DlmsClient(WrapperSession(link, ends), association, secret)) as client:
        setups = _push_setups(client)
    if not setups:
        leave(bench, Outcome.INAPPLICABLE, "no push setup whose push may be invoked is listed")
    with opened(DlmsClient(WrapperSession(link, ends), _receiving_little(association), secret)):
        answers, messages = _pushed(link, ends, setups[:AT_ONCE])
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


def _association(bench: CaseBench) -> AssociationDeclaration:
    """Return the association that may do most, without ciphering."""
    declared = [item for item in bench.declaration.association if "action" in item.conformance]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, "no association declares the service action")
    usable = [
        item
        for item in declared
        if not bench.position.cannot_open(item) and not item.ciphered and not item.pre_established
    ]
    if not usable:
        leave(bench, Outcome.NOT_RUN, "no association without ciphering has the service action")
    return max(usable, key=lambda item: (IN_BLOCKS in item.conformance, len(item.conformance)))


def _receiving_little(association: AssociationDeclaration) -> AssociationDeclaration:
    """Return the same association for a client that cannot take much at once, where blocks are agreed."""
    if IN_BLOCKS not in association.conformance:
        return association
    return association.model_copy(update={"max_pdu": SMALL_PDU})


def _push_setups(client: DlmsClient) -> list[str]:
    """Return the logical names of the push setups that this client may start."""
    found = []
    for entry in as_elements(client.get(15, CURRENT_ASSOCIATION, 2)):
        class_id, _, name, rights = as_elements(entry)
        methods = [as_elements(right) for right in as_elements(as_elements(rights)[1])]
        allowed = any(as_integer(right[0]) == PUSH and as_integer(right[1]) for right in methods)
        if as_integer(class_id) == PUSH_SETUP and allowed:
            found.append(str(Obis.from_bytes(as_octets(name))))
    return found


def _pushed(link: Link, ends: WrapperEndpoints, setups: list[str]) -> tuple[list[bytes], list[Message]]:
    """Start the pushes one right after the other; return the answers, and everything else that came."""
    reader = WrapperReader()
    answers: list[bytes] = []
    others: list[Message] = []
    for number, setup in enumerate(setups, start=1):
        request = ActionRequestNormal(
            invoke=0xC0 | number, method=CosemMethod(PUSH_SETUP, Obis(setup), PUSH), parameters=integer(0)
        )
        link.send(WrapperFrame(ends.client, ends.server, request.to_bytes()).to_bytes())
        while len(answers) < number:
            arrived = _arrived(link, reader, ends.response_time_out_s)
            if not arrived:
                return answers, others
            for message in arrived:
                mine = message.destination == ends.client and len(answers) < number
                answers += [message.apdu] if mine else []
                others += [] if mine else [message]
    while len(others) < MOST_MESSAGES and (arrived := _arrived(link, reader, QUIET_S)):
        others += arrived
    return answers, others


def _arrived(link: Link, reader: WrapperReader, patience_s: float) -> list[Message]:
    """Return the next whole messages; none when the line stays quiet or the meter closes it."""
    deadline_s = link.clock.now() + patience_s
    while link.clock.now() < deadline_s:
        try:
            octets = link.receive(deadline_s)
        except LinkError:
            return []
        if not octets:
            return []
        frames = [decode_wrapper(raw).frame for raw in reader.feed(octets)]
        found = [
            Message(source=frame.source, destination=frame.destination, apdu=frame.payload)
            for frame in frames
            if frame is not None
        ]
        if found:
            return found
    return []
