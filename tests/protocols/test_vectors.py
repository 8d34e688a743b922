"""The codec against vectors from elsewhere; each names its source in tests/data/dlms.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.protocols.vectors import check_vector

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "data" / "dlms.json").read_text(encoding="utf-8")
)["vectors"]
BY_NAME = {vector["name"]: vector for vector in VECTORS}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector_gives_what_it_expects(vector: dict[str, Any]) -> None:
    assert check_vector(vector).reason == ""


def test_every_vector_names_its_source() -> None:
    assert [vector["name"] for vector in VECTORS if not vector.get("source")] == []


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("aarq-none", {"hex": "601da109060760857405080101be10040e01000000065f1f0400007e1f04b000"}),
        ("aarq-none", {"expect": "deviation"}),
        ("aarq-none", {"expect": "something new"}),
        ("gurux-forum-disc", {"hex": "7ea00703215303c87e"}),
        ("gb-glo-get-enc-only", {"plain": "c0010000080000010000ff0300"}),
        ("gb-glo-initiate-request", {"ek": "ff0102030405060708090a0b0c0d0e0f"}),
        ("gb-glo-initiate-request", {"invocation_counter": 1}),
        ("gb-hls5-fctos", {"challenge": "4b35366956616700"}),
        ("gb-hls5-fctos", {"system_title": "4d4d4d0000bc614f"}),
        ("gurux-forum-badhcs-snrm", {"expect": "roundtrip"}),
        ("get-request-normal", {"hex": "not hex"}),
    ],
)
def test_a_spoiled_vector_fails(name: str, changes: dict[str, Any]) -> None:
    assert not check_vector(BY_NAME[name] | changes).passed


def test_a_wrapped_key_is_unwrapped() -> None:
    """RFC 3394 section 4.1: 128 bits of key data with a 128-bit KEK."""
    vector = {
        "name": "rfc3394-4.1",
        "kind": "key-wrap",
        "expect": "unwrap",
        "kek": "000102030405060708090a0b0c0d0e0f",
        "key": "00112233445566778899aabbccddeeff",
        "hex": "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
    }

    assert check_vector(vector).reason == ""
    assert not check_vector(vector | {"key": "00112233445566778899aabbccddee00"}).passed
    assert not check_vector(vector | {"kek": "00" * 16}).passed
