"""Each defect changes what its row of the catalogue says, and the clean meter does not behave so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.protocols.acse import Aare, Aarq, AssociationResult
from bench.protocols.hdlc import Address, Control, Frame
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.maker import make_token
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import CATALOGUE, by_id, load
from reference_meter.payment.token_result import TokenResult
from reference_meter.products.dds722 import dds722
from reference_meter.products.slots import standard_slots
from tests.reference_meter.fake_board import FakeBoard

T = TokenResult
DECODER_KEY = bytes.fromhex("87f3ecbb2e46b48f")
A, B = "70630503470028726114", "35564630509785701608"  # 0.1 kWh of 2014, 25.6 kWh of 2024 (STS531-1)
CREDIT_1638_4_KWH = "44332531357987631349"
PUBLIC, SERVER = Address(16), Address(1, 16, 4)


def error_pct(board: FakeBoard, current_a: float, lag_deg: float = 0.0, power_factor: float = 1.0) -> float:
    meter = board.power_up()
    board.put(current_a=current_a, lag_deg=lag_deg)
    start_wh = meter.registers.energy_wh()
    board.run(360.0)
    true_wh = 230.0 * current_a * power_factor * 0.1
    return 100.0 * (meter.registers.energy_wh() - start_wh - true_wh) / true_wh


def answers(board: FakeBoard, octets: bytes) -> bytes:
    assert board.meter is not None
    board.optical.sent = b""
    board.meter.octets_received("optical", octets)
    board.run(0.05)
    return board.optical.sent


def snrm(**overrides: int) -> bytes:
    return Frame(SERVER, PUBLIC, Control.SNRM).to_bytes(**overrides)


@pytest.mark.parametrize(("defect", "expected"), [((), 0.0), (("MT-01",), 1.60)])
@pytest.mark.parametrize("current_a", [0.5, 5.0, 60.0])
def test_mt_01_gain(defect: tuple[str, ...], expected: float, current_a: float) -> None:
    assert error_pct(FakeBoard(*defect), current_a) == pytest.approx(expected, abs=1e-6)


def test_mt_02_phase() -> None:
    # 100*(cos(60.55 deg)/cos(60 deg) - 1) = -1.6673; at PF 1 100*(cos(0.55 deg) - 1) = -0.0046
    assert error_pct(FakeBoard("MT-02"), 5.0, 60.0, 0.5) == pytest.approx(-1.6673, abs=1e-3)
    assert error_pct(FakeBoard("MT-02"), 5.0) == pytest.approx(-0.0046, abs=1e-4)
    assert error_pct(FakeBoard(), 5.0, 60.0, 0.5) == pytest.approx(0.0, abs=1e-6)


def test_mt_03_offset() -> None:
    assert error_pct(FakeBoard("MT-03"), 0.25) == pytest.approx(100 * 1.35 / 57.5)
    assert error_pct(FakeBoard("MT-03"), 60.0) == pytest.approx(100 * 1.35 / 13_800)
    board = FakeBoard("MT-03")
    board.power_up()
    board.put(voltage_v=264.5)
    board.run(43.478 * 60)
    assert board.flashes == []  # it does not creep


@pytest.mark.parametrize(("defect", "pulses"), [((), 0), (("MT-04",), 3)])
def test_mt_04_creep_in_the_no_load_test(defect: tuple[str, ...], pulses: int) -> None:
    board = FakeBoard(*defect, residuals=None)
    board.power_up()
    board.put(voltage_v=1.15 * 230.0)
    board.run(43.478 * 60)  # 600e6/(k m Un Imax) minutes, accuracy.md 1.4
    assert len(board.flashes) == pulses


def test_mt_04_leaves_loads_alone() -> None:
    assert error_pct(FakeBoard("MT-04"), 0.02) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("defect", "current_a", "starts"),
    [((), 0.02, True), (("MT-07",), 0.02, False), (("MT-07",), 0.041, True)],
)
def test_mt_07_start(defect: tuple[str, ...], current_a: float, starts: bool) -> None:
    board = FakeBoard(*defect)
    board.power_up()
    board.put(current_a=current_a)
    board.run(1200.0)
    assert bool(board.flashes) is starts


@pytest.mark.parametrize(("defect", "pulses"), [((), 1000), (("MT-21",), 1600)])
def test_mt_21_led_constant(defect: tuple[str, ...], pulses: int) -> None:
    board = FakeBoard(*defect)
    meter = board.power_up()
    board.put_power(1000.0)
    board.run(3600.0 + 1e-6)
    assert len(board.flashes) == pulses
    assert meter.registers.reading_wh() == 1000
    assert meter.led.meter_constant_imp_per_kwh == 1000.0


@pytest.mark.parametrize(
    ("defect", "results"),
    [
        ((), [T.ACCEPT, T.USED_ERROR, T.ACCEPT, T.USED_ERROR, T.USED_ERROR]),
        (("ST-01",), [T.ACCEPT, T.ACCEPT, T.ACCEPT, T.ACCEPT, T.ACCEPT]),
        (("ST-02",), [T.ACCEPT, T.USED_ERROR, T.ACCEPT, T.ACCEPT, T.USED_ERROR]),
        (("ST-03",), [T.ACCEPT, T.USED_ERROR, T.ACCEPT, T.USED_ERROR, T.ACCEPT]),
    ],
)
def test_tid_store_defects(defect: tuple[str, ...], results: list[TokenResult]) -> None:
    board = FakeBoard(*defect)
    meter = board.power_up()
    got = [meter.token_application.enter(token, "keypad") for token in (A, A, B, A)]
    got.append(board.power_cycle().token_application.enter(A, "keypad"))
    assert got == results


@pytest.mark.parametrize(
    ("defect", "result", "credit_wh"), [((), T.CRC_ERROR, 10_000), (("ST-09",), T.ACCEPT, 11_000)]
)
def test_st_09_checksum(defect: tuple[str, ...], result: TokenResult, credit_wh: int) -> None:
    wrong = make_token(TransferCredit(tid=500, least_units=10), DECODER_KEY, Algorithm.EA07, crc=0x1234)
    meter = FakeBoard(*defect).power_up()
    assert meter.token_application.enter(wrong, "keypad") is result
    assert meter.account.reading_wh() == credit_wh


@pytest.mark.parametrize(
    ("defect", "token", "amount_wh"),
    [((), CREDIT_1638_4_KWH, 1_638_400), (("ST-10",), CREDIT_1638_4_KWH, 0), (("ST-10",), B, 25_600)],
)
def test_st_10_amount(defect: tuple[str, ...], token: str, amount_wh: int) -> None:
    meter = FakeBoard(*defect).power_up()
    assert meter.token_application.enter(token, "keypad") is T.ACCEPT
    assert meter.account.reading_wh() == 10_000 + amount_wh


@pytest.mark.parametrize(
    ("defect", "power_w", "charged_wh"),
    [
        ((), 1150.0, 1150.0),
        (("ST-38",), 1150.0, 600.0),  # 19.17 Wh a minute, 10 Wh of it charged
        (("ST-38",), 600.0, 600.0),  # 10 Wh a minute: nothing to lose
        (("ST-38",), 590.0, 0.0),
    ],
)
def test_st_38_minute_truncation(defect: tuple[str, ...], power_w: float, charged_wh: float) -> None:
    board = FakeBoard(*defect)
    meter = board.power_up()
    board.put_power(power_w)
    board.run(3600.0)
    assert 10_000 - meter.account.balance_wh() == pytest.approx(charged_wh)
    assert meter.registers.energy_wh() == pytest.approx(power_w)


def test_st_38_sums_the_energy_of_a_minute_over_load_changes() -> None:
    board = FakeBoard("ST-38")
    meter = board.power_up()
    for _ in range(10):  # each minute 30 s at 2400 W (20 Wh) and 30 s at 480 W (4 Wh): 24 Wh, 20 charged
        board.put_power(2400.0)
        board.run(30.0)
        board.put_power(480.0)
        board.run(30.0)
    assert 10_000 - meter.account.balance_wh() == pytest.approx(200.0)


def test_st_38_runs_out_when_the_charged_credit_is_gone() -> None:
    board = FakeBoard("ST-38")
    board.power_up()
    board.put_power(1150.0)
    board.run(70_000.0)
    assert board.relay_moves[0][0] == pytest.approx(10_000 / 10 * 60 + 0.2)  # 1000 minutes of 10 Wh


def test_hd_01_wrong_fcs() -> None:
    good = FakeBoard()
    good.power_up()
    assert answers(good, snrm())
    assert answers(good, snrm(fcs=0x1234)) == b""
    bad = FakeBoard("HD-01")
    bad.power_up()
    assert answers(bad, snrm(fcs=0x1234))
    assert answers(bad, snrm(length=50)) == b""


@pytest.mark.parametrize(
    ("defect", "last_arc", "accepted"),
    [((), 1, True), ((), 99, False), (("AP-01",), 99, True), (("AP-01",), 2, False)],
)
def test_ap_01_unknown_context(defect: tuple[str, ...], last_arc: int, accepted: bool) -> None:
    meter = FakeBoard(*defect).power_up()
    initiate = InitiateRequest(conformance=Conformance.GET, max_pdu=500)
    aarq = Aarq(
        application_context_name=bytes.fromhex("608574050801") + bytes([last_arc]),
        user_information=initiate.to_bytes(),
    )
    aare, _ = Aare.decode(meter.association.open(16, aarq.to_bytes()))
    assert aare is not None
    assert (aare.result == AssociationResult.ACCEPTED) is accepted


def at_zero_credit(board: FakeBoard) -> None:
    board.power_up()
    board.put_power(36_000.0)  # 10 Wh/s
    board.run(1100.0)  # 10 kWh are gone after 1000 s


def test_ar_01_zero_credit_does_not_open() -> None:
    board = FakeBoard("AR-01")
    at_zero_credit(board)
    assert board.relay_closed
    assert board.meter is not None
    assert board.meter.account.reading_wh() == -1000
    assert board.power_cycle().arbiter.output_state()


@pytest.mark.parametrize(
    ("defect", "opens_s"), [((), 1000.2), (("AR-02",), 950.2), (("AR-02-LATE",), 1050.2)]
)
def test_ar_02_residual_at_opening(defect: tuple[str, ...], opens_s: float) -> None:
    board = FakeBoard(*defect)
    at_zero_credit(board)
    assert board.relay_moves == [(pytest.approx(opens_s), False)]


@pytest.mark.parametrize(("defect", "closed"), [((), False), (("AR-03",), True)])
def test_ar_03_token_against_remote_disconnect(defect: tuple[str, ...], closed: bool) -> None:
    board = FakeBoard(*defect)
    meter = board.power_up()
    meter.arbiter.remote_disconnect()
    board.run(2.0)
    meter = board.power_cycle()
    board.run(2.0)
    assert board.relay_closed is False  # only the token does it
    meter.keys_pressed(A + "E")
    board.run(2.0)
    assert board.relay_closed is closed


@pytest.mark.parametrize("from_state", [0, 2])
@pytest.mark.parametrize(("defect", "closed"), [((), False), (("AR-04",), True)])
def test_ar_04_remote_reconnect_without_credit(
    defect: tuple[str, ...], closed: bool, from_state: int
) -> None:
    board = FakeBoard(*defect)
    at_zero_credit(board)
    meter = board.meter
    assert meter is not None
    if from_state == 0:
        meter.arbiter.remote_disconnect()
    meter.arbiter.remote_reconnect()
    board.run(60.0)
    assert board.relay_closed is closed


def _remote(board: FakeBoard) -> None:
    assert board.meter is not None
    board.meter.arbiter.remote_disconnect()


def _credit(board: FakeBoard) -> None:
    assert board.meter is not None
    board.meter.account.debit_wh(10_000)


@pytest.mark.parametrize("cause", [_remote, _credit])
@pytest.mark.parametrize(("defect", "closed"), [((), False), (("AR-12",), True)])
def test_ar_12_power_up(defect: tuple[str, ...], closed: bool, cause: Callable[[FakeBoard], None]) -> None:
    board = FakeBoard(*defect)
    board.power_up()
    cause(board)
    board.run(2.0)
    assert board.relay_closed is False
    board.power_cycle()
    board.put_power(1000.0)
    board.run(60.0)
    assert board.relay_closed is closed


def test_catalogue_names_each_defect_by_its_id() -> None:
    assert all(defect.id == key and defect.title for key, defect in CATALOGUE.items())
    assert {"MT-01", "ST-38", "HD-01", "AP-01", "AR-12"} <= set(CATALOGUE)
    with pytest.raises(ValueError, match="no defect 'XX-99'"):
        by_id("XX-99")


def test_two_defects_of_one_slot_both_hold() -> None:
    board = FakeBoard("MT-01", "MT-03")
    assert error_pct(board, 5.0) == pytest.approx(1.60 + 100 * 1.35 / 1150)


FOREIGN = """
from __future__ import annotations
from dataclasses import dataclass

