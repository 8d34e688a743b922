"""Run a laboratory: ``python -m reference_meter.lab``. Prints the path of its rig file and nothing else."""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from reference_meter.blueprint import Defect
from reference_meter.defects.catalogue import load
from reference_meter.lab.laboratory import PRODUCTS, DefectDoesNotFit, Laboratory

POSITIONS_MAX = 100
_USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the options, run until told to stop, leave nothing behind. Return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.product not in PRODUCTS:
        return _refuse(f'there is no product "{options.product}"; known: {", ".join(sorted(PRODUCTS))}')
    if not 1 <= options.positions <= POSITIONS_MAX:
        return _refuse(f"--positions takes 1 to {POSITIONS_MAX}, not {options.positions}")
    defects: list[Defect] = []
    for spec in options.defect:
        try:
            defects.append(load(spec))
        except (ValueError, OSError, ImportError, SyntaxError) as error:
            return _refuse(f'defect "{spec}" cannot be loaded: {error}')
    try:
        laboratory = Laboratory(
            PRODUCTS[options.product],
            positions=options.positions,
            seed=options.seed,
            defects=defects,
            real_time=options.real_time,
            dead=options.dead,
        )
    except DefectDoesNotFit as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        stack.callback(laboratory.close)
        stack.enter_context(_stopped_by_signals(laboratory))
        if options.until_stdin_closes:
            _stop_with_stdin(laboratory)
        directory: Path | None = options.directory
        if directory is None:
            fresh = stack.enter_context(tempfile.TemporaryDirectory(prefix="meterbench-lab-"))
            directory = Path(fresh)
        try:
            rig = laboratory.write_files(directory)
        except OSError as error:
            return _refuse(f"{directory} cannot be written: {error.strerror}")
        print(rig, flush=True)
        laboratory.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_meter.lab",
        description="A virtual laboratory with reference meters, reached through the rig file it writes.",
    )
    parser.add_argument("--product", default="dds722", help="the meter type (default: dds722)")
    parser.add_argument("--positions", type=int, default=1, metavar="N", help="how many meters (default: 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides everything that varies (0)")
    parser.add_argument(
        "--defect",
        action="append",
        default=[],
        metavar="ID|FILE.py:NAME",
        help="give every meter this defect; may be repeated",
    )
    parser.add_argument("--real-time", action="store_true", help="follow the wall clock")
    parser.add_argument("--dead", action="store_true", help="meter ports take octets and never answer")
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where the rig file goes (default: a fresh directory, removed at the end)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser


def _refuse(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return _USAGE_ERROR


@contextmanager
def _stopped_by_signals(laboratory: Laboratory) -> Iterator[None]:
    """Stop the laboratory on SIGTERM and SIGINT; the wake-up socket ends a wait for sockets."""
    ours, woken = socket.socketpair()
    with ours, woken:
        ours.setblocking(False)
        woken.setblocking(False)
        before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, lambda _number, _frame: laboratory.stop())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        laboratory.reactor.watch(woken.fileno(), lambda: _swallow(woken))
        try:
            yield
        finally:
            laboratory.reactor.unwatch(woken.fileno())
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def _swallow(woken: socket.socket) -> None:
    woken.recv(64)


def _stop_with_stdin(laboratory: Laboratory) -> None:
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            laboratory.reactor.unwatch(descriptor)
            laboratory.stop()

    if _watchable(descriptor):
        laboratory.reactor.watch(descriptor, readable)
    else:
        laboratory.stop()


def _watchable(descriptor: int) -> bool:
    """Tell a pipe or terminal from a file or the null device, which nobody can wait for."""
    with selectors.DefaultSelector() as probe:
        try:
            probe.register(descriptor, selectors.EVENT_READ)
        except PermissionError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
