"""The manifest of the documents filed for a meter (TOML): what each is, where it lies, how long it holds."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bench.errors import PlanError
from bench.record.toml_model import load_toml
from bench.standards.selection_criteria import CRITERIA

KINDS = tuple(item.document for criterion in CRITERIA for item in criterion.items if item.document)


class Document(BaseModel):
    """One ``[[document]]``. ``file`` is relative to the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    file: str = Field(min_length=1)
    number: str = ""
    issuer: str = ""
    edition: str = ""
    firmware: str = ""
    """The firmware that the document was made for; empty where it does not depend on it."""
    issued: datetime.date | None = None
    valid_until: datetime.date | None = None


class Manifest(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A document as it was found: ``sha256`` is empty where the file is not there."""

    document: Document
    path: Path
    sha256: str

    def fault(self, on: datetime.date, firmware: str) -> str:
        """Return why the document does not count on a day for a firmware, or ""."""
        if not self.sha256:
            return f"{self.document.file} is not there"
        if self.document.issued is not None and self.document.issued > on:
            return f"issued on {self.document.issued}, after the run"
        if self.document.valid_until is not None and self.document.valid_until < on:
            return f"expired on {self.document.valid_until}"
        if self.document.firmware and firmware and self.document.firmware != firmware:
            return f"made for firmware {self.document.firmware}, the meter has {firmware}"
        return ""


def read_manifest(path: Path) -> Mapping[str, tuple[Filed, ...]]:
    """Return the documents by kind. Raises PlanError that names the file and what to mend."""
    found: dict[str, list[Filed]] = {}
    for document in load_toml(path, Manifest).document:
        if document.kind not in KINDS:
            raise PlanError(
                f'{path}: no document of kind "{document.kind}" is asked for.',
                remedy=f"Kinds are {', '.join(sorted(set(KINDS)))}.",
            )
        file = path.parent / document.file
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError:
            digest = ""
        found.setdefault(document.kind, []).append(Filed(document=document, path=file, sha256=digest))
    return {kind: tuple(documents) for kind, documents in found.items()}
