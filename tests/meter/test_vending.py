"""The point of sale: identifiers up to the roll-over of a base date, and none beyond it (CTSA09; sts.md 2.1, 10 J4)."""

from __future__ import annotations

from datetime import datetime

import pytest

from bench.errors import PlanError
from bench.meter.vending import NEXT_TID, Vending
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.opener import open_token
from bench.record.declaration import StsDeclaration

#: Test data of STS531-1 (STS Association).
VENDING_KEY = bytes.fromhex("abababababababab949494949494949401234567")
LAST_TID = (1 << 24) - 1
LAST_MINUTE = datetime.fromisoformat("2024-11-24T20:15")


def vending_of_1993(now: datetime) -> Vending:
    sts = StsDeclaration(
        meter_pan="600727000000000009",
        supply_group_code="201457",
        tariff_index=1,
        key_revision_number=1,
        key_type=2,
        base_date=1993,
    )
    return Vending(sts, VENDING_KEY, lambda: now)


def test_the_last_minute_of_a_base_date_can_be_sold() -> None:
    sale = vending_of_1993(LAST_MINUTE).issue(TransferCredit(tid=NEXT_TID, least_units=1))
    assert sale.tid == LAST_TID
    key = decoder_key(
        VENDING_KEY,
        KeyParameters.parse(
            meter_pan="600727000000000009",
            supply_group_code="201457",
            tariff_index=1,
            key_revision_number=1,
            base_date=1993,
        ),
    )
    assert open_token(sale.digits, key, Algorithm.EA07).payload48 >> 16 & LAST_TID == LAST_TID


@pytest.mark.parametrize(
    "now",
    [
        LAST_MINUTE.replace(minute=16),
        datetime.fromisoformat("2031-01-01"),
        datetime.fromisoformat("1992-12-31"),
    ],
)
def test_beyond_the_base_date_the_point_of_sale_refuses(now: datetime) -> None:
    with pytest.raises(PlanError, match="No token can be sold under base date 1993"):
        vending_of_1993(now).issue(TransferCredit(tid=NEXT_TID, least_units=1))


def test_a_second_token_in_the_last_minute_is_refused() -> None:
    vending = vending_of_1993(LAST_MINUTE)
    vending.reserve(1)
    with pytest.raises(PlanError, match="no token identifier is left"):
        vending.reserve(1)
