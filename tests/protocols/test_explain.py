"""What a person reads of octets: fields with their offsets, blocks put together, ciphered text opened."""

from __future__ import annotations

from bench.protocols.axdr import array, encode, octet_string, structure, unsigned
from bench.protocols.ciphering import Keys, protect
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.explain import Explanation, explain
from bench.protocols.hdlc import LLC_RESPONSE, Address, Frame, i_control
from bench.protocols.keyring import Keyring
from bench.protocols.wrapper import WrapperFrame
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu
from bench.protocols.xdlms.get import (
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
)
from bench.protocols.xdlms.parts import AttributeAccess
from bench.protocols.xdlms.set import SetRequestNormal

CLOCK = CosemAttribute(8, Obis("0-0:1.0.0"), 2)
EK, AK, TITLE = bytes(range(16)), bytes(range(0xD0, 0xE0)), b"MMM\x00\x00\xbcaN"
GET = GetRequestNormal(attribute=CLOCK).to_bytes()


def offset_of(explanation: Explanation, text: str) -> int | None:
    (row,) = [row for row in explanation.rows if text in row.text]
    return row.offset


def ciphered(plain: bytes, tag: int = 0xC8, control: int = 0x30) -> bytes:
    text = protect(
        plain,
        keys=Keys(encryption=EK, authentication=AK),
        system_title=TITLE,
        invocation_counter=7,
        security_control=control,
    )
    return CipheredApdu(tag=tag, protected=text).to_bytes()


def test_every_element_of_a_value_has_its_offset() -> None:
    value = structure(unsigned(1), array(octet_string(b"ab"), unsigned(9)))
    octets = GetResponseNormal(result=value).to_bytes()

    found = explain(octets)

    assert offset_of(found, "unsigned 1") == octets.index(b"\x11\x01")
    assert offset_of(found, "array of 2") == octets.index(b"\x01\x02\x09")
    assert offset_of(found, '"ab"') == octets.index(b"\x09\x02ab")
    assert offset_of(found, "unsigned 9") == octets.index(b"\x11\x09")


def test_items_of_a_list_begin_at_their_descriptors() -> None:
    items = (AttributeAccess(attribute=CLOCK), AttributeAccess(attribute=CLOCK))
    found = explain(GetRequestWithList(items=items).to_bytes())

    assert [row.offset for row in found.rows if "attribute:" in row.text] == [4, 14]


def test_offsets_count_from_the_first_octet_of_a_stream() -> None:
    one = WrapperFrame(16, 1, GET).to_bytes()
    found = explain(one + one)

    assert [row.offset for row in found.rows if "wrapper" in row.text] == [0, len(one)]
    assert [row.offset for row in found.rows if "attribute:" in row.text] == [11, 11 + len(one)]


def test_segments_are_put_together() -> None:
    apdu = GetResponseNormal(result=octet_string(bytes(30))).to_bytes()
    message = LLC_RESPONSE + apdu
    frames = [
        Frame(Address(16), Address(1, 17), i_control(0, 1), message[:20], segmented=True),
        Frame(Address(16), Address(1, 17), i_control(1, 1), message[20:]),
    ]
    found = explain(b"".join(frame.to_bytes() for frame in frames))

    assert any("last segment" in row.text for row in found.rows)
    assert any(row.inside and "octet-string" in row.text for row in found.rows)


def test_blocks_are_put_together() -> None:
    raw = encode(structure(unsigned(1), octet_string(b"long")))
    blocks = [
        GetResponseWithDatablock(last=False, block_number=1, result=raw[:3]),
        GetResponseWithDatablock(last=True, block_number=2, result=raw[3:]),
    ]
    found = explain(b"".join(WrapperFrame(1, 16, block.to_bytes()).to_bytes() for block in blocks))

    assert offset_of(found, '"long"') == raw.index(b"\x09\x04long")


def test_a_general_block_shows_the_apdu_inside() -> None:
    block = GeneralBlockTransfer(last=True, block_number=1, block_number_ack=0, data=GET)
    assert any("GetRequestNormal" in line for line in explain(block.to_bytes()).lines)


def test_ciphered_text_is_opened_with_the_right_keys() -> None:
    keyring = Keyring({"other": bytes(16), "encryption": EK, "authentication": AK}, [TITLE])
    found = explain(ciphered(GET), keyring)

    assert any(line == "deciphered with encryption, 13 octets" for line in found.lines)
    assert offset_of(found, "attribute: 8/0-0:1.0.0.255/2") == 3


def test_without_the_right_key_only_the_frame_is_shown() -> None:
    found = explain(ciphered(GET), Keyring({"encryption": EK, "authentication": bytes(16)}, [TITLE]))

    assert not any("deciphered" in line for line in found.lines)
    assert offset_of(found, "invocation-counter: 7") == 3


def test_encryption_alone_is_believed_when_an_apdu_comes_out() -> None:
    keyring = Keyring({"other": bytes(16), "encryption": EK}, [TITLE])
    found = explain(ciphered(GET, control=0x20), keyring)

    assert any(line == "deciphered with encryption, 13 octets" for line in found.lines)


def test_a_general_one_names_its_title_itself() -> None:
    text = protect(
        GET,
        keys=Keys(encryption=EK, authentication=AK),
        system_title=TITLE,
        invocation_counter=1,
        security_control=0x30,
    )
    octets = GeneralCipheredApdu(system_title=TITLE, protected=text).to_bytes()
    found = explain(octets, Keyring({"encryption": EK, "authentication": AK}))

    assert any("GetRequestNormal" in line for line in found.lines)


def test_secrets_inside_are_named_not_shown() -> None:
    plain = SetRequestNormal(attribute=CLOCK, value=octet_string(b"hidden12")).to_bytes()
    keyring = Keyring({"encryption": EK, "authentication": AK, "reader_password": b"hidden12"}, [TITLE])
    shown = "\n".join(explain(ciphered(plain, tag=0xC9), keyring).lines)

    assert "<reader_password>" in shown
    assert "hidden12" not in shown
    assert b"hidden12".hex() not in shown


def test_of_a_broken_apdu_the_fields_before_the_fault_are_shown() -> None:
    found = explain(GET[:8])

    assert [(row.offset, row.text.strip()) for row in found.rows[1:4]] == [
        (0, "tag: c0"),
        (1, "get-request choice: 01"),
        (2, "invoke-id-and-priority: c1"),
    ]
    assert found.deviations[0].rule == "truncated"


def test_a_password_in_a_broken_aarq_stays_hidden() -> None:
    aarq = bytes.fromhex(
        "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
        "be10040e01000000065f1f0400007e1fffff"
    )
    for end in range(1, len(aarq)):
        assert b"12345678".hex() not in "".join(explain(aarq[:end]).lines)


def test_an_empty_block_holds_no_apdu() -> None:
    block = GeneralBlockTransfer(last=True, block_number=1, block_number_ack=0, data=b"")
    assert any("no APDU" in line for line in explain(block.to_bytes()).lines)


def test_apdus_nested_without_end_are_given_up() -> None:
    octets = GET
    for _ in range(3000):
        octets = GeneralBlockTransfer(last=True, block_number=1, block_number_ack=0, data=octets).to_bytes()
    assert any("nested too deeply" in line for line in explain(octets).lines)
