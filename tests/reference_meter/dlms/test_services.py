"""GET, SET and ACTION as octets; expected answers from dlms.md §6.5 and the vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client, aarq

LDN = b"MBR0072272200001".hex()
GET_LDN = "c001c1000100002a0000ff0200"
GET_OBJECT_LIST = "c001c1000f0000280000ff0200"
SET_CLOCK = "c101c100080000010000ff0200090c07e50118ff0e303950ffc400"  # vector set-request-clock


@pytest.fixture
def managing(management: Client, passwords: dict[str, bytes]) -> Client:
    management.associate(passwords["management"])
    return management


@pytest.mark.parametrize("invoke", ["c1", "81", "01", "4f", "00"])
def test_the_invoke_id_comes_back(public: Client, invoke: str) -> None:
    public.associate()
    assert public.request(f"c001{invoke}000100002a0000ff0200") == f"c401{invoke}000910{LDN}"


@pytest.mark.parametrize(
    ("request_apdu", "result"),
    [
        ("c001c1000100002a0000fe0200", "04"),  # no such object
        ("c001c1000300002a0000ff0200", "09"),  # another class
        ("c001c1000100002a0000ff0300", "04"),  # no such attribute
        ("c001c1000100002a0000ff0000", "04"),  # attribute 0, all
        ("c001c1000f0000280000ff0700", "03"),  # the secret of the association
        ("c001c1000300010801ff0200".replace("00010801", "0100010801"), "04"),
    ],
)
def test_get_is_refused_with_the_reason(public: Client, request_apdu: str, result: str) -> None:
    public.associate()
    assert public.request(request_apdu) == f"c401c101{result}"
    assert public.request(GET_LDN).startswith("c401c100")


def test_public_client_does_not_see_the_energy_register(public: Client) -> None:
    public.associate()
    assert public.request("c001c100030100010800ff0200") == "c401c10104"


@pytest.mark.parametrize(
    "apdu",
    [
        "",
        "ff",
        "c0",
        "c001",
        "c001c1",
        "c001c10001000028",
        "c004c1000100002a0000ff0200",
        "c001c1000100002a0000ff020000",
        "c101c1000100002a0000ff020009",
        "c106c1000100002a0000ff02000900",
        "c301c100460000600300",
        "050102fa00",
        "0501",
        "d20000",
        "c8122001234567411312ff935a47566827c467bc",
        "db0811223344556677880100",
        "e0c100010000",
        "d901c1000000000000",
        "0f00000001000000",
        "c401c1000910" + LDN,
        "61" + "00",
        "0100000006",
    ],
)
def test_unknown_broken_or_foreign_apdus_get_an_exception_response(public: Client, apdu: str) -> None:
    public.associate()
    assert public.request(apdu) == "d80102"
    assert public.request(GET_LDN) == f"c401c1000910{LDN}"


@pytest.mark.parametrize(
    ("bits", "allowed"),
    [
        ("000010", {"get"}),
        ("000008", {"set"}),
        ("000001", {"action"}),
        ("000210", {"get", "list"}),
        ("001010", {"get", "next"}),
    ],
)
def test_services_outside_the_negotiated_conformance_are_refused(
    management: Client, passwords: dict[str, bytes], bits: str, allowed: set[str]
) -> None:
    management.associate(passwords["management"], bits=bits)
    requests = {
        "get": GET_LDN,
        "set": "c101c100700000130a00ff0500" + "0500000001",
        "action": "c301c100080000010000ff0101" + "0f00",
        "list": "c003c101000100002a0000ff0200",
        "next": "c002c100000001",
    }
    for name, apdu in requests.items():
        assert (management.request(apdu) != "d80102") == (name in allowed), name


def test_get_with_list(public: Client) -> None:
    """Vector get-request-with-list asks for the logical device name and the clock."""
    public.associate()
    answer = public.request("c003c102000100002a0000ff020000080000010000ff0200")
    assert answer.startswith(f"c403c102000910{LDN}00090c07ea0504010c1e0")


def test_get_with_list_has_a_result_for_each(public: Client) -> None:
    public.associate()
    answer = public.request("c003c102000100002a0000ff0900000100002a0000ff0200")
    assert answer == f"c403c1020104000910{LDN}"


def test_long_value_comes_in_blocks_of_the_negotiated_size(public: Client) -> None:
    public.associate()
    whole = public.request(GET_OBJECT_LIST)
    assert whole.startswith("c401c10001")
    public.associate(pdu=64)
    raw, number, apdu = "", 1, GET_OBJECT_LIST
    while True:
        answer = public.request(apdu)
        assert len(answer) // 2 <= 64
        assert answer[:6] == "c402c1"
        assert int(answer[8:16], 16) == number
        size = int(answer[18:20], 16)
        assert answer[16:18] == "00"
        raw += answer[20:]
        assert len(answer[20:]) == 2 * size
        if answer[6:8] == "01":
            break
        assert len(answer) // 2 == 64
        apdu = f"c002c1{number:08x}"
        number += 1
    # pdu 64 is also shown in the association object, but not in its object list
    assert raw == whole[8:]
    assert number > 2


@pytest.mark.parametrize("pdu", [12, 13, 136, 137, 138, 139, 140, 264, 265, 266, 267, 268, 269])
def test_no_block_is_longer_than_the_client_receives(
    reader: Client, passwords: dict[str, bytes], pdu: int
) -> None:
    reader.associate(passwords["reader"], pdu=pdu)
    answer = reader.request("c001c1000f0000280000ff0200")
    assert pdu - 1 <= len(answer) // 2 <= pdu


def test_get_next_without_a_long_get_in_progress(public: Client) -> None:
    public.associate()
    assert public.request("c002c100000001") == "c402c101000000010110"


def test_get_next_with_a_wrong_block_number_ends_the_long_get(public: Client) -> None:
    public.associate(pdu=64)
    public.request(GET_OBJECT_LIST)
    assert public.request("c002c100000007") == "c402c101000000070113"
    assert public.request("c002c100000001") == "c402c101000000010110"


def test_another_request_ends_the_long_get(public: Client) -> None:
    public.associate(pdu=64)
    public.request(GET_OBJECT_LIST)
    public.request(GET_LDN)
    assert public.request("c002c100000001") == "c402c101000000010110"


def test_a_long_get_ends_with_its_association(public: Client) -> None:
    public.associate(pdu=64)
    public.request(GET_OBJECT_LIST)
    public.associate(pdu=64)
    assert public.request("c002c100000001") == "c402c101000000010110"


def test_a_long_value_without_block_transfer_is_unavailable(public: Client) -> None:
    public.associate(pdu=64, bits="000010")
    assert public.request(GET_OBJECT_LIST) == "c401c1010e"


def test_long_list_comes_in_blocks(public: Client) -> None:
    public.associate(pdu=30)
    first = public.request("c003c102000100002a0000ff020000080000010000ff0200")
    assert first[:16] == "c402c10000000001"
    second = public.request("c002c100000001")
    assert second[:16] == "c402c10100000002"
    assert (first[20:] + second[20:]).startswith(f"02000910{LDN}00090c07ea0504010c1e0")


def test_set_clock_of_the_vector(managing: Client, meter: Meter) -> None:
    """2021-01-24 14:48:57.80 at UTC+1 (deviation FFC4 = -60 min)."""
    assert managing.request(SET_CLOCK) == "c501c100"
    assert meter.clock.utc().isoformat().startswith("2021-01-24T13:48:5")


@pytest.mark.parametrize(
    ("apdu", "result"),
    [
        ("c101c100080000010000fe0200090c07e50118ff0e303950ffc400", "04"),
        ("c101c100030000010000ff0200090c07e50118ff0e303950ffc400", "09"),
        ("c101c100080000010000ff0a00090c07e50118ff0e303950ffc400", "04"),
        ("c101c100080000010000ff04001100", "03"),
        ("c101c100080000010000ff02001100", "0c"),
        ("c101c100080000010000ff0200090c07e5021eff0e303900ffc400", "fa"),
        ("c101c100080000010000ff0200090c07e50118070e303900000000", "00"),
        ("c101c100080000010000ff0200090c07e50118010e303900000000", "fa"),
        ("c101c100080000010000ff0200090cffffffffffffffffff800000", "fa"),
        ("c101c100080000010000ff0200090c27100101ff000000ff000000", "fa"),
        ("c101c100080000010000ff0200090b07e50118070e3039000000", "fa"),
        ("c101c100080000010000ff0200090c07e5011807183039000000ff", "fa"),
        ("c101c100080000010000ff02010100090c07e50118070e303900000000", "0d"),
    ],
    ids=[
        "no object",
        "other class",
        "no attribute",
        "read only",
        "type",
        "30 February",
        "right weekday",
        "wrong weekday",
        "nothing specified",
        "year 10000",
        "11 octets",
        "hour 24",
        "selective access",
    ],
)
def test_set_results(managing: Client, apdu: str, result: str) -> None:
    assert managing.request(apdu) == f"c501c1{result}"


def test_set_with_list(managing: Client, meter: Meter) -> None:
    warning, low = "00700000130a00ff0500", "006f0000130000ff1000"
    assert (
        managing.request(
            f"c104c103{warning}{low}00080000010000ff0400" + "03" + "05000007d0" + "0500000bb8" + "1100"
        )
        == "c505c103000003"
    )
    assert managing.request(f"c001c1{warning}") == "c401c10005000007d0"
    assert managing.request(f"c001c1{low}") == "c401c1000500000bb8"


def test_what_was_set_survives_a_power_cut(
    managing: Client,
    meter: Meter,
    power_up: Callable[..., Meter],
    board: FakeBoard,
    passwords: dict[str, bytes],
) -> None:
    assert managing.request("c101c100700000130a00ff0500" + "05000007d0") == "c501c100"
    meter.power_failing()
    again = Client(board, power_up(meter.product), "management")
    again.associate(passwords["management"])
    assert again.request("c001c100700000130a00ff0500") == "c401c10005000007d0"


@pytest.mark.parametrize(
    ("apdu", "result"),
    [
        ("c301c100460000600301ff01010f00", "04"),
        ("c301c100030000600" + "30aff01010f00", "09"),
        ("c301c10046000060030aff03010f00", "04"),
        ("c301c100080000010000ff02010f00", "03"),
        ("c301c10046000060030aff0100", "0c"),
        ("c301c10046000060030aff01011100", "0c"),
    ],
    ids=["no object", "other class", "no method", "not allowed", "no parameter", "type"],
)
def test_action_refusals(managing: Client, apdu: str, result: str, meter: Meter) -> None:
    assert managing.request(apdu) == f"c701c1{result}00"
    assert meter.arbiter.output_state()


def test_action_with_list(managing: Client, board: FakeBoard) -> None:
    methods = "0046000060030aff01" + "00080000010000ff02"
    assert managing.request(f"c303c102{methods}020f000f00") == "c703c10200000300"
    assert not board.closed


def test_lists_of_different_length_are_refused(managing: Client, board: FakeBoard) -> None:
    assert managing.request("c303c1010046000060030aff01020f000f00") == "d80102"
    assert board.closed


def test_reader_may_neither_set_nor_act(reader: Client, passwords: dict[str, bytes]) -> None:
    reader.associate(passwords["reader"])
    assert reader.request(SET_CLOCK) == "d80102"
    assert reader.request("c301c10046000060030aff01010f00") == "d80102"


def test_selective_access_to_the_object_list(reader: Client, passwords: dict[str, bytes]) -> None:
    reader.associate(passwords["reader"])
    by_class = reader.request("c001c1000f0000280000ff0201" + "02" + "0101120046")
    assert by_class.startswith("c401c1000101" + "0204120046110009060000" + "60030aff")
    by_object = reader.request("c001c1000f0000280000ff0201" + "04" + "0202120008" + "09060000010000ff")
    assert by_object.startswith("c401c1000101" + "0204120008110009060000" + "010000ff")
    objects = "03" + "01010202120008" + "09060000010000ff"
    assert reader.request("c001c1000f0000280000ff0201" + objects) == by_object
    assert reader.request("c001c1000f0000280000ff0201" + "02" + "1105") == "c401c1010c"
    assert reader.request("c001c1000f0000280000ff0201" + "09" + "00") == "c401c1010d"
    assert reader.request("c001c100080000010000ff0201" + "01" + "00") == "c401c1010d"


def test_selective_access_must_be_negotiated(reader: Client, passwords: dict[str, bytes]) -> None:
    reader.associate(passwords["reader"], bits="000010")
    assert reader.request("c001c1000f0000280000ff0201" + "02" + "0101120046") == "c401c1010d"


def test_the_longest_pdu_received_is_1024_octets(managing: Client) -> None:
    assert aarq(b"x" * 8)  # the request above it is in test_hdlc_link
    value = "0982" + "03ee"  # an octet-string that fills the APDU to 1024 octets
    apdu = "c301c100730000132800ff0101" + value + "39" * 0x3EE
    assert len(apdu) // 2 == 1023
    segments = [bytes.fromhex("e6e600" + apdu)[start : start + 128] for start in range(0, 1026, 128)]
    for segment in segments[:-1]:
        managing.exchange(managing.to_meter(managing.i_control(), segment, segmented=True))
        managing.ns = (managing.ns + 1) % 8
    answer = managing.exchange(managing.to_meter(managing.i_control(), segments[-1]))
    assert answer[11:-3].hex() == "e6e700" + "c701c10000"
