"""Ciphered associations: high level security, policy, counters, dedicated keys, key transfer, release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.protocols.ciphering import DED_TAGS, Keys, open_apdu, protect, wrap_key
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralCiphering, GeneralHead, KeyInfo
from reference_meter.meter import Meter
from reference_meter.products.product import Product
from tests.reference_meter.dlms.cipher_client import (
    AUTHENTICATED,
    BOTH,
    ENCRYPTED,
    TITLE,
    CipherClient,
)
from tests.reference_meter.dlms.octet_client import Client

GET_NAME = bytes.fromhex("c001c1000100002a0000ff0200")
NAME = bytes.fromhex("c401c1000910") + b"MBR0072272200001"
REFUSED, UNDECIPHERED = "d80102", "d80105"
SETUP = "004000002b0000ff"
NEW_KEY = bytes(range(100, 116))


@pytest.fixture
def client(meter: Meter) -> CipherClient:
    return CipherClient(meter)


def transfer(master: bytes, *keys: tuple[int, bytes]) -> bytes:
    """Write key_transfer out, its keys wrapped."""
    elements = b"".join(
        bytes([2, 2, 22, key_id, 9, len(key) + 8]) + wrap_key(key, kek=master) for key_id, key in keys
    )
    return bytes.fromhex(f"c301c1{SETUP}0201") + bytes([1, len(keys)]) + elements


def master(client: CipherClient) -> bytes:
    assert client.settings.keys is not None
    return client.settings.keys.master


def test_gmac_opens_the_association_and_services_answer(client: CipherClient) -> None:
    client.associate()
    assert client.request(GET_NAME) == NAME


def test_nothing_is_served_before_the_client_has_proved_itself(client: CipherClient) -> None:
    assert client.begin() == 0
    assert client.send(client.seal(GET_NAME)).hex() == REFUSED


def test_a_wrong_proof_leaves_the_association_pending(client: CipherClient) -> None:
    client.begin()
    proof = bytearray(client.proof())
    proof[-1] ^= 1
    assert client.prove(bytes(proof))[:4].hex() == "c701c1fa"
    assert client.send(client.seal(GET_NAME)).hex() == REFUSED
    assert client.prove()[:4].hex() == "c701c100"


def test_challenges_never_repeat(meter: Meter, power_up: Callable[[Product], Meter]) -> None:
    seen = set()
    for _ in range(3):
        client = CipherClient(meter)
        for counter in (1000 * (len(seen) + 1), 1000 * (len(seen) + 1) + 500):
            client.counter = counter
            client.begin()
            seen.add(client.challenge)
        meter = power_up(meter.product)
    assert len(seen) == 6


@pytest.mark.parametrize("control", [0, AUTHENTICATED, ENCRYPTED])
def test_less_protection_than_the_policy_demands_is_refused(client: CipherClient, control: int) -> None:
    assert client.begin(control) == 1
    client.associate()
    if control:
        assert client.send(client.seal(GET_NAME, control)).hex() == UNDECIPHERED
    else:
        assert client.send(GET_NAME).hex() == REFUSED
    assert client.request(GET_NAME) == NAME


def test_a_replay_is_refused_with_the_counter_that_is_expected(client: CipherClient) -> None:
    client.associate()
    recorded = client.seal(GET_NAME)
    assert client.open(client.send(recorded)) == NAME
    expected = (client.counter + 1).to_bytes(4).hex()
    assert client.send(recorded).hex() == f"d80106{expected}"
    assert client.send(client.seal(GET_NAME, counter=1)).hex() == f"d80106{expected}"
    assert client.request(GET_NAME) == NAME


def test_counters_survive_a_power_cut(
    client: CipherClient, meter: Meter, power_up: Callable[[Product], Meter]
) -> None:
    recorded = client.aarq()
    assert client.send(recorded)[:1] == b"\x61"
    after = CipherClient(power_up(meter.product))
    assert after.send(recorded).hex().startswith("61")
    assert after.meter.association.current is None
    after.counter = client.counter
    after.associate()


@pytest.mark.parametrize("at", [-1, 2, 3, 12])
def test_a_changed_octet_is_not_deciphered(client: CipherClient, at: int) -> None:
    client.associate()
    sealed = bytearray(client.seal(GET_NAME))
    sealed[at] ^= 1
    assert client.send(bytes(sealed)).hex()[:6] == UNDECIPHERED
    assert client.request(GET_NAME) == NAME


def test_a_dedicated_key_serves_one_association(client: CipherClient) -> None:
    client.dedicated = NEW_KEY
    client.associate()
    assert client.open(client.send(client.seal(GET_NAME, tags=DED_TAGS)), dedicated=True) == NAME
    client.dedicated = None
    client.associate()
    assert client.send(client.seal(GET_NAME, tags=DED_TAGS)).hex() == UNDECIPHERED


def test_a_dedicated_key_of_a_wrong_length_is_refused(client: CipherClient) -> None:
    client.dedicated = bytes(15)
    assert client.begin() == 1


def test_transferred_keys_work_and_the_old_ones_do_not(client: CipherClient, meter: Meter) -> None:
    client.associate()
    assert client.request(transfer(master(client), (0, NEW_KEY))).hex() == "c701c10000"
    assert client.send(client.seal(GET_NAME)).hex() == UNDECIPHERED
    keys = Keys(encryption=NEW_KEY, authentication=client.keys.authentication)
    renewed = CipherClient(meter, keys=keys)
    renewed.associate()
    assert renewed.request(GET_NAME) == NAME


@pytest.mark.parametrize("key_id", [4, 0])
def test_keys_wrapped_wrongly_or_unknown_change_nothing(client: CipherClient, key_id: int) -> None:
    client.associate()
    kek = master(client) if key_id == 4 else bytes(16)
    assert client.request(transfer(kek, (2, NEW_KEY), (key_id, NEW_KEY))).hex() == "c701c1fa00"
    assert client.request(GET_NAME) == NAME


def test_the_policy_can_only_be_raised(client: CipherClient) -> None:
    client.associate()
    assert client.request(bytes.fromhex(f"c301c1{SETUP}01011600")).hex() == "c701c1fa00"
    assert client.request(bytes.fromhex(f"c301c1{SETUP}0101166c")).hex() == "c701c10000"


def test_a_release_that_is_less_protected_is_not_obeyed(client: CipherClient) -> None:
    client.associate()
    assert client.release(0).hex() == "6303800101"
    assert client.release(AUTHENTICATED).hex() == "6303800101"
    assert client.request(GET_NAME) == NAME
    assert client.release(BOTH).hex().startswith("63")
    assert client.meter.association.current is None


def test_the_answer_fits_the_client_also_when_it_is_protected(client: CipherClient) -> None:
    client.associate(pdu=60)
    sealed = client.seal(bytes.fromhex("c001c1000f0000280000ff0200"))
    assert len(client.send(sealed)) <= 60


def test_the_public_client_reads_the_counter(client: CipherClient, public: Client) -> None:
    client.associate()
    public.associate()
    answer = public.request("c001c1000100002b0100ff0200")
    assert answer == f"c401c10006{client.counter:08x}"


def general(client: CipherClient, plain: bytes, counter: int, **changes: object) -> GeneralCiphering:
    head = GeneralHead(
        transaction_id=b"\x07", originator_system_title=TITLE, recipient_system_title=client.server_title
    )
    protected = protect(
        plain,
        keys=client.keys,
        system_title=TITLE,
        invocation_counter=counter,
        security_control=BOTH,
        head=head.to_bytes(),
    )
    parts = {
        "transaction_id": head.transaction_id,
        "originator_system_title": TITLE,
        "recipient_system_title": client.server_title,
        "key_info": KeyInfo(choice=0, parameters=b"\x00"),
        "protected": protected,
    }
    return GeneralCiphering(**{**parts, **changes})  # type: ignore[arg-type]


def test_general_ciphering_is_answered_by_general_ciphering(meter: Meter) -> None:
    client = CipherClient(meter)
    client.associate()
    answer, deviations = decode_apdu(client.send(general(client, GET_NAME, 1000).to_bytes()))

    assert not deviations
    assert isinstance(answer, GeneralCiphering)
    assert answer.transaction_id == b"\x07"
    assert answer.originator_system_title == client.server_title
    assert open_apdu(answer, keys=client.keys).hex().startswith("c401c100")


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction_id": b"\x08"},
        {"originator_system_title": b"SOMEBODY"},
        {"recipient_system_title": b"SOMEBODY"},
        {"key_info": KeyInfo(choice=0, parameters=b"\x01")},
        {"key_info": KeyInfo(choice=1, parameters=b"\x00", data=bytes(24))},
    ],
)
def test_general_ciphering_for_others_is_refused(meter: Meter, changes: dict[str, object]) -> None:
    client = CipherClient(meter)
    client.associate()
    assert client.send(general(client, GET_NAME, 1000, **changes).to_bytes()) == bytes.fromhex("d80105")


def test_general_ciphering_is_not_served_twice(meter: Meter) -> None:
    client = CipherClient(meter)
    client.associate()
    request = general(client, GET_NAME, 1000).to_bytes()
    client.send(request)
    assert client.send(request).hex() == "d80106000003e9"
