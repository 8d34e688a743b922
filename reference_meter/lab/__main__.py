"""Run a laboratory: ``python -m reference_meter.lab``. Prints the path of its rig file and nothing else."""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from reference_meter.blueprint import Defect
from reference_meter.lab.laboratory import (
    CALIBRATOR,
    ERROR_CALCULATOR,
    MASTER_METER,
    PRODUCTS,
    DefectDoesNotFit,
    Laboratory,
)
from reference_meter.lab.stopping import stop_with_stdin, stopped_by_signals
from reference_meter.products.configurations import CONFIGURATIONS, FRAMINGS, changed, with_framing
from reference_meter.products.product import Product

POSITIONS_MAX = 100
DRIFT_MAX_PCT_PER_MIN = 60.0
COLLECT_AFTER = 50_000
"""So many new objects lie between two searches for circles of them."""
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
            defects.append(_load(spec))
        except (ValueError, OSError, ImportError, SyntaxError) as error:
            return _refuse(f'defect "{spec}" cannot be loaded: {error}')
    changes = [CONFIGURATIONS[name] for name in options.configuration]
    make = changed(PRODUCTS[options.product], [*changes, with_framing(options.framing)])
    try:
        laboratory = Laboratory(
            _with_control_mode(make, options.control_mode),
            positions=options.positions,
            seed=options.seed,
            defects=defects,
            real_time=options.real_time,
            dead=options.dead,
            source_drift_pct_per_min=options.source_drift,
            reference=options.reference,
        )
    except DefectDoesNotFit as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        stack.callback(laboratory.close)
        stack.enter_context(stopped_by_signals(laboratory))
        if options.until_stdin_closes:
            stop_with_stdin(laboratory)
        directory: Path | None = options.directory
        if directory is None:
            fresh = stack.enter_context(tempfile.TemporaryDirectory(prefix="meterbench-lab-"))
            directory = Path(fresh)
        try:
            rig = laboratory.write_files(directory)
        except OSError as error:
            return _refuse(f"{directory} cannot be written: {error.strerror}")
        print(rig, flush=True)
        gc.freeze()  # the laboratory stays as it is built, and the little that it makes in circles can wait
        gc.set_threshold(COLLECT_AFTER)
        laboratory.run()
    return 0


def _load(spec: str) -> Defect:
    """Return a defect; only who asks for one waits for the catalogue to be imported."""
    from reference_meter.defects.catalogue import load

    return load(spec)


def _with_control_mode(
    make: Callable[[int, int], Product], control_mode: int | None
) -> Callable[[int, int], Product]:
    """Return the product as a maker orders it with another disconnect control mode."""
    if control_mode is None:
        return make

    def ordered(position: int, seed: int) -> Product:
        product = make(position, seed)
        return replace(product, supply=replace(product.supply, control_mode=control_mode))

    return ordered


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="meterbench lab serve",
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
    parser.add_argument(
        "--control-mode", type=int, choices=range(8), metavar="N", help="disconnect control mode 0 to 7"
    )
    parser.add_argument(
        "--framing",
        choices=FRAMINGS,
        default="hdlc",
        help="what the main meter port of the rig file speaks (default: hdlc)",
    )
    parser.add_argument(
        "--configuration",
        choices=sorted(CONFIGURATIONS),
        action="append",
        default=[],
        help="order every meter otherwise; may be repeated",
    )
    parser.add_argument("--dead", action="store_true", help="meter ports take octets and never answer")
    parser.add_argument(
        "--reference",
        choices=(ERROR_CALCULATOR, MASTER_METER, CALIBRATOR),
        default=ERROR_CALCULATOR,
        help="what gives the reference energy: the standard's calculator, or pulses of a master meter or of the source",
    )
    parser.add_argument(
        "--source-drift",
        type=_drift,
        default=0.0,
        metavar="PCT",
        help="let the voltage of the source drift away from each setting by so many %% a minute, up to 1.2 %%",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where the rig file goes (default: a fresh directory, removed at the end)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser


def _drift(text: str) -> float:
    """Return a drift in % a minute that simulated time can follow."""
    value = float(text)
    if not abs(value) <= DRIFT_MAX_PCT_PER_MIN:
        raise argparse.ArgumentTypeError(f"at most {DRIFT_MAX_PCT_PER_MIN:g} either way, not {text}")
    return value


def _refuse(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return _USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main())
