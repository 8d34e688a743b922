"""Link parameters of SNRM and UA."""

from __future__ import annotations

import pytest

from bench.protocols.deviation import Grade
from bench.protocols.hdlc import LinkParameters, decode_parameters

DEFAULT = "81801205018006018007040000000108040000" + "0001"


def test_default_parameters_on_the_line() -> None:
    assert LinkParameters().to_bytes().hex() == DEFAULT


def test_no_information_means_the_defaults() -> None:
    assert decode_parameters(b"") == (LinkParameters(), ())


def test_a_length_above_255_takes_two_octets() -> None:
    octets = LinkParameters(max_info_transmit=2030, max_info_receive=1024).to_bytes()

    assert octets.hex() == "818014050207ee060204000704000000010804000000" + "01"
    assert decode_parameters(octets) == (LinkParameters(max_info_transmit=2030, max_info_receive=1024), ())


def test_two_octets_for_a_short_length_are_kept() -> None:
    """As in the UA of vector hdlc-ua-4byte-src."""
    octets = bytes.fromhex("8180140502008006020080070400000001080400000001")

    parameters, deviations = decode_parameters(octets)

    assert (parameters.max_info_transmit, deviations) == (128, ())
    assert parameters.to_bytes() == octets


def test_negotiation_gives_the_smaller_of_both_crosswise() -> None:
    meter = LinkParameters(max_info_transmit=128, max_info_receive=64, window_transmit=1, window_receive=3)
    proposed = LinkParameters(
        max_info_transmit=512, max_info_receive=100, window_transmit=7, window_receive=2
    )

    assert meter.negotiated(proposed) == LinkParameters(
        max_info_transmit=100, max_info_receive=64, window_transmit=1, window_receive=3
    )


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        ("8080", 0, "hdlc.parameters-format"),
        ("81", 1, "truncated"),
        ("818013" + DEFAULT[6:], 2, "hdlc.parameters-group-length"),
        ("818011" + DEFAULT[6:], 2, "hdlc.parameters-group-length"),
        ("818003090180", 3, "hdlc.parameter-unknown"),
        ("818006050180050180", 6, "hdlc.parameter-repeated"),
        ("8180050503000080", 4, "hdlc.parameter-length"),
        ("81800305011f", 5, "hdlc.max-info-range"),
        ("818004050207ef", 5, "hdlc.max-info-range"),
        ("818006070400000000", 5, "hdlc.window-range"),
        ("818006070400000008", 5, "hdlc.window-range"),
        ("8180030501", 2, "hdlc.parameters-group-length"),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: str, offset: int, rule: str) -> None:
    _, deviations = decode_parameters(bytes.fromhex(octets))

    assert (offset, rule) in [(deviation.offset, deviation.rule) for deviation in deviations]


@pytest.mark.parametrize("octets", ["818006060180050180", "818003050180", "818003070101"])
def test_order_missing_ones_and_short_windows_are_only_unusual(octets: str) -> None:
    _, deviations = decode_parameters(bytes.fromhex(octets))

    assert {deviation.grade for deviation in deviations} == {Grade.UNUSUAL}


def test_malformed_parameters_can_be_written() -> None:
    assert LinkParameters().to_bytes(omit=(5, 6, 7, 8)).hex() == "818000"
    assert LinkParameters().to_bytes(group_length=0x11).hex() == "818011" + DEFAULT[6:]
    assert LinkParameters().to_bytes(window_octets=1, omit=(5, 6)).hex() == "818006070101080101"
