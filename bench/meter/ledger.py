"""The ledger of one meter: what must be remembered from run to run, on disk before each irreversible octet.

One small JSON file a meter, keyed by serial number and PAN, locked while a run holds it, replaced as a whole
(temporary file, fsync, rename). It names keys, never holds them. A real meter's ledger lives in the state
folder of the user; a laboratory meter's lives in the run folder, because that meter ends with the run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.clock import WallClock
from bench.errors import BenchFault, PlanError
from bench.record.declaration import StsDeclaration
from bench.record.lock_file import LockFile
from bench.record.state_folder import write_durably

_WALL = WallClock()

FORMAT = 1
#: Sub-folder of the state folder (or of the run folder) that holds the ledgers.
FOLDER = "ledgers"
#: A token identifier is a 24-bit number of minutes.
TID_MAX = (1 << 24) - 1
#: An invocation counter is 32 bits.
COUNTER_MAX = (1 << 32) - 1
#: How the note of a finished key change begins.
KEY_CHANGED = "key changed to "


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReference:
    """Which decoder key a meter holds: the name of the vending key and the parameters it is derived with."""

    vending_key: str
    supply_group_code: str
    tariff_index: int
    key_revision_number: int
    key_type: int
    key_expiry_number: int
    base_date: int

    @classmethod
    def of(cls, sts: StsDeclaration) -> KeyReference:
        """Return the key that a declaration states."""
        return cls(
            vending_key=sts.vending_key or "",
            supply_group_code=sts.supply_group_code,
            tariff_index=sts.tariff_index,
            key_revision_number=sts.key_revision_number,
            key_type=sts.key_type,
            key_expiry_number=sts.key_expiry_number,
            base_date=sts.base_date,
        )

    def declared_in(self, sts: StsDeclaration) -> StsDeclaration:
        """Return ``sts`` with this key instead of its own."""
        return sts.model_copy(update={**asdict(self), "vending_key": self.vending_key or None})

    def __str__(self) -> str:
        return (
            f"{self.vending_key or 'unnamed vending key'}, SGC {self.supply_group_code}, "
            f"TI {self.tariff_index:02d}, KRN {self.key_revision_number}, KT {self.key_type}, "
            f"KEN {self.key_expiry_number}, base date {self.base_date}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingKeyChange:
    """A key change that was begun and not finished: the meter holds ``old`` or ``new``."""

    old: KeyReference
    new: KeyReference
    begun_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something a run changed in the meter."""

    utc: str
    run_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRecord:
    """What the file holds."""

    serial_number: str
    meter_pan: str
    highest_tid: int | None = None
    #: The base date (year) that ``highest_tid`` counts its minutes from.
    tid_base_date: int | None = None
    invocation_counters: tuple[tuple[str, int], ...] = ()
    key: KeyReference | None = None
    key_change: PendingKeyChange | None = None
    changes: tuple[Change, ...] = ()


