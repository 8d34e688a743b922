"""The rig file: which instruments stand on this bench, and how each position is wired."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bench.record.toml_model import load_toml
from instruments.registry import DRIVERS

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


class Calibration(_Part):
    """What the certificate of an instrument says. Expanded uncertainty, k = 2, in % of reading at PF 1."""

    certificate: str = ""
    due: datetime.date | None = None
    uncertainty_pct: float | None = Field(default=None, gt=0)
    class_pct: float | None = Field(default=None, gt=0)


class InstrumentEntry(_Part):
    """One instrument: its role, its driver, where it answers."""

    name: str
    role: Literal["source", "reference", "counter", "actuators"]
    driver: str
    resource: str
    serial_number: str = ""
    calibration: Calibration = Calibration()

    @field_validator("driver")
    @classmethod
    def _known_driver(cls, driver: str, info: ValidationInfo) -> str:
        entry = DRIVERS.get(driver)
        if entry is None:
            raise ValueError(f'there is no driver "{driver}"; known: {", ".join(sorted(DRIVERS))}')
        role = info.data.get("role")
        if role is not None and entry.role != role:
            raise ValueError(f'the driver "{driver}" plays the role "{entry.role}", not "{role}"')
        return driver


class PulseInput(_Part):
    """Which counter channel sees the meter's LED."""

    instrument: str
    channel: int = Field(ge=1)


class HandsOf(_Part):
    """Which actuators serve the position, and as which number."""

    instrument: str
    position: int = Field(ge=1)


class PositionEntry(_Part):
    """One meter position."""

    name: str
    meter: str
    port: str = ""
    pulse: PulseInput | None = None
    error_calculator: str = ""
    actuators: HandsOf | None = None
    declaration: Path
    secrets: Path | None = None


class RigFile(_Part):
    """The whole file. Paths are absolute after loading."""

    schema_version: Literal[1] = Field(alias="schema")
    rig: Description
    clock: ClockSource = ClockSource()
    limits: RigLimits
    instrument: tuple[InstrumentEntry, ...] = ()
    position: tuple[PositionEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_resolve(self) -> RigFile:
        names = [entry.name for entry in self.instrument]
        positions = [entry.name for entry in self.position]
        for kind, listed in (("instrument", names), ("position", positions)):
            twice = {name for name in listed if listed.count(name) > 1}
            if twice:
                raise ValueError(f"{kind} name used twice: {', '.join(sorted(twice))}")
        for entry in self.position:
            wanted = [
                ("pulse", entry.pulse.instrument if entry.pulse else ""),
                ("error_calculator", entry.error_calculator),
                ("actuators", entry.actuators.instrument if entry.actuators else ""),
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
            }
        )
        for entry in rig.position
    )
    return rig.model_copy(update={"position": positions})
