"""The line log, the capture file and the byte script of a small recorded run."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bench.cli.main import main
from bench.meter.byte_script import replay, script_of
from bench.protocols.hdlc import Address, Control, Frame
from bench.record.run_folder import RunFolder
from bench.record.secrets import SecretStore
from tests.meter.scripted_meter import DM, UA, ScriptedMeter, polite

CASE = "dlms/HDLC_FRAME_P1"
SNRM = Frame(Address(1, 16, 4), Address(16), Control.SNRM).to_bytes()
DISC = Frame(Address(1, 16, 4), Address(16), Control.DISC).to_bytes()
PASSWORD = b"geheim77"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    folder = RunFolder.create(tmp_path / "run", {"1": SecretStore(values={"reader": PASSWORD}, environ={})})
    folder.write_session({"run_id": "x", "started_utc": "2026-05-04T10:00:00+00:00", "positions": []})
    folder.append_event("run-started", time_s=5.0, utc="2026-05-04T10:00:00+00:00")
    dialogue = (("sent", SNRM, 6.0), ("received", UA, 6.1), ("sent", DISC, 6.2), ("received", UA, 6.3))
    for direction, octets, time_s in dialogue:
        folder.append_exchange(position="1", case=CASE, time_s=time_s, direction=direction, octets=octets)
    folder.append_exchange(
        position="1", case="dlms/x", time_s=9.0, direction="sent", octets=b"\x01" + PASSWORD
    )
    folder.close()
    return tmp_path / "run"


def test_the_line_log_shows_frames_and_directions(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", str(recorded), "--case", CASE]) == 0
    text = capsys.readouterr().out
    assert f"== {CASE}, position 1" in text
    assert f"--> {SNRM.hex(' ').upper()}" in text
    assert "HDLC to 16 from 1/16, UA 73 P/F" in text


def test_no_secret_is_in_the_line_log(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", str(recorded), "--case", "dlms/x"]) == 0
    text = capsys.readouterr().out
    assert "masked: 8 octets of reader at 1" in text
    assert PASSWORD.hex(" ").upper() not in text


def test_the_capture_file_holds_every_exchange_as_a_datagram(recorded: Path, tmp_path: Path) -> None:
    target = tmp_path / "run.pcap"
    assert main(["lines", str(recorded), "--case", CASE, "--pcap", str(target)]) == 0
    octets = target.read_bytes()
    assert struct.unpack("<IHH", octets[:8]) == (0xA1B2C3D4, 2, 4)
    at, payloads = 24, []
    while at < len(octets):
        _, _, size, _ = struct.unpack("<IIII", octets[at : at + 16])
        packet = octets[at + 16 : at + 16 + size]
        assert sum(struct.unpack(">10H", packet[:20])) % 0xFFFF == 0  # the check sum of the IP header
        payloads.append(packet[28:])
        at += 16 + size
    assert payloads == [SNRM, UA, DISC, UA]


def test_the_script_of_a_case_can_be_printed(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recorded), CASE, "--print"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"0.000 {SNRM.hex()}", f"0.100 {DISC.hex()}"]


def test_a_script_with_a_masked_secret_asks_for_it(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(recorded), "dlms/x", "--print"]) != 0
    assert "--secrets" in capsys.readouterr().err


def test_replay_tells_the_same_answer_from_another(recorded: Path) -> None:
    from bench.record.reader import RunReader

    exchanges = [item for item in RunReader(recorded).traffic() if item.case == CASE]
    lines = script_of(exchanges, SecretStore(environ={}))
    with ScriptedMeter(polite) as meter:
        found = list(replay(lines, meter.link(), time_out_s=0.3))
    assert [each.same for each in found] == [True, False]
    assert found[1].answer == DM