class Ledger:
    """The open, locked ledger of one meter. Every method that changes it has written it when it returns."""

    def __init__(
        self, path: Path, lock: LockFile, record: LedgerRecord, *, run_id: str, utc: Callable[[], datetime]
    ) -> None:
        self.path = path
        self._lock, self._record, self._run_id, self._utc = lock, record, run_id, utc
        self._changes_before = len(record.changes)
        self._first_key: KeyReference | None = None

    @classmethod
    def open(
        cls,
        state_dir: Path,
        serial_number: str,
        pan: str = "",
        *,
        run_id: str = "",
        utc: Callable[[], datetime] = _WALL.utc,
    ) -> Ledger:
        """Lock and read the ledger of a meter, or begin one. ``pan`` is empty for a meter without STS.

        Raises Locked where another process holds it, PlanError for a file that cannot be read.
        """
        folder = state_dir / FOLDER
        path = folder / f"{_file_stem(serial_number, pan)}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = LockFile.acquire(
                path.with_suffix(".lock"),
                subject=f"The ledger of meter {serial_number}",
                what=f"run {run_id}" if run_id else "meterbench",
                utc=utc,
            )
        except OSError as error:
            raise BenchFault(
                f"The ledger of meter {serial_number} cannot be kept in {folder}: {error.strerror}.",
                remedy="Name a folder that can be written, with --state-dir or METERBENCH_STATE.",
            ) from error
        try:
            record = (
                read_record(path)
                if path.exists()
                else LedgerRecord(serial_number=serial_number, meter_pan=pan)
            )
        except BaseException:
            lock.release()
            raise
        return cls(path, lock, record, run_id=run_id, utc=utc)

    def close(self) -> None:
        """Release the lock; everything is on disk already."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def record(self) -> LedgerRecord:
        """What the file holds now."""
        return self._record

    # -- token identifiers

    @property
    def highest_tid(self) -> int | None:
        """The highest token identifier spent on this meter under its base date, or None."""
        return self._record.highest_tid

    def spend_tid(self, tid: int, *, base_date: int | None = None) -> None:
        """Note that ``tid`` is about to reach the meter; durable when it returns.

        A lower one than the highest is allowed (tests of old tokens) and changes nothing. A new ``base_date``
        starts the count anew.
        """
        if not 0 <= tid <= TID_MAX:
            raise ValueError(f"a token identifier has 24 bits, {tid} does not fit")
        record = self._record
        rolled = base_date is not None and record.tid_base_date not in {None, base_date}
        highest = tid if record.highest_tid is None or rolled else max(tid, record.highest_tid)
        base = base_date if base_date is not None else record.tid_base_date
        if highest != record.highest_tid or base != record.tid_base_date:
            self._write(replace(record, highest_tid=highest, tid_base_date=base))

    # -- ciphering

    def invocation_counter(self, key: str) -> int:
        """Return the next unused invocation counter under the key named ``key``."""
        return dict(self._record.invocation_counters).get(key, 0)

    def spend_counter(self, key: str, used: int) -> None:
        """Note that the counter ``used`` is about to be sent under ``key``; it is never sent again."""
        if not 0 <= used <= COUNTER_MAX:
            raise ValueError(f"an invocation counter has 32 bits, {used} does not fit")
        counters = dict(self._record.invocation_counters)
        if used >= counters.get(key, 0):
            counters[key] = used + 1
            self._write(replace(self._record, invocation_counters=tuple(sorted(counters.items()))))

    def reset_counter(self, key: str) -> None:
        """Note that the key named ``key`` was replaced in the meter: its count begins at 0."""
        counters = dict(self._record.invocation_counters)
        counters.pop(key, None)
        self._write(replace(self._record, invocation_counters=tuple(sorted(counters.items()))))

    # -- keys

    @property
    def key(self) -> KeyReference | None:
        """The key the meter holds as far as the bench knows; None: as declared."""
        return self._record.key

    @property
    def pending_key_change(self) -> PendingKeyChange | None:
        """The key change that was begun and neither finished nor undone, or None."""
        return self._record.key_change

    def begin_key_change(self, old: KeyReference, new: KeyReference) -> None:
        """Write what is about to be entered. Raises BenchFault while another change is pending."""
        if self._record.key_change is not None:
            raise BenchFault(
                f"A key change of meter {self._record.serial_number} begun {self._record.key_change.begun_utc} "
                "was never finished.",
                remedy="Run `meterbench recover` first.",
            )
        change = PendingKeyChange(old=old, new=new, begun_utc=self._stamp())
        self._first_key = self._first_key or old
        self._write(replace(self._record, key=old, key_change=change))

    def finish_key_change(self) -> None:
        """The meter proved that it holds the new key."""
        change = self._pending()
        self._write(replace(self._with_change(f"{KEY_CHANGED}{change.new}"), key=change.new, key_change=None))

    def undo_key_change(self) -> None:
        """The meter proved that it still holds the old key."""
        change = self._pending()
        self._write(replace(self._record, key=change.old, key_change=None))

    # -- what stays behind

    def note_change(self, text: str) -> None:
        """Note something this run changed in the meter and does not restore. Never with a secret in it."""
        self._write(self._with_change(text))

    def left_behind(self) -> tuple[str, ...]:
        """Return, one sentence each, what this run leaves changed in the meter.

        Of the keys only where they ended, whatever way they went; every step stands in the file.
        """
        texts = [change.text for change in self._record.changes[self._changes_before :]]
        keys = [text for text in texts if text.startswith(KEY_CHANGED)]
        said = list(dict.fromkeys(text for text in texts if text not in keys))
        if keys:
            back = self._first_key is not None and keys[-1] == f"{KEY_CHANGED}{self._first_key}"
            text = "key as it was before the run" if back else keys[-1]
            said.append(text + (f" (after {len(keys)} key changes)" if len(keys) > 1 else ""))
        if self._record.key_change is not None:
            change = self._record.key_change
            said.append(
                f"UNFINISHED key change from [{change.old}] to [{change.new}]: run `meterbench recover`"
            )
        return tuple(said)

    # -- inside

    def _pending(self) -> PendingKeyChange:
        if self._record.key_change is None:
            raise BenchFault(f"No key change of meter {self._record.serial_number} is pending.")
        return self._record.key_change

    def _with_change(self, text: str) -> LedgerRecord:
        change = Change(utc=self._stamp(), run_id=self._run_id, text=text)
        return replace(self._record, changes=(*self._record.changes, change))

    def _stamp(self) -> str:
        return f"{self._utc():%Y-%m-%dT%H:%M:%SZ}"

    def _write(self, record: LedgerRecord) -> None:
        text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, ensure_ascii=False)
        try:
            write_durably(self.path, text.encode())
        except OSError as error:
            raise BenchFault(
                f"The ledger {self.path} cannot be written: {error.strerror}. Nothing was sent to the meter.",
                remedy="Make room or name another folder with --state-dir.",
            ) from error
        self._record = record


def read_record(path: Path) -> LedgerRecord:
    """Read a ledger file without locking it. Raises PlanError for a file that is not a ledger."""
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise PlanError(
                f"{path} has format {said['format']}, this version reads {FORMAT}.",
                remedy="Use the version of meterbench that wrote it.",
            )
        pending = said["key_change"]
        return LedgerRecord(
            serial_number=said["serial_number"],
            meter_pan=said["meter_pan"],
            highest_tid=said["highest_tid"],
            tid_base_date=said["tid_base_date"],
            invocation_counters=tuple((str(key), int(value)) for key, value in said["invocation_counters"]),
            key=KeyReference(**said["key"]) if said["key"] else None,
            key_change=PendingKeyChange(
                old=KeyReference(**pending["old"]),
                new=KeyReference(**pending["new"]),
                begun_utc=pending["begun_utc"],
            )
            if pending
            else None,
            changes=tuple(Change(**change) for change in said["changes"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"{path} is not a meter ledger: {error}.", remedy="Restore it from a backup; do not guess."
        ) from error


def ledger_files(state_dir: Path) -> tuple[Path, ...]:
    """Return the ledgers of a state folder, by name."""
    return tuple(sorted((state_dir / FOLDER).glob("*.json")))


def _file_stem(serial_number: str, pan: str) -> str:
    """Return a file name that is readable, and unique even where characters had to go."""
    key = f"{serial_number}\n{pan}"
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{serial_number}-{pan or 'no-pan'}").lstrip(".")
    return f"{readable[:80]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
