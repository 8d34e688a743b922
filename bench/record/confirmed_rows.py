"""The file in which a laboratory confirms rows of the standards' tables (TOML, named by the rig file)."""

from __future__ import annotations

import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bench.errors import PlanError
from bench.record.toml_model import load_toml
from bench.standards.confirmations import Confirmation, confirm


class ConfirmedRows(BaseModel):
    """One ``[[confirmed]]``: ``rows`` gives the cells by which the table's rows are found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    rows: dict[str, str] = Field(min_length=1)
    clause: str = Field(min_length=1)
    by: str = Field(min_length=1)
    on: datetime.date


class ConfirmedFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confirmed: tuple[ConfirmedRows, ...] = ()


def apply_confirmed(path: Path | None) -> tuple[dict[str, object], ...]:
    """Let the confirmations of a file hold, or none without a file; return them for the session's record.

    Raises PlanError that names the file and what to mend.
    """
    found = load_toml(path, ConfirmedFile).confirmed if path is not None else ()
    try:
        confirm(
            [
                Confirmation(
                    table=entry.table,
                    cells=entry.rows,
                    clause=entry.clause,
                    by=entry.by,
                    on=entry.on.isoformat(),
                )
                for entry in found
            ]
        )
    except ValueError as error:
        raise PlanError(
            f"{path}: {error}.", remedy="Copy the cells from the table in bench/standards/data."
        ) from error
    return tuple(entry.model_dump(mode="json") for entry in found)
