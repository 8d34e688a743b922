"""Finding a meter nobody described: what the search says about each kind of line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cli.main import main
from bench.meter.link import Link
from bench.meter.sweep import Diagnosis, Line, sweep
from bench.protocols.acse import Aare
from bench.protocols.hdlc import (
    LLC_RESPONSE,
    Address,
    Control,
    Frame,
    FrameKind,
    LinkParameters,
    decode_frame,
    i_control,
)
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateResponse
from bench.record.declaration import load_declaration
from tests.meter.scripted_line import ScriptedLine, SteppedClock
from tests.meter.scripted_meter import Answer, ScriptedMeter

SERVER = Address(1, 17, 2)
TIME_OUT_S = 0.05
UA_PARAMETERS = LinkParameters(max_info_transmit=100, max_info_receive=100).to_bytes()
LDN = b"XYZ0000000000001"
DENIED = bytes.fromhex("c401c10103")


def _meter(raw: bytes) -> Iterator[bytes]:
    """A meter at 1/17 in two octets, for client 16; it shows its name and refuses all else."""
    frame = decode_frame(raw).frame
    if frame is None or frame.destination != SERVER or not isinstance(frame.source, Address):
        return
    client, field = frame.source, frame.control_field
    if field.kind is FrameKind.SNRM:
        yield Frame(client, SERVER, Control.UA, UA_PARAMETERS).to_bytes()
    elif field.kind is FrameKind.DISC:
        yield Frame(client, SERVER, Control.UA).to_bytes()
    elif field.kind is FrameKind.I:
        apdu = frame.information[3:]
        number = ((field.ns or 0) + 1) % 8
        yield Frame(client, SERVER, i_control(field.ns or 0, number), LLC_RESPONSE + _apdu(apdu)).to_bytes()


def _apdu(request: bytes) -> bytes:
    if request[0] == 0x60:
        granted = InitiateResponse(conformance=Conformance.GET | Conformance.SET, max_pdu=500)
        return Aare(user_information=granted.to_bytes()).to_bytes()
    name = bytes.fromhex("00002a0000ff")
    answer = b"\x00\x09\x10" + LDN if name in request else DENIED[3:]
    return b"\xc4\x01" + request[2:3] + answer


def _signing_on(raw: bytes) -> Iterator[bytes]:
    """The same meter behind a mode E sign-on."""
    if raw.startswith(b"/?"):
        yield b"/XYZ5\\2METER\r\n"
    elif raw[:1] == b"\x06":
        yield raw
    else:
        yield from _meter(raw)


def _echo(raw: bytes) -> Iterator[bytes]:
    yield raw


def _echoing_meter(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield from _meter(raw)


def _another_station(raw: bytes) -> Iterator[bytes]:
    del raw
    yield Frame(Address(99), Address(5), Control.DM).to_bytes()


def _noise(_raw: bytes) -> Iterator[bytes]:
    yield bytes.fromhex("7ea0070312345678907e")


def _nothing(_raw: bytes) -> Iterator[bytes]:
    return iter(())


def _searched(meter: ScriptedMeter) -> Callable[[Line], Link]:
    return lambda _line: meter.link(may_echo=True)


def test_a_meter_is_found_with_the_form_of_its_address() -> None:
    with ScriptedMeter(_meter) as meter:
        found = sweep(_searched(meter), bauds=(9600,), time_out_s=TIME_OUT_S)
    assert found.diagnosis is Diagnosis.FOUND
    assert (found.server, found.client, found.echo) == (SERVER, 16, False)
    assert found.agreed is not None
    assert found.agreed.max_info_transmit == 100


class Answering(ScriptedLine):
    """A line on which a peer answers, in no time at all."""

    def __init__(self, clock: SteppedClock, peer: Answer) -> None:
        super().__init__(clock, ())
        self._peer = peer

    def send(self, octets: bytes) -> None:
        self._coming.extend(self._peer(octets))


def _rated(peers: dict[Line, Answer], tried: list[Line]) -> Callable[[Line], Link]:
    """Open a line at whose rates different peers listen, or nobody; remember what was tried."""
    clock = SteppedClock()

    def open_link(line: Line) -> Link:
        tried.append(line)
        transport = Answering(clock, peers.get(line, _nothing))
        return Link(lambda: transport, clock, lambda _direction, _octets: None, may_echo=True)

    return open_link


def test_a_meter_that_signs_on_is_found_before_all_rates_were_tried() -> None:
    tried: list[Line] = []
    found = sweep(_rated({Line(baud=300, mode_e=True): _signing_on}, tried))
    assert (found.diagnosis, found.server) == (Diagnosis.FOUND, SERVER)
    assert found.line == Line(baud=9600, mode_e=True)
    assert found.identification == "/XYZ5\\2METER"
    assert [line.baud for line in tried] == [9600, 300, 300]


def test_every_rate_is_tried_where_nothing_signs_on() -> None:
    tried: list[Line] = []
    found = sweep(_rated({Line(baud=2400): _meter}, tried), bauds=(9600, 4800, 2400))
    assert (found.diagnosis, found.line) == (Diagnosis.FOUND, Line(baud=2400))
    assert [line.baud for line in tried] == [9600, 300, 4800, 2400]


def test_a_meter_is_found_behind_an_echo() -> None:
    with ScriptedMeter(_echoing_meter) as meter:
        found = sweep(_searched(meter), bauds=(9600,), time_out_s=TIME_OUT_S)
    assert (found.diagnosis, found.echo, found.server) == (Diagnosis.FOUND, True, SERVER)


@pytest.mark.parametrize(
    ("peer", "diagnosis"),
    [
        (_nothing, Diagnosis.NOTHING),
        (_echo, Diagnosis.ECHO_ONLY),
        (_noise, Diagnosis.GARBAGE),
        (_another_station, Diagnosis.WRONG_ADDRESS),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(peer: Answer, diagnosis: Diagnosis) -> None:
    with ScriptedMeter(peer) as meter:
        found = sweep(_searched(meter), bauds=(9600,), time_out_s=TIME_OUT_S)
    assert found.diagnosis is diagnosis
    assert next(found.told()) == str(diagnosis)


def test_declare_writes_a_draft_that_can_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "meter.toml"
    with ScriptedMeter(_meter) as meter:
        assert (
            main(["declare", "--meter", meter.address, "--time-out", str(TIME_OUT_S), "--out", str(draft)])
            == 0
        )
    declared = load_declaration(draft)
    assert declared.identity.logical_device_name == LDN.decode()
    assert declared.identity.flag_id == "XYZ"
    assert (declared.communication.server_lower, declared.communication.address_length) == (17, 2)
    assert declared.association[0].conformance == ("get", "set")
    assert "fill in" in draft.read_text()
    assert "the meter answers" in capsys.readouterr().err


def test_doctor_says_that_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedMeter(_nothing) as meter:
        assert main(["doctor", "--meter", meter.address, "--time-out", str(TIME_OUT_S)]) == 1
    assert str(Diagnosis.NOTHING) in capsys.readouterr().out
