"""Who may come in: challenges, counters over a power cut, defaults, broken ciphered APDUs. Our own."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from bench.errors import LinkError
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.apdu_player import ApduPlayer
from bench.protocols.ciphering import Keys
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Kind, Observation, Outcome, Requirement, Topic
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
from suites.dlms.object_reading import associated
from suites.dlms.secured_dialogue import ciphered_association, open_secured, over_each, protection_of

N_CHALLENGES = 4
CUT_S, START_UP_S = 5.0, 10.0
#: Passwords and keys that makers and libraries are known to leave in meters; the declared secret is left out.
DEFAULT_PASSWORDS = (b"00000000", b"12345678", b"ABCDEFGH", b"11111111", bytes(8), b"Gurux")
_COUNTING, _AUTHENTICATION = bytes(range(32)), bytes(range(0xD0, 0xF0))
DEFAULT_KEYS = (
    ("00 01 02.. and D0 D1 D2..", _COUNTING, _AUTHENTICATION),
    ("00 01 02.. for both", _COUNTING, _COUNTING),
    ("zeros", bytes(32), bytes(32)),
    ("FF..", b"\xff" * 32, b"\xff" * 32),
    ("11..", b"\x11" * 32, b"\x11" * 32),
)


def _demand(clause: str, *, kind: Kind = Kind.STANDARD) -> Requirement:
    return replace(protocol_requirement(f"security: {clause}", Topic.SECURITY), kind=kind)


@case("dlms/system_title", protocol_requirement("the system title begins with the FLAG ID", Topic.SECURITY))
def test_system_title(bench: CaseBench) -> None:
    """The meter's system title begins with its manufacturer's letters and is the declared one."""
    association = ciphered_association(bench, suite=None)
    bench.energise()
    with associated(bench, association) as client:
        title = protection_of(client).meter_title
    bench.judge("dlms.system-title/1", bench.observe("system-title", {"title": title.hex()}))


@case("dlms/hls_challenges", _demand("a challenge never comes again"))
def test_hls_challenges(bench: CaseBench) -> None:
    """The meter's challenges, association after association."""
    association = _with_challenge(bench)
    data = {"before": _challenges(bench, association), "after": []}
    bench.judge("dlms.challenges/1", bench.observe("challenges", data))


@case(
    "dlms/hls_challenges_power_cut",
    _demand("a challenge never comes again, after a power cut either"),
    needs=[Need.METER, Need.SOURCE, Need.HANDS],
)
def test_hls_challenges_power_cut(bench: CaseBench) -> None:
    """The meter's challenges before and after its supply was away."""
    association = _with_challenge(bench)
    power_cycle(bench)
    before = _challenges(bench, association)
    power_cycle(bench)
    data = {"before": before, "after": _challenges(bench, association)}
    bench.judge("dlms.challenges/1", bench.observe("challenges", data))


@case(
    "dlms/counter_power_cut",
    _demand("the client's counter outlives a power cut"),
    needs=[Need.METER, Need.SOURCE, Need.HANDS],
)
def test_counter_power_cut(bench: CaseBench) -> None:
    """What was sent before the supply was away is not taken after it; the meter's own counter goes on as well."""
    association = ciphered_association(bench, suite=None)
    with apdus(bench, "counter_power_cut", association) as player:
        old: bytes | None = None
        used, counters = 0, list[int]()
        with player.dialogue("before the power cut"):
            client = open_secured(bench, player, association)
            protection = protection_of(client)
            used = protection.counter
            old = protection.seal(get_logical_name())
            player.play("GET", old, opened=protection.open)
            counters += protection.received
        if old is None:
            for rule in ("a counter used before the power cut", "a fresh counter"):
                player.leave_out(rule, "no association came about before the power cut")
            return
        power_cycle(bench)
        with player.dialogue("a counter used before the power cut"):
            stale = bench.position.protection(association)
            if stale is not None:
                stale.counter = used - 1
            open_secured(bench, player, association, stale)
        with player.dialogue("a fresh counter"):
            client = open_secured(bench, player, association)
            protection = protection_of(client)
            player.play("GET", protection.seal(get_logical_name()), opened=protection.open)
            player.play("the octets from before", old, "replayed", opened=protection.open)
            counters += protection.received
    if len(counters) > 1:
        bench.judge("dlms.counters-grow/1", bench.observe("counters", {"counters": counters}), sub="meter")


