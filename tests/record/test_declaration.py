"""Declarations: what is read, and how a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.declaration import Declaration, load_declaration, luhn_digit, luhn_holds
from bench.standards.currents import Connection


def test_a_declaration_is_read(declaration_file: Path) -> None:
    declared = load_declaration(declaration_file)
    assert declared.nameplate.connection is Connection.DIRECT
    assert declared.accuracy.accuracy_class == "1"
    assert float(declared.nameplate.currents.resolve("0.05 Ib")) == 0.25
    assert declared.association_named("management").secret == "management_password"
    assert declared.association_named("reader") is None
    assert declared.options["sacrificial"]


def test_a_declaration_survives_the_session_record(declaration_file: Path) -> None:
    declared = load_declaration(declaration_file)
    again = Declaration.from_json(json.loads(json.dumps(declared.to_json())))
    assert again == declared


def edited(path: Path, old: str, new: str) -> tuple[Path, int]:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")
    line = next(n for n, line in enumerate(path.read_text().splitlines(), 1) if new.splitlines()[0] in line)
    return path, line


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("voltage_v = 230.0", "voltage = 230.0", 'did you mean "voltage_v"?'),
        ("maximum_current_a = 60.0", "maximum_current_a = 5.0", "Imax must be greater than Ib (5 A)"),
        (
            'class = "1"',
            'class = "0.5"',
            'class 0.5 does not exist in IEC 62053-21:2003+A1:2016; write one of 1, 2, or edition = "2020"',
        ),
        ('edition = "2003+A1:2016"', 'edition = "1999"', "write one of 2003+A1:2016, 2020"),
        ('standard = "IEC 62053-21"', 'standard = "IEC 62053-12"', "no limits for"),
        ('"600727000000000009"', '"600727000000000008"', "check digit of the meter PAN should be 9, not 8"),
        ('"600727000000000009"', '"60072700000000000"', "has 18 digits"),
        ('supply_group_code = "201457"', 'supply_group_code = "20145"', "sts.supply_group_code"),
        ("base_date = 2014", "base_date = 2015", "write one of 1993, 2014, 2035"),
        ('encryption_algorithm = "EA07"', 'encryption_algorithm = "EA09"', "'EA07' or 'EA11'"),
        ('flag_id = "MBX"', 'flag_id = "MB"', "identity.flag_id"),
        ('"block-transfer-with-get-or-read"', '"block-transfer-get"', "did you mean"),
        ("control_mode = 6", "control_mode = 9", "less than or equal to 7"),
        ('A3 = "not applicable"', 'A3 = "no"', 'write "followed", "not applicable" or "other: what it does"'),
    ],
)
def test_a_mistake_is_told_with_file_line_and_remedy(
    declaration_file: Path, old: str, new: str, says: str
) -> None:
    path, line = edited(declaration_file, old, new)
    with pytest.raises(PlanError) as caught:
        load_declaration(path)
    message = str(caught.value)
    assert says in message
    assert f"{path}:{line}: " in message


@pytest.mark.parametrize(
    ("algorithm", "sets", "says"),
    [
        ("EA11", '"key-change-2"', "EA11 has decoder keys of 128 bits, which key-change-2 does not carry"),
        ("EA11", '"key-change-4", "key-change-3"', "key-change-3 does not carry; write key-change-4"),
        ("EA07", '"key-change-4"', "EA07 has decoder keys of 64 bits"),
        ("EA07", '"key-change-2", "key-change-3"', ""),
        ("EA11", '"key-change-4"', ""),
    ],
)
def test_key_change_sets_carry_the_length_of_the_key(
    declaration_file: Path, algorithm: str, sets: str, says: str
) -> None:
    new = f'encryption_algorithm = "{algorithm}"\nsupports = [{sets}]'
    path, line = edited(declaration_file, 'encryption_algorithm = "EA07"', new)
    if not says:
        assert load_declaration(path).sts is not None
        return
    with pytest.raises(PlanError) as caught:
        load_declaration(path)
    assert says in str(caught.value)
    assert f"{path}:{line + 1}: " in str(caught.value)


def test_a_missing_secret_name_points_at_the_association(declaration_file: Path) -> None:
    text = declaration_file.read_text().replace('secret = "management_password"\n', "")
    declaration_file.write_text(text)
    with pytest.raises(PlanError, match=r'"management" authenticates with lls: add secret = ') as caught:
        load_declaration(declaration_file)
    second = [n for n, line in enumerate(text.splitlines(), 1) if line == "[[association]]"][1]
    assert f":{second}: " in str(caught.value)


def test_a_class_that_needs_transformers(declaration_file: Path) -> None:
    text = declaration_file.read_text()
    text = text.replace('"IEC 62053-21"', '"IEC 62053-22"').replace("2003+A1:2016", "2003")
    declaration_file.write_text(text.replace('class = "1"', 'class = "0.2S"'))
    with pytest.raises(PlanError, match=r"no class 0\.2S for direct connected meters"):
        load_declaration(declaration_file)
    declaration_file.write_text(
        declaration_file.read_text().replace('connection = "direct"', 'connection = "ct"')
    )
    assert load_declaration(declaration_file).nameplate.connection is Connection.CT


def test_numbers_are_understood_where_words_are_meant(declaration_file: Path) -> None:
    text = (
        declaration_file.read_text()
        .replace('class = "1"', "class = 2")
        .replace("base_date = 2014", 'base_date = "2014"')
    )
    declaration_file.write_text(text.replace("tariff_index = 1", 'tariff_index = "01"'))
    declared = load_declaration(declaration_file)
    assert declared.accuracy.accuracy_class == "2"
    assert (declared.sts.base_date, declared.sts.tariff_index) == (2014, 1)


def test_all_mistakes_are_told_at_once(declaration_file: Path) -> None:
    text = declaration_file.read_text().replace("voltage_v", "voltage").replace("baud = 9600", "baud = -1")
    declaration_file.write_text(text)
    with pytest.raises(PlanError) as caught:
        load_declaration(declaration_file)
    assert "communication.baud" in str(caught.value)
    assert "nameplate.voltage_v: this field is missing" in str(caught.value)


def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "meter.toml"
    path.write_text("[identity]\nmanufacturer = Example\n")
    with pytest.raises(PlanError, match="line 2"):
        load_declaration(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        load_declaration(tmp_path / "nothing.toml")


@pytest.mark.parametrize("pan", ["600727000000000009", "000001000000000082", "600727111111111153"])
def test_published_test_pans_are_accepted(declaration_file: Path, pan: str) -> None:
    """STS Association compliance test data: these meter PANs carry valid check digits."""
    text = declaration_file.read_text().replace("600727000000000009", pan)
    declaration_file.write_text(text)
    assert load_declaration(declaration_file).sts.meter_pan == pan


@pytest.mark.parametrize(("drn", "right"), [("12345678904", 3), ("11111111113", 5)])
def test_meter_numbers_that_must_be_refused(declaration_file: Path, drn: str, right: int) -> None:
    """STS Association compliance test CTSA17: wrong check digit inside the meter number."""
    assert not luhn_holds(drn)
    assert luhn_digit(drn[:-1]) == right
    payload = "600727" + drn
    text = declaration_file.read_text().replace("600727000000000009", payload + str(luhn_digit(payload)))
    declaration_file.write_text(text)
    with pytest.raises(PlanError, match=f"it should be {right}, not {drn[-1]}"):
        load_declaration(declaration_file)
