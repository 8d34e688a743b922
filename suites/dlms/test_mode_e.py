"""The mode E sign-on of an optical port: request, identification, hand-over, way back. Our own (dlms.md 1.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import LinkError
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.sign_on_player import SignOnPlayer
from bench.protocols.deviation import DecodeError
from bench.protocols.hdlc import Control
from bench.protocols.mode_e import (
    BAUD_OF_CHARACTER,
    HDLC,
    Acknowledgement,
    Identification,
    decode_identification,
)
from bench.record.model import Outcome, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave

#: Nobody's address.
STRANGE_ADDRESS = "98765432109876"
#: Protocol and mode characters of something else than HDLC, and a rate that mode E has not.
OTHER_PROTOCOL, OTHER_MODE, NO_RATE = "0", "1", "7"
#: A sign-on that was left is forgotten after the longest reaction time and some.
FORGOTTEN_S = 5.0
TIME_OUT_MARGIN = 1.1


def mode_e_requirement(clause: str) -> Requirement:
    """Return a demand of IEC 62056-21 on an optical port; its clauses are not public to us."""
    return protocol_requirement(f"IEC 62056-21 mode E: {clause}", Topic.MODE_E)


@contextmanager
def _signing_on(bench: CaseBench) -> Iterator[SignOnPlayer]:
    """Play sign-ons on a port that opens by mode E, between two proofs of life."""
    if bench.declaration.communication.framing != "mode-e":
        leave(bench, Outcome.INAPPLICABLE, "the declared port does not open by mode E")
    bench.energise()
    position, association = bench.position, bench.position.plain_association
    line = position.line
    before = line.prove_alive(association)
    player = SignOnPlayer(position.link, line.ends(association), bench.declaration.communication)
    if not before.alive:  # whatever it took the proof of life for, its time-out ends that
        bench.clock.sleep(bench.declaration.communication.inactivity_time_out_s * TIME_OUT_MARGIN)
    player.rest()
    try:
        yield player
    finally:
        line.opening.ended()
    player.rest()
    after = line.prove_alive(association)
    # Where only HDLC behind the sign-on fails, the sign-on itself was the sign of life.
    identified = any(_identity(bytes.fromhex(step["received"])) is not None for step in player.steps)
    proofs = {"before": before.to_json(), "after": after.to_json()}
    for proof in proofs.values():
        proof["alive"] = proof["alive"] or identified
    bench.judge("dlms.mode-e/1", bench.observe("sign-on", {"steps": player.steps, **proofs}))


@case("dlms/ME_OPEN", mode_e_requirement("the sign-on leads to HDLC"))
def test_me_open(bench: CaseBench) -> None:
    """Request, identification, acknowledgement; then HDLC connects at the rate proposed."""
    with _signing_on(bench) as player:
        _hand_over(player, None)


@case("dlms/ME_ADDR", mode_e_requirement("only the meter addressed answers"))
def test_me_addr(bench: CaseBench) -> None:
    """A request to another address brings no answer; to the meter's own, or to none, it does."""
    own = bench.declaration.communication.mode_e_address
    with _signing_on(bench) as player:
        player.say("request to another address", player.request(STRANGE_ADDRESS), "silent")
        player.rest()
        player.say("request to its own address" if own else "request", player.request(), "identification")


def _rate_case(character: str) -> object:
    @case(f"dlms/ME_BAUD{character}", mode_e_requirement(f"the hand-over at Z = {character}"))
    def test(bench: CaseBench) -> None:
        with _signing_on(bench) as player:
            _hand_over(player, character)

    test.__doc__ = (
        f"Z = {character}: HDLC connects at that rate; one that was not proposed the meter need not take."
    )
    return test


test_me_baud0 = _rate_case("0")
test_me_baud1 = _rate_case("1")
test_me_baud2 = _rate_case("2")
test_me_baud3 = _rate_case("3")
test_me_baud4 = _rate_case("4")
test_me_baud5 = _rate_case("5")
test_me_baud6 = _rate_case("6")