@case("dlms/factory_defaults", _demand("passwords and keys of the factory do not open a meter in the field"))
def test_factory_defaults(bench: CaseBench) -> None:
    """Known defaults are tried in every association with a password or keys; none of them opens."""
    seen: list[Observation] = []
    for association in bench.declaration.association:
        if association.pre_established or bench.position.cannot_open(association):
            continue
        secret = bench.position.secret_of(association)
        if association.mechanism == "lls" and not association.ciphered and secret:
            with apdus(bench, "factory_defaults", association, into=seen) as player:
                player.leave_out("keys", "the association has a password")
                good = request_of(bench, association)
                defaults = {
                    f"default password {number}": replace(good, calling_authentication_value=password)
                    for number, password in enumerate(DEFAULT_PASSWORDS, start=1)
                    if password != secret
                }
                for name, request in below_the_lock(bench, association, defaults):
                    with player.dialogue(f"{association.name}: {name}", "password"):
                        player.play("AARQ", request.to_bytes())
        elif association.mechanism == "hls-gmac":
            with apdus(bench, "factory_defaults", association, into=seen) as player:
                player.leave_out("password", "the association has keys")
                _try_keys(bench, player, association)
    if not seen:
        leave(bench, Outcome.INAPPLICABLE, "no association with a password or keys can be tried")
    bench.judge(JUDGE, *seen)


def _try_keys(bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration) -> None:
    for name, encryption, authentication in DEFAULT_KEYS:
        protection = bench.position.protection(association)
        if protection is None:
            continue
        size = len(protection.keys.encryption)
        keys = Keys(encryption=encryption[:size], authentication=authentication[:size])
        if keys == protection.keys:
            continue
        protection.keys = keys
        with player.dialogue(f"{association.name}: keys {name}", "keys"):
            open_secured(bench, player, association, protection)


@case(
    "dlms/hls_counter", _demand("GMAC of pass 3 carries a higher counter than the AARQ", kind=Kind.ADVISORY)
)
def test_hls_counter(bench: CaseBench) -> None:
    """Both habits are about: a higher counter is what this bench asks for, the same one is worth a remark."""
    association = ciphered_association(bench, suite=None)
    if association.mechanism != "hls-gmac":
        leave(bench, Outcome.INAPPLICABLE, "the ciphered association does not authenticate with GMAC")
    with apdus(bench, "hls_counter", association) as player, player.dialogue("a higher counter"):
        open_secured(bench, player, association, strict_proof=True)


@case("dlms/ciphered_lengths", _demand("a ciphered APDU of wrong length does no harm"))
def test_ciphered_lengths(bench: CaseBench) -> None:
    """Length octets that promise more, less, nothing or far too much: refused or dropped, and the meter lives on."""
    over_each(bench, "ciphered_lengths", lambda player, item: _wrong_lengths(player, bench, item))


def _wrong_lengths(player: ApduPlayer, bench: CaseBench, association: AssociationDeclaration) -> None:
    for name in (
        "one more",
        "one less",
        "none",
        "65,535",
        "4,294,967,295",
        "cut behind the header",
        "no header",
    ):
        with player.dialogue(f"{association.name}: {name}", "length"):
            client = open_secured(bench, player, association)
            protection = protection_of(client)
            octets = protection.seal(get_logical_name())
            player.play(name, _with_length(octets, name), "wrong length", opened=protection.open)
            player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)


def _with_length(sealed: bytes, name: str) -> bytes:
    """Return a sealed APDU (tag, one length octet, rest) whose length is another."""
    tag, length, rest = sealed[:1], sealed[1], sealed[2:]
    return {
        "one more": tag + bytes([length + 1]) + rest,
        "one less": tag + bytes([length - 1]) + rest,
        "none": tag + bytes(1) + rest,
        "65,535": tag + bytes.fromhex("82ffff") + rest,
        "4,294,967,295": tag + bytes.fromhex("84ffffffff") + rest,
        "cut behind the header": tag + bytes([5]) + rest[:5],
        "no header": tag + bytes(1),
    }[name]


def power_cycle(bench: CaseBench) -> None:
    """Take the position's supply away for a while and wait until the meter is up again."""
    bench.energise()
    actuators, number = bench.position.hands(bench.rack)
    bench.position.link.close()
    actuators.supply(number, on=False)
    bench.clock.sleep(CUT_S)
    actuators.supply(number, on=True)
    bench.clock.sleep(START_UP_S)


def _with_challenge(bench: CaseBench) -> AssociationDeclaration:
    declared = [item for item in bench.declaration.association if item.mechanism.startswith("hls")]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, "no association with high level security is declared")
    usable = [item for item in declared if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(declared[0]))
    bench.energise()
    return usable[0]


def _challenges(bench: CaseBench, association: AssociationDeclaration) -> list[str]:
    """Associate a few times and return the meter's challenges."""
    found = []
    for _ in range(N_CHALLENGES):
        client = bench.position.client(association.name)
        client.prepare()
        aare = client.associate()
        found.append((aare.responding_authentication_value or b"").hex())
        with contextlib.suppress(LinkError):
            client.close()
    return found
