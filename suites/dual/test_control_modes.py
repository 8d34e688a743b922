"""The disconnect control by its mode table: every control mode, state and trigger, with no latch of anybody set."""

from __future__ import annotations

from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.mode_cells import CELLS, ModeCells
from bench.run.spending import Spends
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import prepare
from bench.run.tokens_taken import NO_TOKENS, takes_tokens
from bench.standards.control_modes import Request
from suites.dual.requirements import MODE_TABLE

NEEDS = (
    Need.SOURCE,
    Need.REFERENCE,
    Need.HANDS,
    Need.MANAGEMENT,
    Need.READER,
    Need.VENDING_KEY,
    Need.TOKEN_GATEWAY,
)


@case(
    "dual/control_mode",
    MODE_TABLE,
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.SETTINGS],
    spends=Spends(token_identifiers=40, credit_wh=4_000),
    stage=Stage.SUPPLY,
)
def test_control_mode(bench: CaseBench) -> None:
    """Try every trigger in every state; in every mode that can be set, else in the declared one."""
    supply = bench.declaration.supply
    if supply is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no [supply]")
        return
    tokens = takes_tokens(bench)
    modes = sorted({*supply.control_modes, supply.control_mode})
    with SupplyDesk(bench) as desk:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
        for mode in range(8):
            if mode not in modes:
                bench.state(
                    Outcome.INAPPLICABLE, "the declaration does not offer this mode", sub=f"mode{mode}"
                )
                continue
            cells = ModeCells(desk, mode)
            unset = cells.set_mode()
            for cell in CELLS:
                sub = f"mode{mode}/state{int(cell.state)}/{cell.trigger.value}"
                if cell.trigger is Request.LOCAL_RECONNECT and not tokens:
                    bench.state(Outcome.NOT_RUN, NO_TOKENS, sub=sub)
                    continue
                reason = unset or cells.bring_to(cell)
                if reason:
                    bench.state(Outcome.INAPPLICABLE, reason, sub=sub)
                    continue
                seen = bench.observe("switch-request", cells.try_trigger(cell))
                bench.judge("dual.control-mode/2", seen, sub=sub)
            cells.leave()
        desk.do("control_mode", mode=supply.control_mode)
