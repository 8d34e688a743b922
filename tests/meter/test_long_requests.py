"""Requests in blocks: no APDU longer than the meter receives, and every octet of the value once, in order."""

from __future__ import annotations

import pytest

from bench.meter.long_requests import action_requests, set_requests
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.xdlms.action import ActionRequestWithFirstPblock, ActionRequestWithPblock
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.set import SetRequestWithDatablock, SetRequestWithFirstDatablock

CALENDAR = Obis("0-0:13.0.0.255")


@pytest.mark.parametrize("longest", [24, 64, 128, 400])
@pytest.mark.parametrize("octets", [1, 43, 44, 300])
def test_a_value_in_blocks(longest: int, octets: int) -> None:
    value = bytes(index % 251 for index in range(octets))
    sets = list(set_requests(0xC1, CosemAttribute(20, CALENDAR, 9), value, longest))
    actions = list(action_requests(0xC1, CosemMethod(18, CALENDAR, 2), value, longest))
    for apdus, first, further in (
        (sets, SetRequestWithFirstDatablock, SetRequestWithDatablock),
        (actions, ActionRequestWithFirstPblock, ActionRequestWithPblock),
    ):
        assert max(map(len, apdus)) <= longest
        decoded = [decode_apdu(apdu) for apdu in apdus]
        assert not any(deviations for _, deviations in decoded)
        found = [request for request, _ in decoded]
        assert [type(request) for request in found] == [first] + [further] * (len(found) - 1)
        parts = [request.block for request in found]  # type: ignore[union-attr]
        assert [part.number for part in parts] == list(range(1, len(parts) + 1))
        assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
        assert b"".join(part.raw for part in parts) == value
