"""The laboratory as a process: how it starts, what it writes, how it ends."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from bench.record.declaration import load_declaration
from bench.rig.rig_file import load_rig
from tests.reference_meter.lab.lab_process import ROOT, LabProcess, StartLab, apply_load


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except ConnectionRefusedError:
        return True
    return False


def hung_up(client: socket.socket) -> bool:
    """Return whether the other side has closed, whether in order or, with octets on the way, by a reset."""
    try:
        return client.recv(10) == b""
    except ConnectionResetError:
        return True


def run_to_the_end(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reference_meter.lab", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_it_prints_the_path_of_its_rig_file_and_nothing_else(start_lab: StartLab, tmp_path: Path) -> None:
    laboratory = start_lab("--directory", str(tmp_path / "new" / "folder"))
    assert laboratory.rig_path == tmp_path / "new" / "folder" / "rig.toml"
    code, rest, errors = laboratory.close()
    assert (code, rest, errors) == (0, "", "")


def test_the_bench_can_read_every_file_it_writes(start_lab: StartLab) -> None:
    laboratory = start_lab("--positions", "3")
    rig = load_rig(laboratory.rig_path)
    assert rig.rig.virtual
    assert [entry.port for entry in rig.position] == ["meter1", "meter2", "meter3"]
    assert [entry.error_calculator for entry in rig.position] == ["standard", "", ""]
    serial_numbers = {load_declaration(entry.declaration).identity.serial_number for entry in rig.position}
    assert len(serial_numbers) == 3


def test_every_secret_that_a_declaration_names_stands_in_a_private_file(start_lab: StartLab) -> None:
    laboratory = start_lab()
    declaration = tomllib.loads(laboratory.rig_path.with_name("meter1.toml").read_text())
    secrets_path = laboratory.rig_path.with_name("meter1.secrets.toml")
    secrets = tomllib.loads(secrets_path.read_text())
    named = {entry["secret"] for entry in declaration["association"] if "secret" in entry}
    kinds = ("authentication_key", "encryption_key", "broadcast_key", "master_key")
    named |= {entry[kind] for entry in declaration["association"] for kind in kinds if kind in entry}
    named.add(declaration["sts"]["vending_key"])
    assert named == set(secrets)
    assert all(text.startswith(("hex:", "text:")) for text in secrets.values())
    assert stat.S_IMODE(secrets_path.stat().st_mode) == 0o600


def test_instruments_show_the_serial_numbers_of_the_rig_file(start_lab: StartLab) -> None:
    laboratory = start_lab()
    for entry in laboratory.rig["instrument"]:
        assert entry["serial_number"] in laboratory.instrument(entry["name"]).query("*IDN?")


def test_the_lab_port_identifies_itself_with_the_seed(start_lab: StartLab) -> None:
    identity = start_lab("--seed", "42").lab_port().query("*IDN?").split(",")
    assert identity[:3] == ["METERBENCH", "LABORATORY", "42"]
    assert len(identity) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_nothing_left_listening(number: signal.Signals) -> None:
    laboratory = LabProcess()
    ports = laboratory.tcp_ports()
    client = laboratory.meter()
    laboratory.process.send_signal(number)
    assert laboratory.process.wait(timeout=5.0) == 0
    assert hung_up(client)
    assert all(refused(port) for port in ports)
    assert not laboratory.rig_path.parent.exists()
    assert laboratory.close()[1:] == ("", "")


def test_a_signal_ends_it_in_the_middle_of_a_long_advance(start_lab: StartLab) -> None:
    laboratory = start_lab()
    laboratory.clock().sleep(1.0)
    apply_load(laboratory, current_a=40.0)
    laboratory.lab_port().write(':LAB:ADVance? 3.0e9,""')  # a century of LED pulses
    time.sleep(0.05)
    laboratory.process.send_signal(signal.SIGTERM)
    code, _, errors = laboratory.close()
    assert (code, errors) == (0, "")


def test_the_end_of_standard_input_ends_it_with_nothing_left_listening(start_lab: StartLab) -> None:
    laboratory = start_lab()
    ports = laboratory.tcp_ports()
    assert laboratory.close()[0] == 0
    assert all(refused(port) for port in ports)


def test_without_a_standard_input_it_ends_at_once() -> None:
    finished = run_to_the_end("--until-stdin-closes")
    assert finished.returncode == 0
    assert finished.stderr == ""


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--product", "abc123"), "abc123"),
        (("--defect", "NO-SUCH-DEFECT"), "NO-SUCH-DEFECT"),
        (("--defect", "/nowhere/file.py:Thing"), "/nowhere/file.py"),
        (("--positions", "0"), "0"),
        (("--directory", "/proc/nowhere"), "/proc/nowhere"),
    ],
)
def test_what_it_cannot_do_is_one_line_and_exit_code_2(options: tuple[str, ...], named: str) -> None:
    finished = run_to_the_end(*options)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert named in finished.stderr


def test_a_strangers_defect_for_a_slot_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "class Mine:\n"
        "    id = 'MINE'\n"
        "    title = 'does not fit'\n"
        "    def apply(self, blueprint):\n"
        "        blueprint.override('flux capacitor', object)\n"
    )
    finished = run_to_the_end("--defect", f"{path}:Mine")
    assert finished.returncode == 2
    assert "no slot 'flux capacitor'" in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_a_second_client_of_a_meter_port_is_closed_at_once(start_lab: StartLab) -> None:
    laboratory = start_lab("--dead")
    clock = laboratory.clock()
    first = laboratory.meter()
    second = laboratory.meter()
    assert second.recv(10) == b""
    first.sendall(b"12345")
    assert not clock.exchange("meter1", 5, 1.0).closed


def test_a_real_time_laboratory_moves_with_the_wall_clock(start_lab: StartLab) -> None:
    laboratory = start_lab("--real-time")
    assert laboratory.rig["clock"]["kind"] == "wall"
    port = laboratory.lab_port()
    lab_s, wall_s = float(port.query(":LAB:TIME?")), time.monotonic()
    time.sleep(0.3)
    lab_s, wall_s = float(port.query(":LAB:TIME?")) - lab_s, time.monotonic() - wall_s
    assert lab_s == pytest.approx(wall_s, abs=0.05)


def test_nobody_moves_the_time_of_a_real_time_laboratory(start_lab: StartLab) -> None:
    port = start_lab("--real-time").lab_port()
    for command in (':LAB:ADVance? 10.0,""', ':LAB:EXCHange? "meter1",0,10.0'):
        port.write(command)
        assert port.query("SYSTem:ERRor?").startswith("-221,")
