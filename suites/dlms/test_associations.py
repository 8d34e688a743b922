"""Opening of associations: public case names of the abstract test suite ATS_AL. Pre-run, not the official suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bench.meter.dlms_client import association_request
from bench.meter.player import ApduPlayer
from bench.protocols.acse import Aarq, ApplicationContext, Mechanism, Rlrq
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.get import GetRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Kind, Outcome, Requirement, Topic
from bench.run.case import Need, case
from bench.run.case_bench import CaseBench

UNKNOWN_CONTEXT = bytes.fromhex("608574050801") + bytes([99])
AUTHENTICATION_UNIT = "1"
NO_AUTHENTICATION_UNIT = "0"
DUMMY_VALUE = b"12345678"


def application_requirement(name: str, status: str = "V1") -> Requirement:
    """Return the requirement of a public APPL case: a public re-implementation and one manufacturer's reading."""
    return Requirement(
        document="DLMS UA 1001-6 ATS_AL",
        edition="V1.3",
        clause=name,
        topic=Topic.ASSOCIATION,
        kind=Kind.STANDARD,
        status=status,
    )


@case("dlms/APPL_OPEN_1", application_requirement("APPL_OPEN_1"))
def test_appl_open_1(bench: CaseBench) -> None:
    """Open every declared association whose secret is at hand, read its name, release it."""
    bench.energise()
    seen = []
    for association in bench.declaration.association:
        secret = bench.position.secret_of(association)
        if association.mechanism not in {"none", "lls"} or (association.secret and secret is None):
            continue
        with _playing(bench, association, "accepted", [secret] if secret else []) as (player, data):
            player.connect()
            player.play("AARQ", association_request(association, secret).to_bytes())
            name = CosemAttribute(15, Obis("0-0:40.0.0.255"), 1)
            player.play("GET logical name", GetRequestNormal(attribute=name).to_bytes())
            player.play("RLRQ", Rlrq().to_bytes())
        seen.append(bench.observe("association-dialogue", data))
    if not seen:
        bench.state(Outcome.NOT_RUN, "no declared association can be opened: secrets are missing")
        return
    bench.judge("dlms.association-opened/1", *seen)


@case("dlms/APPL_OPEN_5", application_requirement("APPL_OPEN_5"))
def test_appl_open_5(bench: CaseBench) -> None:
    """Application contexts that the meter does not offer, and one that nobody knows, are rejected."""
    bench.energise()
    association = bench.position.association("public") or bench.declaration.association[0]
    good = association_request(association, bench.position.secret_of(association))
    offered = {
        item.context for item in bench.declaration.association if item.client_sap == association.client_sap
    }
    wrong: dict[str, bytes] = {
        context.name: context.object_identifier
        for context in ApplicationContext
        if context.name.lower().replace("_", "-") not in offered
    }
    wrong["unknown context 99"] = UNKNOWN_CONTEXT
    with _playing(bench, association, "context") as (player, data):
        for name, identifier in wrong.items():
            player.connect()
            player.play(name, replace(good, application_context_name=identifier).to_bytes())
    bench.judge("dlms.association-rejected/1", bench.observe("association-dialogue", data))


@case("dlms/APPL_OPEN_7", application_requirement("APPL_OPEN_7"), needs=[Need.METER, Need.READER])
def test_appl_open_7(bench: CaseBench) -> None:
    """A missing, short, long or wrong proof of identity is rejected."""
    bench.energise()
    reader = bench.position.association("reader")
    secret = bench.position.secret_of(reader) if reader is not None else None
    if reader is None or reader.mechanism != "lls" or not secret:
        bench.state(Outcome.INAPPLICABLE, "the reader association does not use LLS")
        return
    near_misses = {"short": secret[:-1], "wrong": _other(secret)}
    for name, value in near_misses.items():
        bench.position.secrets.learn(f"{reader.secret} ({name})", value)
    with _playing(bench, reader, "authentication", [secret, *near_misses.values()]) as (player, data):
        for name, request in _wrong_proofs(association_request(reader, secret), secret).items():
            player.connect()
            player.play(name, request.to_bytes())
    seen = bench.observe("association-dialogue", data)
    bench.judge("dlms.association-rejected/1", seen)


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
        "password one octet short": replace(good, calling_authentication_value=secret[:-1]),
        "password one octet long": replace(good, calling_authentication_value=secret + b"0"),
        "password wrong": replace(good, calling_authentication_value=_other(secret)),
    }


def _other(secret: bytes) -> bytes:
    """Return a password that differs in one bit."""
    return bytes([secret[0] ^ 0x01]) + secret[1:]


@contextmanager
def _playing(
    bench: CaseBench, association: AssociationDeclaration, due: str, hidden: Sequence[bytes] = ()
) -> Iterator[tuple[ApduPlayer, dict[str, object]]]:
    """Play APDUs between two proofs that the meter is alive; the dictionary becomes the observation."""
    data: dict[str, object] = {"association": association.name, "due": due}
    with bench.position.player(association.name) as alive:
        data["alive_before"] = alive.alive_before
        player = ApduPlayer(bench.position.session(association.name), hidden)
        try:
            yield player, data
        finally:
            player.finish()
            data["steps"] = player.steps
    data["alive_after"] = alive.alive_after
