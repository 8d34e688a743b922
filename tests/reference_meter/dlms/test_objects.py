"""The object model as a client sees it: values, rights, and effects on the rest of the meter."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import Data, DataType, decode_all
from bench.protocols.cosem import Obis, cosem_class
from reference_meter.board import ElementInput
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client

TOKEN_2000_KWH = b"08609861427895583861"
"""CTSA10 step 4 of STS531-1, for PAN 600727000000000009. Its amount field 416A says 2000.4 kWh (sts.md 2.3)."""


def get(client: Client, class_id: int, obis: str, attribute: int) -> Data | str:
    """Read an attribute; return its value, or the octets of the answer when it is refused."""
    name = Obis(obis).to_bytes().hex()
    answer = client.request(f"c001c1{class_id:04x}{name}{attribute:02x}00")
    number, raw, last = 0, "", answer[:4] != "c402"
    if last:
        if answer[:8] != "c401c100":
            return answer
        raw = answer[8:]
    while not last:
        number += 1
        size = {"81": 2, "82": 4}.get(answer[18:20], 0)
        raw += answer[20 + size :]
        last = answer[6:8] == "01"
        if not last:
            answer = client.request(f"c002c1{number:08x}")
    return decode_all(bytes.fromhex(raw))


def value(client: Client, class_id: int, obis: str, attribute: int) -> object:
    data = get(client, class_id, obis, attribute)
    assert isinstance(data, Data), data
    return data.value


def invoke(client: Client, class_id: int, obis: str, method: int, parameter: str) -> str:
    name = Obis(obis).to_bytes().hex()
    return client.request(f"c301c1{class_id:04x}{name}{method:02x}01{parameter}")


@pytest.fixture(params=["public", "reader", "management"])
def anyone(request: pytest.FixtureRequest, passwords: dict[str, bytes]) -> Client:
    client: Client = request.getfixturevalue(request.param)
    client.associate(passwords.get(request.param))
    return client


@pytest.fixture
def managing(management: Client, passwords: dict[str, bytes]) -> Client:
    management.associate(passwords["management"])
    return management


def object_list(client: Client) -> list[tuple[int, int, str, dict[int, int], dict[int, int]]]:
    """Return class, version, OBIS, attribute rights and method rights of each object."""
    data = get(client, 15, "0-0:40.0.0", 2)
    assert isinstance(data, Data)
    rows = []
    for element in data.items():
        class_id, version, name, access = element.items()
        attributes, methods = access.items()
        rows.append((
            class_id.number(),
            version.number(),
            str(Obis.from_bytes(name.octets())),
            {row.items()[0].number(): row.items()[1].number() for row in attributes.items()},
            {row.items()[0].number(): row.items()[1].number() for row in methods.items()},
        ))  # fmt: skip
    return rows


VISIBLE = {
    "21": {(15, 2), (1, 0), (17, 0), (8, 0)},
    "41": {
        (15, 2),
        (1, 0),
        (17, 0),
        (8, 0),
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (21, 0),
        (22, 0),
        (68, 0),
        (70, 0),
        (71, 0),
        (111, 0),
        (112, 0),
        (113, 0),
        (115, 0),
        (116, 0),
        (23, 1),
        (7, 1),
        (9, 0),
        (11, 0),
        (20, 0),
        (19, 1),
        (41, 0),
        (42, 0),
        (48, 0),
        (100, 0),
    },
}
VISIBLE["03"] = VISIBLE["41"] | {(18, 0), (40, 2), (64, 1), (122, 0), (124, 0)}


def test_object_list_has_the_objects_of_the_product(anyone: Client) -> None:
    rows = object_list(anyone)
    assert {(row[0], row[1]) for row in rows} == VISIBLE[anyone.address]
    assert len({row[2] for row in rows}) == len(rows)


def test_object_list_names_every_attribute_and_method_of_the_class(anyone: Client) -> None:
    for class_id, version, obis, attributes, methods in object_list(anyone):
        known = cosem_class(class_id, version)
        assert known is not None, (class_id, version)
        assert list(attributes) == [row.index for row in known.attributes], obis
        assert list(methods) == [row.index for row in known.methods], obis


def test_rights_in_the_object_list_are_true(anyone: Client) -> None:
    """Read every attribute; write null-data and act without a parameter where it is offered or not."""
    bits = "00121d" if anyone.address == "03" else "001214"
    for class_id, _, obis, attributes, methods in object_list(anyone):
        name = Obis(obis).to_bytes().hex()
        for index, mode in attributes.items():
            answer = get(anyone, class_id, obis, index)
            assert isinstance(answer, Data) == bool(mode & 1), (obis, index)
            written = anyone.request(f"c101c1{class_id:04x}{name}{index:02x}0000")
            assert written == {"00121d": "c501c1" + ("0c" if mode & 2 else "03")}.get(bits, "d80102"), obis
        for index, mode in methods.items():
            done = anyone.request(f"c301c1{class_id:04x}{name}{index:02x}00")
            assert done == {"00121d": f"c701c1{'0c' if mode else '03'}00"}.get(bits, "d80102"), obis


def test_nothing_outside_the_object_list_answers(public: Client, meter: Meter) -> None:
    public.associate()
    listed = {row[2] for row in object_list(public)}
    for row in meter.objects.rows:
        for index in (1, 2):
            answer = get(public, row.class_id, str(row.obis), index)
            assert isinstance(answer, Data) == (str(row.obis) in listed)


def test_every_value_has_a_type_of_its_class(anyone: Client) -> None:
    for class_id, version, obis, attributes, _ in object_list(anyone):
        known = cosem_class(class_id, version)
        assert known is not None
        for row in known.attributes:
            if attributes[row.index] & 1:
                data = get(anyone, class_id, obis, row.index)
                assert isinstance(data, Data)
                assert not row.types or data.type in row.types, (obis, row.name)


def test_logical_names_are_those_of_the_list(anyone: Client) -> None:
    for class_id, _, obis, _, _ in object_list(anyone):
        assert value(anyone, class_id, obis, 1) == Obis(obis).to_bytes()


def test_identification(managing: Client) -> None:
    assert value(managing, 1, "0-0:42.0.0", 2) == b"MBR0072272200001"
    assert value(managing, 1, "0-0:96.1.0", 2) == b"72200001"
    sap = get(managing, 17, "0-0:41.0.0", 2)
    management = bytes.fromhex("02021200010910") + b"MBR0072272200001"
    payment = bytes.fromhex("02021200020910") + b"MBR5504172200001"
    assert sap == decode_all(bytes.fromhex("0102") + management + payment)


def test_association_shows_itself(reader: Client, passwords: dict[str, bytes]) -> None:
    reader.associate(passwords["reader"], pdu=500)
    current = "0-0:40.0.0"
    assert get(reader, 15, current, 3) == decode_all(bytes.fromhex("02020f20120001"))
    assert value(reader, 15, current, 4) == bytes.fromhex("60857405080101")
    context = get(reader, 15, current, 5)
    assert context == decode_all(
        bytes.fromhex("0206" + "0418001214" + "120400" + "1201f4" + "1106" + "0f00" + "0900")
    )
    assert value(reader, 15, current, 6) == bytes.fromhex("60857405080201")
    assert value(reader, 15, current, 8) == 2
    assert get(reader, 15, current, 7) == "c401c10103"


def test_measured_values_and_units(managing: Client, meter: Meter, board: FakeBoard) -> None:
    board.inputs = [ElementInput(voltage_v=231.46, current_a=20.0, current_lag_deg=60.0)]
    meter.inputs_changed()
    units = {
        "1-0:32.7.0": (DataType.LONG_UNSIGNED, -1, 35),
        "1-0:31.7.0": (DataType.LONG_UNSIGNED, -2, 33),
        "1-0:1.7.0": (DataType.DOUBLE_LONG_UNSIGNED, 0, 27),
        "1-0:14.7.0": (DataType.LONG_UNSIGNED, -2, 44),
        "1-0:1.8.0": (DataType.DOUBLE_LONG_UNSIGNED, 0, 30),
        "1-0:0.3.0": (DataType.DOUBLE_LONG_UNSIGNED, -3, 40),
    }
    shown = {}
    for obis, (kind, scaler, unit) in units.items():
        data = get(managing, 3, obis, 2)
        assert isinstance(data, Data)
        assert data.type is kind
        assert get(managing, 3, obis, 3) == decode_all(bytes([2, 2, 15, scaler & 0xFF, 22, unit]))
        shown[obis] = data.number() * 10.0**scaler
    assert shown["1-0:32.7.0"] == pytest.approx(231.5)
    assert shown["1-0:31.7.0"] == pytest.approx(20.0, rel=0.002)
    assert shown["1-0:1.7.0"] == pytest.approx(231.46 * 20.0 * 0.5, rel=0.005)
    assert shown["1-0:14.7.0"] == pytest.approx(50.0)
    assert shown["1-0:0.3.0"] * 1000.0 == pytest.approx(1000.0)  # imp/kWh


def test_energy_is_that_of_the_register(managing: Client, meter: Meter, board: FakeBoard) -> None:
    board.advance(3600.0)
    managing.associate(
        next(row.password for row in meter.product.communication.associations if row.client_sap == 1)
    )
    board.inputs = [ElementInput(voltage_v=230.0)]
    meter.inputs_changed()
    assert value(managing, 3, "1-0:1.8.0", 2) == meter.registers.reading_wh()
    assert value(managing, 3, "1-0:1.8.0", 2) == pytest.approx(2300, rel=0.005)


def test_reverse_power_is_no_import(managing: Client, meter: Meter, board: FakeBoard) -> None:
    board.inputs = [ElementInput(voltage_v=230.0, current_a=10.0, current_lag_deg=180.0)]
    meter.inputs_changed()
    assert value(managing, 3, "1-0:1.7.0", 2) == 0


def test_current_beyond_the_range_of_its_type_stops_at_the_end(
    managing: Client, meter: Meter, board: FakeBoard
) -> None:
    board.inputs = [ElementInput(voltage_v=230.0, current_a=900.0)]
    meter.inputs_changed()
    assert value(managing, 3, "1-0:31.7.0", 2) == 0xFFFF


def test_clock_methods(managing: Client, meter: Meter) -> None:
    assert invoke(managing, 8, "0-0:1.0.0", 6, "10ff9c") == "c701c10000"  # 100 s back from about 10:30
    assert meter.clock.utc().isoformat().startswith("2026-05-04T10:28")
    assert invoke(managing, 8, "0-0:1.0.0", 1, "0f00") == "c701c10000"
    assert meter.clock.utc().isoformat().startswith("2026-05-04T10:30:00")
    assert invoke(managing, 8, "0-0:1.0.0", 6, "100028") == "c701c10000"
    assert invoke(managing, 8, "0-0:1.0.0", 3, "0f00") == "c701c10000"
    assert meter.clock.utc().isoformat().startswith("2026-05-04T10:31:00")


def test_disconnect_control(managing: Client, board: FakeBoard) -> None:
    control = "0-0:96.3.10"
    assert [value(managing, 70, control, index) for index in (2, 3, 4)] == [True, 1, 6]
    assert invoke(managing, 70, control, 1, "0f00") == "c701c10000"
    assert not board.closed
    assert [value(managing, 70, control, index) for index in (2, 3)] == [False, 0]
    assert invoke(managing, 70, control, 2, "0f00") == "c701c10000"
    assert board.closed
    assert [value(managing, 70, control, index) for index in (2, 3)] == [True, 1]


def test_token_of_the_published_vectors_through_the_gateway(
    managing: Client, meter: Meter, board: FakeBoard
) -> None:
    board.inputs = [ElementInput(voltage_v=230.0)]
    meter.inputs_changed()
    credit_wh = value(managing, 112, "0-0:19.10.0", 2)
    assert isinstance(credit_wh, int)
    gateway = "0-0:19.40.0"
    assert invoke(managing, 115, gateway, 1, "0914" + TOKEN_2000_KWH.hex()) == "c701c10000"
    assert value(managing, 115, gateway, 2) == TOKEN_2000_KWH
    assert get(managing, 115, gateway, 6) == decode_all(bytes.fromhex("02021603040801"))
    assert value(managing, 112, "0-0:19.10.0", 2) == credit_wh + 2_000_400
    assert value(managing, 111, "0-0:19.0.0", 5) == credit_wh + 2_000_400
    moment = value(managing, 115, gateway, 3)
    assert isinstance(moment, bytes)
    assert moment[:7].hex() == "07ea0504010c1e"  # local time
    assert invoke(managing, 115, gateway, 1, "0914" + TOKEN_2000_KWH.hex()) == "c701c10000"
    assert get(managing, 115, gateway, 6) == decode_all(
        bytes.fromhex("0202160604080a")
    )  # used: validation failure
    assert value(managing, 112, "0-0:19.10.0", 2) == credit_wh + 2_000_400


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (b"08609861427895583862", 5),
        (b"0860986142789558386", 4),
        (b"", 4),
        (b"\xff" * 20, 4),
        ("²" * 20, 4),
        (b"99999999999999999999", 4),
    ],
    ids=["other digit", "19 digits", "empty", "no digits", "superscripts", "above 2^66"],
)
def test_bad_tokens_show_in_token_status(managing: Client, token: bytes | str, status: int) -> None:
    octets = token.encode("latin-1") if isinstance(token, str) else token
    before = value(managing, 112, "0-0:19.10.0", 2)
    assert invoke(managing, 115, "0-0:19.40.0", 1, f"09{len(octets):02x}{octets.hex()}") == "c701c10000"
    shown = get(managing, 115, "0-0:19.40.0", 6)
    assert isinstance(shown, Data)
    assert shown.items()[0].number() == status
    after = value(managing, 112, "0-0:19.10.0", 2)
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert 0 <= before - after <= 20  # the load goes on


def test_credit_methods(managing: Client, meter: Meter, board: FakeBoard) -> None:
    board.inputs = [ElementInput(voltage_v=230.0)]
    meter.inputs_changed()
    credit = "0-0:19.10.0"
    assert invoke(managing, 112, credit, 2, "0500001388") == "c701c10000"
    assert value(managing, 112, credit, 2) == 5000
    assert invoke(managing, 112, credit, 1, "05fffffc18") == "c701c10000"
    assert value(managing, 112, credit, 2) == 4000
    assert invoke(managing, 112, credit, 1, "057fffffff") == "c701c1fa00"
    assert value(managing, 112, credit, 2) == 4000


def test_exhausted_credit_shows_everywhere(managing: Client, meter: Meter, board: FakeBoard) -> None:
    assert value(managing, 111, "0-0:19.0.0", 4) == "10100000"
    assert get(managing, 111, "0-0:19.0.0", 2) == decode_all(bytes.fromhex("020216021602"))
    assert invoke(managing, 112, "0-0:19.10.0", 2, "0500000000") == "c701c10000"
    assert value(managing, 111, "0-0:19.0.0", 4) == "00110010"
    assert value(managing, 112, "0-0:19.10.0", 8) == 4
    board.advance(2.0)
    assert value(managing, 70, "0-0:96.3.10", 3) == 2
    assert value(managing, 70, "0-0:96.3.10", 2) is False


def test_low_credit_bit_follows_its_threshold(managing: Client) -> None:
    assert invoke(managing, 112, "0-0:19.10.0", 2, "0500000200") == "c701c10000"
    assert value(managing, 111, "0-0:19.0.0", 4) == "11110000"
    assert managing.request("c101c1006f0000130000ff1000" + "0500000100") == "c501c100"
    assert value(managing, 111, "0-0:19.0.0", 4) == "10110000"


def test_account_names_the_credit(managing: Client) -> None:
    credit, emergency = (Obis(obis).to_bytes().hex() for obis in ("0-0:19.10.0", "0-0:19.10.1"))
    named = f"01020906{credit}0906{emergency}"
    assert get(managing, 111, "0-0:19.0.0", 9) == decode_all(bytes.fromhex(named))
    assert get(managing, 111, "0-0:19.0.0", 12) == decode_all(bytes.fromhex("010102020906" + credit + "1164"))


def test_sts_attributes(managing: Client) -> None:
    """PAN 600727000000000009, EA07, SGC 201457, TI 01, KRN 1, KT 2, KEN 255."""
    sts = "0-0:19.60.0"
    pan = "0203" + f"06{600727:08x}" + f"15{0:016x}" + "1109"
    assert get(managing, 116, sts, 2) == decode_all(bytes.fromhex(pan))
    assert value(managing, 116, sts, 3) == "electricity"
    assert get(managing, 116, sts, 4) == decode_all(bytes.fromhex("0102" + "1102" + "1108"))
    shown = [value(managing, 116, sts, index) for index in (5, 6, 7, 8, 9, 10)]
    assert shown == [7, 201457, 1, 1, 2, 255]


def test_hdlc_setup(managing: Client) -> None:
    shown = [value(managing, 23, "0-0:22.0.0", index) for index in range(2, 10)]
    assert shown == [5, 1, 1, 128, 128, 25, 120, 16]


def test_roles_are_the_names_of_the_product_s_associations(meter: Meter) -> None:
    assert {Role(row.name) for row in meter.product.communication.associations} == set(Role)


@pytest.mark.parametrize(
    ("obis", "due"),
    [("1-0:3.7.0", 1150), ("1-0:4.7.0", 0), ("1-0:9.7.0", 2300), ("1-0:2.7.0", 0), ("1-0:15.7.0", 1992)],
)
def test_reactive_and_apparent_power(managing: Client, board: FakeBoard, obis: str, due: int) -> None:
    board.inputs = [ElementInput(voltage_v=230.0, current_a=10.0, current_lag_deg=30.0)]
    managing.meter.inputs_changed()
    assert value(managing, 3, obis, 2) == pytest.approx(due, rel=0.005, abs=1)


def test_the_active_mask_is_that_of_the_tariff(managing: Client, meter: Meter) -> None:
    meter.registers.switch_rate(3)
    assert value(managing, 6, "0-0:14.0.0", 4) == b"\x03"
