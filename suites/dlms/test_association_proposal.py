"""What an AARQ proposes: public case names of the abstract test suite ATS_AL. Pre-run, not the official suite."""

from __future__ import annotations

from dataclasses import replace

from bench.judgement.dlms_requirements import public_requirement
from bench.protocols.acse import Aarq
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import apdus, request_of

#: A key of no meaning; without ciphering nobody uses it.
DUMMY_KEY = bytes(range(16))
LOW_VERSIONS, HIGH_VERSIONS = (0, 1, 5), (7, 255)
ALL_SERVICES = Conformance((1 << 24) - 1) & ~(Conformance.RESERVED_ZERO | Conformance.RESERVED_SEVEN)
#: Bits that qualify other services; none of them makes an association useful alone.
QUALIFIERS = (
    Conformance.PRIORITY_MGMT_SUPPORTED
    | Conformance.ATTRIBUTE0_SUPPORTED_WITH_GET
    | Conformance.ATTRIBUTE0_SUPPORTED_WITH_SET
    | Conformance.GENERAL_PROTECTION
)


@case("dlms/APPL_OPEN_9", public_requirement("APPL_OPEN_9"))
def test_appl_open_9(bench: CaseBench) -> None:
    """A dedicated key has no place in a context without ciphering."""
    with apdus(bench, "APPL_OPEN_9") as player, player.dialogue("dedicated key without ciphering"):
        player.play("AARQ", _proposing(bench, dedicated_key=DUMMY_KEY).to_bytes())


@case("dlms/APPL_OPEN_11", public_requirement("APPL_OPEN_11"))
def test_appl_open_11(bench: CaseBench) -> None:
    """A quality of service may be proposed."""
    with apdus(bench, "APPL_OPEN_11") as player, player.dialogue("quality of service"):
        player.play("AARQ", _proposing(bench, quality_of_service=0).to_bytes())


@case("dlms/APPL_OPEN_12", public_requirement("APPL_OPEN_12"))
def test_appl_open_12(bench: CaseBench) -> None:
    """A DLMS version below 6 is rejected; what a higher one brings is reported."""
    with apdus(bench, "APPL_OPEN_12") as player:
        for versions, rule in ((LOW_VERSIONS, "version below 6"), (HIGH_VERSIONS, "version above 6")):
            for version in versions:
                with player.dialogue(f"version {version}", rule):
                    player.play("AARQ", _proposing(bench, version=version).to_bytes())


@case("dlms/APPL_OPEN_13", public_requirement("APPL_OPEN_13"))
def test_appl_open_13(bench: CaseBench) -> None:
    """The services granted are those both sides have; with none in common there is no association."""
    declared = Conformance.from_names(bench.position.plain_association.conformance)
    with apdus(bench, "APPL_OPEN_13") as player:
        with player.dialogue("all services"):
            player.play("AARQ", _proposing(bench, conformance=ALL_SERVICES).to_bytes())
        unsupported = ALL_SERVICES & ~declared
        if unsupported & ~QUALIFIERS:
            with player.dialogue("unsupported services"):
                player.play("AARQ", _proposing(bench, conformance=unsupported & ~QUALIFIERS).to_bytes())
        else:
            player.leave_out("unsupported services", "every service is declared")
        with player.dialogue("GET alone", "one service"):
            player.play("AARQ", _proposing(bench, conformance=declared & Conformance.GET).to_bytes())


@case("dlms/APPL_OPEN_14", public_requirement("APPL_OPEN_14"))
def test_appl_open_14(bench: CaseBench) -> None:
    """A client that can receive fewer than 12 octets is rejected; 0 means no limit."""
    with apdus(bench, "APPL_OPEN_14") as player:
        for name, size in (("11 octets", 11), ("65535 octets", 0xFFFF), ("no limit", 0)):
            with player.dialogue(name):
                player.play("AARQ", _proposing(bench, max_pdu=size).to_bytes())


def _proposing(bench: CaseBench, **changes: object) -> Aarq:
    """Return the good AARQ with other values in its InitiateRequest."""
    good = request_of(bench)
    initiate, _ = decode_apdu(good.user_information or b"")
    if not isinstance(initiate, InitiateRequest):
        raise TypeError("the AARQ of this bench carries no InitiateRequest")
    return replace(good, user_information=replace(initiate, **changes).to_bytes())  # type: ignore[arg-type]
