"""Message security of suite 0: public case names SYMSEC_0, and HLS. Procedures derived from titles. Pre-run only."""

from __future__ import annotations

import contextlib
import secrets as random_source
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import protocol_requirement, public_requirement
from bench.meter.apdu_player import ApduPlayer
from bench.meter.dlms_client import Refused, association_request
from bench.meter.protection import Protection, new_handshake
from bench.meter.session import answer_word
from bench.protocols.acse import Aare, AssociationResult, Rlrq, decode_acse
from bench.protocols.axdr import Data, array, enum, octet_string, structure
from bench.protocols.ciphering import Keys, wrap_key
from bench.protocols.cosem import CosemMethod
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.ciphered import SecurityControl
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.application_dialogue import CURRENT_ASSOCIATION, apdus, get_logical_name
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.key_transfer import (
    GAK,
    GUEK,
    KEY_TRANSFER,
    NO_KEY,
    changed,
    confirmed,
    master_key,
    opener,
    put_back,
    sealed,
    transfer_request,
)
from suites.dlms.object_reading import associated
from suites.dlms.secured_dialogue import (
    LEVELS,
    A,
    E,
    ciphered_association,
    demanded,
    in_force,
    open_secured,
    over_each,
    protection_of,
    setup_method,
)
from suites.dlms.test_object_services import safe_to_write, write_and_restore

KEY_OCTETS = 16
WRONG_KEY_LENGTH = 8
N_WRONG_PROOFS = 2
JUMP = 16


@case("dlms/APPL_OPEN_3", public_requirement("APPL_OPEN_3"))
def test_appl_open_3(bench: CaseBench) -> None:
    """Passes 3 and 4 of high level security: a right answer opens, a wrong one and none at all do not."""
    declared = [item for item in bench.declaration.association if item.mechanism.startswith("hls")]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, "no association with high level security is declared")
    usable = [item for item in declared if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(declared[0]))
    association = usable[0]
    with apdus(bench, "APPL_OPEN_3", association) as player:
        with player.dialogue("right proof"):
            client = open_secured(bench, player, association)
            player.play("GET", sealed(client, get_logical_name()), opened=opener(client))
        with player.dialogue("wrong proof"):
            client = bench.position.client(association.name)
            client.session = player.session
            client.prepare()
            word, trouble = "accepted", ""
            try:
                client.associate()
            except (Refused, LinkError) as error:
                word, trouble = "rejected", str(error)
            player.note("AARQ", word, trouble=trouble)
            player.play("GET before pass 3", sealed(client, get_logical_name()), opened=opener(client))
            method = CosemMethod(15, CURRENT_ASSOCIATION, 1)
            wrong = octet_string(bytes(17))
            reply = ActionRequestNormal(method=method, parameters=wrong).to_bytes()
            for _ in range(N_WRONG_PROOFS):
                player.play("wrong f(StoC)", sealed(client, reply), opened=opener(client))
                player.play(
                    "GET after a wrong pass 3", sealed(client, get_logical_name()), opened=opener(client)
                )


def _of_suite(
    name: str, suite: int, play: Callable[[ApduPlayer, CaseBench, AssociationDeclaration], None], words: str
) -> object:
    """Return the case of a public name for suite 0, and its like of our own for the suites that no plan names."""
    requirement = (
        public_requirement(name)
        if suite == 0
        else protocol_requirement(f"security suite {suite}: {words}", Topic.SECURITY)
    )
    case_id = name if suite == 0 else name.replace("SYMSEC_0_", f"suite_{suite}_")

    @case(f"dlms/{case_id}", requirement)
    def test(bench: CaseBench) -> None:
        over_each(bench, name, lambda player, item: play(player, bench, item), suite=suite)

    test.__doc__ = words
    return test


