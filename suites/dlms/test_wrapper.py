"""The wrapper over TCP and UDP: fragments, doubles, wrong headers, time-outs. Our own, derived (dlms.md 1.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.link import Link
from bench.meter.wrapper_player import WrapperPlayer
from bench.meter.wrapper_session import WrapperEndpoints
from bench.protocols.acse import Rlrq
from bench.protocols.wrapper import HEADER_LENGTH
from bench.record.model import Outcome, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import TIME_OUT_MARGIN, get_logical_name, request_of, wait_for_idle
from suites.dlms.hdlc_dialogue import leave

GAP_S = 0.05
#: By then a request has arrived, and few meters have answered it.
ON_ITS_WAY_S = 0.01
#: Clients that no public profile knows, tried in this order; the declared ones are left out.
STRANGE_CLIENTS = (0x3E7, 0x3E9)
STRANGE_SERVER = 0x3E8


def wrapper_requirement(clause: str) -> Requirement:
    """Return a demand on the wrapper; no public case names it."""
    return protocol_requirement(f"wrapper: {clause}", Topic.WRAPPER)


@contextmanager
def _playing(bench: CaseBench, transport: str = "tcp") -> Iterator[tuple[WrapperPlayer, bytes]]:
    """Play on the meter's wrapper port, with the good AARQ as what is wrapped."""
    link = bench.position.wrapper_link(transport)
    if link is None:
        leave(bench, Outcome.INAPPLICABLE, f"no wrapper port over {transport.upper()} is declared and wired")
        return
    bench.energise()
    association = bench.position.plain_association
    said = bench.declaration.communication
    ends = WrapperEndpoints(
        client=association.client_sap,
        server=said.server_sap,
        response_time_out_s=said.response_time_out_s,
        datagrams=transport == "udp",
    )
    player = WrapperPlayer(link, ends)
    aarq = request_of(bench).to_bytes()
    try:
        before = after = player.prove_alive(aarq, patience_s=ends.response_time_out_s)
        if before.alive:
            yield player, aarq
            after = player.prove_alive(aarq)
    finally:
        link.close()
    elsewhere = None
    if before.alive and not after.alive and link is not bench.position.link:
        elsewhere = bench.position.line.prove_alive(association).alive
    data = {
        "before": before.to_json(),
        "after": after.to_json(),
        "elsewhere": elsewhere,
        "response_time_out_s": ends.response_time_out_s,
        "steps": player.steps,
    }
    bench.judge("dlms.wrapper/3", bench.observe("wrapper-dialogue", data))
    if not before.alive:
        pytest.skip("the wrapper port does not answer")


@contextmanager
def _further_connection(bench: CaseBench) -> Iterator[Link]:
    """Give a further connection to the wrapper port over TCP, beside the player's own."""
    link = bench.position.wrapper_link("tcp", bare=True)
    if link is None:
        leave(bench, Outcome.INAPPLICABLE, "no wrapper port over TCP is declared and wired")
        return
    try:
        yield link
    finally:
        link.close()


@case("dlms/W_FRAG", wrapper_requirement("a message in fragments is one message"))
def test_w_frag(bench: CaseBench) -> None:
    """A message cut at each of its octets in turn, the halves 50 ms apart, gets one answer."""
    with _playing(bench) as (player, aarq):
        octets = player.message(aarq).to_bytes()
        for at in range(1, len(octets)):
            player.play(f"cut after {at} octets", [octets[:at], octets[at:]], "answered", gap_s=GAP_S)


@case("dlms/W_TWO", wrapper_requirement("two messages in one segment are two messages"))
def test_w_two(bench: CaseBench) -> None:
    """Two requests in one segment get two answers, or the first gets its own; never a mixture."""
    with _playing(bench) as (player, aarq):
        player.play("AARQ", [player.message(aarq).to_bytes()], "answered")
        gets = [player.message(get_logical_name(invoke)).to_bytes() for invoke in (0xC1, 0xC9)]
        player.play("two GETs", [b"".join(gets)], "first or both", same_line=True)


@case("dlms/W_VERSION", wrapper_requirement("another version is not served"))
def test_w_version(bench: CaseBench) -> None:
    """A message of version 2 gets no answer; the next good one does."""
    with _playing(bench) as (player, aarq):
        octets = player.message(aarq).to_bytes()
        player.play("version 2", [bytes([0, 2]) + octets[2:]], "ignored")
        player.play("version 1", [octets], "answered")


