"""`rig check` on each source with a standard, and on each standard with a source: their conventions agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.rig.limits import intersect
from bench.rig.rack import Rack
from bench.rig.rig_file import load_rig
from bench.rig.self_check import Finding, check_wiring
from instruments.registry import DRIVERS
from instruments.virtual.chroma_61xxx import VirtualChroma61xxx
from instruments.virtual.fluke_6003a import VirtualFluke6003A
from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.hp_68xx import VirtualHp68xx
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.pty_server import PtyServer
from instruments.virtual.radian_rd import VirtualRadianRd
from instruments.virtual.yokogawa_wt import VirtualWt333E
from instruments.virtual.zera_com5003 import VirtualCom5003, VirtualMt310s2
from instruments.virtual.zera_mt import VirtualZeraMt
from instruments.virtual.zes_lmg670 import VirtualLmg670
from tests.instruments.conftest import Served
from tests.instruments.three_phase_plant import ThreePhasePlant
from tests.rig.simulated_rig import PlantClock

Twin = Callable[[ThreePhasePlant], Any]
SOURCES: dict[str, Twin] = {
    "fluke-6105a": lambda plant: VirtualFluke6105A(plant, "source", phases=3),
    "fluke-6003a": lambda plant: VirtualFluke6003A(plant, "source"),
    "hp-68xx": lambda plant: VirtualHp68xx(plant, "source", phases=3),
    "chroma-61xxx": lambda plant: VirtualChroma61xxx(plant, "source", phases=3),
    "zera-mt": lambda plant: VirtualZeraMt(plant, "source"),
}
STANDARDS: dict[str, Twin] = {
    "zera-com5003": lambda plant: VirtualCom5003(plant, "standard"),
    "zera-mt310s2": lambda plant: VirtualMt310s2(plant, "standard"),
    "zera-mt": lambda plant: VirtualZeraMt(plant, "standard"),
    "yokogawa-wt3xx": lambda plant: VirtualWt333E(plant, "standard"),
    "zes-lmg670": lambda plant: VirtualLmg670(plant, "standard"),
    "radian-rd": lambda plant: VirtualRadianRd(plant, "standard"),
}
PAIRS = [(source, "zera-com5003") for source in SOURCES]
PAIRS += [("fluke-6105a", standard) for standard in STANDARDS if standard != "zera-com5003"]
VOLTAGE_ONLY = ("hp-68xx", "chroma-61xxx")
WITHOUT_VOLTAGE_ANGLES = ("yokogawa-wt3xx", "zes-lmg670", "radian-rd")
"""Standards whose known answers hold no angle between two voltages."""


class OtherWay(ThreePhasePlant):
    """One of the two instruments counts these angles the other way than its driver believes, or shows no sign."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def inputs(self) -> Sequence[PhaseOutput]:
        return tuple(
            replace(
                phase,
                voltage_angle_deg=phase.voltage_angle_deg * (-1 if self.what == "voltages" else 1),
                current_lag_deg=abs((phase.current_lag_deg + 180.0) % 360.0 - 180.0)
                if self.what == "unsigned"
                else phase.current_lag_deg * (-1 if self.what == "currents" else 1),
            )
            for phase in self.terminals
        )


def checked(folder: Path, source: str, standard: str, plant: ThreePhasePlant | None = None) -> list[Finding]:
    """Return what `rig check` finds on the twins of two drivers."""
    served, plant = Served(), plant or ThreePhasePlant()

    def resource(twin: Any) -> str:
        if isinstance(twin, VirtualRadianRd):  # octets, no lines: over a serial line as the real one
            return served.call(lambda: PtyServer(served.reactor, twin)).resource
        return served.serve(twin).resource

    def entry(name: str, role: str, driver: str, twin: Any) -> str:
        return (
            f'[[instrument]]\nname = "{name}"\nrole = "{role}"\n'
            f'driver = "{driver}"\nresource = "{resource(twin)}"\n'
        )

    path = folder / "rig.toml"
    path.write_text(
        'schema = 1\n[rig]\nname = "pair"\nvirtual = true\n'
        '[clock]\nkind = "laboratory"\nresource = "TCPIP::127.0.0.1::1::SOCKET"\n'
        "[limits]\nvoltage_max_v = 300.0\ncurrent_max_a = 60.0\n"
        + entry("source", "source", source, SOURCES[source](plant))
        + entry("standard", "reference", standard, STANDARDS[standard](plant))
        + '[[position]]\nname = "1"\nmeter = "socket://127.0.0.1:1"\nport = "m"\ndeclaration = "m.toml"\n'
    )
    limits = intersect(voltage_v={"rig file": 300.0}, current_a={"rig file": 60.0})
    rack = Rack(load_rig(path), PlantClock(plant, served), limits)
    try:
        found = list(check_wiring(rack))
        assert [phase.voltage_v for phase in plant.terminals] == [0.0] * 3
        return found
    finally:
        rack.close()
        served.close()


def test_every_source_and_every_standard_is_tried() -> None:
    for role, tried in (("source", SOURCES), ("reference", STANDARDS)):
        assert set(tried) == {name for name, driver in DRIVERS.items() if role in driver.roles}


@pytest.mark.parametrize(("source", "standard"), PAIRS, ids=[f"{a} with {b}" for a, b in PAIRS])
def test_the_conventions_of_source_and_standard_agree(tmp_path: Path, source: str, standard: str) -> None:
    found = checked(tmp_path, source, standard)
    assert [finding for finding in found if not finding.right] == []
    lagging = [
        finding for finding in found if finding.tried.endswith("lagging 60°") and "current" in finding.tried
    ]
    leading = [
        finding for finding in found if finding.tried.endswith("leading 60°") and "current" in finding.tried
    ]
    assert len(leading) == len(lagging)
    not_tried = [finding.seen for finding in found if finding.seen.startswith("not tried")]
    if standard in WITHOUT_VOLTAGE_ANGLES:
        assert not_tried == ["not tried: this standard shows no angles between voltages"] * 2
        return
    if source in VOLTAGE_ONLY:
        assert lagging == []
        assert "not tried: this source makes no current" in not_tried
    else:
        assert len(lagging) == 3
        assert not_tried == []
    assert found[-1].tried == "everything off"


WRONG = [
    (source, standard, what)
    for source, standard in PAIRS
    for what in ("voltages", "currents", "unsigned")
    if not (what == "voltages" and standard in WITHOUT_VOLTAGE_ANGLES)
    if not (what != "voltages" and source in VOLTAGE_ONLY)
]


@pytest.mark.parametrize(("source", "standard", "what"), WRONG, ids=[" ".join(case) for case in WRONG])
def test_a_convention_the_other_way_is_found(tmp_path: Path, source: str, standard: str, what: str) -> None:
    found = checked(tmp_path, source, standard, OtherWay(what))
    wrong = {finding.tried for finding in found if not finding.right}
    each = {
        "voltages": {f"angle of U{n} against U1" for n in (2, 3)},
        "currents": {f"current on L{n} {side} 60°" for n in (1, 2, 3) for side in ("lagging", "leading")},
        "unsigned": {f"current on L{n} leading 60°" for n in (1, 2, 3)},
    }
    assert wrong == each[what]
    assert all(finding.remedy for finding in found if not finding.right)
