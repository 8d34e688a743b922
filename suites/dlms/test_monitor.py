"""The passive monitor: at the end of a run, every octet of every case is looked at once more. Our own."""

from __future__ import annotations

from bench.judgement.dlms_requirements import protocol_requirement
from bench.record.model import Outcome, Topic
from bench.run.case import Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave

LAYERS = {"frames": Topic.HDLC, "APDUs": Topic.SERVICE}


@case("dlms/monitor", protocol_requirement("all traffic of a run", Topic.HDLC), stage=Stage.CLOSING)
def test_monitor(bench: CaseBench) -> None:
    """Frames, check sums, numbers, codings and invoke-ids of all traffic of all suites."""
    exchanges = bench.run.exchanges.get(bench.position.name, {})
    if not exchanges:
        leave(bench, Outcome.NOT_RUN, "nothing was said on this meter's line in this run")
    numbers = [int(name[1:]) for name in exchanges]
    for layer, topic in LAYERS.items():
        seen = bench.observe("line", {"first": min(numbers), "last": max(numbers), "layer": layer})
        requirement = protocol_requirement(f"all {layer} of a run", topic)
        bench.judge("dlms.monitor/5", seen, requirement=requirement, sub=layer)