@case("dlms/W_DPORT", wrapper_requirement("an unknown logical device does not answer"))
def test_w_dport(bench: CaseBench) -> None:
    """A message to an unknown wPort gets no answer; the next good one does."""
    with _playing(bench) as (player, aarq):
        player.play("unknown server", [player.message(aarq, server=STRANGE_SERVER).to_bytes()], "ignored")
        player.play("known server", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_SPORT", wrapper_requirement("an unknown client is not served"))
def test_w_sport(bench: CaseBench) -> None:
    """A client that nobody declared gets no association: silence, a closed connection or a refusal."""
    declared = {item.client_sap for item in bench.declaration.association}
    stranger = next(number for number in STRANGE_CLIENTS if number not in declared)
    with _playing(bench) as (player, aarq):
        strange = player.message(aarq, client=stranger).to_bytes()
        player.play("unknown client", [strange], "not served", client=stranger)
        player.play("known client", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_LEN0", wrapper_requirement("a message of length 0 does no harm"))
def test_w_len0(bench: CaseBench) -> None:
    """A header without APDU opens nothing; the next good message does."""
    with _playing(bench) as (player, aarq):
        player.play("length 0", [player.message(aarq).to_bytes(length=0)[:HEADER_LENGTH]], "not served")
        player.play("good", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_LENSHORT", wrapper_requirement("a message longer than its length does no harm"))
def test_w_lenshort(bench: CaseBench) -> None:
    """A length one less than the APDU has leaves a broken AARQ, which opens nothing, and a stray octet."""
    with _playing(bench) as (player, aarq):
        short = player.message(aarq).to_bytes(length=len(aarq) - 1)
        player.play("length one less", [short], "not served")
        player.play("good", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_LENLONG", wrapper_requirement("a message that never ends does no harm"))
def test_w_lenlong(bench: CaseBench) -> None:
    """A length that is one too many, or 65535, opens nothing; a new connection is served."""
    with _playing(bench) as (player, aarq):
        for length in (len(aarq) + 1, 0xFFFF):
            player.play(f"length {length}", [player.message(aarq).to_bytes(length=length)], "not served")
            player.play("good", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_IDLE", wrapper_requirement("an idle connection is closed"))
def test_w_idle(bench: CaseBench) -> None:
    """After the declared inactivity time-out the meter closes the connection."""
    time_out_s = _inactivity_time_out_s(bench)
    if time_out_s == 0:
        leave(bench, Outcome.INAPPLICABLE, "the declared inactivity time-out is 0: never")
    with _playing(bench) as (player, aarq):
        player.play("AARQ", [player.message(aarq).to_bytes()], "answered")
        player.play("idle", [], "closed", patience_s=time_out_s * TIME_OUT_MARGIN, same_line=True)


@case("dlms/W_SECOND", wrapper_requirement("a second connection does not disturb the first"))
def test_w_second(bench: CaseBench) -> None:
    """While one client is associated a second is served or turned away; the first goes on as if it were alone."""
    with _playing(bench) as (player, aarq), _further_connection(bench) as other:
        player.play("first client", [player.message(aarq).to_bytes()], "answered")
        wait_s = player.ends.response_time_out_s
        asked = [player.message(aarq).to_bytes()]
        player.play("second client", asked, "second client", link=other, patience_s=wait_s)
        other.close()
        reads = [player.message(get_logical_name()).to_bytes()]
        player.play("first client reads on", reads, "data", same_line=True)


@case("dlms/W_HALFOPEN", wrapper_requirement("a client that vanished does not hold the port for ever"))
def test_w_halfopen(bench: CaseBench) -> None:
    """A client associates and is never heard of again; after the inactivity time-out another one is served."""
    time_out_s = _inactivity_time_out_s(bench)
    if time_out_s == 0:
        leave(bench, Outcome.INAPPLICABLE, "the declared inactivity time-out is 0: never")
    with _playing(bench) as (player, aarq), _further_connection(bench) as vanished:
        octets = player.message(aarq).to_bytes()
        player.hang_up()
        player.play("client that vanishes", [octets], "answered", link=vanished)
        bench.clock.sleep(time_out_s * TIME_OUT_MARGIN)
        player.play("another client", [octets], "answered")


@case("dlms/W_RST", wrapper_requirement("a connection that breaks off does no harm"))
def test_w_rst(bench: CaseBench) -> None:
    """A client breaks its connection off while the answer is on its way; the next connection is served."""
    with _playing(bench) as (player, aarq), _further_connection(bench) as breaking:
        octets = player.message(aarq).to_bytes()
        player.hang_up()
        player.play("client that breaks off", [octets], "left", link=breaking, patience_s=ON_ITS_WAY_S)
        breaking.abort()
        player.play("next client", [octets], "answered")


@case("dlms/W_UDP", wrapper_requirement("one datagram is one message"))
def test_w_udp(bench: CaseBench) -> None:
    """Over UDP: one APDU a datagram; doubled, cut and early datagrams neither confuse nor repeat anything."""
    with _playing(bench, "udp") as (player, aarq):
        octets, get = player.message(aarq).to_bytes(), player.message(get_logical_name()).to_bytes()
        if not player.released(Rlrq(reason=0).to_bytes()):
            wait_for_idle(bench, _inactivity_time_out_s(bench, "udp"))
        player.play("GET before the AARQ", [get], "not served")
        player.play("AARQ", [octets], "answered")
        player.play("GET", [get], "data", same_line=True)
        player.play("GET doubled", [get, get], "first or both", same_line=True)
        for at in (HEADER_LENGTH // 2, HEADER_LENGTH, len(get) - 1):
            player.play(f"GET cut after {at} octets", [get[:at], get[at:]], "not served", same_line=True)
        player.play("GET again", [get], "data", same_line=True)


def _inactivity_time_out_s(bench: CaseBench, transport: str = "tcp") -> float:
    """Return the declared inactivity time-out of the port that speaks the wrapper over a transport."""
    said = bench.declaration.communication
    if (said.framing, said.transport) == ("wrapper", transport):
        return said.inactivity_time_out_s
    ports = [port for port in said.port if (port.framing, port.transport) == ("wrapper", transport)]
    return ports[0].inactivity_time_out_s if ports else 0.0
