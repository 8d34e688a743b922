"""A lone meter that is none: nonsense, an echo, a closed port. Our trouble each time, never the meter's; it ends."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import Ran, RunSuites, environment, run_command, suites_command

UNDECIDED = 10
Behaviour = Callable[[socket.socket], None]


def said(client: socket.socket) -> bytes:
    """Return what the bench has sent; raises OSError when it has gone."""
    octets = client.recv(4096)
    if not octets:
        raise ConnectionResetError
    return octets


def garbage(client: socket.socket) -> None:
    said(client)
    client.sendall(b"\x15hello, this is not HDLC\r\n")


def endless(client: socket.socket) -> None:
    client.sendall(b"U" * 512)


def echo(client: socket.socket) -> None:
    client.sendall(said(client))


def hang_up(client: socket.socket) -> None:
    said(client)
    raise ConnectionResetError


class Server:
    """One behaviour on a TCP port; ``None`` closes the port again, so that nobody is there."""

    def __init__(self, behave: Behaviour | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._stop = threading.Event()
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread: threading.Thread | None = None
        if behave is None:
            self._listener.close()
        else:
            self._thread = threading.Thread(target=self._serve, args=(behave,), daemon=True)
            self._thread.start()

    def _serve(self, behave: Behaviour) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(0.1)
                while not self._stop.is_set():
                    try:
                        behave(client)
                    except TimeoutError:
                        continue
                    except OSError:
                        break

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
        self._listener.close()


BEHAVIOURS: dict[str, Behaviour | None] = {
    "garbage": garbage,
    "endless": endless,
    "echo": echo,
    "hang up": hang_up,
    "closed port": None,
}


@pytest.fixture(scope="module")
def declaration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The declaration of a laboratory meter, with a short time-out: these meters are met on the wall clock."""
    laboratory = LabProcess("--until-stdin-closes")
    text = laboratory.rig_path.with_name("meter1.toml").read_text()
    laboratory.close()
    file = tmp_path_factory.mktemp("declared") / "meter.toml"
    file.write_text(re.sub(r"response_time_out_s = .*", "response_time_out_s = 0.15", text))
    return file


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, declaration: Path) -> dict[str, Ran]:
    """One run against each, all at once: a meter that may be restarting is waited for in real time."""
    folder = tmp_path_factory.mktemp("nonsense")

    def run(item: tuple[str, Behaviour | None]) -> Ran:
        name, behave = item
        server, run_dir = Server(behave), folder / name.replace(" ", "_")
        try:
            command = suites_command(
                run_dir,
                *("--meter", server.url, "--declare", str(declaration), "-k", "frame_p1 or frame_n8"),
                suites=("suites/dlms/test_hdlc_frames.py",),
            )
            state = str(folder / f"state {name}")
            return run_command(command, run_dir, environ=environment(METERBENCH_STATE=state))
        finally:
            server.close()

    with ThreadPoolExecutor(len(BEHAVIOURS)) as pool:
        return dict(zip(BEHAVIOURS, pool.map(run, BEHAVIOURS.items()), strict=True))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_what_is_no_meter_is_an_error_and_ends(runs: dict[str, Ran], name: str) -> None:
    run = runs[name]
    assert run.exit_code == UNDECIDED, run.output
    assert run.verdicts()
    assert {item["outcome"] for item in run.verdicts()} == {"ERROR"}, run.outcomes()
    assert "Traceback" not in run.output


def test_accuracy_without_a_rig_is_not_run_and_says_why(run_suites: RunSuites, declaration: Path) -> None:
    options = ("--meter", "socket://127.0.0.1:9", "--declare", str(declaration))
    run = run_suites(*options, suites=("suites/accuracy/test_load_points.py",))
    assert run.exit_code == 12
    assert {item["outcome"] for item in run.verdicts()} == {"NOT_RUN"}
    assert all("no rig" in item["reason"] and "--rig FILE" in item["reason"] for item in run.verdicts())
