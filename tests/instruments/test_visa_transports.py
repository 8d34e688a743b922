"""One instrument over SOCKET, HiSLIP, VXI-11 and a serial line, all through pyvisa."""

from __future__ import annotations

import pytest
import pyvisa

from instruments.errors import InstrumentFault
from instruments.registry import open_instrument
from instruments.roles import LoadSetting, PhaseSetting
from instruments.transport import VisaTransport
from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.hands import VirtualHands
from instruments.virtual.hislip import HislipServer
from instruments.virtual.pty_server import PtyServer
from instruments.virtual.server import ScpiServer
from instruments.virtual.vxi11 import Vxi11Server

SERVERS = {"socket": ScpiServer, "hislip": HislipServer, "vxi11": Vxi11Server, "serial": PtyServer}


@pytest.fixture(params=sorted(SERVERS))
def server(request, plant, served):
    twin = VirtualHands(plant, "hands", serial_number="7")
    running = served.call(lambda: SERVERS[request.param](served.reactor, twin))
    yield running
    served.call(running.close)


def test_a_driver_works_over_it(server) -> None:
    hands = open_instrument("meterbench-hands", server.resource, "7")
    assert hands.load_side_live(1)
    assert hands.display(1) == 'credit "12.3"'
    hands.keypad(1, "123")
    hands.close()


def test_an_error_is_read_from_the_queue(server) -> None:
    transport = VisaTransport(server.resource, timeout_s=0.3)
    transport.write("FOO:BAR 1")
    assert transport.query("SYST:ERR?") == '-113,"Undefined header;FOO"'
    transport.close()


def test_silence_is_a_fault_and_the_line_can_be_used_after_it(server) -> None:
    transport = VisaTransport(server.resource, timeout_s=0.2)
    with pytest.raises(InstrumentFault):
        transport.query("NO:SUCH?")
    transport.clear()
    assert transport.query("SYST:ERR?").startswith("-113")
    assert transport.query("*IDN?") == "METERBENCH,HANDS,7,1"
    transport.close()


def test_a_long_answer_arrives_whole(server, plant) -> None:
    plant.shown = "8" * 5000
    hands = open_instrument("meterbench-hands", server.resource)
    assert hands.display(1) == "8" * 5000
    hands.close()


@pytest.mark.parametrize("server", ["hislip", "vxi11"], indirect=True)
def test_the_status_byte_is_read_beside_the_messages(server) -> None:
    session = pyvisa.ResourceManager("@py").open_resource(server.resource, open_timeout=2000)
    session.read_termination = session.write_termination = "\n"
    session.write("FOO:BAR")
    assert session.query("*IDN?") == "METERBENCH,HANDS,7,1"
    assert session.read_stb() & 4
    session.clear()
    assert session.query("*IDN?") == "METERBENCH,HANDS,7,1"
    session.close()


@pytest.mark.parametrize("server", ["hislip", "vxi11", "socket"], indirect=True)
def test_two_clients_at_once(server) -> None:
    first, second = (open_instrument("meterbench-hands", server.resource) for _ in range(2))
    assert first.identify() == second.identify()
    first.close()
    assert second.load_side_live(2)
    second.close()


@pytest.mark.parametrize("kind", sorted(SERVERS))
def test_a_source_is_set_and_read_over_it(kind: str, plant, served) -> None:
    twin = VirtualFluke6105A(plant, "source", serial_number="61")
    server = served.call(lambda: SERVERS[kind](served.reactor, twin))
    source = open_instrument("fluke-6105a", server.resource, "61")
    phase = PhaseSetting(voltage_v=230.0, current_a=5.0, current_lag_deg=60.0)
    source.apply(LoadSetting(frequency_hz=50.0, phases=(phase,)))
    settling_s = source.switch_on()
    served.call(lambda: plant.advance(settling_s))
    assert source.is_on()
    assert (plant.terminals[0].voltage_v, plant.terminals[0].current_a) == pytest.approx((230.0, 5.0))
    source.safe_state()
    assert not source.is_on()
    assert plant.terminals[0].voltage_v == 0.0
    source.close()
    served.call(server.close)
