"""The HDLC server, against frames written out by hand and the dialogue of the public vectors (dlms.md §6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reference_meter.meter import Meter
from reference_meter.products.product import Product
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import (
    AARQ_NO_SECURITY,
    DISC,
    DM,
    FRMR,
    METER,
    RR,
    SNRM,
    UA,
    Client,
    aarq,
    fcs,
    frame,
)

UA_LIMITS = bytes.fromhex("8180 12 05 01 80 06 01 80 07 04 00000001 08 04 00000001".replace(" ", ""))
GET_LDN = "c001c1000100002a0000ff0200"


def with_communication(product: Product, **changes: Any) -> Product:
    return replace(product, communication=replace(product.communication, **changes))


def test_the_fcs_of_these_tests_is_that_of_a_public_vector() -> None:
    octets = bytes.fromhex("7ea00a00020023219318717e")  # jdlms-dialog-00
    assert fcs(octets[1:-3]) == octets[-3:-1]


def test_public_dialogue_octet_by_octet(
    product: Product, power_up: Callable[[Product], Meter], board: FakeBoard
) -> None:
    """jdlms-dialog-00 to 02: SNRM, UA, AARQ, AARE; our AARE has the conformance of our product."""
    public = replace(
        product.communication.associations[0],
        conformance=("get", "set", "selective-access", "action", "block-transfer-with-get-or-read"),
        max_pdu=0x1900,
    )
    meter = power_up(with_communication(product, server_lower=17, associations=(public,)))
    client = Client(board, meter, "public")
    ua = frame("21", "00020023", UA, UA_LIMITS)
    assert client.exchange(bytes.fromhex("7ea00a00020023219318717e")) == ua
    body = bytes.fromhex(
        "a03a2100020023309941e6e7006129a109060760857405080101a203020100a305a103020100"
        "be10040e0800065f1f040000101d19000007"
    )
    aare = b"\x7e" + body + fcs(body) + b"\x7e"
    sent = "7ea02e0002002321107ecbe6e600601da109060760857405080101be10040e01000000065f1f040000301dffffd4c57e"
    assert client.exchange(bytes.fromhex(sent)) == aare


def test_connect_poll_and_disconnect(public: Client) -> None:
    assert public.connect() == public.from_meter(UA, UA_LIMITS)
    assert public.exchange(public.to_meter(RR)) == public.from_meter(RR)
    assert public.exchange(public.to_meter(DISC)) == public.from_meter(UA)
    assert public.exchange(public.to_meter(DISC)) == public.from_meter(DM)


def test_answer_leaves_after_the_response_time(public: Client, board: FakeBoard) -> None:
    public.connect()
    assert board.sent[0][0] == pytest.approx(0.020)


@pytest.mark.parametrize(
    ("proposed", "answered"),
    [
        ("", "0501800601800704000000010804" + "00000001"),
        ("8180120501400601200704000000010804" + "00000001", "0501200601400704000000010804" + "00000001"),
        ("818014050207ee060207ee0704000000070804" + "00000007", "0501800601800704000000010804" + "00000001"),
        ("8180140502ffff0602ffff0704000000010804" + "00000001", "0501800601800704000000010804" + "00000001"),
    ],
)
def test_negotiated_limits_are_the_smaller_of_both_crosswise(
    public: Client, proposed: str, answered: str
) -> None:
    assert public.connect(proposed) == public.from_meter(UA, bytes.fromhex("818012" + answered))


SNRM_OCTETS = bytes.fromhex("7ea00a000200212193") + fcs(bytes.fromhex("a00a000200212193")) + b"\x7e"


@pytest.mark.parametrize(
    "octets",
    [
        SNRM_OCTETS[1:],
        SNRM_OCTETS[:-1],
        SNRM_OCTETS[1:-1],
        bytes.fromhex("7e900a000200212193") + fcs(bytes.fromhex("900a000200212193")) + b"\x7e",
        bytes.fromhex("7ea00b000200212193") + fcs(bytes.fromhex("a00b000200212193")) + b"\x7e",
        bytes.fromhex("7ea009000200212193") + fcs(bytes.fromhex("a009000200212193")) + b"\x7e",
        SNRM_OCTETS[:-3] + b"\x00\x00\x7e",
        frame("000200", "21", SNRM) + b"",
        frame("0002000021", "21", SNRM),
        frame("03", "21", SNRM),
        frame("0221", "21", SNRM),
        frame("00060021", "21", SNRM),
        frame("00020023", "21", SNRM),
        frame("00020021", "0221", SNRM),
        frame("00020021", "01", SNRM),
        bytes.fromhex("7ea00b0002040100219361807e"),
        bytes.fromhex("7ea0090002052193afd07e"),
        bytes.fromhex("7ea01e032193724f818012050180060180070400000001080400000001533b7e"),
    ],
    ids=[
        "no opening flag",
        "no closing flag",
        "no flags",
        "format type",
        "length too large",
        "length too small",
        "wrong FCS",
        "three octets of address, last not ended",
        "five octets of address",
        "one octet of address",
        "two octets of address",
        "unknown upper address",
        "unknown lower address",
        "two octets of source",
        "source no-station",
        "HDLC_ADDRESS_N1 of a public tester",
        "HDLC_ADDRESS_N7 of a public tester",
        "wrong HCS of a public log",
    ],
)
def test_a_deviating_or_foreign_frame_is_met_with_silence(public: Client, octets: bytes) -> None:
    assert public.exchange(octets) == b""
    assert public.exchange(public.to_meter(DISC)) == public.from_meter(DM)


def test_a_wrong_hcs_is_discarded_even_with_a_right_fcs(public: Client) -> None:
    body = bytearray(public.to_meter(SNRM, bytes.fromhex("818003050180"))[1:-3])
    body[8] ^= 0x01
    assert public.exchange(b"\x7e" + bytes(body) + fcs(bytes(body)) + b"\x7e") == b""


def test_every_shortened_snrm_is_met_with_silence_and_a_whole_one_is_answered(public: Client) -> None:
    whole = bytes.fromhex("000200212193")
    for kept in range(len(whole)):
        body = bytes([0xA0, 2 + kept + 2]) + whole[:kept]
        assert public.exchange(b"\x7e" + body + fcs(body) + b"\x7e") == b""
    assert public.connect() == public.from_meter(UA, UA_LIMITS)


def test_other_address_lengths_are_answered_when_declared(
    product: Product, power_up: Callable[[Product], Meter], board: FakeBoard
) -> None:
    client = Client(board, power_up(with_communication(product, address_length=2)), "public")
    assert client.exchange(frame("0221", "21", SNRM)) == frame("21", "0221", UA, UA_LIMITS)
    assert client.exchange(frame(METER, "21", SNRM)) == b""


def test_a_flag_may_be_shared_and_octets_may_come_in_any_portions(public: Client, board: FakeBoard) -> None:
    public.exchange(public.to_meter(SNRM) + public.to_meter(DISC)[1:])
    assert [octets for _, octets in board.sent] == [
        public.from_meter(UA, UA_LIMITS),
        public.from_meter(UA),
    ]
    for octet in public.to_meter(SNRM):
        public.meter.octets_received("optical", bytes([octet]))
        board.advance(0.001)
    board.advance(0.1)
    assert board.sent[-1][1] == public.from_meter(UA, UA_LIMITS)


def test_a_flag_octet_inside_the_information_does_not_end_the_frame(public: Client) -> None:
    public.associate()
    answer = public.request("c001c1007e7e7e7e7e7e7e7e00")
    assert answer == "c401c10104"  # object undefined


def test_an_unfinished_frame_is_dropped_after_the_inter_octet_time_out(public: Client) -> None:
    public.connect()
    assert public.exchange(public.to_meter(DISC)[:-1], wait_s=0.030) == b""
    assert public.exchange(public.to_meter(RR)) == public.from_meter(RR)


def test_an_unfinished_frame_waits_for_the_inter_octet_time_out(public: Client) -> None:
    assert public.exchange(public.to_meter(SNRM)[:-1], wait_s=0.020) == b""
    assert public.exchange(b"\x7e") == public.from_meter(UA, UA_LIMITS)


def test_the_connection_is_dropped_after_the_inactivity_time_out(public: Client, board: FakeBoard) -> None:
    public.associate()
    board.advance(119.0)
    assert public.exchange(public.to_meter(public.nr << 5 | RR)) != b""
    board.advance(119.0)
    assert public.exchange(public.to_meter(public.nr << 5 | RR)) != b""
    board.advance(120.5)
    assert public.exchange(public.to_meter(DISC)) == public.from_meter(DM)


def test_an_inactivity_time_out_of_zero_means_never(
    product: Product, power_up: Callable[[Product], Meter], board: FakeBoard
) -> None:
    client = Client(board, power_up(with_communication(product, inactivity_time_out_s=0.0)), "public")
    client.connect()
    board.advance(100_000.0)
    assert client.exchange(client.to_meter(DISC)) == client.from_meter(UA)


def test_information_before_snrm_is_refused_with_dm(public: Client) -> None:
    answer = public.exchange(public.to_meter(0x10, bytes.fromhex("e6e600" + AARQ_NO_SECURITY)))
    assert answer == public.from_meter(DM)
    assert public.exchange(public.to_meter(RR)) == public.from_meter(DM)
    assert public.exchange(public.to_meter(0x13, b"\x01")) == b""


def test_an_unknown_control_field_is_answered_with_frmr_until_snrm(public: Client) -> None:
    public.connect()
    rejected = public.from_meter(FRMR, bytes.fromhex("ff0001"))
    assert public.exchange(public.to_meter(0xFF)) == rejected
    assert public.exchange(public.to_meter(RR)) == rejected
    assert public.connect() == public.from_meter(UA, UA_LIMITS)
    assert public.exchange(public.to_meter(RR)) == public.from_meter(RR)


def test_too_long_information_is_refused(public: Client) -> None:
    public.connect()
    assert public.exchange(public.to_meter(0x10, bytes(129))) == public.from_meter(
        FRMR, bytes.fromhex("100004")
    )
    assert public.connect() == public.from_meter(UA, UA_LIMITS)


@pytest.mark.parametrize("control", [0x31, 0xB1, 0x30, 0xF0])
def test_an_acknowledgement_of_what_was_never_sent_is_refused(public: Client, control: int) -> None:
    public.connect()
    information = b"" if control & 1 else bytes.fromhex("e6e600" + AARQ_NO_SECURITY)
    answer = public.exchange(public.to_meter(control, information))
    assert answer == public.from_meter(FRMR, bytes([control, 0, 0x08]))
    assert public.meter.association.current is None


def test_information_out_of_sequence_is_not_processed(public: Client) -> None:
    public.connect()
    answer = public.exchange(public.to_meter(0x12, bytes.fromhex("e6e600" + AARQ_NO_SECURITY)))
    assert answer == public.from_meter(RR)
    assert public.meter.association.current is None


def test_a_repeated_frame_gets_the_same_answer_and_acts_once(
    management: Client, passwords: dict[str, bytes], meter: Meter
) -> None:
    management.associate(passwords["management"])
    credit = meter.account.reading_wh()
    add_1000_wh = "c301c100700000130a00ff0101" + "05000003e8"
    sent = management.to_meter(management.i_control(), bytes.fromhex("e6e600" + add_1000_wh))
    first = management.exchange(sent, wait_s=0.1)
    assert management.exchange(sent, wait_s=0.1) == first
    assert meter.account.reading_wh() in (credit + 999, credit + 1000)


def test_an_unconfirmed_answer_is_sent_again_when_polled(public: Client) -> None:
    public.associate()
    answer = public.exchange(public.to_meter(public.i_control(), bytes.fromhex("e6e600" + GET_LDN)))
    assert public.exchange(public.to_meter(public.nr << 5 | RR)) == answer


def test_numbers_wrap_at_eight(public: Client) -> None:
    public.associate()
    first = public.request(GET_LDN)
    for _ in range(20):
        assert public.request(GET_LDN) == first


def test_a_request_in_segments_is_put_together(public: Client) -> None:
    public.connect()
    message = bytes.fromhex("e6e600" + AARQ_NO_SECURITY)
    assert public.exchange(public.to_meter(0x10, message[:16], segmented=True)) == public.from_meter(0x31)
    assert public.exchange(public.to_meter(0x12, message[16:30], segmented=True)) == public.from_meter(0x51)
    answer = public.exchange(public.to_meter(0x14, message[30:]))
    assert answer[8] == 0x70
    assert answer[11:16].hex() == "e6e7006129"


def test_an_answer_is_cut_to_the_negotiated_length(public: Client) -> None:
    public.connect("8180120501800601200704000000010804" + "00000001")
    public.request(AARQ_NO_SECURITY)
    answer = public.exchange(
        public.to_meter(public.i_control(), bytes.fromhex("e6e600c001c1000f0000280000ff0200"))
    )
    lengths = []
    while answer[1] & 0x08:
        lengths.append(len(answer) - 14)
        public.nr = (public.nr + 1) % 8
        answer = public.exchange(public.to_meter(public.nr << 5 | RR))
    assert set(lengths) == {32}
    assert 0 < len(answer) - 14 <= 32


def test_a_request_longer_than_the_meter_receives_is_refused(public: Client) -> None:
    public.associate()
    for _ in range(10):
        public.exchange(
            public.to_meter(public.i_control(), bytes.fromhex("e6e600") + bytes(125), segmented=True)
        )
        public.ns = (public.ns + 1) % 8
    assert public.request("00") == "d80104"
    assert public.request(GET_LDN).startswith("c401c100")


def test_a_message_without_llc_header_is_confirmed_and_ignored(public: Client) -> None:
    public.associate()
    answer = public.exchange(public.to_meter(public.i_control(), bytes.fromhex(GET_LDN)))
    assert answer == public.from_meter(((public.ns + 1) % 8) << 5 | RR)


@pytest.mark.parametrize("control", [SNRM, DISC])
def test_snrm_and_disc_end_the_association(public: Client, control: int) -> None:
    public.associate()
    assert public.request(GET_LDN).startswith("c401c100")
    public.exchange(public.to_meter(control))
    public.connect()
    assert public.request(GET_LDN) == "d80102"


def test_a_second_client_takes_the_link_by_snrm_only(public: Client, reader: Client) -> None:
    public.associate()
    assert reader.exchange(reader.to_meter(RR)) == reader.from_meter(DM)
    assert public.request(GET_LDN).startswith("c401c100")
    assert reader.connect() == reader.from_meter(UA, UA_LIMITS)
    assert public.exchange(public.to_meter(RR)) == public.from_meter(DM)


def test_a_closed_line_ends_the_connection_and_what_was_to_be_sent(public: Client, board: FakeBoard) -> None:
    public.associate()
    public.meter.octets_received("optical", public.to_meter(public.nr << 5 | RR))
    del board.sent[:]
    public.meter.port_closed("optical")
    public.meter.port_opened("optical")
    board.advance(1.0)
    assert board.sent == []
    assert public.exchange(public.to_meter(DISC)) == public.from_meter(DM)


def test_windows_larger_than_one(
    product: Product, power_up: Callable[[Product], Meter], board: FakeBoard
) -> None:
    """With a window of 3 the meter sends three segments, the final bit on the third only."""
    client = Client(board, power_up(with_communication(product, window_transmit=3)), "public")
    client.connect("8180120501800601400704000000030804" + "00000003")
    client.request(aarq())
    sent = client.to_meter(client.i_control(), bytes.fromhex("e6e600c001c1000f0000280000ff0200"))
    answer = client.exchange(sent)
    frames = [b"\x7e" + part for part in answer.split(b"\x7e\x7e")]
    controls = [part.strip(b"\x7e")[7] for part in frames]
    assert controls == [0x40 | 0x02, 0x40 | 0x04, 0x40 | 0x10 | 0x06]
    confirmed_two = client.exchange(client.to_meter(3 << 5 | RR))
    assert confirmed_two.strip(b"\x7e")[7] & 0x0E == 0x06  # the third again
