"""Settings that a case changed come back as they were, even if the meter went silent in between."""

from __future__ import annotations

from typing import Any

import pytest

from bench.errors import LinkError
from bench.protocols.data import Data, integer
from bench.run.held_settings import HeldSettings

LIMITER, CALENDAR = (71, "0-0:17.0.0.255"), (20, "0-0:13.0.0.255")


class Client:
    """Settings of a meter; ``silent`` of its next answers do not come."""

    def __init__(self) -> None:
        self.values = {(LIMITER, 3): integer(7), (CALENDAR, 5): integer(1), (CALENDAR, 9): integer(0)}
        self.silent = 0

    def get(self, class_id: int, obis: str, attribute: int) -> Data:
        return self.values[(class_id, obis), attribute]

    def set(self, class_id: int, obis: str, attribute: int, value: Data) -> None:
        if self.silent:
            self.silent -= 1
            raise LinkError("silence")
        self.values[(class_id, obis), attribute] = value

    def invoke(self, class_id: int, obis: str, method: int, _value: Data) -> None:
        assert (class_id, method) == (20, 1)
        self.values[(class_id, obis), 5] = self.values[(class_id, obis), 9]


def test_what_was_found_first_is_put_back_in_spite_of_silence() -> None:
    client: Any = Client()
    held = HeldSettings()
    held.hold(client, LIMITER, 3)
    client.set(*LIMITER, 3, integer(8))
    held.hold(client, LIMITER, 3)
    client.set(*LIMITER, 3, integer(9))
    held.hold(client, CALENDAR, 5)
    client.values[CALENDAR, 5] = integer(2)
    client.silent = 1
    with pytest.raises(LinkError):
        held.put_back(client)
    assert held
    held.put_back(client)
    assert not held
    assert client.values[LIMITER, 3] == integer(7)
    assert client.values[CALENDAR, 5] == integer(1)
