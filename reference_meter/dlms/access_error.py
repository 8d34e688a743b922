"""Why the meter refuses to read, write or invoke."""

from __future__ import annotations

from bench.protocols.xdlms.results import DataAccessResult


class AccessError(Exception):
    """A request that the meter refuses; ``result`` is the reason it gives.

    Methods are refused with the same numbers: data-access-result and action-result agree on all that occur.
    """

    def __init__(self, result: DataAccessResult) -> None:
        super().__init__(result.name)
        self.result = result
