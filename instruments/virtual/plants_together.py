"""What a box that is source and standard at once stands in."""

from __future__ import annotations

from typing import Protocol

from instruments.virtual.plant import SourcePlant, StandardPlant


class MeterTestPlant(SourcePlant, StandardPlant, Protocol):
    """Both ends of the circuit."""
