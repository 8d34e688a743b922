"""The rig file: which instruments stand on this bench, and how each position is wired."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bench.record.toml_model import load_toml
from instruments.errors import InstrumentFault
from instruments.registry import find_driver

#: Version of the layout described in docs; an older or newer file is refused with a remedy.
SCHEMA = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Description(_Part):
    """Name of the bench, and whether it is a virtual laboratory."""

    name: str
    virtual: bool = False


class ClockSource(_Part):
    """Which clock the bench lives on."""

    kind: Literal["wall", "laboratory"] = "wall"
    resource: str = ""

    @model_validator(mode="after")
    def _laboratory_needs_resource(self) -> ClockSource:
        if self.kind == "laboratory" and not self.resource:
            raise ValueError('a laboratory clock needs "resource", the VISA address of the lab port')
        return self


class RigLimits(_Part):
    """What the wiring of this bench stands, whatever the source could deliver."""

    voltage_max_v: float = Field(gt=0, le=1000)
    current_max_a: float = Field(gt=0, le=1000)


class KnownError(_Part):
    """A line of the certificate: how much too much energy the standard reads; "" stands for any range or factor."""

    current_range: str = ""
    pf: str = ""
    error_pct: float = Field(ge=-1, le=1)


class Calibration(_Part):
    """What the certificate of an instrument says. Expanded uncertainty, k = 2, in % of reading at PF 1."""

    certificate: str = ""
    due: datetime.date | None = None
    uncertainty_pct: float | None = Field(default=None, gt=0)
    class_pct: float | None = Field(default=None, gt=0)
    distorted_uncertainty_pct: float | None = Field(default=None, gt=0)
    """What to add on the distorted test waveforms; without it verdicts on them stay conditional."""
    known_errors: tuple[KnownError, ...] = ()
    """Errors that are taken out of every result with their sign; ``uncertainty_pct`` is that of what is left."""

    def known_error_pct(self, current_range: str, pf: str) -> float:
        """Return the error of the line that fits a range and a power factor best, 0 where none does."""
        fitting = [
            line
            for line in self.known_errors
            if line.current_range in {"", current_range} and line.pf in {"", pf}
        ]
        best = max(fitting, key=lambda line: (line.current_range != "", line.pf != ""), default=None)
        return best.error_pct if best is not None else 0.0


class InstrumentEntry(_Part):
    """One instrument: its role, its driver, where it answers."""

    name: str
    role: Literal["source", "reference", "counter", "actuators", "safety"]
    driver: str
    resource: str
    serial_number: str = ""
    calibration: Calibration = Calibration()
    keeps_within_pct: float | None = Field(default=None, gt=0, le=10)
    """Of a source: how far the standard may read from its settings before one of the two is taken to be wrong."""
    keeps_within_deg: float | None = Field(default=None, gt=0, le=10)

    @field_validator("driver")
    @classmethod
    def _known_driver(cls, driver: str, info: ValidationInfo) -> str:
        try:
            entry = find_driver(driver)
        except InstrumentFault as fault:
            raise ValueError(str(fault)) from fault
        role = info.data.get("role")
        if role is not None and role not in entry.roles:
            roles = '", "'.join(entry.roles)
            raise ValueError(f'the driver "{driver}" plays the role "{roles}", not "{role}"')
        return driver


class MasterMeter(_Part):
    """A calibrated meter in the loop, whose pulses stand for the reference energy.

    The counter that sees the meters' pulses sees its own on ``channel``. Its ``calibration`` is that of its energy;
    it has no ranges, so its known errors are told apart by power factor only. ``given_by``: the instrument whose
    energy pulse output stands for the meter (a calibrator); the bench sets its constant. "" for a meter of its own.
    """

    instrument: str
    channel: int = Field(ge=1)
    constant_imp_per_kwh: float = Field(gt=0)
    given_by: str = ""
    calibration: Calibration = Calibration()


class PulseInput(_Part):
    """Which counter channel sees the meter's LED."""

    instrument: str
    channel: int = Field(ge=1)


class HandsOf(_Part):
    """Which actuators serve the position, and as which number."""

    instrument: str
    position: int = Field(ge=1)


class FurtherPort(_Part):
    """Where a further port of the meter is reached. ``name`` is the declaration's, ``port`` the laboratory's."""

    name: str
    meter: str
    port: str = ""


class IsolationTransformer(_Part):
    """The isolation transformer before a position: what its voltage is too high by, and by how much it leads."""

    ratio_error_pct: float = Field(default=0.0, ge=-1, le=1)
    phase_lead_min: float = Field(default=0.0, ge=-60, le=60)
    uncertainty_pct: float = Field(default=0.0, ge=0, le=1)
    phase_uncertainty_min: float = Field(default=0.0, ge=0, le=60)
    """Expanded uncertainties (k = 2) of the two."""


class PositionEntry(_Part):
    """One meter position."""

    name: str
    meter: str
    port: str = ""
    further_ports: tuple[FurtherPort, ...] = ()
    pulse: PulseInput | None = None
    error_calculator: str = ""
    actuators: HandsOf | None = None
    isolation: IsolationTransformer = IsolationTransformer()
    declaration: Path
    secrets: Path | None = None
    tokens: Path | None = None
    """Tokens that the vending side made, where its key is in its own security module."""


