"""Slot ``memory``: named JSON records in the memory chip, several of them written all or none.

The chip writes one record at a time, each whole; a power cut can fall between two writes. So a group of
records first goes into one journal record (that single write is the point of commitment), then each record
to its own place, then the journal is emptied. A power-up finds the journal full or empty: full is written
again to its places, which harms nothing, empty means that nothing of the group happened or all of it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from reference_meter import board

if TYPE_CHECKING:
    from reference_meter.meter import Meter

JOURNAL = "journal"
_EMPTY = b""
_COMPOUND = (b"{", b"[")
"""How a record begins that holds more than one value: its reader may change what it gets."""
_encode = json.JSONEncoder(separators=(",", ":")).encode


def encode_record(value: object) -> bytes:
    """Return the octets of a record in the chip."""
    if type(value) is int:  # most are: JSON writes them as everybody does
        return b"%d" % value
    return _encode(value).encode()


def _joined(records: Mapping[str, bytes]) -> bytes:
    """Return one record that holds coded ones by their names."""
    parts = (encode_record(name) + b":" + record for name, record in records.items())
    return b"{" + b",".join(parts) + b"}"


@functools.lru_cache(maxsize=1024)
def _scalar(record: bytes) -> Any:
    """Return the one value of a record; the firmware looks at most of them at each pulse."""
    return json.loads(record)


class Memory:
    """The non-volatile records of the firmware, by name. Values are JSON values."""

    def __init__(self, meter: Meter) -> None:
        self._chip: board.Memory = meter.board.memory
        self._group: dict[str, Any] | None = None
        self._waiting: list[Callable[[], None]] = []
        self._finish_interrupted_group()

    def get(self, name: str) -> Any | None:
        """Return the value of a record, or None when it was never written."""
        if self._group is not None and name in self._group:
            return self._group[name]
        record = self._chip.read(name)
        if record is None or record[:1] not in _COMPOUND:
            return None if record is None else _scalar(record)
        return json.loads(record.decode())

    def put(self, name: str, value: Any) -> None:
        """Write one record; inside ``together()`` it waits for the others."""
        if self._group is not None:
            self._group[name] = value
        else:
            self._chip.write(name, encode_record(value))

    def put_all(self, values: Mapping[str, Any]) -> None:
        """Write several records: after a power cut at any moment either all are there or none."""
        with self.together():
            for name, value in values.items():
                self.put(name, value)

    def together(self) -> _Together:
        """Collect every ``put`` made inside and write them all or none at the end; may be nested.

        When the body raises, nothing is written.
        """
        return _Together(self)

    def _begin(self) -> bool:
        """Collect from now on; return whether nobody else does already."""
        if self._group is not None:
            return False
        self._group = {}
        return True

    def _end(self, *, whole: bool) -> None:
        """Write what was collected, if it is whole, then run what waited for that."""
        group, self._group = self._group, None
        actions, self._waiting = self._waiting, []
        if whole and group is not None:
            self._write_group(group)
            for action in actions:
                action()

    def once_written(self, action: Callable[[], None]) -> None:
        """Run ``action`` when what is being written together is in the chip; at once when nothing is."""
        if self._group is not None:
            self._waiting.append(action)
        else:
            action()

    def _write_group(self, group: dict[str, Any]) -> None:
        records = {name: encode_record(value) for name, value in group.items()}
        if len(records) > 1:
            self._chip.write(JOURNAL, _joined(records))
        for name, record in records.items():
            self._chip.write(name, record)
        if len(records) > 1:
            self._chip.write(JOURNAL, _EMPTY)

    def _finish_interrupted_group(self) -> None:
        journal = self._chip.read(JOURNAL)
        if journal:
            for name, value in json.loads(journal).items():
                self._chip.write(name, encode_record(value))
            self._chip.write(JOURNAL, _EMPTY)


class _Together:
    """The time in which a group of records is collected; entered at each capture, so no generator."""

    __slots__ = ("_memory", "_outermost")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __enter__(self) -> None:
        self._outermost = self._memory._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._outermost:
            self._memory._end(whole=kind is None)
