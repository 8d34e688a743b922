"""A defect from a file of its own: the meter's port dies for good in the middle of a run, or for a while."""

from __future__ import annotations

from typing import Any

from reference_meter.blueprint import Blueprint

#: So many receptions pass before the port dies; at 9600 baud a frame is one to three.
PORT_DIES_AFTER = 60


class DeafLater:
    """Lose every octet that comes in after the first few."""

    _receptions = 0

    def receive(self, *octets: Any) -> None:
        """Count, and be deaf then."""
        self._receptions += 1
        if self._receptions <= PORT_DIES_AFTER:
            super().receive(*octets)  # type: ignore[misc]


class DeafAfter:
    """The port dies; the meter goes on measuring."""

    id = "DEAF-LATER"
    title = "The port dies in the middle of a run"

    def apply(self, blueprint: Blueprint) -> None:
        """Make the link deaf."""
        blueprint.override("hdlc_link", DeafLater)
