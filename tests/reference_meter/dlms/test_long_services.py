"""SET and ACTION in blocks, general block transfer, ACCESS; as management on the optical port."""

from __future__ import annotations

import pytest

from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from reference_meter.meter import Meter
from tests.reference_meter.dlms.octet_client import Client

CALENDAR_NAME = "001400000d0000ff06"
LOW_CREDIT = "006f0000130000ff10"
GET_LIST = "c001c1000f0000280000ff0200"
GET_NAME = "c001c1000100002a0000ff0200"
REST_OF_NAME = b"BR0072272200001".hex()


@pytest.fixture
def managing(management: Client, passwords: dict[str, bytes]) -> Client:
    assert management.associate(passwords["management"]).startswith("6129")
    return management


def test_a_long_set_is_acknowledged_block_by_block_and_written_at_the_end(managing: Client) -> None:
    assert managing.request(f"c102c1{CALENDAR_NAME}0000000000010309054e") == "c502c100000001"
    assert managing.request("c103c100000000020145") == "c502c100000002"
    assert managing.request("c103c1010000000303575f31") == "c503c10000000003"
    assert managing.request(f"c001c1{CALENDAR_NAME}00") == "c401c10009054e45575f31"


@pytest.mark.parametrize(
    ("second", "answer"),
    [
        ("c103c101000000030145", "c503c11300000003"),
        ("c103c101000000020145", "c503c10c00000002"),
    ],
)
def test_a_long_set_with_faults_writes_nothing(managing: Client, second: str, answer: str) -> None:
    managing.request(f"c102c1{CALENDAR_NAME}0000000000010309054e")
    assert managing.request(second) == answer
    assert managing.request(f"c001c1{CALENDAR_NAME}00") == "c401c100090543414c2d31"


def test_a_block_without_a_long_set_is_refused(managing: Client) -> None:
    assert managing.request("c103c101000000020145") == "c503c11200000002"


def test_a_long_set_of_a_list(managing: Client) -> None:
    items = f"02{CALENDAR_NAME}00{LOW_CREDIT}00"
    assert managing.request(f"c105c1{items}000000000103020903") == "c502c100000001"
    assert managing.request("c103c101000000020841424305000000c8") == "c504c102000000000002"


def test_a_long_action(managing: Client) -> None:
    # two blocks of remote_disconnect's parameter, integer 0
    assert managing.request("c304c1004600006003 0aff01 0000000001010f".replace(" ", "")) == "c704c100000001"
    assert managing.request("c306c101000000020100") == "c701c10000"


def test_access_reads_writes_and_acts(managing: Client, meter: Meter) -> None:
    specification = f"03 01{GET_NAME[6:24]} 02{LOW_CREDIT} 03004600006003 0aff01".replace(" ", "")
    answer = managing.request(f"d94000000100{specification}0300050000012c0f00")
    assert answer == f"da400000010000030910{'4d'}{REST_OF_NAME}00000301000200 0300".replace(" ", "")
    assert managing.request(f"c001c1{LOW_CREDIT}00") == "c401c100050000012c"


def test_access_stops_at_an_error_when_told_so(managing: Client) -> None:
    specification = f"02010001000063 0000ff0201{GET_NAME[6:24]}".replace(" ", "")
    going_on = managing.request(f"d94000000100{specification}020000")
    assert going_on.endswith("0201040100")
    broken = managing.request(f"d96000000100{specification}020000")
    assert broken.endswith("02010401fa")


def general(octets: bytes, number: int, *, last: bool, acknowledged: int = 0) -> str:
    return (
        GeneralBlockTransfer(last=last, block_number=number, block_number_ack=acknowledged, data=octets)
        .to_bytes()
        .hex()
    )


def test_a_request_and_its_answer_in_general_blocks(management: Client, passwords: dict[str, bytes]) -> None:
    management.associate(passwords["management"], pdu=50)
    request = bytes.fromhex(GET_LIST)
    assert management.request(general(request[:5], 1, last=False)) == "e0040000000100"
    collected, number = b"", 0
    answer = management.request(general(request[5:], 2, last=True, acknowledged=0))
    while True:
        block, deviations = decode_apdu(bytes.fromhex(answer))
        assert isinstance(block, GeneralBlockTransfer)
        assert not deviations
        assert len(answer) <= 100
        number += 1
        assert block.block_number == number
        collected += block.data
        if block.last:
            break
        answer = management.request(general(b"", number, last=False, acknowledged=number))
    assert collected.startswith(bytes.fromhex("c4"))


def test_a_general_block_that_was_lost_is_sent_again(management: Client, passwords: dict[str, bytes]) -> None:
    management.associate(passwords["management"], pdu=20)
    first = management.request(general(bytes.fromhex(GET_NAME), 1, last=True))
    second = management.request(general(b"", 2, last=False, acknowledged=1))
    again = management.request(general(b"", 3, last=False, acknowledged=1))
    assert first != second
    assert again[12:] == second[12:]