def _basic_capabilities(player: ApduPlayer, bench: CaseBench, association: AssociationDeclaration) -> None:
    """Read with each protection."""
    due = demanded(in_force(bench, association))
    if due == 0:
        player.leave_out("protection", "the policy demands nothing")
    with player.dialogue(f"{association.name}: protection", "protection"):
        client = open_secured(bench, player, association)
        protection = protection_of(client)
        for name, bits in LEVELS.items():
            enough = bits & due == due
            rule = "as the policy demands" if enough else "less than the policy demands"
            sealed = protection.seal(get_logical_name(), control=bits)
            player.play(f"GET with {name}", sealed, rule, opened=protection.open)
        player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)


def _frame_counter(player: ApduPlayer, bench: CaseBench, association: AssociationDeclaration) -> None:
    """Send a request again, with a lower number, with a higher one."""
    for dedicated in (False, True) if association.dedicated_key else (False,):
        words = f"{association.name}: counter{' of a dedicated key' if dedicated else ''}"
        with player.dialogue(words, "counter"):
            client = open_secured(bench, player, association, _with_key(bench, association, dedicated))
            protection = protection_of(client)
            get = get_logical_name()
            player.play("GET before", protection.seal(get), "fresh", opened=protection.open)
            stored = protection.seal(get)
            used = (protection.dedicated_counter if dedicated else protection.counter) - 1
            player.play("GET", stored, "fresh", opened=protection.open)
            player.play("the same octets again", stored, "replayed", opened=protection.open)
            lower = protection.seal(get, counter=used - 1)
            player.play("GET with a lower counter", lower, "lower", opened=protection.open)
            higher = protection.seal(get, counter=used + JUMP)
            player.play("GET with a higher counter", higher, "higher", opened=protection.open)
            if not dedicated:
                protection.counter = used + JUMP + 1


BASIC = "Requests with each protection are served exactly as the declared policy demands."
COUNTERS = "A request that is replayed, or numbered lower, is refused; one numbered higher is served."
ERRORS = "A wrong tag, key, title, suite or length, and clear text, are refused; the association lives on."

test_basic_capabilities = _of_suite("SYMSEC_0_BasicCap_1", 0, _basic_capabilities, BASIC)
test_basic_capabilities_1 = _of_suite("SYMSEC_0_BasicCap_1", 1, _basic_capabilities, BASIC)
test_basic_capabilities_2 = _of_suite("SYMSEC_0_BasicCap_1", 2, _basic_capabilities, BASIC)
test_frame_counter_1 = _of_suite("SYMSEC_0_FraCount_1", 0, _frame_counter, COUNTERS)
test_frame_counter_1_1 = _of_suite("SYMSEC_0_FraCount_1", 1, _frame_counter, COUNTERS)
test_frame_counter_1_2 = _of_suite("SYMSEC_0_FraCount_1", 2, _frame_counter, COUNTERS)


@case("dlms/SYMSEC_0_FraCount_3", public_requirement("SYMSEC_0_FraCount_3"))
def test_frame_counter_3(bench: CaseBench) -> None:
    """The meter's own invocation counter grows with every protected answer, over associations."""
    association = ciphered_association(bench)
    bench.energise()
    counters: list[int] = []
    for _ in range(2):
        with associated(bench, association) as client:
            for _ in range(4):
                client.get(15, str(CURRENT_ASSOCIATION), 1)
            counters += protection_of(client).received
    bench.judge("dlms.counters-grow/1", bench.observe("counters", {"counters": counters}))


