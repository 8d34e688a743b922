"""Load points of the plans: which currents and power factors are measured."""

from __future__ import annotations

from dataclasses import dataclass

from bench.standards.currents import Connection, Currents
from bench.standards.limits import Load
from bench.standards.power_factor import PowerFactor
from bench.standards.tables import Row, table


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint:
    """One load of an error curve. ``id`` is the last part of the case name, such as ``0.1Ib-pf0.5ind``."""

    id: str
    current: str
    pf: str
    load: Load
    element: int | None = None
    """The one element that carries current (from 1) under single-phase load."""

    @property
    def lag_deg(self) -> float:
        """Angle by which each current lags its voltage, degrees; inductive positive."""
        return PowerFactor.parse(self.pf).lag_deg

    def current_a(self, currents: Currents) -> float:
        """Return the current of the point on one meter, A."""
        return float(currents.resolve(self.current))


def vocabulary(standard: str, edition: str, connection: Connection) -> str:
    """Return which current words an edition writes its points in: Ib, In or Itr."""
    if (standard == "IEC 62053-21" and edition.startswith("2003")) or standard == "IEC 62053-23":
        return "Ib" if connection is Connection.DIRECT else "In"
    return "In" if standard == "IEC 62053-22" else "Itr"


def load_points(
    plan: str, *, standard: str, edition: str, connection: Connection, elements: int = 1
) -> tuple[LoadPoint, ...]:
    """Return the points of a plan ("full", "smoke", "certification", "factory"), by rising current.

    Single-phase loads are for polyphase meters only, each element in turn.
    A point the class has no limit for (0.8 cap of class 2 in 2003) is still listed; ``limit`` raises NoLimit.
    """
    words = vocabulary(standard, edition, connection)
    rows = [row for row in table("load_points") if row["plan"] == plan and row["vocabulary"] == words]
    if not rows:
        raise LookupError(f'no load points for the plan "{plan}"')
    return tuple(
        point
        for row in sorted(rows, key=lambda row: int(row["order"]))
        for point in _on_elements(row, elements)
    )


def _on_elements(row: Row, elements: int) -> tuple[LoadPoint, ...]:
    load = Load(row["load"])
    if load is not Load.SINGLE_PHASE:
        return (LoadPoint(id=row["id"], current=row["current"], pf=row["pf"], load=load),)
    if elements == 1:
        return ()
    return tuple(
        LoadPoint(
            id=f"{row['id']}-L{element}", current=row["current"], pf=row["pf"], load=load, element=element
        )
        for element in range(1, elements + 1)
    )
