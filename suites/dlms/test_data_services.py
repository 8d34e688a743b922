"""Data services with errors, and release: public case names of ATS_AL. Pre-run, not the official suite."""

from __future__ import annotations

from bench.judgement.dlms_requirements import protocol_requirement, public_requirement
from bench.meter.apdu_player import ApduPlayer
from bench.meter.wrapper_session import WrapperSession
from bench.protocols.acse import Rlrq
from bench.protocols.axdr import unsigned
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import GetRequestNormal, GetRequestWithList
from bench.protocols.xdlms.parts import AttributeAccess
from bench.protocols.xdlms.set import SetRequestNormal
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import (
    CURRENT_ASSOCIATION,
    apdus,
    end_associations,
    get_logical_name,
    request_of,
)
from suites.dlms.hdlc_dialogue import leave

#: A code in the range left to nobody: value group A 15 is reserved, B to F are extremes.
ABSENT_OBJECT = Obis("15-63:199.255.255.255")
UNKNOWN_CHOICE = 4
UNKNOWN_SET_CHOICE = 6
SHORT_NAME_READ = bytes.fromhex("050102fa00")
GENERAL_BLOCK = bytes.fromhex("e0800001000000")
ACCESS_REQUEST = bytes.fromhex("d9400000010001010028000000000000000100")
#: First octets that no APDU begins with, and one that only a meter sends.
UNKNOWN_TAGS = (0x00, 0x7F, 0xB0, 0xF5, 0xFF)


@case("dlms/APPL_IDLE_N1", public_requirement("APPL_IDLE_N1"))
def test_appl_idle_n1(bench: CaseBench) -> None:
    """Without association there is no data."""
    with apdus(bench, "APPL_IDLE_N1") as player:
        end_associations(bench, player)
        with player.dialogue("without association"):
            player.play("GET", get_logical_name())


@case("dlms/APPL_DATA_LN_N1", public_requirement("APPL_DATA_LN_N1"))
def test_appl_data_ln_n1(bench: CaseBench) -> None:
    """GET with an unknown choice, cut short, and of an absent object is refused; the association lives on."""
    absent = GetRequestNormal(attribute=CosemAttribute(1, ABSENT_OBJECT, 2))
    with apdus(bench, "APPL_DATA_LN_N1") as player, player.dialogue("GET"):
        player.play("AARQ", request_of(bench).to_bytes())
        whole = get_logical_name()
        player.play("unknown choice", bytes([whole[0], UNKNOWN_CHOICE]) + whole[2:])
        player.play("still associated", whole)
        player.play("truncated", whole[:-4])
        player.play("still associated", whole)
        player.play("absent object", absent.to_bytes())
        player.play("still associated", whole)


@case("dlms/APPL_DATA_LN_N3", public_requirement("APPL_DATA_LN_N3"))
def test_appl_data_ln_n3(bench: CaseBench) -> None:
    """SET with an unknown choice, cut short, and of an absent object is refused; the association lives on."""
    association = _that_can(bench, "set") or bench.position.plain_association
    set_absent = SetRequestNormal(attribute=CosemAttribute(1, ABSENT_OBJECT, 2), value=unsigned(0)).to_bytes()
    with apdus(bench, "APPL_DATA_LN_N3", association) as player, player.dialogue("SET"):
        player.play("AARQ", request_of(bench, association).to_bytes())
        player.play("unknown choice", bytes([set_absent[0], UNKNOWN_SET_CHOICE]) + set_absent[2:])
        player.play("still associated", get_logical_name())
        player.play("truncated", set_absent[:-6])
        player.play("still associated", get_logical_name())
        player.play("absent object", set_absent)
        player.play("still associated", get_logical_name())


@case("dlms/APPL_DATA_LN_N4", public_requirement("APPL_DATA_LN_N4"))
def test_appl_data_ln_n4(bench: CaseBench) -> None:
    """Services of short name referencing, and those not negotiated, are refused; the association lives on."""
    association = bench.position.plain_association
    declared = Conformance.from_names(association.conformance)
    outside = {
        "general block transfer": (Conformance.GENERAL_BLOCK_TRANSFER, GENERAL_BLOCK),
        "ACCESS": (Conformance.ACCESS, ACCESS_REQUEST),
        "SET": (
            Conformance.SET,
            SetRequestNormal(attribute=CosemAttribute(1, ABSENT_OBJECT, 2), value=unsigned(0)).to_bytes(),
        ),
        "ACTION": (
            Conformance.ACTION,
            ActionRequestNormal(method=CosemMethod(3, ABSENT_OBJECT, 1)).to_bytes(),
        ),
    }
    with apdus(bench, "APPL_DATA_LN_N4") as player, player.dialogue("services"):
        player.play("AARQ", request_of(bench).to_bytes())
        player.play("short name READ", SHORT_NAME_READ)
        player.play("still associated", get_logical_name())
        for name, (bit, apdu) in outside.items():
            if bit not in declared:
                player.play(name, apdu, "service not negotiated")
                player.play("still associated", get_logical_name())
        if all(bit in declared for bit, _ in outside.values()):
            player.leave_out("services", "every service is declared")


def _short_names(name: str) -> object:
    @case(f"dlms/{name}", public_requirement(name))
    def test(bench: CaseBench) -> None:
        if not any(item.context.startswith("sn") for item in bench.declaration.association):
            leave(bench, Outcome.INAPPLICABLE, "no association with short name referencing is declared")
        leave(bench, Outcome.NOT_RUN, "this bench does not associate with short name referencing")

    test.__doc__ = f"{name}: errors of short name referencing."
    return test


