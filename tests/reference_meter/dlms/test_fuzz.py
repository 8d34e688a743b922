"""Whatever comes over the line, the meter neither fails nor changes: random octets, frames and APDUs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.protocols.ciphering import protect
from bench.protocols.wrapper import WrapperFrame
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.blueprint import Blueprint
from reference_meter.meter import Meter, build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.cipher_client import BOTH, TITLE, CipherClient
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import CLIENTS, METER, Client, fcs

GET_LDN = "c001c1000100002a0000ff0200"
SEEDS = [
    bytes.fromhex(text)
    for text in (
        GET_LDN,
        "c001c1000f0000280000ff0200",
        "c001c1000f0000280000ff0201020101120046",
        "c002c100000001",
        "c003c102000100002a0000ff020000080000010000ff0200",
        "c101c100080000010000ff0200090c07e50118ff0e303950ffc400",
        "c104c10200700000130a00ff0500006f0000130000ff10000205000007d00500000bb8",
        "c301c10046000060030aff01010f00",
        "c303c1020046000060030aff0100080000010000ff02020f000f00",
        "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0",
        "6203800100",
        "c102c1001400000d0000ff0600000000000103090541",
        "c103c1010000000203424344",
        "c304c1004600006003 0aff010000000001010f".replace(" ", ""),
        "c306c101000000020100",
        "d940000001000101000100002a0000ff020100",
        "e0810001000013c001c1000100002a0000ff0200",
        (
            "c001c100070100630100ff02010204020412000809060000010000ff0f02120000090c07ea0504010a0000ff000000"
            "090c07ea0504010a1e00ff0000000100"
        ),
        "c001c100070100630100ff020102020406000000010600000005120001120000",
        "c301c10012000 02c0000ff0101020209034142430600000100".replace(" ", ""),
        "c301c1000b00000b0000ff01020312000109050000000000 1101".replace(" ", ""),
        (
            "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
            "be10040e01000000065f1f0400007e1fffff"
        ),
    )
]


def fresh(name: str) -> tuple[Client, FakeBoard]:
    """Return an associated client of a new meter without load, so that nothing changes by itself."""
    board, product = FakeBoard(), dds722(1)
    board.inputs = [type(board.inputs[0])(voltage_v=230.0)]
    manufacture(product, board.memory, datetime(2014, 1, 1, tzinfo=UTC))
    meter: Meter = build_meter(Blueprint(product, standard_slots()), board)
    client = Client(board, meter, name)
    passwords = {row.name: row.password for row in product.communication.associations}
    assert client.associate(passwords[name]).startswith("6129")
    return client, board


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Change, cut, insert or repeat octets of a proper APDU."""
    octets = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(octets)))
        kind = draw(st.sampled_from(["change", "cut", "insert", "truncate"]))
        if kind == "change" and at < len(octets):
            octets[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del octets[at : at + draw(st.integers(1, 4))]
        elif kind == "insert":
            octets[at:at] = draw(st.binary(min_size=1, max_size=6))
        else:
            del octets[at:]
    return bytes(octets)


ANY_APDU = st.one_of(st.binary(max_size=200), mutated())
FEW = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@FEW
@given(portions=st.lists(st.binary(max_size=60), max_size=6))
def test_random_octets_on_the_line(portions: list[bytes]) -> None:
    client, board = fresh("management")
    before = dict(board.chip.records)
    for octets in portions:
        client.meter.octets_received("optical", octets)
        board.advance(0.1)
    assert board.chip.records == before
    assert client.request(GET_LDN).startswith("c401c100")


@FEW
@given(
    address=st.sampled_from([METER, "00020023", "03", "0221", "7e7e7e7f"]),
    source=st.sampled_from([*CLIENTS.values(), "ff", "0221"]),
    format_and_control=st.tuples(st.integers(0xA0, 0xAF), st.integers(0, 255)),
    information=st.one_of(st.just(b""), st.binary(max_size=150)),
)
def test_random_frames_with_right_checks(
    address: str, source: str, format_and_control: tuple[int, int], information: bytes
) -> None:
    client, board = fresh("public")
    before = dict(board.chip.records)
    head = bytes.fromhex(address + source) + bytes([format_and_control[1]])
    length = 2 + len(head) + (2 + len(information) if information else 0) + 2
    body = bytes([format_and_control[0] & 0xF8 | length >> 8, length & 0xFF]) + head
    if information:
        body += fcs(body) + information
    client.exchange(b"\x7e" + body + fcs(body) + b"\x7e")
    assert board.chip.records == before
    client.associate()
    assert client.request(GET_LDN).startswith("c401c100")


@pytest.mark.parametrize("name", ["public", "reader"])
@FEW
@given(apdus=st.lists(ANY_APDU, min_size=1, max_size=4))
def test_apdus_of_clients_that_may_only_read_change_nothing(name: str, apdus: list[bytes]) -> None:
    client, board = fresh(name)
    before = dict(board.chip.records)
    for apdu in apdus:
        answer = client.meter.services.handle(int(CLIENTS[name], 16) >> 1, apdu)
        assert answer is not None
        decoded, deviations = decode_apdu(answer)
        assert decoded is not None
        assert deviations == ()
        assert len(answer) <= 1024
    assert board.chip.records == before
    assert board.closed


@FEW
@given(apdu=ANY_APDU)
def test_apdus_that_cannot_be_decoded_change_nothing_for_management_either(apdu: bytes) -> None:
    client, board = fresh("management")
    before = dict(board.chip.records)
    answer = client.meter.services.handle(1, apdu)
    assert answer is not None
    assert decode_apdu(answer)[1] == ()
    if answer == bytes.fromhex("d80102"):
        assert board.chip.records == before
        assert client.meter.association.current is not None
        assert client.request(GET_LDN).startswith("c401c100")


@FEW
@given(apdu=ANY_APDU)
def test_apdus_outside_an_association(apdu: bytes) -> None:
    client, board = fresh("public")
    client.connect()
    before = dict(board.chip.records)
    answer = client.meter.services.handle(16, apdu)
    assert answer is not None
    assert answer == bytes.fromhex("d80102") or answer[0] == 0x61
    assert board.chip.records == before


@FEW
@given(octets=st.binary(max_size=40))
def test_any_token_octets_are_processed(octets: bytes) -> None:
    client, _ = fresh("management")
    balance_wh = client.meter.account.reading_wh()
    apdu = bytes.fromhex("c301c100730000132800ff0101") + bytes([9, len(octets)]) + octets
    assert client.meter.services.handle(1, apdu) == bytes.fromhex("c701c10000")
    assert client.meter.account.reading_wh() == balance_wh


@FEW
@given(value=st.binary(min_size=12, max_size=12))
def test_any_date_time_octets_are_taken_or_refused(value: bytes) -> None:
    client, _ = fresh("management")
    apdu = bytes.fromhex("c101c100080000010000ff0200090c") + value
    answer = client.meter.services.handle(1, apdu)
    assert answer in (bytes.fromhex("c501c100"), bytes.fromhex("c501c1fa"))
    assert client.request("c001c100080000010000ff0200").startswith("c401c100090c")


@FEW
@given(proposal=st.binary(max_size=30))
def test_any_information_in_snrm_is_answered_by_ua_or_silence(proposal: bytes) -> None:
    client, _ = fresh("public")
    answer = client.connect(proposal.hex())
    assert answer == b"" or answer[8] == 0x73
    client.associate()
    assert client.request(GET_LDN).startswith("c401c100")


@FEW
@given(
    port=st.sampled_from(["tcp", "udp"]),
    messages=st.lists(
        st.one_of(
            st.binary(max_size=60),
            ANY_APDU.map(lambda apdu: WrapperFrame(2, 1, apdu).to_bytes()),
        ),
        max_size=5,
    ),
)
def test_anything_on_a_network_port(port: str, messages: list[bytes]) -> None:
    client, board = fresh("public")
    client.meter.port_opened(port)
    for octets in messages:
        client.meter.octets_received(port, octets)
        board.advance(3.0)
    assert client.request(GET_LDN).startswith("c401c100")


@FEW
@given(apdu=ANY_APDU, octets=st.binary(max_size=60), tag=st.sampled_from(sorted(set(ApduTag))))
def test_anything_in_a_ciphered_association(apdu: bytes, octets: bytes, tag: int) -> None:
    client, _ = fresh("public")
    secure = CipherClient(client.meter)
    secure.associate()
    for request in (apdu, bytes([tag]) + octets):
        secure.send(request)
    text = protect(
        apdu or b"\x00",
        keys=secure.keys,
        system_title=TITLE,
        invocation_counter=1000,
        security_control=BOTH,
    )
    secure.send(CipheredApdu(tag=ApduTag.GLO_GET_REQUEST, protected=text).to_bytes())
    secure.send(
        GeneralCipheredApdu(system_title=TITLE, protected=replace(text, invocation_counter=1001)).to_bytes()
    )
    again = CipherClient(client.meter)
    again.counter = 2000
    again.associate()