@case("dlms/SYMSEC_0_DedKey_N1", public_requirement("SYMSEC_0_DedKey_N1"))
def test_dedicated_key_n1(bench: CaseBench) -> None:
    """A dedicated key of wrong length, an unprotected one, and a ded- service without key, are refused."""
    association = ciphered_association(bench)
    with apdus(bench, "SYMSEC_0_DedKey_N1", association) as player:
        for name, length, sealed in (
            ("dedicated key of wrong length", WRONG_KEY_LENGTH, True),
            ("dedicated key unprotected", KEY_OCTETS, False),
        ):
            if sealed and not association.dedicated_key:
                player.leave_out(name, "the association declares no dedicated key: it may be ignored")
                continue
            with player.dialogue(name):
                _offer_key(bench, player, association, _new_secret(bench, name, length), sealed=sealed)
        with player.dialogue("ded- service without key"):
            client = open_secured(bench, player, association)
            protection = protection_of(client)
            protection.dedicated = _new_secret(bench, "dedicated key that was not agreed")
            player.play("ded-GET", protection.seal(get_logical_name()), opened=protection.open)
            protection.dedicated = None
            player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)


def _offer_key(
    bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration, key: bytes, *, sealed: bool
) -> None:
    """Send the good AARQ with a dedicated key, its InitiateRequest in the clear unless ``sealed``.

    Whether the AARE opens is all that is looked at: with a key of wrong length nothing more can be protected.
    """
    protection = bench.position.protection(association)
    if protection is not None:
        protection.dedicated = key
    secret = bench.position.secret_of(association)
    handshake = new_handshake(association, secret)
    request = association_request(association, secret, protection=protection, handshake=handshake)
    if not sealed:
        initiate = InitiateRequest(
            dedicated_key=key,
            conformance=Conformance.from_names(association.conformance),
            max_pdu=association.max_pdu,
        )
        request = replace(request, user_information=initiate.to_bytes())
    word, trouble = "opened", ""
    try:
        player.connect()
        aare, _ = decode_acse(player.session.exchange(request.to_bytes()))
        if not isinstance(aare, Aare) or aare.result != AssociationResult.ACCEPTED:
            word = "not associated"
    except LinkError as error:
        word, trouble = answer_word(error), error.message
    player.note("open", word, trouble=trouble)


@case("dlms/SYMSEC_0_SecDataX_P1", public_requirement("SYMSEC_0_SecDataX_P1"), alters=[Alters.SETTINGS])
def test_data_exchange_p1(bench: CaseBench) -> None:
    """What is written with protection, by the global and by the dedicated key, is what is read."""
    association = ciphered_association(bench)
    kinds = (False, True) if association.dedicated_key else (False,)
    with apdus(bench, "SYMSEC_0_SecDataX_P1", association) as player:
        for dedicated in kinds:
            with player.dialogue("dedicated key" if dedicated else "global key"):
                client = open_secured(bench, player, association, _with_key(bench, association, dedicated))
                protection = protection_of(client)
                player.play("GET", protection.seal(get_logical_name()), opened=protection.open)
        if not association.dedicated_key:
            player.leave_out("dedicated key", "the association declares none")
    if bench.verdicts[-1].outcome is not Outcome.PASSED or "set" not in association.conformance:
        return
    writes: list[dict[str, Any]] = []
    for dedicated in kinds:
        client = bench.position.client(association.name, protection=_with_key(bench, association, dedicated))
        client.open()
        try:
            writes += [write_and_restore(client, row) for row in safe_to_write(client)[:1]]
        finally:
            with contextlib.suppress(LinkError):
                client.close()
    if not writes:
        reason = "WRITE DATA NOT AVAILABLE: no attribute that is safe to change is writable"
        bench.state(Outcome.INCONCLUSIVE, reason, sub="write")
        return
    seen = bench.observe("writes", {"writes": writes, "control": _unprotected_writes(bench)})
    bench.judge("dlms.protected-write/1", seen, sub="write")


def _with_key(bench: CaseBench, association: AssociationDeclaration, dedicated: bool) -> Protection | None:
    protection = bench.position.protection(association)
    if protection is not None and dedicated:
        protection.dedicated = _new_secret(bench, "dedicated key", len(protection.keys.encryption))
    return protection


