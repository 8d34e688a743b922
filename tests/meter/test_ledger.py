"""The ledger of a meter: what it says is on disk before it returns, whatever happens next."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.errors import BenchFault, PlanError
from bench.meter.ledger import KeyReference, Ledger, ledger_files, read_record
from bench.record.lock_file import Locked

PAN = "600727000000000009"
OLD = KeyReference(
    vending_key="vending_key",
    supply_group_code="123457",
    tariff_index=1,
    key_revision_number=1,
    key_type=2,
    key_expiry_number=255,
    base_date=2014,
)
NEW = KeyReference(
    vending_key="vending_key_2",
    supply_group_code="123457",
    tariff_index=2,
    key_revision_number=2,
    key_type=2,
    key_expiry_number=200,
    base_date=2014,
)


def test_highest_tid_survives_the_run(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as ledger:
        assert ledger.highest_tid is None
        ledger.spend_tid(6_000_000, base_date=2014)
        ledger.spend_tid(5_999_999, base_date=2014)  # a token made old on purpose
    with Ledger.open(tmp_path, "0001", PAN) as again:
        assert again.highest_tid == 6_000_000


def test_new_base_date_starts_the_count_anew(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as ledger:
        ledger.spend_tid(6_000_000, base_date=2014)
        ledger.spend_tid(17, base_date=2035)
        assert (ledger.highest_tid, ledger.record.tid_base_date) == (17, 2035)


def test_meters_do_not_share_a_ledger(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as one, Ledger.open(tmp_path, "0001", "other pan") as two:
        one.spend_tid(100)
        assert two.highest_tid is None
    with Ledger.open(tmp_path, "../0/1") as odd, Ledger.open(tmp_path, "../0_1") as other:
        odd.spend_tid(1)
        other.spend_tid(2)
        assert odd.path.parent == other.path.parent == tmp_path / "ledgers"
        assert (odd.highest_tid, other.highest_tid) == (1, 2)


@pytest.mark.parametrize("tid", [-1, 1 << 24])
def test_impossible_tid_is_refused(tmp_path: Path, tid: int) -> None:
    with Ledger.open(tmp_path, "0001") as ledger, pytest.raises(ValueError, match="24 bits"):
        ledger.spend_tid(tid)


def test_invocation_counter_is_never_reused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001") as ledger:
        ledger.spend_counter("management_guek", ledger.invocation_counter("management_guek"))
        ledger.spend_counter("management_guek", 41)
        ledger.spend_counter("management_guek", 7)  # a replay test sends an old one
    with Ledger.open(tmp_path, "0001") as again:
        assert again.invocation_counter("management_guek") == 42
        assert again.invocation_counter("reader_guek") == 0
        again.reset_counter("management_guek")
        assert again.invocation_counter("management_guek") == 0


def test_interrupted_key_change_is_found_by_the_next_run(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as ledger:
        ledger.begin_key_change(OLD, NEW)
    with Ledger.open(tmp_path, "0001", PAN) as again:
        pending = again.pending_key_change
        assert pending is not None
        assert (pending.old, pending.new) == (OLD, NEW)
        assert "UNFINISHED" in again.left_behind()[0]
        with pytest.raises(BenchFault, match="never finished"):
            again.begin_key_change(OLD, NEW)
        again.finish_key_change()
        assert again.key == NEW
        assert again.pending_key_change is None


def test_undone_key_change_leaves_the_old_key(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as ledger:
        ledger.begin_key_change(OLD, NEW)
        ledger.undo_key_change()
        assert ledger.key == OLD
        assert ledger.left_behind() == ()
        with pytest.raises(BenchFault, match="pending"):
            ledger.finish_key_change()


def test_left_behind_tells_of_this_run_alone(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", run_id="first") as ledger:
        ledger.note_change("12.5 kWh of credit added")
        assert ledger.left_behind() == ("12.5 kWh of credit added",)
    with Ledger.open(tmp_path, "0001", run_id="second") as again:
        assert again.left_behind() == ()
        assert [(change.run_id, change.text) for change in again.record.changes] == [
            ("first", "12.5 kWh of credit added")
        ]


def test_key_changes_are_told_by_where_they_ended(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", PAN) as ledger:
        for old, new in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
            ledger.begin_key_change(old, new)
            ledger.finish_key_change()
        assert ledger.left_behind() == (f"key changed to {NEW} (after 3 key changes)",)
        ledger.begin_key_change(NEW, OLD)
        ledger.finish_key_change()
        assert ledger.left_behind() == ("key as it was before the run (after 4 key changes)",)
        assert len(ledger.record.changes) == 4


def test_second_holder_is_told_of_the_first(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001", run_id="R1"), pytest.raises(Locked, match="run R1"):
        Ledger.open(tmp_path, "0001")


def test_damaged_ledger_is_not_overwritten(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, "0001") as ledger:
        ledger.spend_tid(5)
    path = ledger_files(tmp_path)[0]
    path.write_text('{"format": 1, "serial')
    with pytest.raises(PlanError, match="not a meter ledger"):
        Ledger.open(tmp_path, "0001")
    assert path.read_text().endswith('"serial')
    path.write_text('{"format": 99}')
    with pytest.raises(PlanError, match="format 99"):
        Ledger.open(tmp_path, "0001")


def test_full_disk_says_that_nothing_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with Ledger.open(tmp_path, "0001") as ledger:
        ledger.spend_tid(1)
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(BenchFault, match=r"No space left.*Nothing was sent"):
            ledger.spend_tid(2)
        assert ledger.highest_tid == 1
        assert read_record(ledger.path).highest_tid == 1
    assert [path.suffix for path in (tmp_path / "ledgers").iterdir()] == [".json"]


SPENDER = """
import sys
from pathlib import Path
from bench.meter.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]), "0001")
tid = (ledger.highest_tid or 0) + 1
while True:
    ledger.spend_tid(tid)
    print(tid, flush=True)
    tid += 1
"""


def test_killed_in_the_middle_of_writing_nothing_spent_is_forgotten(tmp_path: Path) -> None:
    for patience_s in (0.0, 0.003, 0.011):
        with subprocess.Popen(
            [sys.executable, "-c", SPENDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as spender:
            assert spender.stdout is not None
            told = [int(spender.stdout.readline())]
            time.sleep(patience_s)
            spender.send_signal(signal.SIGKILL)
            told += [int(line) for line in spender.stdout if line.endswith("\n")]
        with Ledger.open(tmp_path, "0001") as ledger:
            assert ledger.highest_tid is not None
            assert ledger.highest_tid >= told[-1]
