"""Each defect of layer HD shows where its row says, and nowhere on a clean meter."""

from __future__ import annotations

import pytest

from tests.reference_meter.dlms.defective_bench import LIST, Bench, Probe, assert_only_the_defect_shows
from tests.reference_meter.dlms.octet_client import DISC, DM, RR, SNRM, UA, Client, aarq, frame
from tests.reference_meter.dlms.test_ciphering import GET_NAME, NAME


def wrong_fcs(bench: Bench) -> bool:
    octets = bytearray(Client(bench.board, bench.meter, "public").to_meter(SNRM))
    octets[-2] ^= 1
    return Client(bench.board, bench.meter, "public").exchange(bytes(octets)) == b""


def repetition(bench: Bench) -> bool:
    client = bench.client("management")
    before_wh = bench.meter.account.reading_wh()
    add = client.to_meter(client.i_control(), bytes.fromhex("e6e600c301c100700000130a00ff010105000f4240"))
    client.exchange(add, 0.1)
    client.exchange(add, 0.1)
    return bench.meter.account.reading_wh() < before_wh + 1_500_000


def wrapping(bench: Bench) -> bool:
    client = bench.client()
    try:
        return all(client.request(GET_NAME.hex()) == NAME.hex() for _ in range(20))
    except AssertionError:
        return False


def frames_of_list(client: Client) -> list[bytes]:
    """Read the object list; return every raw frame of the meter."""
    frames = []
    answer = client.exchange(client.to_meter(client.i_control(), bytes.fromhex("e6e600" + LIST)))
    for number in range(1, 40):
        frames.append(answer)
        if not answer[1] & 8:
            break
        answer = client.exchange(client.to_meter((number + 1) % 8 << 5 | RR))
        if answer[8] & 1:
            break
    return frames


def information_length(bench: Bench) -> bool:
    return max(len(raw) for raw in frames_of_list(bench.client("reader"))) <= 128 + 15


def last_segment(bench: Bench) -> bool:
    return not frames_of_list(bench.client("reader"))[-1][1] & 8


def inactivity(bench: Bench) -> bool:
    client = bench.client()
    bench.board.advance(130.0)
    return client.exchange(client.to_meter(DISC)) == client.from_meter(DM)


def proposal(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    return bytes.fromhex("050140060140") in client.connect("8180120501400601400704000000010804" + "00000001")


def addresses(bench: Bench) -> bool:
    return Client(bench.board, bench.meter, "public").exchange(frame("00040031", "21", SNRM)) == b""


def not_connected(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    information = bytes.fromhex("e6e600" + aarq())
    return client.exchange(client.to_meter(0x10, information)) == client.from_meter(DM)


def frame_length(bench: Bench) -> bool:
    answer = Client(bench.board, bench.meter, "public").connect()
    return int.from_bytes(answer[1:3]) & 0x7FF == len(answer) - 2


def partial_frame(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    client.exchange(client.to_meter(SNRM)[:7], 5.0)
    return client.exchange(client.to_meter(SNRM)[7:]) == b""


def flag_inside(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    client.connect()
    # 7E stands in the value of an unknown attribute's OBIS code
    request = "c001c100017e7e7e7e7e7e0200"
    return client.exchange(client.to_meter(0x10, bytes.fromhex("e6e600" + request)))[:1] == b"\x7e"


def shared_flag(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    both = client.to_meter(SNRM) + client.to_meter(0x11)[1:]
    return len(client.exchange(both, 1.0)) > 35


PROBES: dict[str, Probe] = {
    "HD-01": wrong_fcs,
    "HD-03": repetition,
    "HD-04": wrapping,
    "HD-05": information_length,
    "HD-07": last_segment,
    "HD-09": inactivity,
    "HD-11": proposal,
    "HD-12": addresses,
    "HD-14": not_connected,
    "HD-16": frame_length,
    "HD-17": partial_frame,
    "HD-20": flag_inside,
    "HD-21": shared_flag,
}


@pytest.mark.parametrize("defect", PROBES)
def test_the_defect_shows_and_the_clean_meter_does_not_have_it(defect: str) -> None:
    assert_only_the_defect_shows(defect, PROBES[defect])


def test_after_a_bad_hand_over_the_port_stays_at_300_baud() -> None:
    for defects, rate in (((), 9600), (("HD-18",), 300)):
        bench = Bench(*defects, framing="mode-e")
        client = Client(bench.board, bench.meter, "public")
        client.exchange(b"/?!\r\n")
        client.exchange(b"\x06252\r\n")
        assert bench.board.rates[-1] == rate


def test_a_silent_meter_sends_no_frmr() -> None:
    for defects, silent in (((), False), (("N-04",), True)):
        bench = Bench(*defects)
        client = bench.client()
        assert (client.exchange(client.to_meter(0xFF)) == b"") == silent
        assert client.exchange(client.to_meter(SNRM))[8:9] == bytes([UA])
