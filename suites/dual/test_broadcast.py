"""An order to all stations counts once, and only under the broadcast key."""

from __future__ import annotations

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import opened
from bench.record.model import Outcome, Topic
from bench.run.broadcast import disconnect_to_all, fresh_counter, offers_broadcast
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import prepare

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT)
#: A frame of a hundred octets at a slow rate, and the motion of the switch.
BROADCAST_S = 5.0


@case(
    "dual/broadcast_protection",
    project_rule(
        "S16 an order to all stations counts once, and under the broadcast key alone", Topic.SECURITY
    ),
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT],
    stage=Stage.SUPPLY,
)
def test_broadcast_protection(bench: CaseBench) -> None:
    """Send an order under another key, a proper one, and after a reconnection the same octets again."""
    supply = bench.declaration.supply
    if supply is None or not offers_broadcast(bench.declaration):
        bench.state(Outcome.INAPPLICABLE, "no orders to all stations are declared on an HDLC line")
        return
    if supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    position = bench.position
    with SupplyDesk(bench) as desk:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
            return

        def send(frame: bytes) -> bool:
            with opened(position.client(position.plain_association.name)):
                pass  # the line is up, whatever it takes to open it
            position.link.send(frame)
            bench.clock.sleep(BROADCAST_S + desk.settle_s())
            return bool(desk.hands.load_side_live(desk.number))

        desk.hang_up()
        counter = fresh_counter(position)
        wrong_key = send(disconnect_to_all(position, counter=counter, broadcast_key=False))
        proper = disconnect_to_all(position, counter=counter + 1)
        again = disconnect_to_all(position, counter=counter + 2)
        live = {
            "under the key of one meter": wrong_key,
            "before": bool(desk.hands.load_side_live(desk.number)),
            "ordered": send(proper),
        }
        prepare(desk)
        desk.hang_up()
        live["reconnected"] = bool(desk.hands.load_side_live(desk.number))
        live["the same order again"] = send(proper)
        prepare(desk)
        desk.hang_up()
        live["a new order"] = send(again)
        prepare(desk)
    bench.judge("dual.broadcast-protection/1", bench.observe("broadcast-protection", {"live": live}))