def _unprotected_writes(bench: CaseBench) -> list[dict[str, Any]]:
    """Write the same way where nothing is protected, to know whether protection makes the difference."""
    for item in bench.position.usable_associations:
        if item.ciphered or "set" not in item.conformance:
            continue
        with associated(bench, item) as client:
            return [write_and_restore(client, row) for row in safe_to_write(client)[:1]]
    return []


def _data_exchange_errors(player: ApduPlayer, bench: CaseBench, association: AssociationDeclaration) -> None:
    """Spoil one thing after the other; a good request must still be served behind it."""
    due = demanded(in_force(bench, association))
    with player.dialogue(f"{association.name}: errors", "errors"):
        client = open_secured(bench, player, association)
        right = protection_of(client)
        get = get_logical_name()
        for name, make in _spoiled(right, get).items():
            if name == "clear text" and not due:
                continue
            right.seal(get)  # whoever spoils a copy uses this number up as well
            player.play(name, make(), "spoiled", opened=right.open)
        for bits, words in ((A, "authenticated only"), (A | E, "authenticated and encrypted")):
            if bits & due != due:
                continue
            wrong = _last_flipped(right.seal(get, control=bits))
            player.play(f"wrong tag, {words}", wrong, "spoiled", opened=right.open)
        player.play("still associated", right.seal(get), opened=right.open)


def _spoiled(right: Protection, get: bytes) -> dict[str, Callable[[], bytes]]:
    wrong_key = Keys(
        encryption=right.keys.encryption,
        authentication=random_source.token_bytes(len(right.keys.authentication)),
    )
    other_title = right.own_title[:-1] + bytes([right.own_title[-1] ^ 0xFF])
    return {
        "wrong tag": lambda: _last_flipped(right.seal(get)),
        "wrong authentication key": lambda: replace(right, keys=wrong_key).seal(get),
        "wrong system title": lambda: replace(right, own_title=other_title).seal(get),
        "unknown suite bits": lambda: _with_control(right.seal(get), 0x0F),
        "broadcast bit": lambda: _with_control(right.seal(get), SecurityControl.BROADCAST_KEY),
        "clear text": lambda: get,
    }


test_data_exchange_n1 = _of_suite("SYMSEC_0_SecDataX_N1", 0, _data_exchange_errors, ERRORS)
test_data_exchange_n1_1 = _of_suite("SYMSEC_0_SecDataX_N1", 1, _data_exchange_errors, ERRORS)
test_data_exchange_n1_2 = _of_suite("SYMSEC_0_SecDataX_N1", 2, _data_exchange_errors, ERRORS)


@case("dlms/SYMSEC_0_REL_N1", public_requirement("SYMSEC_0_REL_N1"))
def test_release_n1(bench: CaseBench) -> None:
    """An RLRQ that is less protected than the AARQ was does not release."""
    association = ciphered_association(bench)
    with apdus(bench, "SYMSEC_0_REL_N1", association) as player, player.dialogue("release"):
        client = open_secured(bench, player, association)
        protection = protection_of(client)
        player.play("RLRQ in the clear", Rlrq(reason=0).to_bytes())
        player.play("still associated", protection.seal(get_logical_name()), opened=protection.open)


def _key_transfer_case(name: str, which: tuple[int, ...], words: str) -> object:
    @case(f"dlms/{name}", public_requirement(name), alters=[Alters.KEYS], stage=Stage.KEYS, irreversible=True)
    def test(bench: CaseBench) -> None:
        association = _with_master_key(bench)
        new = {key_id: _new_secret(bench, f"new key {key_id} of {name}") for key_id in which}
        with apdus(bench, "SYMSEC_0_Key_Tx", association) as player:
            old: Keys | None = None
            with player.dialogue("transfer"):
                client = open_secured(bench, player, association)
                before_it = protection_of(client).keys
                request = sealed(client, transfer_request(bench, association, new))
                if confirmed(player.play("key transfer", request, opened=opener(client))):
                    old = before_it
            if old is None:
                for rule in ("old key", "new key", "restored"):
                    player.leave_out(rule, "no key was transferred")
                put_back(bench, player, association, new)
                return
            try:
                with player.dialogue("old key"):
                    open_secured(bench, player, association, bench.position.protection(association))
                with player.dialogue("new key"):
                    protection = bench.position.protection(association)
                    if protection is not None:
                        protection.keys = changed(old, new)
                    open_secured(bench, player, association, protection)
            finally:
                put_back(bench, player, association, new)
            with player.dialogue("restored"):
                open_secured(bench, player, association, bench.position.protection(association))

    test.__doc__ = f"{name}: {words}; the new works, the old does not, and the old is put back."
    return test


