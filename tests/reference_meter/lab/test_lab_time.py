"""Time on the lab port: how the bench's own clock moves it, and what ends an advance or an exchange."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

import pytest

from bench.protocols.hdlc import Address, Control, Frame, LinkParameters
from tests.reference_meter.lab.lab_process import LabProcess, StartLab, apply_load

OCTET_S = 10 / 9600
RESPONSE_S = 0.02
"""The declared response time of the meter's HDLC link."""

SNRM = Frame(
    destination=Address(1, 16, 4),
    source=Address(16, None, 1),
    control=Control.SNRM,
    information=LinkParameters().to_bytes(),
).to_bytes()


def test_a_hundred_silences_of_two_seconds_count_exactly_and_take_no_time(start_lab: StartLab) -> None:
    laboratory = start_lab("--dead")
    clock = laboratory.clock()
    meter = laboratory.meter()
    started_s, wall_s = clock.now(), time.monotonic()
    for number in range(1, 101):
        meter.sendall(bytes(10))
        arrival = clock.exchange("meter1", 10 * number, clock.now() + 2.0)
        assert (arrival.n_received, arrival.closed) == (0, False)
    assert clock.now() - started_s == 200.0
    assert time.monotonic() - wall_s < 2.0


def test_43_minutes_without_events_cost_nothing(start_lab: StartLab) -> None:
    clock = start_lab().clock()
    wall_s = time.monotonic()
    clock.sleep(43 * 60.0)
    assert clock.now() == 2580.0
    assert time.monotonic() - wall_s < 0.1


def test_civil_time_starts_where_the_seed_says_and_follows_simulated_time(start_lab: StartLab) -> None:
    clock = start_lab("--seed", "3").clock()
    epoch = clock.utc()
    assert datetime(2026, 1, 1, tzinfo=UTC) <= epoch < datetime(2030, 1, 1, tzinfo=UTC)
    clock.sleep(90.0)
    assert (clock.utc() - epoch).total_seconds() == 90.0
    assert start_lab("--seed", "3").clock().utc() == epoch