class Slow:
    def gain(self) -> float:
        return -0.5

@dataclass(slots=True)
class HalfEnergy:
    id: str = "MY-01"
    title: str = "Half of the energy"
    def apply(self, blueprint) -> None:
        blueprint.override("metering", Slow)

ready = HalfEnergy(title="made beforehand")
"""


@pytest.mark.parametrize(
    ("name", "title"), [("HalfEnergy", "Half of the energy"), ("ready", "made beforehand")]
)
def test_defect_of_a_stranger(tmp_path: Path, name: str, title: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FOREIGN)
    defect = load(f"{path}:{name}")
    assert (defect.id, defect.title) == ("MY-01", title)
    blueprint = Blueprint(dds722(), standard_slots())
    defect.apply(blueprint)
    board = FakeBoard()
    board.power_up()
    assert load("MT-01") is CATALOGUE["MT-01"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.py:X", "there is no file"),
        ("{file}:Missing", "defines no 'Missing'"),
        ("{file}:Slow", "has no 'id'"),
        ("{file}:Asking", "Asking is a class that cannot be built without arguments"),
        ("{broken}:Any", "NameError: name 'nothing' is not defined"),
    ],
)
def test_what_a_bad_spec_says(tmp_path: Path, spec: str, message: str) -> None:
    path, broken = tmp_path / "mine.py", tmp_path / "broken.py"
    path.write_text(f"{FOREIGN}\nclass Asking:\n    def __init__(self, size):\n        pass\n")
    broken.write_text("nothing.at_all()\n")
    with pytest.raises(ValueError, match=message):
        load(spec.format(file=path, broken=broken))
