"""Finding a meter behind an IP address nobody described: its wPorts, and what is wrong where none answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli.main import main
from bench.clock import WallClock
from bench.errors import LinkError
from bench.meter import search
from bench.meter.link import Link
from bench.meter.sweep import Diagnosis, Found, Line
from bench.meter.wrapper_sweep import sweep_wrapper
from bench.protocols.acse import Aare, AssociationResult
from bench.protocols.wrapper import WrapperFrame, decode_wrapper
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateResponse
from bench.record.declaration import load_declaration

SERVER, CLIENT = 17, 32
LDN = b"XYZ0000000000001"
GRANTED = InitiateResponse(conformance=Conformance.GET, max_pdu=500).to_bytes()
Answer = Callable[[WrapperFrame], bytes]


class Pipe:
    """A transport to a meter that answers at once or never."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._waiting = answer, b""

    def send(self, octets: bytes) -> None:
        frame = decode_wrapper(octets).frame
        assert frame is not None
        self._waiting = self._answer(frame)

    def receive(self, deadline_s: float) -> bytes:
        del deadline_s
        octets, self._waiting = self._waiting, b""
        return octets

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        raise AssertionError("a network connection has no rate")

    def close(self) -> None:
        self._waiting = b""


class Closed(Pipe):
    """A connection that breaks when it is used."""

    def send(self, octets: bytes) -> None:
        del octets
        raise LinkError("It closed the connection.")


def meter(frame: WrapperFrame) -> bytes:
    """Answer one client at one wPort; everything else meets silence."""
    if (frame.source, frame.destination) != (CLIENT, SERVER):
        return b"" if frame.source != 16 else wrapped(frame, refusal())
    return wrapped(frame, shown(frame.payload))


def wrapped(frame: WrapperFrame, apdu: bytes) -> bytes:
    return WrapperFrame(frame.destination, frame.source, apdu).to_bytes()


def shown(request: bytes) -> bytes:
    if request[0] == 0x60:
        return Aare(user_information=GRANTED).to_bytes()
    name = bytes.fromhex("00002a0000ff")
    return b"\xc4\x01" + request[2:3] + (b"\x00\x09\x10" + LDN if name in request else b"\x01\x03")


def refusal() -> bytes:
    return Aare(result=AssociationResult.REJECTED_PERMANENT).to_bytes()


def silent(_frame: WrapperFrame) -> bytes:
    return b""


def searched(answer: Answer, kind: type[Pipe] = Pipe) -> Found:
    def open_link(_line: Line) -> Link:
        return Link(lambda: kind(answer), WallClock(), lambda _direction, _octets: None)

    return sweep_wrapper(open_link, time_out_s=0.05)


def test_the_client_that_is_let_in_is_found_with_the_wport_of_the_meter() -> None:
    found = searched(meter)
    assert found.is_there
    assert (found.diagnosis, found.server_sap, found.client) == (Diagnosis.FOUND, SERVER, CLIENT)
    assert f"server wPort {SERVER}, client {CLIENT}" in found.told()


def test_a_meter_that_refuses_everybody_is_found_and_says_why() -> None:
    found = searched(lambda frame: wrapped(frame, refusal()))
    assert (found.server_sap, found.client) == (1, 16)
    assert "client 16 is refused" in found.trouble


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        (silent, Diagnosis.NOTHING),
        (lambda _frame: bytes.fromhex("7ea0070312345678907e"), Diagnosis.HDLC_HERE),
        (lambda _frame: b"HTTP/1.1 400 Bad Request\r\n\r\n", Diagnosis.NO_WRAPPER),
        (lambda frame: WrapperFrame(99, frame.source, b"\xd8\x01\x02").to_bytes(), Diagnosis.WRONG_ADDRESS),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(answer: Answer, diagnosis: Diagnosis) -> None:
    found = searched(answer)
    assert found.diagnosis is diagnosis
    assert not found.is_there


def test_a_closed_connection_is_no_meter() -> None:
    found = searched(silent, Closed)
    assert (found.diagnosis, found.trouble) == (Diagnosis.CLOSED, "It closed the connection.")


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_declare_drafts_a_wrapped_meter_and_doctor_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    monkeypatch.setattr(search, "open_transport", lambda *_place, **_line: Pipe(meter))
    url, path = f"{scheme}://127.0.0.1:4059", tmp_path / "meter.toml"
    assert main(["declare", "--meter", url, "--time-out", "0.05", "--out", str(path)]) == 0
    declared = load_declaration(path)
    assert declared.identity.logical_device_name == LDN.decode()
    said = declared.communication
    assert (said.framing, said.transport, said.server_sap) == ("wrapper", scheme, SERVER)
    assert main(["doctor", "--meter", url, "--time-out", "0.05"]) == 0
    assert LDN.decode() in capsys.readouterr().out
