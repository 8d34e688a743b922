"""Wrong passwords: that they never lock for good, and that they lock as declared. Our own."""

from __future__ import annotations

from dataclasses import replace

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.apdu_player import ApduPlayer
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Kind, Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import (
    TIME_OUT_MARGIN,
    apdus,
    request_of,
    set_back_count,
    wait_until_open,
)
from suites.dlms.hdlc_dialogue import leave

N_WRONG_PASSWORDS = 5
#: The part of a declared lock after which it is looked whether it still holds.
WITHIN_LOCK = 0.8


@case(
    "dlms/lock_out",
    protocol_requirement("security: wrong passwords never lock for good", Topic.SECURITY),
    alters=[Alters.SETTINGS],
    stage=Stage.LOCK_OUT,
)
def test_lock_out(bench: CaseBench) -> None:
    """After wrong passwords the right one opens, at once or after a while; how long that took is told."""
    association = next(iter(_with_password(bench)), None)
    if association is None:
        leave(bench, Outcome.INAPPLICABLE, "no association with a password can be opened")
        return
    secret, wrong = _passwords(bench, association)
    with apdus(bench, "lock_out", association, hidden=[wrong]) as player:
        for number in range(1, N_WRONG_PASSWORDS + 1):
            _try_password(bench, player, association, f"wrong password {number}", wrong, "wrong password")
        waited_s = wait_until_open(bench, association)
        _try_password(
            bench, player, association, f"right password after {waited_s:g} s", secret, "right password"
        )


@case(
    "dlms/lock_out_declared",
    replace(
        protocol_requirement("security: wrong passwords lock as declared", Topic.SECURITY), kind=Kind.DECLARED
    ),
    alters=[Alters.SETTINGS],
    stage=Stage.LOCK_OUT,
)
def test_lock_out_declared(bench: CaseBench) -> None:
    """One wrong password fewer does not lock; the declared number does, for as long as is declared and no longer.

    The right password is tried within the lock once, late; from there the whole time is waited, for a meter that
    begins it anew with each try.
    """
    association = next((item for item in _with_password(bench) if item.lock_out_after), None)
    if association is None:
        leave(bench, Outcome.INAPPLICABLE, "no association declares lock_out_after")
        return
    secret, wrong = _passwords(bench, association)
    most, lock_s = association.lock_out_after, association.lock_out_s
    bench.energise()
    set_back_count(bench, association)
    with apdus(bench, "lock_out_declared", association, hidden=[wrong]) as player:
        for number in range(1, most):
            _try_password(bench, player, association, f"wrong password {number}", wrong, "wrong password")
        rule = "right password below the count"
        _try_password(bench, player, association, f"right password after {most - 1} wrong", secret, rule)
        for number in range(1, most + 1):
            _try_password(bench, player, association, f"wrong again {number}", wrong, "wrong password")
        bench.clock.sleep(lock_s * WITHIN_LOCK)
        rule = "right password while locked"
        _try_password(
            bench, player, association, f"right password within {lock_s:g} s of {most} wrong", secret, rule
        )
        bench.clock.sleep(lock_s * TIME_OUT_MARGIN)
        rule = "right password after the lock"
        _try_password(bench, player, association, f"right password {lock_s:g} s later", secret, rule)
    set_back_count(bench, association)


def _with_password(bench: CaseBench) -> list[AssociationDeclaration]:
    """Return the associations with a password that can be opened."""
    return [
        item
        for item in bench.position.usable_associations
        if item.mechanism == "lls" and not item.ciphered and bench.position.secret_of(item)
    ]


def _passwords(bench: CaseBench, association: AssociationDeclaration) -> tuple[bytes, bytes]:
    """Return the right password and a wrong one."""
    secret = bench.position.secret_of(association) or b""
    wrong = bytes([secret[0] ^ 0x01]) + secret[1:]
    bench.position.secrets.learn(f"{association.secret} (wrong)", wrong)
    return secret, wrong


def _try_password(
    bench: CaseBench,
    player: ApduPlayer,
    association: AssociationDeclaration,
    name: str,
    password: bytes,
    rule: str,
) -> None:
    with player.dialogue(f"{association.name}: {name}", rule):
        request = replace(request_of(bench, association), calling_authentication_value=password)
        player.play("AARQ", request.to_bytes())
