"""The ``--meter`` option."""

from __future__ import annotations

import pytest

from bench.errors import PlanError
from bench.meter.url import parse_meter_url


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


def test_options_that_would_be_ignored_are_refused() -> None:
    with pytest.raises(PlanError, match=r"\[communication\]"):
        parse_meter_url("/dev/ttyUSB0?baud=300")