class Safety(_Part):
    """What takes the power away when software fails, by the name of the instrument that reports it.

    ``waiver`` stands for what is missing: why it may be, who says so, and when (three parts, commas between).
    """

    interlock: str = ""
    emergency_stop: str = ""
    watchdog: str = ""
    waiver: str = ""

    @field_validator("waiver")
    @classmethod
    def _waiver_is_signed(cls, waiver: str) -> str:
        if not waiver:
            return waiver
        text, _, rest = waiver.rpartition(",")
        parts = [text.rpartition(",")[0].strip(), text.rpartition(",")[2].strip(), rest.strip()]
        try:
            datetime.date.fromisoformat(parts[2])
        except ValueError as error:
            raise ValueError('a waiver reads "reason, name, YYYY-MM-DD"') from error
        if not all(parts):
            raise ValueError('a waiver reads "reason, name, YYYY-MM-DD"')
        return waiver

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the safety functions this rig does not name."""
        named = {
            "interlock": self.interlock,
            "emergency_stop": self.emergency_stop,
            "watchdog": self.watchdog,
        }
        return tuple(function for function, instrument in named.items() if not instrument)


class RigFile(_Part):
    """The whole file. Paths are absolute after loading."""

    schema_version: Literal[1] = Field(alias="schema")
    rig: Description
    clock: ClockSource = ClockSource()
    limits: RigLimits
    safety: Safety = Safety()
    confirmed: Path | None = None
    """File in which the laboratory confirms rows of the standards' tables; see docs/accuracy.md."""
    instrument: tuple[InstrumentEntry, ...] = ()
    master_meter: MasterMeter | None = None
    position: tuple[PositionEntry, ...] = Field(min_length=1)

    @field_validator("schema_version", mode="before")
    @classmethod
    def _known_version(cls, version: Any) -> Any:
        if isinstance(version, int) and version < SCHEMA:
            raise ValueError(
                f"this rig file is of the older version {version}, and version {SCHEMA} is read: compare it with a new "
                "one, which `meterbench lab serve --directory DIR` writes, and change it"
            )
        if isinstance(version, int) and version > SCHEMA:
            raise ValueError(
                f"this rig file is of version {version}, and this meterbench reads version {SCHEMA}: update meterbench"
            )
        return version

    @model_validator(mode="after")
    def _names_resolve(self) -> RigFile:
        names = [entry.name for entry in self.instrument]
        positions = [entry.name for entry in self.position]
        for kind, listed in (("instrument", names), ("position", positions)):
            twice = {name for name in listed if listed.count(name) > 1}
            if twice:
                raise ValueError(f"{kind} name used twice: {', '.join(sorted(twice))}")
        for function in ("interlock", "emergency_stop", "watchdog"):
            name = getattr(self.safety, function)
            if name and name not in names:
                raise ValueError(
                    f'safety: {function} names instrument "{name}", which this rig does not have'
                )
        for entry in self.position:
            wanted = [
                ("pulse", entry.pulse.instrument if entry.pulse else ""),
                ("error_calculator", entry.error_calculator),
                ("actuators", entry.actuators.instrument if entry.actuators else ""),
                ("master_meter", self.master_meter.instrument if self.master_meter else ""),
            ]
            for key, name in wanted:
                if name and name not in names:
                    raise ValueError(
                        f'position "{entry.name}": {key} names instrument "{name}", which this rig does not have '
                        f"(it has {', '.join(names) or 'none'})"
                    )
            if self.clock.kind == "laboratory" and not entry.port:
                raise ValueError(f'position "{entry.name}": a laboratory position needs "port"')
        return self

    @model_validator(mode="after")
    def _master_meter_is_seen(self) -> RigFile:
        master = self.master_meter
        if master is None:
            return self
        giver = next((entry for entry in self.instrument if entry.name == master.given_by), None)
        if master.given_by and (giver is None or giver.role != "source"):
            raise ValueError(
                f'master_meter: given_by names "{master.given_by}", which is no source of this rig'
            )
        for entry in self.position:
            if entry.pulse is None or entry.error_calculator:
                continue
            if entry.pulse.instrument != master.instrument:
                raise ValueError(
                    f'position "{entry.name}": its pulses lead to "{entry.pulse.instrument}", those of the master '
                    f'meter to "{master.instrument}"; one counter has to stamp both'
                )
            if entry.pulse.channel == master.channel:
                raise ValueError(
                    f'position "{entry.name}" and the master meter share channel {master.channel}'
                )
        return self

    def instrument_of_role(self, role: str) -> InstrumentEntry | None:
        """Return the first instrument of a role, or None."""
        return next((entry for entry in self.instrument if entry.role == role), None)


def load_rig(path: Path) -> RigFile:
    """Read a rig file; errors are PlanErrors that name file, line and remedy."""
    rig = load_toml(path, RigFile)
    folder = path.parent
    positions = tuple(
        entry.model_copy(
            update={
                "declaration": folder / entry.declaration,
                "secrets": folder / entry.secrets if entry.secrets else None,
                "tokens": folder / entry.tokens if entry.tokens else None,
            }
        )
        for entry in rig.position
    )
    confirmed = folder / rig.confirmed if rig.confirmed is not None else None
    return rig.model_copy(update={"position": positions, "confirmed": confirmed})
