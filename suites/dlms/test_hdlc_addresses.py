"""HDLC addresses: public case names of the abstract test suite ATS_DL. Pre-run, not the official suite."""

from __future__ import annotations

from bench.judgement.dlms_requirements import public_requirement
from bench.meter.player import HdlcPlayer
from bench.protocols.hdlc import Address, Control, Frame
from bench.record.model import Outcome
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import frames, leave

#: Addresses that no public profile gives to anybody, tried in this order; the declared ones are left out.
STRANGE_UPPER = (0x5B, 0x5D)
STRANGE_LOWER = (0x55, 0x57)


@case("dlms/HDLC_ADDRESS_P1", public_requirement("HDLC_ADDRESS_P1"))
def test_hdlc_address_p1(bench: CaseBench) -> None:
    """The declared address, in its declared form, is answered with the addresses swapped; all stations, if declared."""
    with frames(bench, "HDLC_ADDRESS_P1") as player:
        player.connect()
        player.play("DISC in NRM", player.disc().to_bytes())
    said = bench.declaration.communication
    if not said.all_station_address:
        return
    everybody = Address.all_station(said.address_length)
    with frames(bench, "HDLC_ADDRESS_P1, all stations", sub="all stations") as player:
        _snrm_to(player, "SNRM to all stations", everybody, "SNRM to all stations")
        disc = Frame(destination=everybody, source=player.ends.client, control=Control.DISC)
        player.play("DISC to all stations", disc.to_bytes())
        player.connect()
        player.play("DISC in NRM", player.disc().to_bytes())


@case("dlms/HDLC_ADDRESS_N1", public_requirement("HDLC_ADDRESS_N1"))
def test_hdlc_address_n1(bench: CaseBench) -> None:
    """A source address of two octets, which no client has, is dropped."""
    with frames(bench, "HDLC_ADDRESS_N1") as player:
        source = bytes([0x00]) + player.ends.client.to_bytes()
        frame = Frame(destination=player.ends.server, source=source, control=Control.SNRM)
        player.play("SNRM from a source of 2 octets", frame.to_bytes(), "SNRM from a long source")
        player.play("DISC in NDM", player.disc().to_bytes())


@case("dlms/HDLC_ADDRESS_N4", public_requirement("HDLC_ADDRESS_N4"))
def test_hdlc_address_n4(bench: CaseBench) -> None:
    """Frames to an unknown upper or lower address, or both, are dropped."""
    with frames(bench, "HDLC_ADDRESS_N4") as player:
        server = player.ends.server
        upper = next(number for number in STRANGE_UPPER if number != server.upper)
        lower = next(number for number in STRANGE_LOWER if number != server.lower)
        unknown = {"upper": Address(upper, server.lower, server.length)}
        if server.length > 1:
            unknown["lower"] = Address(server.upper, lower, server.length)
            unknown["upper and lower"] = Address(upper, lower, server.length)
        for name, address in unknown.items():
            _snrm_to(player, f"SNRM to an unknown {name} address", address, "SNRM to an unknown address")


@case("dlms/HDLC_ADDRESS_N6", public_requirement("HDLC_ADDRESS_N6"))
def test_hdlc_address_n6(bench: CaseBench) -> None:
    """An address of one octet is not for a meter that declares two or four."""
    said = bench.declaration.communication
    if said.address_length == 1:
        leave(bench, Outcome.INAPPLICABLE, "the declared address has one octet itself")
    with frames(bench, "HDLC_ADDRESS_N6") as player:
        short = bytes([(said.server_upper & 0x7F) << 1 | 1])
        _snrm_to(player, "SNRM to the upper address alone, in one octet", short, "SNRM to the short address")


@case("dlms/HDLC_ADDRESS_N7", public_requirement("HDLC_ADDRESS_N7"))
def test_hdlc_address_n7(bench: CaseBench) -> None:
    """Addresses of three and five octets do not exist."""
    said = bench.declaration.communication
    lower = said.server_lower or 0
    with frames(bench, "HDLC_ADDRESS_N7") as player:
        short = Address(said.server_upper & 0x7F, lower & 0x7F, 2).to_bytes()
        long = Address(said.server_upper, lower, 4).to_bytes()
        for octets in (bytes(1) + short, bytes(1) + long):
            name = f"SNRM to an address of {len(octets)} octets"
            _snrm_to(player, name, octets, "SNRM to an impossible address")


def _snrm_to(player: HdlcPlayer, name: str, address: Address | bytes, rule: str) -> None:
    frame = Frame(destination=address, source=player.ends.client, control=Control.SNRM)
    player.play(name, frame.to_bytes(), rule)
