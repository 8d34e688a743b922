"""``meterbench recover``: what the ledgers of real meters say, and the end of an interrupted key change."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bench.clock import WallClock
from bench.errors import PlanError
from bench.meter.ledger import FOLDER, Ledger, LedgerRecord, ledger_files, read_record
from bench.meter.url import parse_meter_url
from bench.record.declaration import load_declaration
from bench.record.lock_file import lock_resource
from bench.record.secrets import SecretStore
from bench.record.state_folder import state_folder
from bench.rig.rig_file import PositionEntry
from bench.run.position import Position
from bench.run.recovery import Wish, recover

#: A key change of some meter is still unfinished.
UNFINISHED = 1
CHANGES_SHOWN = 5


def add_parser(commands: Any) -> None:
    """Add the ``recover`` command."""
    parser = commands.add_parser(
        "recover",
        help="show what runs left behind in real meters; finish or undo an interrupted key change",
        description="Without --meter: list the ledgers, exit 1 if a key change is unfinished. With --meter, "
        "--declare and --secrets: ask that meter which key it holds, and finish or undo.",
    )
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="where the ledgers are")
    parser.add_argument("--meter", metavar="URL", help="the meter to recover")
    parser.add_argument("--declare", type=Path, metavar="FILE", help="its declaration")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="its secrets: both vending keys")
    parser.add_argument(
        "--finish",
        action="store_true",
        help="give a meter that still holds the old key the new one (default: leave it the old one)",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """List or recover; return the exit code."""
    folder = state_folder(arguments.state_dir)
    if arguments.meter is None:
        return _list(folder)
    if arguments.declare is None:
        raise PlanError("--meter needs --declare FILE, which says what meter it is.")
    declaration = parse_meter_url(arguments.meter).over(load_declaration(arguments.declare))
    clock = WallClock()
    pan = declaration.sts.meter_pan if declaration.sts is not None else ""
    with (
        lock_resource(arguments.meter.partition("?")[0], what="meterbench recover"),
        Ledger.open(
            folder, declaration.identity.serial_number, pan, run_id="recover", utc=clock.utc
        ) as ledger,
    ):
        position = Position(
            PositionEntry(name="1", meter=arguments.meter, declaration=arguments.declare),
            declaration,
            SecretStore(file=arguments.secrets),
            clock,
            lambda _: _no_tap,
            ledger,
        )
        try:
            print(recover(position, Wish.FINISH if arguments.finish else Wish.UNDO))
        finally:
            position.link.close()
    return 0


def _list(folder: Path) -> int:
    records = [read_record(path) for path in ledger_files(folder)]
    if not records:
        print(f"no meter ledger in {folder / FOLDER}")
    for record in records:
        print("\n".join(_described(record)))
    return UNFINISHED if any(record.key_change is not None for record in records) else 0


def _described(record: LedgerRecord) -> list[str]:
    said = [f"meter {record.serial_number}, PAN {record.meter_pan or 'none'}"]
    if record.highest_tid is not None:
        said.append(f"  highest token identifier {record.highest_tid} (base date {record.tid_base_date})")
    if record.key is not None:
        said.append(f"  key: {record.key}")
    said += [f"  invocation counter of {name}: {count} is next" for name, count in record.invocation_counters]
    said += [f"  {change.utc} {change.run_id}: {change.text}" for change in record.changes[-CHANGES_SHOWN:]]
    if record.key_change is not None:
        said.append(f"  UNFINISHED key change begun {record.key_change.begun_utc}")
        said.append(f"    from {record.key_change.old}")
        said.append(f"    to   {record.key_change.new}")
        said.append("    mend it: meterbench recover --meter URL --declare FILE --secrets FILE [--finish]")
    return said


def _no_tap(direction: str, octets: bytes) -> None:
    """Record nothing: a recovery is no run."""
    del direction, octets
