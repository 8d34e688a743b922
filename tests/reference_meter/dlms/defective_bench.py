"""A meter on a board, with or without a defect, and what a probe of it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bench.protocols.axdr import Data, decode_all
from bench.protocols.ciphering import Keys
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import by_id
from reference_meter.meter import Meter, build_meter
from reference_meter.products.calendar_rules import CalendarRules
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import deliver, manufacture
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.cipher_client import CipherClient
from tests.reference_meter.dlms.fake_board import START, FakeBoard
from tests.reference_meter.dlms.octet_client import Client

LIST = "c001c1000f0000280000ff0200"
IMAGE = "001200002c0000ff"


class Bench:
    """A meter on a board, with or without a defect, and clients of it."""

    def __init__(self, *defects: str, framing: str = "hdlc") -> None:
        product = replace(dds722(1), calendar=CalendarRules(time_zone_min=0, daylight_enabled=False))
        product = replace(product, communication=replace(product.communication, framing=framing))
        self.board = FakeBoard()
        manufacture(product, self.board.memory, datetime(2014, 1, 1, tzinfo=UTC))
        deliver(product, self.board.memory, START)
        self.blueprint = Blueprint(product, standard_slots())
        for defect in defects:
            by_id(defect).apply(self.blueprint)
        self.meter: Meter = build_meter(self.blueprint, self.board)

    def power_cycle(self) -> None:
        self.meter.power_failing()
        self.meter = build_meter(self.blueprint, self.board)

    def client(self, name: str = "public", *, pdu: int = 0xFFFF, bits: str = "ffffff") -> Client:
        client = Client(self.board, self.meter, name)
        settings = {row.name: row for row in self.meter.product.communication.associations}
        assert client.associate(settings[name].password, pdu=pdu, bits=bits).startswith("6129")
        return client

    def secure(self, keys: Keys | None = None) -> CipherClient:
        return CipherClient(self.meter, keys=keys)


Probe = Callable[[Bench], bool]


def value(client: Client, reference: str) -> Data:
    answer = bytes.fromhex(client.request(f"c001c1{reference}"))
    raw = answer[4:]
    if answer[1] == 2:
        raw = b""
        while True:
            raw += answer[10 + (answer[9] & 0x7F if answer[9] & 0x80 else 0) :]
            if answer[3]:
                break
            answer = bytes.fromhex(client.request(f"c002c1{answer[4:8].hex()}"))
    return decode_all(raw)


def firmware(identifier: bytes, *, right: bool = True) -> bytes:
    code = identifier * 20
    return code + (hashlib.sha256(code).digest() if right else bytes(32))


def transferred(bench: Bench, identifier: bytes, image: bytes) -> Client:
    management = bench.client("management")
    assert management.request(f"c101c1{IMAGE}05000301") == "c501c100"
    announced = f"0202 09{len(identifier):02x}{identifier.hex()}06{len(image):08x}".replace(" ", "")
    assert management.request(f"c301c1{IMAGE}0101{announced}") == "c701c10000"
    for number in range(0, len(image), 64):
        part = image[number : number + 64]
        block = f"020206{number // 64:08x}09{len(part):02x}{part.hex()}"
        assert management.request(f"c301c1{IMAGE}0201{block}") == "c701c10000"
    return management


def assert_only_the_defect_shows(defect: str, probe: Probe) -> None:
    """A probe is true of the meter without the defect, and of no meter that has it."""
    assert probe(Bench())
    assert not probe(Bench(defect))
