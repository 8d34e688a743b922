"""Source and reference standard in one box on one line: two entries of the rig file, one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.rig.limits import intersect
from bench.rig.load_settings import balanced_load
from bench.rig.rack import Rack
from bench.rig.rig_file import load_rig
from bench.rig.self_check import check_wiring
from instruments.virtual.zera_mt import VirtualZeraMt
from tests.instruments.conftest import Served
from tests.instruments.three_phase_plant import ThreePhasePlant
from tests.rig.simulated_rig import PlantClock


@pytest.fixture
def box(tmp_path: Path):
    served = Served()
    plant = ThreePhasePlant()
    twin = VirtualZeraMt(plant, "box")
    entry = f'driver = "zera-mt"\nresource = "{served.serve(twin).resource}"\n'
    path = tmp_path / "rig.toml"
    path.write_text(
        'schema = 1\n[rig]\nname = "one box"\nvirtual = true\n'
        '[clock]\nkind = "laboratory"\nresource = "TCPIP::127.0.0.1::1::SOCKET"\n'
        "[limits]\nvoltage_max_v = 300.0\ncurrent_max_a = 60.0\n"
        f'[[instrument]]\nname = "source"\nrole = "source"\n{entry}'
        f'[[instrument]]\nname = "standard"\nrole = "reference"\n{entry}'
        '[[position]]\nname = "1"\nmeter = "socket://127.0.0.1:1"\nport = "meter1"\ndeclaration = "m.toml"\n'
    )
    limits = intersect(voltage_v={"rig file": 300.0}, current_a={"rig file": 60.0})
    rack = Rack(load_rig(path), PlantClock(plant, served), limits)
    yield rack, twin, plant
    rack.close()
    served.close()


def test_both_roles_are_one_session(box) -> None:
    rack, _, _ = box
    assert rack.instruments["source"] is rack.instruments["standard"]
    assert rack.identities["standard"] == rack.identities["source"] == "ZERA, MT793, , V05.52"


def test_a_source_without_soft_start_is_ramped(box) -> None:
    rack, _, plant = box
    seen: list[float] = []
    drive = plant.drive

    def watched(phases, frequency_hz) -> None:
        seen.append(phases[0].voltage_v)
        drive(phases, frequency_hz)

    plant.drive = watched
    rack.apply(balanced_load(elements=3, voltage_v=230.0, current_a=5.0, lag_deg=0.0, frequency_hz=50.0))
    rising = sorted({voltage_v for voltage_v in seen if voltage_v})
    assert rising == pytest.approx([57.5, 115.0, 172.5, 230.0])
    assert rack.readings().power_w == pytest.approx(3450.0)


def test_its_wiring_can_be_checked(box) -> None:
    rack, twin, _ = box
    assert [finding.tried for finding in check_wiring(rack) if not finding.right] == []
    assert not twin.output_on