test_key_transfer_p1 = _key_transfer_case(
    "SYMSEC_0_Key_Tx_P1", (GUEK,), "the unicast encryption key is changed"
)
test_key_transfer_p2 = _key_transfer_case("SYMSEC_0_Key_Tx_P2", (GAK,), "the authentication key is changed")
test_key_transfer_p3 = _key_transfer_case("SYMSEC_0_Key_Tx_P3", (GUEK, GAK), "both keys are changed")


@case(
    "dlms/SYMSEC_0_Key_Tx_N1",
    public_requirement("SYMSEC_0_Key_Tx_N1"),
    alters=[Alters.KEYS],
    stage=Stage.KEYS,
    irreversible=True,
)
def test_key_transfer_n1(bench: CaseBench) -> None:
    """A key transfer with an unknown key id is refused, and the old key still works."""
    association = _with_master_key(bench)
    wrapped = wrap_key(_new_secret(bench, "key of an unknown id"), kek=master_key(bench, association))
    _bad_transfer(bench, association, structure(enum(NO_KEY), octet_string(wrapped)))


@case(
    "dlms/SYMSEC_0_Key_Tx_N2",
    public_requirement("SYMSEC_0_Key_Tx_N2"),
    alters=[Alters.KEYS],
    stage=Stage.KEYS,
    irreversible=True,
)
def test_key_transfer_n2(bench: CaseBench) -> None:
    """A key that is wrapped wrongly is refused, and the old key still works."""
    association = _with_master_key(bench)
    wrapped = wrap_key(_new_secret(bench, "key wrapped wrongly"), kek=master_key(bench, association))
    _bad_transfer(bench, association, structure(enum(GUEK), octet_string(_last_flipped(wrapped))))


def _bad_transfer(bench: CaseBench, association: AssociationDeclaration, item: Data) -> None:
    with apdus(bench, "SYMSEC_0_Key_Tx_N", association) as player:
        with player.dialogue("transfer"):
            client = open_secured(bench, player, association)
            request = setup_method(association, KEY_TRANSFER, array(item))
            player.play("bad key transfer", sealed(client, request), opened=opener(client))
        with player.dialogue("old key"):
            open_secured(bench, player, association)


def _with_master_key(bench: CaseBench) -> AssociationDeclaration:
    association = ciphered_association(bench)
    if "action" not in association.conformance:
        leave(bench, Outcome.INAPPLICABLE, f"the association {association.name} does not declare action")
    if not association.security_setup or not association.master_key:
        leave(bench, Outcome.INAPPLICABLE, "no security setup with a master key is declared")
    if bench.position.find_secret(association.master_key) is None:
        leave(bench, Outcome.NOT_RUN, f'the secret "{association.master_key}" is not in the secrets file')
    return association


def _new_secret(bench: CaseBench, name: str, size: int = KEY_OCTETS) -> bytes:
    """Make a key that no output will show."""
    value = random_source.token_bytes(size)
    bench.position.secrets.learn(name, value)
    return value


def _last_flipped(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 0x01])


def _with_control(sealed: bytes, bits: int) -> bytes:
    """Return a sealed APDU with other bits in its security control octet (the third, as it is short)."""
    return sealed[:2] + bytes([sealed[2] ^ bits]) + sealed[3:]
