"""How the application layer cases play: dialogues of APDUs between two proofs of life, one observation each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.errors import LinkError
from bench.meter.apdu_player import ApduPlayer
from bench.meter.dlms_client import Refused, association_request
from bench.protocols.acse import Aarq, Rlrq
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.get import GetRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation, Outcome
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave

CURRENT_ASSOCIATION = Obis("0-0:40.0.0.255")
JUDGE = "dlms.application/3"
RLRE = b"\x63"
TIME_OUT_MARGIN = 1.1
#: A lock that has not ended by then is taken to be for good.
LONGEST_LOCK_S, RETRY_S = 900.0, 60.0


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


def end_associations(bench: CaseBench, player: ApduPlayer) -> None:
    """Reach IDLE where no line ends that would end an association: over datagrams only RLRQ and time do."""
    said = bench.declaration.communication
    if (said.framing, said.transport) != ("wrapper", "udp"):
        return
    session = player.session
    with contextlib.suppress(LinkError):
        session.connect()
        session.exchange(request_of(bench).to_bytes())
        if session.exchange(Rlrq(reason=0).to_bytes())[:1] == RLRE:
            return
    wait_for_idle(bench, said.inactivity_time_out_s)


def wait_for_idle(bench: CaseBench, time_out_s: float) -> None:
    """Wait until the meter has given an association up that it does not release; leave a case where it never does."""
    if time_out_s == 0:
        leave(
            bench, Outcome.INCONCLUSIVE, "the meter neither releases an association nor gives it up in time"
        )
    bench.clock.sleep(time_out_s * TIME_OUT_MARGIN)


def set_back_count(bench: CaseBench, association: AssociationDeclaration) -> None:
    """Set the count of wrong passwords back by the right one, after the declared lock where there is one by now."""
    if association.lock_out_after and is_locked(bench, association):
        bench.clock.sleep(association.lock_out_s * TIME_OUT_MARGIN)
        is_locked(bench, association)


def is_locked(bench: CaseBench, association: AssociationDeclaration) -> bool:
    """Tell whether the right password is refused; a meter that is silent or broken is not locked."""
    client = bench.position.client(association.name)
    locked = False
    try:
        client.open()
    except Refused:
        locked = True
    except LinkError:
        pass
    with contextlib.suppress(LinkError):
        client.close()
    return locked


def below_the_lock(
    bench: CaseBench, association: AssociationDeclaration, requests: Mapping[str, Aarq]
) -> Iterator[tuple[str, Aarq]]:
    """Yield requests with wrong passwords; before so many in a row that a declared lock closes, a right one goes.

    A lock that nobody declared is waited for at the end, unless the right password was refused before, too.
    """
    refused_before = is_locked(bench, association)
    most = max(1, association.lock_out_after - 1)
    for number, (name, request) in enumerate(requests.items()):
        if number % most == 0:
            set_back_count(bench, association)
        yield name, request
    if not refused_before:
        wait_until_open(bench, association)


def wait_until_open(bench: CaseBench, association: AssociationDeclaration) -> float:
    """Wait until the right password opens, so that no later case meets a lock; return how long that took, s."""
    longest_s, waited_s = max(LONGEST_LOCK_S, TIME_OUT_MARGIN * association.lock_out_s), 0.0
    while waited_s < longest_s and is_locked(bench, association):
        bench.clock.sleep(RETRY_S)
        waited_s += RETRY_S
    return waited_s


def request_of(bench: CaseBench, association: AssociationDeclaration | None = None) -> Aarq:
    """Return the good AARQ of an association, by default the plain one."""
    association = association or bench.position.plain_association
    return association_request(association, bench.position.secret_of(association))


def get_logical_name(invoke: int = 0xC1) -> bytes:
    """Return the GET of what every association must let its client read."""
    return GetRequestNormal(invoke=invoke, attribute=CosemAttribute(15, CURRENT_ASSOCIATION, 1)).to_bytes()
