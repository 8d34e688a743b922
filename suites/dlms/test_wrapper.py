"""The wrapper over TCP: fragments, doubles, wrong headers, time-outs. Our own, procedures derived (dlms.md 1.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.wrapper_player import WrapperPlayer
from bench.meter.wrapper_session import WrapperEndpoints
from bench.protocols.wrapper import HEADER_LENGTH
from bench.record.model import Outcome, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import request_of
from suites.dlms.hdlc_dialogue import leave

GAP_S = 0.05
STRANGE_CLIENT, STRANGE_SERVER = 0x3E7, 0x3E8
TIME_OUT_MARGIN = 1.1


def wrapper_requirement(clause: str) -> Requirement:
    """Return a demand on the wrapper; no public case names it."""
    return protocol_requirement(f"wrapper: {clause}", Topic.WRAPPER)


@contextmanager
def _playing(bench: CaseBench) -> Iterator[tuple[WrapperPlayer, bytes]]:
    """Play on the meter's wrapper port, with the good AARQ as what is wrapped."""
    link = bench.position.wrapper_link()
    if link is None:
        leave(bench, Outcome.INAPPLICABLE, "no wrapper port over TCP is declared and wired")
        return
    bench.energise()
    association = bench.position.plain_association
    said = bench.declaration.communication
    ends = WrapperEndpoints(
        client=association.client_sap, server=said.server_sap, response_time_out_s=said.response_time_out_s
    )
    player = WrapperPlayer(link, ends)
    aarq = request_of(bench).to_bytes()
    alive_before = player.answers(aarq)
    try:
        yield player, aarq
        alive_after = player.answers(aarq)
    finally:
        link.close()
    data = {"alive_before": alive_before, "alive_after": alive_after, "steps": player.steps}
    bench.judge("dlms.wrapper/1", bench.observe("wrapper-dialogue", data))


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
        player.play("two AARQs", [player.message(aarq).to_bytes() * 2], "first or both")


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


@case("dlms/W_LEN0", wrapper_requirement("a message of length 0 does no harm"))
def test_w_len0(bench: CaseBench) -> None:
    """A header without APDU gets no answer; the next good message does."""
    with _playing(bench) as (player, aarq):
        player.play("length 0", [player.message(aarq).to_bytes(length=0)[:HEADER_LENGTH]], "ignored")
        player.play("good", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_LENLONG", wrapper_requirement("a message that never ends does no harm"))
def test_w_lenlong(bench: CaseBench) -> None:
    """A length that is one too many, or 65535, brings no answer; a new connection is served."""
    with _playing(bench) as (player, aarq):
        for length in (len(aarq) + 1, 0xFFFF):
            player.play(f"length {length}", [player.message(aarq).to_bytes(length=length)], "ignored")
            player.play("good", [player.message(aarq).to_bytes()], "answered")


@case("dlms/W_IDLE", wrapper_requirement("an idle connection is closed"))
def test_w_idle(bench: CaseBench) -> None:
    """After the declared inactivity time-out the meter closes the connection."""
    ports = [port for port in bench.declaration.communication.port if port.framing == "wrapper"]
    said = bench.declaration.communication
    time_out_s = (
        said.inactivity_time_out_s
        if not bench.position.line.is_hdlc
        else (ports[0].inactivity_time_out_s if ports else 0.0)
    )
    if time_out_s == 0:
        leave(bench, Outcome.INAPPLICABLE, "the declared inactivity time-out is 0: never")
    with _playing(bench) as (player, aarq):
        player.play("AARQ", [player.message(aarq).to_bytes()], "answered")
        player.play("idle", [], "closed", patience_s=time_out_s * TIME_OUT_MARGIN, same_line=True)
