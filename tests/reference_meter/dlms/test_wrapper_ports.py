"""The wrapper over TCP and UDP: what is answered, what is dropped, what goes on beside it."""

from __future__ import annotations

import pytest

from bench.protocols.wrapper import WrapperFrame
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
        WrapperFrame(16, 2, GET_NAME).to_bytes(),
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
