"""A bench process that energises the source of a rig and then does what its second argument says.

Prints ``live <supervisor pid>`` when the source is on. Run with the rig file and one of: wait, hang, drop.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.clock import WallClock
from bench.errors import BenchFault
from bench.record.run_folder import RunFolder
from bench.rig.limits import intersect
from bench.rig.rack import Rack
from bench.rig.rig_file import load_rig
from instruments.roles import LoadSetting, PhaseSetting


def main(rig_path: str, behaviour: str) -> int:
    clock = WallClock()
    limits = intersect(voltage_v={"rig file": 300.0}, current_a={"rig file": 80.0})
    rack = Rack(load_rig(Path(rig_path)), clock, limits)
    setting = LoadSetting(frequency_hz=50.0, phases=(PhaseSetting(voltage_v=230.0, current_a=0.0),))
    rack.source.apply(setting)
    rack.source.switch_on()
    rack._load = setting  # the twelve seconds of settling are not what is tried here
    folder = RunFolder.create(Path(rig_path).parent / "run")
    folder.write_session({"run_id": "kill"})
    print("live", rack._supervision.pid, flush=True)
    if behaviour == "hang":
        # a ZERA MT does not answer what it does not know
        rack.source.transport._session.timeout = 30_000
        rack.source.transport.query("*OPT?")
    if behaviour == "drop":
        rack.source.transport.write("*OPT?")
    try:
        for number in range(2000):
            folder.append_event("reading", time_s=clock.now(), utc=clock.utc().isoformat(), number=number)
            clock.sleep(0.01)
    except BenchFault as fault:
        print("fault", fault, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