@case("dlms/ME_BADACK", mode_e_requirement("a wrong acknowledgement does not lead to HDLC"))
def test_me_badack(bench: CaseBench) -> None:
    """After a wrong protocol, mode or rate no HDLC follows at the rate proposed, and the next sign-on works."""
    with _signing_on(bench) as player:
        for name, wrong in (
            ("without its first character", _beheaded),
            ("for another protocol and mode", _for_another_protocol),
            ("with a rate that mode E has not", _at_no_rate),
        ):
            found = _identity(
                player.say(f"request before an acknowledgement {name}", player.request(), "identification")
            )
            if found is None or found.baud is None:
                return
            player.say(f"acknowledgement {name}", wrong(found.baud_character), "free")
            player.frame(f"SNRM after an acknowledgement {name}", Control.SNRM, found.baud, "silent")
            bench.clock.sleep(FORGOTTEN_S)
        _hand_over(player, None)


@case("dlms/ME_TIMEOUT", mode_e_requirement("a sign-on that is left is forgotten"))
def test_me_timeout(bench: CaseBench) -> None:
    """A request that stops, and an identification that nobody acknowledges, are forgotten."""
    with _signing_on(bench) as player:
        player.say("half a request", player.request()[:2], "silent")
        bench.clock.sleep(FORGOTTEN_S)
        player.say("request", player.request(), "identification")
        bench.clock.sleep(FORGOTTEN_S)
        player.say(
            "request after an identification without acknowledgement", player.request(), "identification"
        )


@case("dlms/ME_ECHO", mode_e_requirement("an optical head that echoes is no obstacle"))
def test_me_echo(bench: CaseBench) -> None:
    """Where the bench's own head gives back what it is given, the sign-on works all the same."""
    if "echo=yes" not in bench.position.entry.meter:
        leave(bench, Outcome.INAPPLICABLE, "the line of this bench does not echo")
    with _signing_on(bench) as player:
        _hand_over(player, None)


@case("dlms/ME_BACK", mode_e_requirement("the port returns to 300 Bd"))
def test_me_back(bench: CaseBench) -> None:
    """After DISC, and after the inactivity time-out, the next sign-on is answered."""
    time_out_s = bench.declaration.communication.inactivity_time_out_s
    with _signing_on(bench) as player:
        _hand_over(player, None)
        player.rest()
        player.say("request after DISC", player.request(), "identification")
        if time_out_s:
            bench.clock.sleep(FORGOTTEN_S)
            _hand_over(player, None, leave_it=True)
            bench.clock.sleep(time_out_s * TIME_OUT_MARGIN)
            player.say("request after the inactivity time-out", player.request(), "identification")


def _hand_over(player: SignOnPlayer, character: str | None, *, leave_it: bool = False) -> None:
    """Sign on, acknowledge with a rate (None: the one proposed), connect at it, and disconnect."""
    found = _identity(player.say("request", player.request(), "identification"))
    if found is None or found.baud is None:
        return
    rate = found.baud_character if character is None else character
    player.say(f"acknowledgement, Z = {rate}", _ack(rate), "acknowledgement")
    proposed = rate == found.baud_character
    rule = "SNRM" if proposed else "SNRM at another rate"
    answer = player.frame(
        f"SNRM at {BAUD_OF_CHARACTER[rate]} Bd", Control.SNRM, BAUD_OF_CHARACTER[rate], rule
    )
    if answer and not leave_it:
        player.frame("DISC", Control.DISC, BAUD_OF_CHARACTER[rate])


def _ack(rate: str, protocol: str = HDLC, mode: str = HDLC) -> bytes:
    return Acknowledgement(baud_character=rate, protocol=protocol, mode=mode).to_bytes()


def _beheaded(rate: str) -> bytes:
    return _ack(rate)[1:]


def _for_another_protocol(rate: str) -> bytes:
    return _ack(rate, OTHER_PROTOCOL, OTHER_MODE)


def _at_no_rate(_rate: str) -> bytes:
    return _ack(NO_RATE)


def _identity(octets: bytes) -> Identification | None:
    try:
        return decode_identification(octets)
    except (DecodeError, LinkError):
        return None
