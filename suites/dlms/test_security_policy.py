"""The security policy, up and down: public case names SYMSEC_0. Procedures derived from titles. Pre-run only."""

from __future__ import annotations

from bench.judgement.dlms_requirements import public_requirement
from bench.meter.apdu_player import protection_control
from bench.protocols.axdr import Data, enum
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.values import as_integer
from bench.protocols.xdlms.action import ActionResponseNormal
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.get import GetRequestNormal, GetResponseNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import apdus, get_logical_name
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.secured_dialogue import (
    LEVELS,
    POLICY,
    SECURITY_SETUP,
    ciphered_association,
    ciphered_associations,
    demanded,
    in_force,
    open_secured,
    protection_of,
    setup_method,
)

ACTIVATE = 1
#: What is added to a policy, by version of the security setup: first for requests, then for answers as well.
#: Version 0 knows authentication (1) and encryption (2); version 1 has a bit for each, of requests and answers.
FIRST_STEP, SECOND_STEP = {0: 0x01, 1: 0x0C}, {0: 0x03, 1: 0x6C}


def _raise_policy_case(name: str, added: dict[int, int]) -> object:
    @case(f"dlms/{name}", public_requirement(name), alters=[Alters.KEYS], stage=Stage.KEYS, irreversible=True)
    def test(bench: CaseBench) -> None:
        association, policy = _to_raise(bench, added)
        raised = association.model_copy(update={"policy": policy})
        due, answers = demanded(raised), {}
        with apdus(bench, "SYMSEC_0_SecPol", association) as player, player.dialogue("raised"):
            client = open_secured(bench, player, association)
            protection = protection_of(client)
            raising = protection.seal(setup_method(association, ACTIVATE, enum(policy)))
            confirmed = player.play("raising", raising, opened=protection.open)
            for words, bits in LEVELS.items():
                rule = "as the policy demands" if bits & due == due else "less than the policy demands"
                sealed = protection.seal(get_logical_name(), control=bits)
                player.play(f"GET with {words}", sealed, rule, opened=protection.open)
            player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)
            target = CosemAttribute(SECURITY_SETUP, Obis(association.security_setup), POLICY)
            answer = player.session.exchange(protection.seal(GetRequestNormal(attribute=target).to_bytes()))
            read, _ = decode_apdu(protection.open(answer))
            if _is_done(confirmed) and isinstance(read, GetResponseNormal) and isinstance(read.result, Data):
                answers = {"reads": as_integer(read.result), "control": protection_control(answer)}
        if answers:
            seen = bench.observe(
                "raised-policy", {"asked": policy, "version": association.security_version, **answers}
            )
            bench.judge("dlms.raised-policy/1", seen, sub="in force")

    test.__doc__ = f"{name}: a raised policy holds at once, for requests and answers."
    return test


def _is_done(answer: bytes | None) -> bool:
    """Tell whether an ACTION was confirmed: one that was not puts nothing in force."""
    response = decode_apdu(answer)[0] if answer is not None else None
    return isinstance(response, ActionResponseNormal) and int(response.result) == 0


def _to_raise(bench: CaseBench, added: dict[int, int]) -> tuple[AssociationDeclaration, int]:
    """Return an association whose policy can be raised by a step, and to what; leave the case without one."""
    declared = [
        item
        for item in ciphered_associations(bench)
        if "action" in item.conformance and item.security_setup and item.security_version in added
    ]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, "no association with a security setup and ACTION is declared")
    bench.energise()
    for item in declared:
        policy = in_force(bench, item).policy
        raised = policy | added[item.security_version]
        if raised != policy:
            return item, raised
    leave(bench, Outcome.INAPPLICABLE, "the policy in force demands all of it already")
    raise AssertionError("unreachable")


test_policy_1 = _raise_policy_case("SYMSEC_0_SecPol_1", FIRST_STEP)
test_policy_2 = _raise_policy_case("SYMSEC_0_SecPol_2", SECOND_STEP)


@case(
    "dlms/SYMSEC_0_SecPol_3",
    public_requirement("SYMSEC_0_SecPol_3"),
    alters=[Alters.KEYS],
    stage=Stage.KEYS,
    irreversible=True,
)
def test_policy_3(bench: CaseBench) -> None:
    """A policy cannot be lowered."""
    association = ciphered_association(bench)
    if "action" not in association.conformance:
        leave(bench, Outcome.INAPPLICABLE, f"the association {association.name} does not declare action")
    if not association.security_setup or not association.policy:
        leave(bench, Outcome.INAPPLICABLE, "no security setup, or a policy that demands nothing, is declared")
    with apdus(bench, "SYMSEC_0_SecPol_3", association) as player, player.dialogue("policy"):
        client = open_secured(bench, player, association)
        protection = protection_of(client)
        lower = protection.seal(setup_method(association, ACTIVATE, enum(0)))
        player.play("lowering", lower, opened=protection.open)
        bare = protection.seal(get_logical_name(), control=0)
        player.play("less than the policy demands", bare, opened=protection.open)
        player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)
        again = protection.seal(setup_method(association, ACTIVATE, enum(association.policy)))
        player.session.exchange(again)  # whatever happened: the declared policy is in force again
