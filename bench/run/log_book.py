"""The event logs of a meter as a case watches them: the tail before, the tail after, what is new between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.errors import LinkError
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.functions_declaration import EventsDeclaration
from bench.run.case_bench import CaseBench
from bench.run.profile_reading import Columns, last_rows, new_rows, read_columns

CLOCK = "0-0:1.0.0.255"
CLOCK_TIME = (8, CLOCK, 2)
#: So many rows are read to find the new ones among them.
TAIL = 16


@dataclass(slots=True)
class LogBook:
    """The declared logs by name. Their columns are read once."""

    bench: CaseBench
    declared: EventsDeclaration
    _columns: dict[str, Columns] = field(default_factory=dict)

    def tail(self, log: str, number: int = TAIL) -> list[list[Any]]:
        """Return the last records of a log, in an association of its own."""
        with opened(self.bench.position.client("reader")) as client:
            return self.tail_in(client, log, number)

    def tail_in(self, client: DlmsClient, log: str, number: int = TAIL) -> list[list[Any]]:
        """Return the last records of a log."""
        obis = self.declared.logs[log]  # type: ignore[index]
        if log not in self._columns:
            self._columns[log] = read_columns(client, obis)
        return last_rows(client, obis, number, selective=self.selective)

    @property
    def selective(self) -> bool:
        """Whether the reader may ask for a part of a profile."""
        reader = self.bench.position.association("reader")
        return reader is not None and "selective-access" in reader.conformance

    def new(self, log: str, before: list[list[Any]]) -> list[list[Any]]:
        """Return the records that a log has gained since ``before``."""
        return new_rows(before, self.tail(log))

    def since(self, client: DlmsClient, log: str, before: list[list[Any]]) -> list[list[Any]]:
        """Return the records that a log has gained since ``before``, in an association that is open."""
        return new_rows(before, self.tail_in(client, log))

    def places(self, log: str) -> dict[str, Any]:
        """Return where time and code stand in a log that was read already."""
        columns = self._columns[log]
        clock = columns.place(8, CLOCK)
        others = [index for index in range(len(columns.names)) if index != clock]
        return {"clock_column": clock, "code_column": others[0]}

    def count(self, obis: str) -> int | None:
        """Return a counter, or None where it cannot be read as a number."""
        if not obis:
            return None
        try:
            with opened(self.bench.position.client("reader")) as client:
                return as_integer(client.get(1, obis, 2))
        except (Refused, UnexpectedData):
            return None

    def answers(self) -> bool:
        """Tell whether the meter answers a reader at all."""
        try:
            with opened(self.bench.position.client("reader")) as client:
                client.get(*CLOCK_TIME)
        except LinkError:
            return False
        return True
