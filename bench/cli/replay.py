"""``meterbench replay``: send the octets of one recorded case alone, to show a fault again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from bench.errors import PlanError
from bench.protocols.explain import explain
from bench.record.reader import RunReader
from bench.record.secrets import SecretStore


def add_parser(commands: Any) -> None:
    """Add the command `replay`."""
    parser = commands.add_parser("replay", help="send the octets of one recorded case again")
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("case", help="case, such as dlms/HDLC_FRAME_N8")
    parser.add_argument("--position", default="", metavar="NAME", help="position (default: the first)")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="secrets masked in the record")
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the script, send nothing"
    )
    parser.add_argument("--meter", default="reference", metavar="URL", help="meter to send to")
    parser.add_argument("--rig", type=Path, metavar="FILE", help="rig file to reach it by")
    parser.add_argument("--declare", type=Path, metavar="FILE", help="declaration of the meter")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where the replay itself is recorded")
    parser.set_defaults(func=run_replay)


def run_replay(arguments: argparse.Namespace) -> int:
    """Print the script, or send it; exit code 0 when every answer is as recorded, 1 when one differs."""
    from bench.meter.byte_script import Line, replay, script_of
    from bench.run.options import RunOptions
    from bench.run.run import Run

    reader = RunReader(arguments.run)
    recorded = [item for item in reader.traffic() if item.case == arguments.case]
    position = arguments.position or (recorded[0].position if recorded else "")
    recorded = [item for item in recorded if item.position == position]
    if not recorded:
        known = ", ".join(sorted({item.case for item in reader.traffic() if item.case}))
        raise PlanError(f'No traffic of "{arguments.case}" is recorded.', remedy=f"Recorded are: {known}.")
    lines: list[Line] = script_of(recorded, SecretStore(file=arguments.secrets, environ={}))
    if arguments.only_print:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        return 0
    options = RunOptions(
        meter=arguments.meter,
        rig=arguments.rig,
        declare=arguments.declare,
        secrets=arguments.secrets,
        run_dir=arguments.run_dir,
        command=("meterbench", "replay", str(arguments.run), arguments.case),
    )
    run = Run(options)
    different = 0
    try:
        run.start([])
        run.current_case = f"replay/{arguments.case}"
        run.energise()
        target = run.positions[position] if position in run.positions else next(iter(run.positions.values()))
        time_out_s = target.declaration.communication.response_time_out_s
        for found in replay(lines, target.link, time_out_s=time_out_s):
            different += not found.same
            _show(found)
        run.power_off()
        run.finish(1 if different else 0, 0.0)
    finally:
        run.close()
    sys.stdout.write(f"{len(lines) - different} answers as recorded, {different} other\n")
    return 1 if different else 0


def _show(found: Any) -> None:
    sys.stdout.write(f"{found.line.exchange_id:>7} --> {found.line.octets.hex(' ').upper()}\n")
    _octets("recorded", found.line.answer)
    if not found.same:
        _octets("now", found.answer)
    if found.trouble:
        sys.stdout.write(f"        {found.trouble}\n")


def _octets(word: str, octets: bytes) -> None:
    text = octets.hex(" ").upper() if octets else "silence"
    sys.stdout.write(f"        <-- {word}: {text}\n")
    if octets:
        for line in explain(octets).lines:
            sys.stdout.write(f"            {line}\n")
