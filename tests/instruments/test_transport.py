"""Opening instruments, and what happens when they are not there, are others, or fall silent."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint

import pytest

from instruments import registry
from instruments.actuators.hands import Hands
from instruments.errors import InstrumentFault
from instruments.registry import DRIVERS, find_driver, known_drivers, open_instrument
from instruments.transport import VisaTransport
from instruments.virtual.hands import VirtualHands


@pytest.fixture
def server(plant, served):
    return served.serve(VirtualHands(plant, "hands", serial_number="7"))


def test_a_closed_port_is_named(served) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        resource = f"TCPIP::127.0.0.1::{free.getsockname()[1]}::SOCKET"
    with pytest.raises(InstrumentFault) as fault:
        open_instrument("meterbench-hands", resource, timeout_s=0.5)
    assert fault.value.resource == resource
    assert "address" in fault.value.remedy


def test_a_malformed_resource_is_named() -> None:
    with pytest.raises(InstrumentFault, match="cannot open"):
        open_instrument("meterbench-hands", "nonsense", timeout_s=0.5)


def test_another_instrument_is_named_with_the_one_expected(server) -> None:
    with pytest.raises(InstrumentFault, match=r"Expected FLUKE 6105A.*found METERBENCH HANDS"):
        open_instrument("fluke-6105a", server.resource)


def test_another_serial_number_is_named_with_the_one_expected(server) -> None:
    with pytest.raises(InstrumentFault, match=r"serial number 8, found .* serial number 7"):
        open_instrument("meterbench-hands", server.resource, "8")


def test_an_unknown_driver_names_the_known_ones() -> None:
    with pytest.raises(InstrumentFault) as fault:
        find_driver("fluke")
    assert all(name in fault.value.remedy for name in DRIVERS)


def test_an_instrument_that_falls_silent_is_a_fault_in_time(server) -> None:
    hands = open_instrument("meterbench-hands", server.resource, timeout_s=0.2)
    server.faults.silent = True
    with pytest.raises(InstrumentFault, match=r"did not answer within 0\.2 s \(:POS1:LOAD:LIVE\?\)"):
        hands.load_side_live(1)
    server.faults.silent = False
    assert hands.load_side_live(1)
    hands.close()


def test_a_lost_reply_is_not_taken_by_the_next_query(server) -> None:
    hands = open_instrument("meterbench-hands", server.resource, timeout_s=0.2)
    server.faults.replies_to_drop = 1
    with pytest.raises(InstrumentFault):
        hands.display(1)
    assert hands.load_side_live(1)
    hands.close()


def test_a_broken_connection_is_a_fault_and_can_be_opened_anew(server) -> None:
    transport = VisaTransport(server.resource, timeout_s=0.2)
    server.faults.disconnect_on_next_message = True
    with pytest.raises(InstrumentFault):
        transport.query("*IDN?")
    transport.reopen()
    assert transport.query("*IDN?") == "METERBENCH,HANDS,7,1"
    transport.close()


def test_a_closed_session_is_a_fault(server) -> None:
    transport = VisaTransport(server.resource)
    transport.close()
    transport.close()
    with pytest.raises(InstrumentFault, match="closed"):
        transport.query("*IDN?")


def test_the_transcript_shows_both_directions(server) -> None:
    seen: list[tuple[str, str]] = []
    transport = VisaTransport(server.resource, trace=lambda direction, text: seen.append((direction, text)))
    transport.close()
    assert seen == [(">", "*IDN?"), ("<", "METERBENCH,HANDS,7,1")]
    assert list(transport.transcript) == seen


def test_threads_on_one_session_get_their_own_answers(server) -> None:
    transport = VisaTransport(server.resource)
    wrong: list[str] = []

    def ask(query: str, expected: str) -> None:
        wrong.extend(answer for _ in range(100) if (answer := transport.query(query)) != expected)

    pairs = (("*IDN?", "METERBENCH,HANDS,7,1"), ("SYST:VERS?", "1999.0"))
    threads = [threading.Thread(target=ask, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    transport.close()
    assert wrong == []


def test_several_clients_share_an_instrument(server) -> None:
    first = open_instrument("meterbench-hands", server.resource)
    second = open_instrument("meterbench-hands", server.resource)
    assert first.identify() == second.identify()
    first.close()
    assert second.identify().serial_number == "7"
    second.close()


def test_the_library_is_taken_from_the_environment(server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVISA_LIBRARY", "/nowhere.so@ivi")
    with pytest.raises(InstrumentFault, match=r"/nowhere\.so@ivi"):
        VisaTransport(server.resource)
    VisaTransport(server.resource, library="@py").close()


def test_a_late_answer_is_not_taken_for_another(server) -> None:
    """The late one even arrives on the new session, as it does behind a serial server."""
    hands = open_instrument("meterbench-hands", server.resource, timeout_s=0.2)
    server.faults.replies_to_delay = 1
    with pytest.raises(InstrumentFault, match="did not answer"):
        hands.display(1)
    assert hands.load_side_live(1)
    assert hands.display(2) == 'credit "12.3"'
    hands.close()


def test_roles_of_the_drivers() -> None:
    assert {name: entry.roles for name, entry in DRIVERS.items()} == {
        "fluke-6105a": ("source",),
        "fluke-6003a": ("source",),
        "hp-68xx": ("source",),
        "chroma-61xxx": ("source",),
        "zera-mt": ("source", "reference"),
        "zera-com5003": ("reference",),
        "zera-mt310s2": ("reference",),
        "yokogawa-wt3xx": ("reference",),
        "zes-lmg670": ("reference",),
        "radian-rd": ("reference",),
        "keysight-53230a": ("counter",),
        "keysight-53220a": ("counter",),
        "meterbench-hands": ("actuators",),
        "meterbench-safety": ("safety",),
    }


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_driver_says_how_sure_we_are_and_how_its_angles_count(name: str) -> None:
    entry = DRIVERS[name]
    assert all(leaf.leaf and leaf.why for leaf in entry.command_confidence.uncertain)
    if {"source", "reference"} & set(entry.roles):
        words = " ".join(
            text or "" for text in (entry.driver.__doc__, sys.modules[entry.driver.__module__].__doc__)
        )
        told = any(word in words.lower() for word in ("angle", "same commands"))
        assert told, f"{name} does not say how it counts angles"


class PluggedIn(Hands):
    """A driver as another distribution would bring it."""


def test_a_plug_in_driver_is_found_by_its_entry_point(server, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("acme-hands", f"{__name__}:PluggedIn", "meterbench.instruments")
    monkeypatch.setattr(EntryPoint, "load", lambda _self: PluggedIn)
    monkeypatch.setattr(
        registry,
        "entry_points",
        lambda *, group, name=None: (
            [point] if (group, name or "acme-hands") == (point.group, point.name) else []
        ),
    )
    assert "acme-hands" in known_drivers()
    assert find_driver("acme-hands").plug_in
    opened = open_instrument("acme-hands", server.resource)
    assert isinstance(opened, PluggedIn)
    opened.close()


def test_a_plug_in_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("acme", "no_such_package:Driver", "meterbench.instruments")
    monkeypatch.setattr(registry, "entry_points", lambda *, group, name=None: [point])
    with pytest.raises(InstrumentFault, match=r"'acme' \(no_such_package:Driver\) cannot be used"):
        find_driver("acme")


def test_importing_the_registry_does_not_import_pyvisa() -> None:
    code = "import sys, instruments.registry; sys.exit('pyvisa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_instrument_that_hangs_up_is_a_fault_in_time_and_can_be_opened_anew(served) -> None:
    """A clean close, not a reset: pyvisa-py notices nothing and must not spin for ever."""

    class Telephone:
        def __init__(self, connection) -> None:
            self.connection = connection

        def data_received(self, octets: bytes) -> None:
            if octets == b"*IDN?\n":
                self.connection.send(b"ACME,PHONE,1,1\n")
            else:
                self.connection.close()

        def closed(self) -> None:
            pass

    listener = served.call(lambda: served.reactor.listen(Telephone))
    transport = VisaTransport(f"TCPIP::127.0.0.1::{listener.port}::SOCKET", timeout_s=0.2)
    with pytest.raises(InstrumentFault):
        transport.query("MEAS?")
    transport.clear()
    transport.reopen()
    assert transport.query("*IDN?") == "ACME,PHONE,1,1"
    transport.close()


class Halting:
    """Answers a line in two pieces, the second one only on request."""

    def __init__(self, connection) -> None:
        self.connection = connection

    def data_received(self, octets: bytes) -> None:
        for line in octets.splitlines():
            self.connection.send({b"*IDN?": b"ACME,HALTING,1,1\n", b"HALF?": b"1", b"REST": b"2\n3\n"}[line])

    def closed(self) -> None:
        pass


@pytest.fixture
def halting(served):
    listener = served.call(lambda: served.reactor.listen(Halting))
    transport = VisaTransport(f"TCPIP::127.0.0.1::{listener.port}::SOCKET", timeout_s=0.2)
    yield transport
    transport.close()


def test_an_answer_in_pieces_is_one_line_and_the_next_one_is_kept(halting) -> None:
    halting.write("HALF?")
    halting.write("REST")
    assert [halting.read(), halting.read()] == ["12", "3"]


def test_half_a_line_is_no_answer(halting) -> None:
    with pytest.raises(InstrumentFault, match=r"did not answer within 0\.2 s"):
        halting.query("HALF?")
    assert halting.query("*IDN?") == "ACME,HALTING,1,1"
