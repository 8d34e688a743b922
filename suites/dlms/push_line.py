"""A line on which a meter pushes: what it is asked to push, and what comes unasked, message by message."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import LinkError
from bench.meter.dlms_client import DlmsClient
from bench.meter.link import Link
from bench.meter.wrapper_session import WrapperEndpoints
from bench.protocols.axdr import integer
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import CURRENT_ASSOCIATION

IN_BLOCKS = "general-block-transfer"
PUSH_SETUP, PUSH = 40, 1
#: A meter may let a push wait; after so long without a message none is expected any more.
QUIET_S = 10.0
MOST_MESSAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One wrapped APDU of the meter."""

    source: int
    destination: int
    apdu: bytes


def pushed(link: Link, ends: WrapperEndpoints, setups: list[str]) -> tuple[list[bytes], list[Message]]:
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
            came = arrived(link, reader, ends.response_time_out_s)
            if not came:
                return answers, others
            for message in came:
                mine = message.destination == ends.client and len(answers) < number
                answers += [message.apdu] if mine else []
                others += [] if mine else [message]
    while len(others) < MOST_MESSAGES and (more := arrived(link, reader, QUIET_S)):
        others += more
    return answers, others


def arrived(link: Link, reader: WrapperReader, patience_s: float) -> list[Message]:
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


@dataclass(frozen=True, slots=True)
class PushLine:
    """The connection on which a meter shall push: its link, who talks to whom, under which association."""

    link: Link
    ends: WrapperEndpoints
    association: AssociationDeclaration


def push_line(bench: CaseBench) -> PushLine:
    """Return the line of pushes of an energised meter; leave the case where there is none."""
    association = _pushing_association(bench)
    link = bench.position.wrapper_link("tcp")
    if link is None:
        leave(bench, Outcome.INAPPLICABLE, "no wrapper port over TCP is declared and wired")
    bench.energise()
    said = bench.declaration.communication
    ends = WrapperEndpoints(
        client=association.client_sap,
        server=said.server_sap,
        response_time_out_s=said.response_time_out_s,
    )
    return PushLine(link, ends, association)


def _pushing_association(bench: CaseBench) -> AssociationDeclaration:
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


def push_setups(client: DlmsClient) -> list[str]:
    """Return the logical names of the push setups that this client may start."""
    found = []
    for entry in as_elements(client.get(15, CURRENT_ASSOCIATION, 2)):
        class_id, _, name, rights = as_elements(entry)
        methods = [as_elements(right) for right in as_elements(as_elements(rights)[1])]
        allowed = any(as_integer(right[0]) == PUSH and as_integer(right[1]) for right in methods)
        if as_integer(class_id) == PUSH_SETUP and allowed:
            found.append(str(Obis.from_bytes(as_octets(name))))
    return found
