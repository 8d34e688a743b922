"""Each defect of layer SE shows where its row says, and nowhere on a clean meter."""

from __future__ import annotations

import pytest

from bench.protocols.ciphering import DED_TAGS, Keys
from tests.reference_meter.dlms.cipher_client import AUTHENTICATED
from tests.reference_meter.dlms.defective_bench import (
    IMAGE,
    Bench,
    Probe,
    assert_only_the_defect_shows,
    firmware,
    transferred,
)
from tests.reference_meter.dlms.octet_client import Client
from tests.reference_meter.dlms.test_ciphering import GET_NAME, NEW_KEY, master, transfer

ENERGY = "00030100010800ff"


def replay(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    recorded = client.seal(GET_NAME)
    client.send(recorded)
    return client.send(recorded)[:3].hex() == "d80106"


def counter_kept(bench: Bench) -> bool:
    client = bench.secure()
    recorded = client.aarq()
    client.send(recorded)
    bench.power_cycle()
    bench.secure().send(recorded)
    bench.meter.association.channel = "tcp/2"
    return bench.meter.association.current is None


def tag_checked(bench: Bench) -> bool:
    client = bench.secure()
    memory = bench.meter.memory
    memory.put("security.security", {**(memory.get("security.security") or {}), "policy": 0x04})
    client.associate()
    sealed = bytearray(client.seal(GET_NAME, AUTHENTICATED))
    sealed[-1] ^= 1
    return client.send(bytes(sealed)).hex() == "d80105"


def plain(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    return client.send(GET_NAME).hex() == "d80102"


def half(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    return client.send(client.seal(GET_NAME, AUTHENTICATED)).hex() == "d80105"


def proof(bench: Bench) -> bool:
    client = bench.secure()
    client.begin()
    return client.prove(bytes(17))[:4].hex() == "c701c1fa"


def challenges(bench: Bench) -> bool:
    seen = set()
    for counter in (0, 100):
        client = bench.secure()
        client.counter = counter
        client.begin()
        seen.add(client.challenge)
        bench.power_cycle()
    return len(seen) == 2


def prefix(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "reader")
    password = bench.meter.product.communication.associations[1].password
    assert password is not None
    return "a203020100" not in client.associate(password[:1])


def private(bench: Bench) -> bool:
    return bench.client().request(f"c001c1{ENERGY}0200") == "c401c10104"


def old_key(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    client.request(transfer(master(client), (0, NEW_KEY)))
    return client.send(client.seal(GET_NAME)).hex() == "d80105"


def title(bench: Bench) -> bool:
    return bench.meter.security.system_title()[:3] == b"MBR"


def defaults(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "reader")
    by_password = "a203020100" in client.associate(b"00000000")
    keys = Keys(encryption=bytes(range(16)), authentication=bytes(range(16)))
    by_key = bench.secure(keys).begin() == 0
    return not by_password and not by_key


def digest(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-1.1.0", firmware(b"DDS722-1.1.0", right=False))
    return management.request(f"c301c1{IMAGE}03010f00") == "c701c1fa00"


def downgrade(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-0.9.0", firmware(b"DDS722-0.9.0"))
    return management.request(f"c301c1{IMAGE}03010f00") == "c701c1fa00"


def dedicated(bench: Bench) -> bool:
    client = bench.secure()
    client.dedicated = NEW_KEY
    client.associate()
    return client.send(client.seal(GET_NAME, tags=DED_TAGS)).hex() != "d80105"


def length_field(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    overflow = bytes.fromhex("c8ff") + client.seal(GET_NAME)[2:]
    answer = bench.meter.services.handle(2, overflow, "tcp/2")
    return answer is not None and bench.meter.association.current is not None


def incremented(bench: Bench) -> bool:
    client = bench.secure()
    client.begin()
    return client.prove()[:4].hex() == "c701c100"


PROBES: dict[str, Probe] = {
    "SE-01": replay,
    "SE-03": counter_kept,
    "SE-05": tag_checked,
    "SE-07": plain,
    "SE-08": half,
    "SE-09": proof,
    "SE-10": challenges,
    "SE-12": prefix,
    "SE-14": private,
    "SE-15": old_key,
    "SE-17": title,
    "SE-19": defaults,
    "SE-20": digest,
    "SE-21": downgrade,
    "SE-23": dedicated,
    "SE-24": length_field,
    "SE-26": incremented,
}


@pytest.mark.parametrize("defect", PROBES)
def test_the_defect_shows_and_the_clean_meter_does_not_have_it(defect: str) -> None:
    assert_only_the_defect_shows(defect, PROBES[defect])
