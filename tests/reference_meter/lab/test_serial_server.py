"""The serial server of RFC 2217 before a meter port: negotiation, rate, and characters of seven or eight bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from reference_meter.lab.serial_server import SerialServer, with_parity
from tests.reference_meter.lab.test_line import Bench

IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
DO, WILL = b"\xfd", b"\xfb"
COM_PORT = b"\x2c"
REQUEST = b"/?!\r\n"


def command(number: int, value: bytes) -> bytes:
    return IAC + SB + COM_PORT + bytes([number]) + value.replace(IAC, IAC + IAC) + IAC + SE


def form(data_size: int, parity: int) -> bytes:
    return command(2, bytes([data_size])) + command(3, bytes([parity]))


SEVEN_EVEN, EIGHT_NONE, EIGHT_EVEN = form(7, 3), form(8, 1), form(8, 3)


class Client:
    """A socket on the serial server of one line."""

    def __init__(self, bench: Bench) -> None:
        import socket

        self.bench = bench
        port = bench.reactor.listen(SerialServer(bench.line).accept).port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=2.0)
        bench.serve()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)
        self.bench.serve()
        self.bench.world.run_until(self.bench.world.now() + 10.0)

    def told(self, octets: bytes) -> bytes:
        """Send commands and return as many octets as an answer of the same length has."""
        self.send(octets)
        return self.socket.recv(1000)

    def hears(self, octets: bytes) -> bytes:
        self.bench.line.send(octets)
        self.bench.world.run_until(self.bench.world.now() + 10.0)
        self.bench.line.flush()
        self.bench.reactor.drain()
        self.socket.settimeout(0.05)
        try:
            return self.socket.recv(1000)
        except TimeoutError:
            return b""


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.reactor.close()


@pytest.fixture
def client(bench: Bench) -> Iterator[Client]:
    client = Client(bench)
    with closing(client.socket):
        yield client


def test_known_options_are_agreed_to_and_others_refused(client: Client) -> None:
    assert client.told(IAC + WILL + COM_PORT + IAC + DO + b"\x18") == (
        IAC + DO + COM_PORT + IAC + b"\xfc\x18"
    )


def test_an_option_is_answered_once(client: Client) -> None:
    offer = IAC + DO + b"\x00"
    assert client.told(offer + offer) == IAC + WILL + b"\x00"


@pytest.mark.parametrize("value", [b"\x00\x00\x25\x80", b"\x00\x00\x00\xff"])
def test_a_setting_is_confirmed_with_its_value(client: Client, value: bytes) -> None:
    assert client.told(command(1, value)) == command(101, value)


def test_data_between_commands_reaches_the_meter(client: Client, bench: Bench) -> None:
    client.send(b"ab" + EIGHT_NONE + b"c" + IAC + IAC + b"d")
    assert bench.ear.octets == b"abc\xffd"


def test_a_command_may_come_octet_by_octet(client: Client, bench: Bench) -> None:
    for octet in b"a" + command(1, b"\x00\x00\x25\x80") + b"b":
        client.send(bytes([octet]))
    assert bench.ear.octets == b"ab"


def test_at_another_rate_nothing_gets_through(client: Client, bench: Bench) -> None:
    client.send(command(1, (300).to_bytes(4)) + REQUEST)
    assert bench.ear.octets == b""


def test_seven_bits_fit_a_meter_that_signs_on(client: Client, bench: Bench) -> None:
    bench.line.set_rate(9600, seven_bits=True)
    client.send(SEVEN_EVEN + REQUEST)
    assert bench.ear.octets == REQUEST
    client.socket.recv(1000)
    assert client.hears(b"/MBR5\r\n") == b"/MBR5\r\n"


@pytest.mark.parametrize("client_form", [EIGHT_NONE, EIGHT_EVEN, form(7, 2)])
def test_other_characters_do_not(client: Client, bench: Bench, client_form: bytes) -> None:
    bench.line.set_rate(9600, seven_bits=True)
    client.send(client_form + REQUEST)
    assert bench.ear.octets != REQUEST
    client.socket.recv(1000)
    assert client.hears(b"/MBR5\r\n") != b"/MBR5\r\n"


def test_the_parity_of_the_meter_shows_in_eight_bits(client: Client, bench: Bench) -> None:
    bench.line.set_rate(9600, seven_bits=True)
    client.told(EIGHT_NONE)
    assert client.hears(b"/5") == bytes([with_parity(0x2F), with_parity(0x35)])
    assert with_parity(0x2F) == 0xAF


def test_eight_bits_of_hdlc_do_not_survive_seven(client: Client) -> None:
    client.told(SEVEN_EVEN)
    assert client.hears(bytes.fromhex("7ea0")) == bytes.fromhex("7e20")


def test_the_line_is_free_when_the_client_is_gone(client: Client, bench: Bench) -> None:
    client.socket.close()
    bench.serve()
    assert not bench.line.connected
