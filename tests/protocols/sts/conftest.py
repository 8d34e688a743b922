"""Vectors and test keys shared by the tests of the token codec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.protocols.sts.keys import KeyParameters, decoder_key

#: Public test vending key of STS531-1.
VENDING_KEY = bytes.fromhex("abababababababab949494949494949401234567")


@pytest.fixture(scope="session")
def vector_document() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "data" / "sts.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@pytest.fixture
def parameters() -> KeyParameters:
    """The meter of most STS531-1 steps."""
    return KeyParameters.parse(
        meter_pan="600727000000000009", supply_group_code="201457", tariff_index="01", key_revision_number=1
    )


@pytest.fixture
def key(parameters: KeyParameters) -> bytes:
    return decoder_key(VENDING_KEY, parameters)


@pytest.fixture
def vending_key() -> bytes:
    return VENDING_KEY
