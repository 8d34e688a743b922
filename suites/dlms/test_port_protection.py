"""Failed attempts lock a port (class 124): longer each time up to a limit, this port alone, until reset. Our own.

What modes and states mean is as gurux-dlms names them, and by how much a lock grows is not public (status U): only that
it grows where the steepness says so, and ends by max_lockout_time. A verdict cannot be worse than conditional.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.meter.link import Link
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.axdr import Data, integer
from bench.protocols.values import as_integer
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.position import MANAGEMENT
from suites.dlms.hdlc_dialogue import leave

CLASS, RESET = 124, 1
MODE, ALLOWED, INITIAL, STEEPNESS, LONGEST, STATUS, FAILED, TOTAL = 2, 3, 4, 5, 6, 8, 9, 10
LOCKED_ON_FAILED_ATTEMPTS = 1
N_ALLOWED, STEEP = 2, 2
#: The shortest first lock; a line that is slow to open gets longer ones, by so many times what opening takes.
LEAST_S, OPENINGS = 30, 10
#: Parts of a lock: within it, after it, and how much longer the longest may be than the first.
WITHIN, AFTER, LONGER = 0.8, 1.2, 1.5
ACCEPTED, REFUSED = "accepted", "refused"

Make = Callable[[AssociationDeclaration, bytes | None], DlmsClient]


@case(
    "dlms/port_protection",
    blue_book_requirement("Communication port protection: failed attempts lock a port", Topic.SECURITY, "U"),
    needs=(Need.METER, Need.MANAGEMENT),
    alters=[Alters.SETTINGS],
    stage=Stage.LOCK_OUT,
)
def test_port_protection(bench: CaseBench) -> None:
    """Wrong passwords in rounds: below the number allowed, above it, one more, and one more; then a reset."""
    obis = bench.declaration.communication.protection
    if not obis:
        leave(bench, Outcome.INAPPLICABLE, "no object is declared that protects the main port")
    association = next(
        (
            item
            for item in bench.position.usable_associations
            if item.mechanism == "lls" and not item.ciphered
        ),
        None,
    )
    if association is None or association.lock_out_after:
        leave(bench, Outcome.INAPPLICABLE, "no association with a password, or one with a lock of its own")
        return
    bench.energise()
    rounds = _Rounds(bench, association, obis)
    refused = rounds.begin()
    if not refused:
        rounds.play()
    bench.judge("dlms.port-protection/1", bench.observe("port-protection", rounds.end(refused)))


class _Rounds:
    """Rounds of wrong and right passwords at the main port, looked at from another port where there is one."""

    def __init__(self, bench: CaseBench, association: AssociationDeclaration, obis: str) -> None:
        self._bench, self._association, self._target = bench, association, (CLASS, obis)
        self._right = bench.position.secret_of(association) or b""
        self._wrong = bytes([self._right[0] ^ 0x01]) + self._right[1:]
        bench.position.secrets.learn(f"{association.secret} (wrong)", self._wrong)
        self._elsewhere = _other_port(bench)
        self._attempts: list[dict[str, str]] = []
        self._seen: dict[str, Any] = {"status_locked": None, "failed_after_reset": None, "total_before": 0}
        self._least = 0
        self._initial_s = self._longest_s = 0
        self._begun_s = 0.0

    def begin(self) -> str:
        """Set the protection for the test; return the meter's refusal, or ""."""
        held, clock = self._bench.position.held, self._bench.clock
        asked_s = clock.now()
        with opened(self._bench.position.client(MANAGEMENT)) as client:
            self._initial_s = LEAST_S + round(OPENINGS * (clock.now() - asked_s))
            self._longest_s = round(LONGER * self._initial_s)
            settings = {
                ALLOWED: N_ALLOWED,
                INITIAL: self._initial_s,
                STEEPNESS: STEEP,
                LONGEST: self._longest_s,
                MODE: LOCKED_ON_FAILED_ATTEMPTS,
            }
            try:
                self._seen["total_before"] = as_integer(client.get(*self._target, TOTAL))
                for attribute, value in settings.items():
                    held.hold(client, self._target, attribute)
                    kind = client.get(*self._target, attribute).type
                    client.set(*self._target, attribute, Data(kind, value))
            except Refused as refusal:
                return str(refusal.result)
        return ""

    def play(self) -> None:
        """Play all rounds."""
        clock, initial_s, longest_s = self._bench.clock, self._initial_s, self._longest_s
        wait = clock.sleep
        self._fail(N_ALLOWED - 1)
        self._try(f"the right password after {N_ALLOWED - 1} wrong of {N_ALLOWED} allowed", ACCEPTED)
        self._fail(N_ALLOWED + 1, counted=N_ALLOWED)
        if self._elsewhere is not None:
            self._try("the right password at another port", ACCEPTED, self._elsewhere)
            self._seen["status_locked"] = self._shown(STATUS)
        wait(max(0.0, self._begun_s + WITHIN * initial_s - clock.now()))
        self._try(f"the right password within {initial_s} s of {N_ALLOWED + 1} wrong", REFUSED)
        wait(AFTER * initial_s)
        self._fail(1)
        wait((initial_s + longest_s) / 2)
        self._try(f"the right password after {initial_s} s of a second, steeper lock", REFUSED)
        wait(AFTER * longest_s)
        self._fail(1)
        wait(AFTER * longest_s)
        self._try(f"the right password {longest_s} s after a third lock, the longest there is", ACCEPTED)
        if self._elsewhere is not None:
            self._fail(N_ALLOWED + 1, counted=N_ALLOWED)
            with contextlib.suppress(Refused), opened(self._manager(self._elsewhere)) as client:
                client.invoke(*self._target, RESET, integer(0))
            self._seen["failed_after_reset"] = self._shown(FAILED)
            self._try("the right password after reset", ACCEPTED)

    def end(self, refused: str) -> dict[str, Any]:
        """Put the settings back, when the last lock is over, and return what was seen."""
        if self._attempts and self._attempts[-1]["got"] != ACCEPTED:
            self._bench.clock.sleep(AFTER * self._longest_s)
        with opened(self._bench.position.client(MANAGEMENT)) as client:
            total = as_integer(client.get(*self._target, TOTAL)) if not refused else 0
            self._bench.position.held.put_back(client)
        n_refused = sum(attempt["got"] == REFUSED for attempt in self._attempts)
        return {
            "settings": refused,
            "attempts": self._attempts,
            **self._seen,
            "total_after": total,
            "least_counted": self._least,
            "most_counted": n_refused,
        }

    def _fail(self, times: int, *, counted: int | None = None) -> None:
        """Present the wrong password; ``counted``: how many of the attempts cannot fall into a lock."""
        self._least += times if counted is None else counted
        for number in range(1, times + 1):
            if number == counted:  # the lock begins in this attempt
                self._begun_s = self._bench.clock.now()
            self._try(f"wrong password {number} of {times}", REFUSED, password=self._wrong)

    def _try(self, what: str, due: str, make: Make | None = None, *, password: bytes | None = None) -> None:
        client = (make or self._here)(self._association, password or self._right)
        try:
            client.open()
            got = ACCEPTED
        except Refused:
            got = REFUSED
        except LinkError as error:
            got = REFUSED if due == REFUSED else error.message
        with contextlib.suppress(LinkError):
            client.close()
        self._attempts.append({"what": what, "due": due, "got": got})

    def _shown(self, attribute: int) -> int | None:
        """Return what the object shows, seen from the other port; None where that is refused."""
        if self._elsewhere is None:
            return None
        with contextlib.suppress(Refused), opened(self._manager(self._elsewhere)) as client:
            return as_integer(client.get(*self._target, attribute))
        return None

    def _manager(self, make: Make) -> DlmsClient:
        association = self._bench.position.association(MANAGEMENT)
        if association is None:
            raise LinkError("The association of management is not declared.")
        return make(association, self._bench.position.secret_of(association))

    def _here(self, association: AssociationDeclaration, secret: bytes | None) -> DlmsClient:
        return DlmsClient(self._bench.position.line.session(association), association, secret)


def _other_port(bench: CaseBench) -> Make | None:
    """Return how a client is made at a further port, where there is one; management in clear alone goes there."""
    said = bench.declaration.communication
    management = bench.position.association(MANAGEMENT)
    link: Link | None = None
    if said.framing != "wrapper" and management is not None and not management.ciphered:
        link = bench.position.wrapper_link("tcp")
    if link is None:
        return None
    line = link

    def make(association: AssociationDeclaration, secret: bytes | None) -> DlmsClient:
        ends = WrapperEndpoints(
            client=association.client_sap,
            server=said.server_sap,
            response_time_out_s=said.response_time_out_s,
        )
        return DlmsClient(WrapperSession(line, ends), association, secret)

    return make
