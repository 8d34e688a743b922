"""How the security cases play: a client that is associated with protection, and requests it spoils on purpose."""

from __future__ import annotations

from collections.abc import Callable

from bench.errors import LinkError
from bench.meter.apdu_player import ApduPlayer, DialogueEnds
from bench.meter.dlms_client import DlmsClient, NotProven, Refused
from bench.meter.protection import Protection
from bench.meter.session import answer_word
from bench.protocols.axdr import Data
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.values import UnexpectedData, as_integer
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.ciphered import SecurityControl
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation, Outcome
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import JUDGE, apdus
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import associated

A, E = int(SecurityControl.AUTHENTICATION), int(SecurityControl.ENCRYPTION)
LEVELS = {"nothing": 0, "authentication": A, "encryption": E, "authentication and encryption": A | E}
REQUEST_SHIFT = 2
SECURITY_SETUP, POLICY = 64, 2


def ciphered_association(bench: CaseBench, *, suite: int | None = 0) -> AssociationDeclaration:
    """Return the ciphered association to test; leave the case where there is none or its keys are missing."""
    declared = [item for item in bench.declaration.association if item.ciphered and not item.pre_established]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, "no association with ciphering is declared")
    fitting = [item for item in declared if suite is None or item.suite == suite]
    if not fitting:
        leave(bench, Outcome.INAPPLICABLE, f"no association of security suite {suite} is declared")
    usable = [item for item in fitting if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(fitting[0]))
    return usable[0]


def ciphered_associations(bench: CaseBench, suite: int = 0) -> tuple[AssociationDeclaration, ...]:
    """Return the ciphered associations of a suite to test, one for each policy and client; leave without any."""
    first = ciphered_association(bench, suite=suite)
    return tuple(
        item
        for item in bench.declaration.association
        if item is first
        or (
            item.ciphered
            and not item.pre_established
            and item.suite == suite
            and not bench.position.cannot_open(item)
        )
    )


def over_each(
    bench: CaseBench,
    procedure: str,
    play: Callable[[ApduPlayer, AssociationDeclaration], None],
    *,
    suite: int = 0,
) -> None:
    """Play ``procedure`` in every ciphered association of a suite, and judge all of it together."""
    seen: list[Observation] = []
    for association in ciphered_associations(bench, suite):
        with apdus(bench, procedure, association, into=seen) as player:
            play(player, association)
    bench.judge(JUDGE, *seen)


def demanded(association: AssociationDeclaration) -> int:
    """Return the bits of the security control octet that the declared policy demands of requests."""
    if association.security_version == 0:
        return (A if association.policy & 1 else 0) | (E if association.policy & 2 else 0)
    return (association.policy << REQUEST_SHIFT) & (A | E)


def in_force(bench: CaseBench, association: AssociationDeclaration) -> AssociationDeclaration:
    """Return the association with the policy that its security setup shows, where that demands more than declared.

    A policy that was raised, by an earlier run too, cannot be lowered again. One that shows less is not believed.
    """
    if not association.security_setup:
        return association
    try:
        with associated(bench, association) as client:
            shown = as_integer(client.get(SECURITY_SETUP, association.security_setup, POLICY))
    except (Refused, LinkError, UnexpectedData):
        return association
    return association.model_copy(update={"policy": association.policy | shown})


def setup_method(association: AssociationDeclaration, method: int, value: Data) -> bytes:
    """Return the ACTION that invokes a method of the association's security setup."""
    target = CosemMethod(SECURITY_SETUP, Obis(association.security_setup), method)
    return ActionRequestNormal(method=target, parameters=value).to_bytes()


def open_secured(
    bench: CaseBench,
    player: ApduPlayer,
    association: AssociationDeclaration,
    protection: Protection | None = None,
    *,
    step: str = "open",
    strict_proof: bool = False,
) -> DlmsClient:
    """Associate on the player's session and keep how that went as step ``step``."""
    client = bench.position.client(association.name, protection=protection)
    client.session, client.strict_proof = player.session, strict_proof
    word, trouble = "opened", ""
    try:
        client.open()
    except NotProven as doubt:
        word, trouble = "meter not proven", str(doubt)
    except Refused as refusal:
        word, trouble = "not associated", str(refusal)
    except LinkError as error:
        word, trouble = answer_word(error), str(error)
    player.note(step, word, "open", trouble)
    return client


def protection_of(client: DlmsClient) -> Protection:
    """Return the protection of a client that was opened. Raises DialogueEnds for one that was not."""
    if client.protection is None:
        raise DialogueEnds
    return client.protection
