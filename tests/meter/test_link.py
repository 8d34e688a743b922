"""The link: octets out and in over a real socket, every one of them tapped, every wait with a deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bench.clock import WallClock
from bench.errors import LinkError
from bench.meter.link import Link, SocketTransport


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5.0)
        yield listener


def address(listener: socket.socket) -> str:
    return f"socket://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def tapped(far_end: socket.socket) -> Iterator[tuple[Link, list[tuple[str, bytes]], socket.socket]]:
    clock = WallClock()
    seen: list[tuple[str, bytes]] = []
    link = Link(
        lambda: SocketTransport(address(far_end), clock),
        clock,
        lambda way, octets: seen.append((way, octets)),
    )
    link.send(b"\x7e")
    client, _ = far_end.accept()
    with client:
        assert client.recv(1) == b"\x7e"
        yield link, seen, client
    link.close()


Tapped = tuple[Link, list[tuple[str, bytes]], socket.socket]


def test_every_octet_is_tapped_both_ways(tapped: Tapped) -> None:
    link, seen, client = tapped
    client.sendall(b"abc")
    assert link.receive(time.monotonic() + 5.0) == b"abc"
    assert seen == [("sent", b"\x7e"), ("received", b"abc")]


def test_silence_ends_at_the_deadline(tapped: Tapped) -> None:
    link, seen, _ = tapped
    started_s = time.monotonic()
    assert link.receive(started_s + 0.05) == b""
    assert time.monotonic() - started_s >= 0.05
    assert seen == [("sent", b"\x7e")]


def test_a_deadline_that_has_passed_does_not_wait(tapped: Tapped) -> None:
    link, _, _ = tapped
    started_s = time.monotonic()
    assert link.receive(started_s - 10.0) == b""
    assert time.monotonic() - started_s < 1.0


def test_a_peer_that_hangs_up_is_no_silence(tapped: Tapped) -> None:
    link, _, client = tapped
    client.close()
    with pytest.raises(LinkError, match="closed the connection"):
        link.receive(time.monotonic() + 5.0)


def test_a_closed_link_opens_anew_when_it_is_used(tapped: Tapped, far_end: socket.socket) -> None:
    link, _, _ = tapped
    link.close()
    link.send(b"again")
    client, _ = far_end.accept()
    with client:
        assert client.recv(5) == b"again"


def test_a_port_where_nobody_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = address(listener)
    clock = WallClock()
    link = Link(lambda: SocketTransport(nobody, clock), clock, lambda _way, _octets: None)
    with pytest.raises(LinkError, match=nobody) as caught:
        link.send(b"x")
    assert caught.value.remedy


def test_a_frame_that_comes_in_pieces_is_one_reception(tapped: Tapped) -> None:
    """So that a secret in it, cut in two by the line, is still found and masked."""
    link, seen, client = tapped
    frame = bytes.fromhex("7ea00a00020021219307027e")
    client.sendall(frame[:1])

    def later() -> None:
        for piece in (frame[1:6], frame[6:11], frame[11:]):
            time.sleep(0.01)
            client.sendall(piece)

    sender = threading.Thread(target=later)
    sender.start()
    assert link.receive(time.monotonic() + 5.0) == frame
    sender.join()
    assert seen[-1] == ("received", frame)


def test_a_frame_that_never_ends_is_given_as_far_as_it_came(tapped: Tapped) -> None:
    link, _, client = tapped
    client.sendall(b"\x7e\xa0\x0a\x00")
    assert link.receive(time.monotonic() + 5.0) == b"\x7e\xa0\x0a\x00"
