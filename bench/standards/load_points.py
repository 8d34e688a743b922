"""Load points of the plans: which currents and power factors are measured."""

from __future__ import annotations

from dataclasses import dataclass

from bench.standards.currents import Connection, Currents
from bench.standards.limits import Load
from bench.standards.power_factor import PowerFactor
from bench.standards.tables import table


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint:
    """One load of an error curve. ``id`` is the last part of the case name, such as ``0.1Ib-pf0.5ind``."""

    id: str
    current: str
    pf: str
    load: Load

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


def load_points(plan: str, *, standard: str, edition: str, connection: Connection) -> tuple[LoadPoint, ...]:
    """Return the points of a plan ("full" or "smoke"), by rising current.

    A point the class has no limit for (0.8 cap of class 2 in 2003) is still listed; ``limit`` raises NoLimit.
    """
    words = vocabulary(standard, edition, connection)
    rows = [row for row in table("load_points") if row["plan"] == plan and row["vocabulary"] == words]
    if not rows:
        raise LookupError(f'no load points for the plan "{plan}"')
    return tuple(
        LoadPoint(id=row["id"], current=row["current"], pf=row["pf"], load=Load(row["load"]))
        for row in sorted(rows, key=lambda row: int(row["order"]))
    )
