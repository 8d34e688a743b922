"""A laboratory as its users meet it: a process, reached by sockets through its rig file."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bench.clock import LabClock

ROOT = Path(__file__).parents[3]
START_TIME_OUT_S = 20.0


class Instrument:
    """A plain socket to a SCPI port: one line out, one line in."""

    def __init__(self, resource: str) -> None:
        _, host, port, _ = resource.split("::")
        self._socket = socket.create_connection((host, int(port)), timeout=10.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("r", encoding="latin-1", newline="\n")

    def write(self, command: str) -> None:
        self._socket.sendall(command.encode() + b"\n")

    def query(self, command: str) -> str:
        self.write(command)
        answer = self._answers.readline()
        assert answer.endswith("\n"), f"no answer to {command}"
        return answer.rstrip("\n")

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


class LabProcess:
    """A started laboratory and everything opened on it."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reference_meter.lab", *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.rig_path = Path(self.process.stdout.readline().rstrip("\n"))
        self._opened: list[Instrument | socket.socket] = []
        if not self.rig_path.is_file():
            self.process.kill()
            raise AssertionError(self.process.communicate()[1])
        self.rig = tomllib.loads(self.rig_path.read_text())

    def instrument(self, name: str) -> Instrument:
        entry = next(entry for entry in self.rig["instrument"] if entry["name"] == name)
        instrument = Instrument(entry["resource"])
        self._opened.append(instrument)
        return instrument

    def lab_port(self) -> Instrument:
        instrument = Instrument(self.rig["clock"]["resource"])
        self._opened.append(instrument)
        return instrument

    def clock(self, *watch: str) -> LabClock:
        return LabClock(self.lab_port().query, watch)

    def meter(self, position: int = 1) -> socket.socket:
        address = urlsplit(self.rig["position"][position - 1]["meter"])
        assert address.hostname is not None
        assert address.port is not None
        client = socket.create_connection((address.hostname, address.port), timeout=10.0)
        self._opened.append(client)
        return client

    def tcp_ports(self) -> list[int]:
        resources = [self.rig["clock"]["resource"], *(entry["resource"] for entry in self.rig["instrument"])]
        ports = [int(resource.split("::")[2]) for resource in resources]
        return ports + [urlsplit(entry["meter"]).port for entry in self.rig["position"]]

    def close(self) -> tuple[int, str, str]:
        """End it by closing its standard input; return exit code and what it printed besides the path."""
        for opened in self._opened:
            opened.close()
        if self.process.stdin is not None and self.process.poll() is None:
            self.process.stdin.close()
            self.process.stdin = None
        try:
            rest, errors = self.process.communicate(timeout=5.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, errors = self.process.communicate()
        return self.process.returncode, rest, errors


StartLab = Callable[..., LabProcess]


def apply_load(laboratory: LabProcess, *, voltage_v: float = 230.0, current_a: float = 0.0) -> Instrument:
    """Put voltage and current on the rack, as the driver of the source would."""
    source = laboratory.instrument("source")
    for command in (
        "OUTP:RAMP:TIME 2",
        "SOUR:PHAS1:VOLT:RANG 0,360",
        f"SOUR:PHAS1:VOLT:MHAR:HARM1 {voltage_v},0",
        "SOUR:PHAS1:VOLT:STAT ON",
        "SOUR:PHAS1:CURR:RANG 5,50",
        f"SOUR:PHAS1:CURR:MHAR:HARM1 {current_a},0",
        "SOUR:PHAS1:CURR:STAT ON",
        "OUTP:STAT ON",
    ):
        source.write(command)
    assert source.query("SYST:ERR?").startswith("0,")
    return source
