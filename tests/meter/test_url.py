"""The ``--meter`` option."""

from __future__ import annotations

from typing import Any

import pytest

from bench.errors import PlanError
from bench.meter.url import parse_meter_url
from bench.record.declaration import Declaration


@pytest.mark.parametrize(("text", "product"), [("reference", "dds722"), ("reference:dds722", "dds722")])
def test_the_reference_meter_is_started_by_the_bench(text: str, product: str) -> None:
    url = parse_meter_url(text)
    assert url.is_reference
    assert url.product == product


@pytest.mark.parametrize(
    "text",
    [
        "/dev/ttyUSB0",
        "/dev/serial/by-id/usb-FTDI_0",
        "COM3",
        "COM12",
        "socket://10.0.0.7:4000",
        "rfc2217://h:1",
    ],
)
def test_an_address_is_kept_as_it_was_written(text: str) -> None:
    url = parse_meter_url(text)
    assert not url.is_reference
    assert url.address == text


@pytest.mark.parametrize(
    "text",
    ["", "foo", "foo://x", "ttyUSB0", "COM", "http://h:1", "reference:nothing", "referenz"],
)
def test_anything_else_is_refused_with_what_is_understood(text: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_meter_url(text)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text", ["socket://h", "socket://:4000", "socket://h:port", "rfc2217://h", "socket://h:70000"]
)
def test_a_network_address_needs_host_and_port(text: str) -> None:
    with pytest.raises(PlanError, match="lacks a host or a port"):
        parse_meter_url(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("socke://h:1", "socket://h:1"),
        ("ttyUSB0", "/dev/ttyUSB0"),
        ("dev/ttyUSB0", "/dev/ttyUSB0"),
        ("com3", "COM3"),
        ("referenc", "reference"),
        ("referense:dds722", "reference:dds722"),
        ("reference:dds72", "dds722"),
        ("tpc://h:4059", "tcp://h:4059"),
    ],
)
def test_a_typo_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_meter_url(text)
    assert f'Did you mean "{meant}"?' in caught.value.remedy


@pytest.fixture
def declaration() -> Declaration:
    return Declaration.from_json(DECLARED)


DECLARED: dict[str, Any] = {
    "identity": {"manufacturer": "M", "flag_id": "XYZ", "type": "T", "serial_number": "1"},
    "nameplate": {
        "connection": "direct",
        "voltage_v": 230.0,
        "basic_current_a": 5.0,
        "maximum_current_a": 60.0,
        "frequency_hz": 50.0,
        "meter_constant_imp_per_kwh": 1000.0,
    },
    "accuracy": {"standard": "IEC 62053-21", "edition": "2003+A1:2016", "class": "1"},
}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("/dev/ttyUSB0?baud=19200", "baud", 19200),
        ("/dev/ttyUSB0?server=1/17", "server_lower", 17),
        ("/dev/ttyUSB0?server=1/17", "address_length", 4),
        ("/dev/ttyUSB0?server=1/17&address-length=2", "address_length", 2),
        ("socket://h:1?framing=mode-e&sign-on-baud=600", "framing", "mode-e"),
        ("COM3?time-out=5", "response_time_out_s", 5.0),
        ("tcp://h?server=3", "server_sap", 3),
        ("tcp://h", "framing", "wrapper"),
        ("udp://h", "transport", "udp"),
    ],
)
def test_what_the_url_states_wins_over_the_declaration(
    declaration: Declaration, text: str, field: str, value: object
) -> None:
    url = parse_meter_url(text)
    assert getattr(url.over(declaration).communication, field) == value
    assert "?" not in url.address


def test_a_serial_line_carries_no_wrapper(declaration: Declaration) -> None:
    wrapped = parse_meter_url("tcp://h").over(declaration)
    assert parse_meter_url("/dev/ttyUSB0").over(wrapped).communication.framing == "hdlc"


def test_a_url_without_options_changes_nothing(declaration: Declaration) -> None:
    assert parse_meter_url("/dev/ttyUSB0").over(declaration) is declaration


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/dev/ttyUSB0?boud=300", 'no option "boud". Did you mean "baud"?'),
        ("/dev/ttyUSB0?baud=fast", 'the option baud does not take "fast". Write baud=9600.'),
        ("/dev/ttyUSB0?echo=perhaps", "Write echo=yes."),
        ("tcp://h?baud=9600", "Known: server=1, time-out=2."),
    ],
)
def test_an_option_that_is_not_understood_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_meter_url(text)
    assert sentence in str(caught.value)


def test_an_option_out_of_range_is_refused(declaration: Declaration) -> None:
    with pytest.raises(PlanError, match="server_upper"):
        parse_meter_url("/dev/ttyUSB0?server=99999").over(declaration)
