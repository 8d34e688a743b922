"""Meter PAN and DRN with their check digits."""

from __future__ import annotations

import pytest

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.identity import MeterPan, check_drn


@pytest.mark.parametrize(
    ("digits", "issuer", "drn", "manufacturer_code"),
    [
        ("600727000000000009", "600727", "00000000000", "00"),
        ("000001000000000082", "0000", "0100000000008", "0100"),
        ("600727111111111153", "600727", "11111111115", "11"),
    ],
)
def test_the_published_test_meters(digits: str, issuer: str, drn: str, manufacturer_code: str) -> None:
    pan = MeterPan(digits)
    assert (pan.issuer, pan.drn, pan.manufacturer_code) == (issuer, drn, manufacturer_code)
    assert MeterPan.from_drn(drn) == pan
    assert MeterPan.from_serial(manufacturer_code, drn[len(manufacturer_code) : -1]) == pan
    assert MeterPan.parse(f" {digits[:6]}-{digits[6:]} ") == pan


@pytest.mark.parametrize(("drn", "right_digit"), [("12345678904", "3"), ("11111111113", "5")])
def test_drns_with_a_wrong_check_digit_are_refused(drn: str, right_digit: str) -> None:
    with pytest.raises(FieldError, match=f"{right_digit} expected"):
        check_drn(drn)


@pytest.mark.parametrize(
    ("digits", "complaint"),
    [
        ("600727000000000008", "check digit 8 is wrong, 9 expected"),
        ("60072700000000000", "17 given"),
        ("60072700000000000x", "18 decimal digits"),
        ("123456000000000002", "issuer"),
        ("600727111111111138", "in its DRN 11111111113"),
    ],
)
def test_wrong_pans_are_refused(digits: str, complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint) as caught:
        MeterPan(digits)
    assert caught.value.field == "meter PAN"


@pytest.mark.parametrize(("code", "serial"), [("1", "00000000"), ("12", "0000000"), ("ab", "00000000")])
def test_wrong_serial_numbers_are_refused(code: str, serial: str) -> None:
    with pytest.raises(FieldError):
        MeterPan.from_serial(code, serial)
