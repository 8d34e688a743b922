"""A defect from a file of its own: the meter at position 2 never answers on its port."""

from __future__ import annotations

from typing import Any

from reference_meter.blueprint import Blueprint


class Deaf:
    """Lose every octet that comes in."""

    def receive(self, *_octets: Any) -> None:
        """Do nothing."""


class DeafAtTwo:
    """Only position 2 is deaf; its measuring is sound."""

    id = "DEAF"
    title = "The port of position 2 is dead"

    def apply(self, blueprint: Blueprint) -> None:
        """Make the link of position 2 deaf."""
        if blueprint.product.position == 2:
            blueprint.override("hdlc_link", Deaf)
