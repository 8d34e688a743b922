"""Opening of associations: public case names of the abstract test suite ATS_AL. Pre-run, not the official suite."""

from __future__ import annotations

from dataclasses import replace

from bench.judgement.dlms_requirements import public_requirement
from bench.meter.dlms_client import association_request
from bench.meter.protection import new_handshake
from bench.protocols.acse import Aarq, ApplicationContext, Mechanism, Rlrq
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation, Outcome
from bench.run.case import Need, case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import (
    JUDGE,
    apdus,
    below_the_lock,
    get_logical_name,
    request_of,
)
from suites.dlms.hdlc_dialogue import leave

UNKNOWN_CONTEXT = ApplicationContext.LN.object_identifier[:-1] + bytes([99])
NO_AUTHENTICATION_UNIT = "0"
DUMMY_VALUE = b"12345678"
DUMMY_TITLE = b"BENCH123"
DUMMY_USER = 1
TITLE_LENGTHS = {"title too short": 7, "title too long": 9}


@case("dlms/APPL_OPEN_1", public_requirement("APPL_OPEN_1"))
def test_appl_open_1(bench: CaseBench) -> None:
    """Open every association whose secret is at hand, read its name, release it."""
    seen: list[Observation] = []
    for association in bench.position.usable_associations:
        if association.ciphered or association.mechanism not in {"none", "lls"}:
            continue  # APPL_OPEN_3 and the security cases open those
        with (
            apdus(bench, "APPL_OPEN_1", association, into=seen) as player,
            player.dialogue(association.name, "association"),
        ):
            player.play("AARQ", request_of(bench, association).to_bytes())
            player.play("GET logical name", get_logical_name())
            player.play("RLRQ", Rlrq().to_bytes())
    if not seen:
        leave(bench, Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")
    bench.judge(JUDGE, *seen)


@case("dlms/APPL_OPEN_4", public_requirement("APPL_OPEN_4"))
def test_appl_open_4(bench: CaseBench) -> None:
    """The protocol version is version1 in both codings that are about; without it there is no association."""
    good = request_of(bench)
    with apdus(bench, "APPL_OPEN_4") as player:
        for name, bits in (
            ("version1 among six bits", "100001"),
            ("version1 as one bit", "1"),
            ("six bits without version1", "010000"),
            ("one bit without version1", "0"),
        ):
            with player.dialogue(name):
                player.play("AARQ", replace(good, protocol_version=bits).to_bytes())


@case("dlms/APPL_OPEN_5", public_requirement("APPL_OPEN_5"))
def test_appl_open_5(bench: CaseBench) -> None:
    """Application contexts that the meter does not offer this client, and one that nobody knows, are rejected."""
    good = request_of(bench)
    client = bench.position.plain_association.client_sap
    offered = {item.context for item in bench.declaration.association if item.client_sap == client}
    unused = [row for row in ApplicationContext if row.name.lower().replace("_", "-") not in offered]
    with apdus(bench, "APPL_OPEN_5") as player:
        for context in unused:
            with player.dialogue(context.name, "unused context"):
                request = replace(good, application_context_name=context.object_identifier)
                player.play("AARQ", request.to_bytes())
        if not unused:
            player.leave_out("unused context", "every context is offered")
        with player.dialogue("context 99", "unknown context"):
            player.play("AARQ", replace(good, application_context_name=UNKNOWN_CONTEXT).to_bytes())


@case("dlms/APPL_OPEN_6", public_requirement("APPL_OPEN_6"))
def test_appl_open_6(bench: CaseBench) -> None:
    """Titles, qualifiers and invocation ids that a plain context has no use for do no harm."""
    good = request_of(bench)
    ciphered = next((item for item in bench.position.usable_associations if item.ciphered), None)
    seen: list[Observation] = []
    with apdus(bench, "APPL_OPEN_6", into=seen) as player:
        with player.dialogue("unused fields"):
            request = replace(
                good,
                called_ap_title=DUMMY_TITLE,
                called_ae_qualifier=DUMMY_TITLE,
                called_ap_invocation_id=1,
                called_ae_invocation_id=1,
                calling_ap_title=DUMMY_TITLE,
                calling_ae_qualifier=DUMMY_TITLE,
                calling_ap_invocation_id=1,
            )
            player.play("AARQ", request.to_bytes())
        with player.dialogue("calling AE invocation id"):
            player.play("AARQ", replace(good, calling_ae_invocation_id=DUMMY_USER).to_bytes())
        for name in TITLE_LENGTHS:
            player.leave_out(name, "only ciphered contexts use titles")
    if ciphered is not None:
        with apdus(bench, "APPL_OPEN_6", ciphered, into=seen) as player:
            for name in ("unused fields", "calling AE invocation id"):
                player.leave_out(name, "in the context without ciphering")
            for name, length in TITLE_LENGTHS.items():
                octets = _with_title(bench, ciphered, length)  # it may ask for the counter: not in between
                with player.dialogue(name):
                    player.play("AARQ", octets)
    bench.judge(JUDGE, *seen)


def _with_title(bench: CaseBench, association: AssociationDeclaration, length: int) -> bytes:
    """Return the good AARQ of a ciphered association with a calling AP title of another length."""
    protection = bench.position.protection(association)
    secret = bench.position.secret_of(association)
    handshake = new_handshake(association, secret)
    request = association_request(association, secret, protection=protection, handshake=handshake)
    title = ((request.calling_ap_title or DUMMY_TITLE) * 2)[:length]
    return replace(request, calling_ap_title=title).to_bytes()


@case("dlms/APPL_OPEN_7", public_requirement("APPL_OPEN_7"))
def test_appl_open_7(bench: CaseBench) -> None:
    """A proof of identity that is not asked for, or a missing, short, long or wrong one, is rejected."""
    open_one = next((item for item in bench.declaration.association if item.mechanism == "none"), None)
    secured = [item for item in bench.declaration.association if item.mechanism == "lls"]
    guarded = next((item for item in secured if bench.position.secret_of(item)), None)
    if guarded is None and secured:
        leave(bench, Outcome.NOT_RUN, f'the secret "{secured[0].secret}" is not in the secrets file')
    if guarded is None and open_one is None:
        leave(bench, Outcome.INAPPLICABLE, "no association has LLS or no security")
    seen: list[Observation] = []
    if open_one is not None:
        with apdus(bench, "APPL_OPEN_7", open_one, into=seen) as player:
            with player.dialogue("no security, dummy proof"):
                request = replace(
                    request_of(bench, open_one),
                    sender_acse_requirements="1",
                    mechanism_name=Mechanism.LLS.object_identifier,
                    calling_authentication_value=DUMMY_VALUE,
                )
                player.play("AARQ", request.to_bytes())
            player.leave_out(
                "wrong proof", "on the association with a secret" if guarded else "no LLS is declared"
            )
    if guarded is not None:
        secret = bench.position.secret_of(guarded) or b""
        near = {"short": secret[:-1], "wrong": _other(secret), **_nearly(secret)}
        for name, value in near.items():
            bench.position.secrets.learn(f"{guarded.secret} ({name})", value)
        with apdus(bench, "APPL_OPEN_7", guarded, hidden=list(near.values()), into=seen) as player:
            player.leave_out("no security, dummy proof", "on the association without security")
            proofs = _wrong_proofs(request_of(bench, guarded), secret)
            for name, request in below_the_lock(bench, guarded, proofs):
                with player.dialogue(f"{guarded.name}: {name}", "wrong proof"):
                    player.play("AARQ", request.to_bytes())
    bench.judge(JUDGE, *seen)


def _wrong_proofs(good: Aarq, secret: bytes) -> dict[str, Aarq]:
    """Return AARQs that each lack or spoil one part of the authentication functional unit (dlms.md 1.4)."""
    return {
        "no authentication fields": replace(
            good, sender_acse_requirements=None, mechanism_name=None, calling_authentication_value=None
        ),
        "authentication unit not requested": replace(good, sender_acse_requirements=NO_AUTHENTICATION_UNIT),
        "mechanism name missing": replace(good, mechanism_name=None),
        "mechanism name of an unused mechanism": replace(
            good, mechanism_name=Mechanism.HLS_MD5.object_identifier
        ),
        "password missing": replace(good, calling_authentication_value=None),
        "password empty": replace(good, calling_authentication_value=b""),
        "first octet of the password": replace(good, calling_authentication_value=secret[:1]),
        "password one octet short": replace(good, calling_authentication_value=secret[:-1]),
        "password one octet long": replace(good, calling_authentication_value=secret + b"0"),
        "password wrong": replace(good, calling_authentication_value=_other(secret)),
        **{
            f"password with {name}": replace(good, calling_authentication_value=value)
            for name, value in _nearly(secret).items()
        },
    }


def _nearly(secret: bytes) -> dict[str, bytes]:
    """Return passwords as long as the right one that a careless comparison takes for it."""
    near = {"another last octet": secret[:-1] + bytes([secret[-1] ^ 0x01]), "other case": secret.swapcase()}
    return {name: value for name, value in near.items() if value != secret}


def _other(secret: bytes) -> bytes:
    """Return a password that differs in one bit."""
    return bytes([secret[0] ^ 0x01]) + secret[1:]


@case("dlms/APPL_OPEN_2", public_requirement("APPL_OPEN_2"), needs=[Need.METER])
def test_appl_open_2(bench: CaseBench) -> None:
    """Users that the association lists may open it; others may not."""
    users = _listed_users(bench)
    if users is None:
        leave(bench, Outcome.INAPPLICABLE, "the association object has no user_list (version below 2)")
    if not users:
        leave(bench, Outcome.INAPPLICABLE, "the user_list is empty: users are not identified")
    good = request_of(bench)
    stranger = next(number for number in range(255, 0, -1) if number not in (users or ()))
    with apdus(bench, "APPL_OPEN_2") as player:
        for name, user in (("listed user", (users or (0,))[0]), ("unlisted user", stranger)):
            with player.dialogue(name):
                player.play("AARQ", replace(good, calling_ae_invocation_id=user).to_bytes())


def _listed_users(bench: CaseBench) -> tuple[int, ...] | None:
    """Return the ids of the user_list of the current association; None where it has no such attribute."""
    from bench.meter.dlms_client import Refused, opened
    from bench.protocols.values import as_elements, as_integer

    bench.energise()
    with opened(bench.position.client(bench.position.plain_association.name)) as client:
        try:
            rows = as_elements(client.get(15, "0-0:40.0.0.255", 10))
        except Refused:
            return None
    return tuple(as_integer(as_elements(row)[0]) for row in rows)
