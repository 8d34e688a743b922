"""What a meter says when its supply goes: a push on the connection that a client keeps open. Derived by us.

That the setup of power down is started by the loss of supply is how this project reads its name (status U).
"""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.meter.wrapper_session import WrapperSession
from bench.protocols.data import Data
from bench.protocols.values import as_elements
from bench.protocols.wrapper import WrapperReader
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.switch import START_UP_S
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.push_line import PUSH_SETUP, Message, arrived, push_line, push_setups, pushed

POWER_DOWN, OBJECTS = "0-4:25.9.0.255", 2
#: How long a meter without supply can still have something to say.
LAST_WORDS_S = 5.0
OFF_S = 10.0


@case(
    "dlms/push_power_down",
    blue_book_requirement("Push setup: push on power down", Topic.PUSH, "U"),
    needs=(Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_push_power_down(bench: CaseBench) -> None:
    """Let the setup push on this connection when it is asked to; then take the supply away and listen."""
    line = push_line(bench)
    link, ends, association = line.link, line.ends, line.association
    client = DlmsClient(WrapperSession(link, ends), association, bench.position.secret_of(association))
    with opened(client):
        setups = push_setups(client)
        if POWER_DOWN not in setups:
            leave(bench, Outcome.INAPPLICABLE, f"no push setup {POWER_DOWN} that may be invoked is listed")
        if not _filled(bench, client, setups):
            leave(bench, Outcome.INCONCLUSIVE, "the list of what is pushed on power down cannot be written")
    actuators, number = bench.position.hands(bench.rack)
    client.open()
    answers, asked = pushed(link, ends, [POWER_DOWN])
    actuators.supply(number, on=False)
    try:
        came = arrived(link, WrapperReader(), LAST_WORDS_S)
        bench.clock.sleep(OFF_S)
    finally:
        link.close()
        actuators.supply(number, on=True)
    bench.clock.sleep(START_UP_S)
    with opened(bench.position.client("management")) as manager:
        bench.position.held.put_back(manager)
    data = {
        "server": ends.server,
        "answers": [answer.hex() for answer in answers],
        "asked": _told(asked),
        "messages": _told(came),
    }
    bench.judge("dlms.push-power-down/1", bench.observe("push-power-down", data))


def _filled(bench: CaseBench, client: DlmsClient, setups: list[str]) -> bool:
    """Give the setup the list of another one, where it has none of its own; return whether it has one now."""
    own: Data = client.get(PUSH_SETUP, POWER_DOWN, OBJECTS)
    if as_elements(own):
        return True
    for other in setups:
        rows = client.get(PUSH_SETUP, other, OBJECTS)
        if as_elements(rows):
            bench.position.held.hold(client, (PUSH_SETUP, POWER_DOWN), OBJECTS)
            try:
                client.set(PUSH_SETUP, POWER_DOWN, OBJECTS, rows)
            except (Refused, LinkError):
                return False
            return True
    return False


def _told(messages: list[Message]) -> list[dict[str, Any]]:
    return [
        {"source": item.source, "destination": item.destination, "apdu": item.apdu.hex()} for item in messages
    ]
