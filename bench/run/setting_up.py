"""From options to a rig: start the virtual laboratory, read a rig file, or wrap a lone meter into one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.clock import Clock, LabClock, WallClock
from bench.errors import PlanError
from bench.meter.search import find_and_draft
from bench.meter.url import MeterUrl, parse_meter_url
from bench.record.confirmed_rows import apply_confirmed
from bench.record.declaration import Declaration, load_declaration
from bench.rig.holding import hold_rig, release
from bench.rig.laboratory import LaboratoryProcess
from bench.rig.limits import Limits, intersect
from bench.rig.rig_file import Description, PositionEntry, RigFile, RigLimits, load_rig
from bench.run.options import DEFAULT_METER, RunOptions
from instruments.transport import VisaTransport

#: Where the run folder keeps a declaration that the bench had to draft.
DRAFT = "declaration-draft.toml"
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
    confirmed: tuple[dict[str, object], ...] = ()
    """What the laboratory confirmed of the standards' tables."""
    drafts: dict[str, str] = field(default_factory=dict)
    """Declarations, as TOML, that nobody gave and the bench drafted from what the meter shows."""


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
        rig = lone_meter(url, options)
        return _setting(rig, options, None) if options.declare else _drafted(rig, url, options)
    laboratory = LaboratoryProcess(url.product, seed=options.seed)
    try:
        return _setting(load_rig(laboratory.rig_path), options, laboratory)
    except BaseException:
        laboratory.stop()
        raise


def _setting(rig: RigFile, options: RunOptions, laboratory: LaboratoryProcess | None) -> Setting:
    confirmed = apply_confirmed(rig.confirmed)
    declarations = {
        entry.name: parse_meter_url(entry.meter).over(load_declaration(options.declare or entry.declaration))
        for entry in rig.position
    }
    return Setting(rig=rig, declarations=declarations, laboratory=laboratory, confirmed=confirmed)


def _drafted(rig: RigFile, url: MeterUrl, options: RunOptions) -> Setting:
    """Find the meter, which nobody declared, and declare what it shows. Raises LinkError where none answers."""
    held = hold_rig(rig, what=" ".join(options.command) or "a run")
    try:
        found = find_and_draft(url.text)
    finally:
        release(held)
    entry = rig.position[0]
    if found.found.echo:
        entry = entry.model_copy(update={"meter": f"{url.text}{'&' if '?' in url.text else '?'}echo=yes"})
    return Setting(
        rig=rig.model_copy(update={"position": (entry,)}),
        declarations={entry.name: parse_meter_url(entry.meter).over(found.declaration)},
        laboratory=None,
        drafts={entry.name: found.text},
    )


def lone_meter(url: MeterUrl, options: RunOptions) -> RigFile:
    """Return a rig without instruments around one meter."""
    return RigFile(
        schema=1,
        rig=Description(name="meter alone, no rig"),
        limits=RigLimits(voltage_max_v=1.0, current_max_a=1.0),
        position=(
            PositionEntry(
                name="1",
                meter=url.text,
                declaration=options.declare or Path(DRAFT),
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