def test_an_advance_ends_when_a_watched_counter_has_its_edges(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock("counter")
    apply_load(laboratory, current_a=10.0)
    clock.sleep(5.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 3,(@1)", "INIT (@1)"):
        counter.write(command)
    before_s = clock.now()
    assert clock.wait(lambda: int(counter.query("DATA:POIN? (@1)")) == 3, before_s + 600.0)
    # 2.3 kW at 1000 imp/kWh: a pulse each 1.565 s; three edges need between two and three intervals
    assert 2 * 1.5 < clock.now() - before_s < 3 * 1.6
    stamps = [float(stamp) for stamp in counter.query("FETC? (@1)").split(",")]
    assert stamps[-1] == pytest.approx(clock.now(), rel=2e-6)
    assert stamps[1] - stamps[0] == pytest.approx(3.6e6 / 2300.0 / 1000.0, rel=0.01)


def test_an_advance_that_watches_something_else_goes_on_to_its_deadline(start_lab: StartLab) -> None:
    laboratory = start_lab()
    port = laboratory.lab_port()
    apply_load(laboratory, current_a=10.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 1,(@1)", "INIT (@1)"):
        counter.write(command)
    assert port.query(':LAB:ADVance? 100.0,"standard"') == '100.0,""'
    assert counter.query("DATA:POIN? (@1)") == "1"


def test_the_port_that_fired_is_named(start_lab: StartLab) -> None:
    laboratory = start_lab()
    port = laboratory.lab_port()
    apply_load(laboratory, current_a=10.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 1,(@1)", "INIT (@1)"):
        counter.write(command)
    time_text, fired = port.query(':LAB:ADVance? 100.0,"standard,counter"').split(",")
    assert fired == '"counter"'
    assert float(time_text) < 10.0


def test_one_channel_can_be_watched_alone(start_lab: StartLab) -> None:
    laboratory = start_lab()
    port = laboratory.lab_port()
    apply_load(laboratory, current_a=10.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 1,(@1)", "INIT (@1)"):
        counter.write(command)
    started_s = float(port.query(":LAB:TIME?"))
    other = port.query(f':LAB:ADVance? {started_s + 60.0!r},"counter:2"')
    assert other == f'{started_s + 60.0!r},""'
    counter.write("INIT (@1)")
    time_text, fired = port.query(':LAB:ADVance? 1000.0,"counter:1"').split(",")
    assert fired == '"counter:1"'
    assert float(time_text) < started_s + 70.0


def test_an_exchange_ends_with_the_last_octet_of_the_answer(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock()
    apply_load(laboratory)
    clock.sleep(5.0)
    meter = laboratory.meter()
    sent_s = clock.now()
    meter.sendall(SNRM)
    arrival = clock.exchange("meter1", len(SNRM), sent_s + 2.0)
    assert arrival.n_received > 0
    assert not arrival.closed
    answer = meter.recv(1000)
    assert len(answer) == arrival.n_received
    assert answer[0] == answer[-1] == 0x7E
    line_s = (len(SNRM) + len(answer)) * OCTET_S
    assert arrival.time_s - sent_s == pytest.approx(RESPONSE_S + line_s, abs=1e-6)


def test_an_answer_the_bench_was_not_told_of_is_told_at_once(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock()
    apply_load(laboratory)
    clock.sleep(5.0)
    meter = laboratory.meter()
    meter.sendall(SNRM)
    clock.sleep(1.0)
    now_s = clock.now()
    arrival = clock.exchange("meter1", len(SNRM), now_s + 2.0)
    assert arrival.time_s == now_s
    assert arrival.n_received == len(meter.recv(1000))
    assert clock.exchange("meter1", len(SNRM), now_s + 2.0).time_s == now_s + 2.0


def test_a_meter_without_power_is_silent(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock()
    meter = laboratory.meter()
    meter.sendall(SNRM)
    arrival = clock.exchange("meter1", len(SNRM), 2.0)
    assert (arrival.time_s, arrival.n_received) == (2.0, 0)


def test_an_exchange_on_a_port_that_nobody_holds_says_closed(start_lab: StartLab) -> None:
    clock = start_lab().clock()
    arrival = clock.exchange("meter1", 0, 0.0)
    assert arrival.closed


@pytest.mark.parametrize(
    "command",
    [
        ':LAB:ADVance? 1.0,"no such port"',
        ':LAB:EXCHange? "meter9",0,1.0',
        ':LAB:ADVance? INF,""',
        ':LAB:EXCHange? "meter1",-1,1.0',
    ],
)
def test_a_mistaken_request_is_refused_and_time_stands(start_lab: StartLab, command: str) -> None:
    port = start_lab().lab_port()
    port.write(command)
    assert port.query("SYST:ERR?").split(",")[0] in ("-222", "-224")
    assert port.query(":LAB:TIME?") == "0.0"


def test_an_exchange_costs_well_under_a_millisecond(start_lab: StartLab) -> None:
    laboratory = start_lab()
    clock = laboratory.clock()
    apply_load(laboratory)
    clock.sleep(5.0)
    meter = laboratory.meter()
    n_sent, times = 0, []
    for _ in range(200):
        started = time.perf_counter()
        meter.sendall(SNRM)
        n_sent += len(SNRM)
        clock.exchange("meter1", n_sent, clock.now() + 2.0)
        meter.recv(1000)
        times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 4] < 0.001  # the quiet quarter: other work may share the machine


def transcript(laboratory: LabProcess) -> str:
    """Do a little of everything and return a digest of every octet that came back."""
    clock = laboratory.clock("counter")
    said = [laboratory.rig_path.with_name("meter1.toml").read_text()]
    source = apply_load(laboratory, current_a=10.0)
    said.append(source.query("*IDN?"))
    clock.sleep(5.0)
    counter = laboratory.instrument("counter")
    for command in ("CONF:ARR:TST 5,(@1)", "INIT (@1)"):
        counter.write(command)
    clock.wait(lambda: int(counter.query("DATA:POIN? (@1)")) == 5, clock.now() + 600.0)
    said.append(counter.query("FETC? (@1)"))
    meter = laboratory.meter()
    meter.sendall(SNRM)
    clock.exchange("meter1", len(SNRM), clock.now() + 2.0)
    said.append(meter.recv(1000).hex())
    said.append(repr(clock.utc().timestamp()))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def test_the_same_seed_gives_the_same_octets_and_another_seed_others(start_lab: StartLab) -> None:
    first, again, other = (transcript(start_lab("--seed", seed)) for seed in ("7", "7", "8"))
    assert first == again
    assert first != other