test_appl_data_sn_n1 = _short_names("APPL_DATA_SN_N1")
test_appl_data_sn_n2 = _short_names("APPL_DATA_SN_N2")
test_appl_data_sn_n3 = _short_names("APPL_DATA_SN_N3")


@case("dlms/APPL_REL_P1", public_requirement("APPL_REL_P1"))
def test_appl_rel_p1(bench: CaseBench) -> None:
    """After DISC, and after RLRQ where the meter knows it, the association is gone."""
    aarq = request_of(bench).to_bytes()
    with apdus(bench, "APPL_REL_P1") as player:
        if bench.position.line.is_hdlc:
            with player.dialogue("DISC"):
                player.play("AARQ", aarq)
                player.connect()
                player.play("GET after release", get_logical_name())
        else:
            player.leave_out("DISC", "the wrapper has no DISC")
        for name, rlrq in (("RLRQ", bytes.fromhex("6200")), ("RLRQ with reason", Rlrq(reason=0).to_bytes())):
            with player.dialogue(name, "RLRQ"):
                player.play("AARQ", aarq)
                answer = player.play("RLRQ", rlrq)
                if answer is not None and answer[:1] == b"\x63":
                    player.play("GET after release", get_logical_name())
        if not _played(player, "GET after release", "RLRQ"):
            player.leave_out("RLRQ", "the meter releases by DISC only")


@case(
    "dlms/association_end",
    protocol_requirement("an association ends with its connection", Topic.ASSOCIATION, "V1"),
)
def test_association_end(bench: CaseBench) -> None:
    """After DISC or a closed line, and after SNRM alone, what was associated is no longer."""
    aarq = request_of(bench).to_bytes()
    with apdus(bench, "association_end") as player:
        if isinstance(player.session, WrapperSession) and player.session.ends.datagrams:
            player.leave_out("a new connection", "datagrams know no connection")
        else:
            with player.dialogue("a new connection"):
                player.play("AARQ", aarq)
                player.play("GET", get_logical_name())
                player.connect()
                player.play("GET on a new connection", get_logical_name())
        if bench.position.line.is_hdlc:
            with player.dialogue("SNRM again"):
                player.play("AARQ", aarq)
                player.play("GET", get_logical_name())
                player.session.connect()
                player.play("GET after SNRM", get_logical_name())
        else:
            player.leave_out("SNRM again", "the wrapper has no SNRM")


@case("dlms/unknown_tags", protocol_requirement("unknown APDU tags do no harm", Topic.SERVICE))
def test_unknown_tags(bench: CaseBench) -> None:
    """APDUs that begin with an octet no APDU begins with are refused; the association, or the meter, lives on."""
    with apdus(bench, "unknown_tags") as player:
        for tag in UNKNOWN_TAGS:
            with player.dialogue(f"tag {tag:02X}", "tags"):
                player.play("AARQ", request_of(bench).to_bytes())
                player.play(f"tag {tag:02X}", bytes([tag]) + get_logical_name()[1:], "unknown tag")
                player.play("still associated", get_logical_name())


@case(
    "dlms/services_not_negotiated",
    protocol_requirement("only negotiated services are served", Topic.SERVICE, "V1"),
)
def test_services_not_negotiated(bench: CaseBench) -> None:
    """Service by service: with GET alone negotiated, no other service is served."""
    association = _that_can(bench, "set") or bench.position.plain_association
    declared = Conformance.from_names(association.conformance)
    name = CosemAttribute(15, CURRENT_ASSOCIATION, 1)
    requests: dict[str, tuple[Conformance, bytes]] = {
        "SET": (
            Conformance.SET,
            SetRequestNormal(attribute=CosemAttribute(1, ABSENT_OBJECT, 2), value=unsigned(0)).to_bytes(),
        ),
        "ACTION": (
            Conformance.ACTION,
            ActionRequestNormal(method=CosemMethod(3, ABSENT_OBJECT, 1)).to_bytes(),
        ),
        "GET with list": (
            Conformance.MULTIPLE_REFERENCES,
            GetRequestWithList(
                items=(AttributeAccess(attribute=name), AttributeAccess(attribute=name))
            ).to_bytes(),
        ),
        "ACCESS": (Conformance.ACCESS, ACCESS_REQUEST),
        "general block transfer": (Conformance.GENERAL_BLOCK_TRANSFER, GENERAL_BLOCK),
    }
    del declared
    with apdus(bench, "services_not_negotiated", association) as player:
        for service, (_bit, apdu) in requests.items():
            with player.dialogue(f"GET alone, {service}", "service"):
                player.play("AARQ", _proposing_get(bench, association))
                player.play("GET", get_logical_name(), "negotiated")
                player.play(service, apdu, "not negotiated")


def _proposing_get(bench: CaseBench, association: AssociationDeclaration) -> bytes:
    narrow = association.model_copy(update={"conformance": ("get",)})
    return request_of(bench, narrow).to_bytes()


def _that_can(bench: CaseBench, service: str) -> AssociationDeclaration | None:
    """Return a plain association that this bench can open and that has a service."""
    return next(
        (
            item
            for item in bench.position.usable_associations
            if service in item.conformance and not item.ciphered and item.mechanism in {"none", "lls"}
        ),
        None,
    )


def _played(player: ApduPlayer, step: str, dialogue: str) -> bool:
    return any(
        entry["name"] == step for row in player.dialogues if row["rule"] == dialogue for entry in row["steps"]
    )
