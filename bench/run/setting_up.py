"""From options to a rig: start the virtual laboratory, read a rig file, or wrap a lone meter into one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.clock import Clock, LabClock, WallClock
from bench.errors import PlanError
from bench.meter.url import parse_meter_url
from bench.record.declaration import Declaration, load_declaration
from bench.rig.laboratory import LaboratoryProcess
from bench.rig.limits import Limits, intersect
from bench.rig.rig_file import Description, PositionEntry, RigFile, RigLimits, load_rig
from bench.run.options import DEFAULT_METER, RunOptions
from instruments.transport import VisaTransport

#: Highest voltage a test asks of a meter: 1.15 Un in the no-load test, and 1 % for the source's tolerance.
#: Wall-clock patience with the lab port: a long advance computes everything that happens on the way.
LAB_TIME_OUT_S = 60.0
VOLTAGE_FACTOR = 1.16
CURRENT_FACTOR = 1.01


@dataclass(slots=True, kw_only=True)
class Setting:
    """A rig file with its declarations, and the laboratory process if the bench started one."""

    rig: RigFile
    declarations: dict[str, Declaration]
    laboratory: LaboratoryProcess | None


def set_up(options: RunOptions) -> Setting:
    """Resolve ``--meter``, ``--rig`` and ``--declare``. Raises PlanError for what cannot be used."""
    if options.rig is not None:
        if options.meter != DEFAULT_METER:
            raise PlanError(
                f'--rig names the meters of its positions; --meter "{options.meter}" would not be reached.',
                remedy="Give one of the two.",
            )
        return _setting(load_rig(options.rig), options, None)
    url = parse_meter_url(options.meter)
    if not url.is_reference:
        return _setting(lone_meter(url.text, options), options, None)
    laboratory = LaboratoryProcess(url.product, seed=options.seed)
    try:
        return _setting(load_rig(laboratory.rig_path), options, laboratory)
    except BaseException:
        laboratory.stop()
        raise


def _setting(rig: RigFile, options: RunOptions, laboratory: LaboratoryProcess | None) -> Setting:
    declarations = {
        entry.name: load_declaration(options.declare or entry.declaration) for entry in rig.position
    }
    return Setting(rig=rig, declarations=declarations, laboratory=laboratory)


def lone_meter(meter: str, options: RunOptions) -> RigFile:
    """Return a rig without instruments around one meter."""
    if options.declare is None:
        raise PlanError(
            f'"{meter}" is reached without a rig, so nothing says what meter it is.',
            remedy="Give its declaration with --declare FILE, or a rig file with --rig FILE.",
        )
    return RigFile(
        schema=1,
        rig=Description(name="meter alone, no rig"),
        limits=RigLimits(voltage_max_v=1.0, current_max_a=1.0),
        position=(
            PositionEntry(
                name="1",
                meter=meter,
                declaration=options.declare,
                secrets=options.secrets,
                tokens=options.tokens,
            ),
        ),
    )


def open_clock(rig: RigFile) -> Clock:
    """Return the clock the rig file names."""
    if rig.clock.kind == "wall":
        return WallClock()
    port = VisaTransport(rig.clock.resource, timeout_s=LAB_TIME_OUT_S)
    return LabClock(port.query, watch=tuple(entry.name for entry in rig.instrument))


def limits_of(rig: RigFile, declarations: dict[str, Declaration]) -> Limits:
    """Intersect what the wiring stands with what every declared meter stands."""
    lowest_v = min(item.nameplate.voltage_v for item in declarations.values()) * VOLTAGE_FACTOR
    lowest_a = min(item.nameplate.maximum_current_a for item in declarations.values()) * CURRENT_FACTOR
    return intersect(
        voltage_v={"rig file": rig.limits.voltage_max_v, "declared nameplate": lowest_v},
        current_a={"rig file": rig.limits.current_max_a, "declared nameplate": lowest_a},
    )


def default_plan(rig: RigFile) -> str:
    """Return the plan of a run that names none: "full" in a laboratory, "observe" on any other meter."""
    return "full" if rig.rig.virtual else "observe"


def run_folder_path(options: RunOptions, stamp: str) -> Path:
    """Return where the run folder goes: ``--run-dir``, else ``runs/<UTC time>-<id>``."""
    return options.run_dir if options.run_dir is not None else Path("runs") / stamp
