"""HDLC under stress: nonsense by the run's seed, segments that come twice. Our own."""

from __future__ import annotations

import random

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import association_request
from bench.meter.player import HdlcPlayer
from bench.protocols.hdlc import LLC_COMMAND, Address, Frame, crc_octets, i_control, rr_control
from bench.record.model import Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import frames

N_WRONG_FCS, N_RIGHT_FCS = 12, 12
FLAG_OCTETS, FCS_OCTETS = 1, 2
SEGMENT = 10
TIME_OUT_MARGIN = 1.1
#: A client that no public profile knows, for a meter that declares only one.
STRANGE_CLIENT = 0x55


@case("dlms/hdlc_fuzz", protocol_requirement("HDLC: frames of nonsense do no harm", Topic.HDLC))
def test_hdlc_fuzz(bench: CaseBench) -> None:
    """Frames with octets changed, left out and doubled: silence where the FCS shows it, and SNRM always recovers."""
    source = random.Random(bench.run.options.seed)  # noqa: S311  # repeatable by its seed
    association = bench.position.plain_association
    aarq = association_request(association, bench.position.secret_of(association)).to_bytes()
    more_s = bench.declaration.communication.inter_octet_time_out_s * TIME_OUT_MARGIN
    with frames(bench, "hdlc_fuzz") as player:
        for sealed, number in ((False, N_WRONG_FCS), (True, N_RIGHT_FCS)):
            for index in range(1, number + 1):
                player.connect()
                octets = _spoiled(source, _good(source, player, aarq), sealed=sealed)
                rule = "spoiled behind the addresses, FCS right" if sealed else "spoiled, FCS wrong"
                player.play(f"{rule}, {index}", octets, rule)
                # A length that promises more than came holds the meter's ear until its inter-octet time-out.
                bench.clock.sleep(max(0.0, more_s - player.ends.response_time_out_s))
        player.connect("SNRM after all")


def _good(source: random.Random, player: HdlcPlayer, aarq: bytes) -> Frame:
    return source.choice(
        (
            player.snrm(),
            player.frame(rr_control(0)),
            player.frame(i_control(0, 0), LLC_COMMAND + aarq),
            player.disc(),
        )
    )


def _spoiled(source: random.Random, good: Frame, *, sealed: bool) -> bytes:
    """Return a frame with some octets changed; ``sealed`` spares format and addresses and makes the FCS right."""
    whole = good.to_bytes()
    flag, body = whole[:FLAG_OCTETS], bytearray(whole[FLAG_OCTETS : -FLAG_OCTETS - FCS_OCTETS])
    right = whole[-FLAG_OCTETS - FCS_OCTETS : -FLAG_OCTETS]
    first = len(good.to_bytes()) - len(_behind_addresses(good)) - FLAG_OCTETS if sealed else 2
    # What a sealed I-frame carries is for the layer above to refuse; its fuzz has a case of its own.
    spared = len(good.information) - len(LLC_COMMAND) if sealed and good.information[:3] == LLC_COMMAND else 0
    while True:
        for _ in range(source.randint(1, 3)):
            at = source.randrange(first, len(body) - spared)
            match source.randrange(3):
                case 0:
                    body[at] ^= 1 << source.randrange(8)
                case 1 if len(body) - spared > first + 1:
                    del body[at]
                case _:
                    body.insert(at, body[at])
        total = len(body) + FCS_OCTETS
        form = (int.from_bytes(body[:2], "big") & 0xF800) | total
        octets = form.to_bytes(2, "big") + bytes(body[2:])
        if sealed:
            return flag + octets + crc_octets(octets) + flag
        if crc_octets(octets) != right:
            return flag + octets + right + flag


def _behind_addresses(frame: Frame) -> bytes:
    """Return what stands behind the addresses: control field, HCS, information, FCS and flag."""
    whole = frame.to_bytes()
    addresses = sum(
        len(item if isinstance(item, bytes) else item.to_bytes())
        for item in (frame.destination, frame.source)
    )
    return whole[FLAG_OCTETS + 2 + addresses :]


@case(
    "dlms/hdlc_repeated_segment",
    protocol_requirement("HDLC: a repeated segment is not taken twice", Topic.HDLC),
)
def test_hdlc_repeated_segment(bench: CaseBench) -> None:
    """An AARQ in segments, each sent twice, is still one AARQ."""
    association = bench.position.plain_association
    aarq = association_request(association, bench.position.secret_of(association)).to_bytes()
    with frames(bench, "hdlc_repeated_segment", "dlms.hdlc-information/2") as player:
        player.connect()
        player.message("AARQ in segments", aarq, size=SEGMENT, twice=True)


@case(
    "dlms/hdlc_reset",
    protocol_requirement("HDLC: SNRM in a connection begins a new one", Topic.HDLC, "V1"),
)
def test_hdlc_reset(bench: CaseBench) -> None:
    """SNRM without DISC sets all numbers back: what follows counts from 0 again."""
    association = bench.position.plain_association
    aarq = association_request(association, bench.position.secret_of(association)).to_bytes()
    with frames(bench, "hdlc_reset", "dlms.hdlc-information/2") as player:
        for number in (1, 2):
            player.connect(f"SNRM {number}")
            player.message(f"AARQ {number}", aarq)


@case(
    "dlms/hdlc_other_client",
    protocol_requirement("HDLC: a connection is its client's alone", Topic.HDLC),
)
def test_hdlc_other_client(bench: CaseBench) -> None:
    """Frames of another client, in the middle of a connection, are not taken for those of the connected one."""
    own = bench.position.plain_association.client_sap
    declared = (item.client_sap for item in bench.declaration.association if not item.pre_established)
    other = next((sap for sap in declared if sap != own), STRANGE_CLIENT)
    with frames(bench, "other_client") as player:
        player.connect()
        for name, control in (("RR", rr_control(0)), ("I-frame", i_control(0, 0))):
            frame = Frame(
                destination=player.ends.server,
                source=Address(other),
                control=control,
                information=LLC_COMMAND if name == "I-frame" else b"",
            )
            player.play(f"{name} of another client", frame.to_bytes(), "frame of another client")
        player.play("RR", player.frame(rr_control(0)).to_bytes())
