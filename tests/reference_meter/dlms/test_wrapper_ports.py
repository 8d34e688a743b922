"""The wrapper over TCP and UDP: what is answered, what is dropped, what goes on beside it."""

from __future__ import annotations

import pytest

from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import AARQ_NO_SECURITY, Client, aarq

GET_NAME = bytes.fromhex("c001c1000100002a0000ff0200")
NAME = bytes.fromhex("c401c1000910") + b"MBR0072272200001"
TIME_OUT_S, IDLE_S = 2.0, 180.0


class NetworkClient:
    def __init__(self, board: FakeBoard, meter: Meter, port: str = "tcp", sap: int = 16) -> None:
        self.board, self.meter, self.port, self.sap = board, meter, port, sap
        meter.port_opened(port)

    def exchange(self, octets: bytes, wait_s: float = 0.5) -> bytes:
        del self.board.sent[:]
        self.meter.octets_received(self.port, octets)
        self.board.advance(wait_s)
        return b"".join(octets for _, octets in self.board.sent)

    def request(self, apdu: bytes) -> bytes:
        answer = self.exchange(WrapperFrame(self.sap, 1, apdu).to_bytes())
        assert answer[:6] == bytes([0, 1, 0, 1]) + self.sap.to_bytes(2)
        assert int.from_bytes(answer[6:8]) == len(answer) - 8
        return answer[8:]

    def associate(self, password: bytes | None = None) -> None:
        text = AARQ_NO_SECURITY if password is None else aarq(password, bits="ffffff")
        assert self.request(bytes.fromhex(text)).hex().startswith("6129")


@pytest.fixture(params=["tcp", "udp"])
def client(request: pytest.FixtureRequest, board: FakeBoard, meter: Meter) -> NetworkClient:
    client = NetworkClient(board, meter, request.param)
    client.associate()
    return client


@pytest.fixture
def tcp(board: FakeBoard, meter: Meter) -> NetworkClient:
    client = NetworkClient(board, meter)
    client.associate()
    return client


def test_requests_are_answered(client: NetworkClient) -> None:
    assert client.request(GET_NAME) == NAME


@pytest.mark.parametrize(
    "octets",
    [
        WrapperFrame(16, 1, GET_NAME, version=2).to_bytes(),
        WrapperFrame(16, 3, GET_NAME).to_bytes(),
        WrapperFrame(77, 1, GET_NAME).to_bytes(),
        WrapperFrame(16, 1, b"").to_bytes(),
    ],
    ids=["version", "destination", "source", "empty"],
)
def test_what_is_wrong_in_the_header_stays_unanswered(client: NetworkClient, octets: bytes) -> None:
    assert client.exchange(octets) == b""
    assert client.request(GET_NAME) == NAME


def test_a_message_may_come_in_pieces_and_two_at_once(tcp: NetworkClient) -> None:
    octets = WrapperFrame(16, 1, GET_NAME).to_bytes()
    for cut in range(1, len(octets)):
        assert tcp.exchange(octets[:cut], 0.05) == b""
        assert tcp.exchange(octets[cut:])[8:] == NAME
    assert tcp.exchange(octets + octets) == 2 * (bytes.fromhex("0001000100100016") + NAME)


def test_an_unfinished_message_is_dropped_in_time(tcp: NetworkClient) -> None:
    assert tcp.exchange(WrapperFrame(16, 1, GET_NAME).to_bytes(length=65535), TIME_OUT_S) == b""
    assert tcp.request(GET_NAME) == NAME


def test_an_idle_connection_is_closed_and_its_association_with_it(
    tcp: NetworkClient, board: FakeBoard
) -> None:
    board.advance(IDLE_S)
    assert board.hung_up == ["tcp"]
    assert tcp.request(GET_NAME).hex() == "d80102"


def test_ports_and_clients_have_their_own_associations(
    tcp: NetworkClient, public: Client, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    public.associate()
    reader = NetworkClient(board, meter, "udp", 32)
    reader.associate(passwords["reader"])
    meter.port_closed("tcp")
    assert public.request(GET_NAME.hex()) == NAME.hex()
    assert reader.request(GET_NAME) == NAME
    assert tcp.request(GET_NAME).hex() == "d80102"


def test_a_doubled_datagram_acts_once(board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> None:
    management = NetworkClient(board, meter, "udp", 1)
    management.associate(passwords["management"])
    # shift_time by one hour, twice the same datagram
    shift = bytes.fromhex("c301c1000800000100 00ff0601 100384".replace(" ", ""))
    before = meter.clock.utc()
    assert management.request(shift) == management.request(shift)
    assert 900 <= (meter.clock.utc() - before).total_seconds() < 1000


def test_the_pre_established_association_needs_no_opening(board: FakeBoard, meter: Meter) -> None:
    client = NetworkClient(board, meter, "udp", 102)
    assert client.request(GET_NAME) == NAME


def _block(
    number: int, data: bytes, *, window: int, last: bool, ack: int = 0, streaming: bool = False
) -> bytes:
    return GeneralBlockTransfer(
        last=last,
        streaming=streaming,
        window=window,
        block_number=number,
        block_number_ack=ack,
        data=data,
    ).to_bytes()


def _blocks(octets: bytes) -> list[GeneralBlockTransfer]:
    frames = [decode_wrapper(raw).frame for raw in WrapperReader().feed(octets)]
    apdus = [decode_apdu(frame.payload)[0] for frame in frames if frame is not None]
    return [apdu for apdu in apdus if isinstance(apdu, GeneralBlockTransfer)]


@pytest.fixture
def managing(board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> NetworkClient:
    client = NetworkClient(board, meter, sap=1)
    assert (
        client.request(bytes.fromhex(aarq(passwords["management"], bits="ffffff", pdu=32))).hex()[:2] == "61"
    )
    return client


def test_an_answer_goes_in_windows_of_general_blocks(managing: NetworkClient) -> None:
    def exchange(apdu: bytes) -> list[GeneralBlockTransfer]:
        return _blocks(managing.exchange(WrapperFrame(1, 1, apdu).to_bytes()))

    first = exchange(_block(1, GET_NAME, window=2, last=True))
    assert [(block.block_number, block.streaming) for block in first] == [(1, False)]
    request = bytes.fromhex("c001c1000f0000280000ff0200")
    window = exchange(_block(1, request, window=3, last=True))
    assert [(block.block_number, block.streaming, block.last) for block in window] == [
        (1, True, False),
        (2, True, False),
        (3, False, False),
    ]
    again = exchange(_block(2, b"", window=2, last=False, ack=1))
    assert [block.block_number for block in again] == [2, 3]
    assert again[0].data == window[1].data


def test_streamed_blocks_are_answered_at_the_end_of_the_window(managing: NetworkClient) -> None:
    def send(number: int, *, last: bool = False, streaming: bool = True) -> list[GeneralBlockTransfer]:
        part = GET_NAME[(number - 1) * 5 : number * 5]
        apdu = _block(number, part, window=1, last=last, streaming=streaming)
        return _blocks(managing.exchange(WrapperFrame(1, 1, apdu).to_bytes()))

    assert send(1) == []
    (lost,) = send(3, last=True, streaming=False)
    assert (lost.block_number_ack, lost.data) == (1, b"")
    assert send(2) == []
    (answer,) = send(3, last=True, streaming=False)
    assert (answer.block_number_ack, answer.data) == (3, NAME)
