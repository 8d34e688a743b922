"""Wrong tokens lock the entry as the manufacturer declares. Facts: sts.md 7.5, 10 L."""

from __future__ import annotations

from dataclasses import replace

from bench.meter.vending import Sale, display_token
from bench.protocols.sts.meter_tests import request_test
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, declared_requirement

SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
#: How long the good token waits, as a share of the lock: still locked, and free again.
STILL, FREE = 0.7, 1.1
#: Locks that are waited out: enough to see that they double.
LOCKS = 3
SHOW_KEY_REVISION = 4
#: A lock must outlast a power cycle of the bench, about 6 s, to be seen after it.
SHORTEST_OVER_A_CUT_S = 15.0


@case(
    "sts/lock_out",
    declared_requirement("token entry lock-out", Topic.ENTRY),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=23, credit_wh=600, lock_outs=4, time_s=230),
    stage=Stage.LOCK_OUT,
)
def test_lock_out(bench: CaseBench) -> None:
    """After the declared number of wrong tokens even a good one waits, longer each time; a good one ends it."""
    with TokenDesk(bench) as desk:
        if not _declared(bench, desk):
            return
        locked_s = _lock(desk)
        lock_s = desk.sts.lock_out_s
        width = len(desk.vending.own.meter_pan.manufacturer_code)
        shown = display_token(request_test(SHOW_KEY_REVISION, manufacturer_digits=width))
        desk.enter(shown, "test or display during a lock", what="a display token: it does not end the lock")
        for _ in range(LOCKS):
            desk.pause_until(locked_s + STILL * lock_s)
            desk.enter(desk.credit(), "locked out", what=f"a good token {STILL * lock_s:.0f} s into the lock")
            desk.pause_until(locked_s + FREE * lock_s)
            desk.enter(_wrong(desk), "wrong token before the lock", what="one more wrong token")
            locked_s = bench.clock.now()
            lock_s = min(2 * lock_s, desk.sts.lock_out_max_s or lock_s)
        desk.pause_until(locked_s + FREE * lock_s)
        desk.enter(desk.credit(), "good credit", what="a good token after the lock")
        desk.position.rejects_in_a_row = 0
        if desk.sts.lock_out_resets_on_good_token:
            for _ in range(desk.sts.lock_out_after - 1):
                desk.enter(_wrong(desk), "wrong token before the lock", what="a wrong token after a good one")
            desk.enter(desk.credit(), "good credit", what="a good token: the count had begun anew")
        desk.judge()


@case(
    "sts/lock_out_by_both_carriers",
    declared_requirement("token entry lock-out, all carriers together", Topic.ENTRY),
    needs=(*TOKEN_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=13, credit_wh=500, lock_outs=1, time_s=40),
    stage=Stage.LOCK_OUT,
)
def test_lock_out_by_both_carriers(bench: CaseBench) -> None:
    """Wrong tokens by one carrier lock the other as well, where the declaration lists both."""
    with TokenDesk(bench) as desk:
        if not _declared(bench, desk):
            return
        carriers = desk.sts.lock_out_carriers or desk.sts.carriers
        if not {"keypad", "gateway"} <= set(carriers) or not desk.has_keypad:
            bench.state(Outcome.INAPPLICABLE, "the declaration does not lock keypad and gateway together")
            return
        _lock(desk, carrier="keypad")
        desk.enter(desk.credit(), "locked out", what="a good token by the gateway", carrier="gateway")
        desk.pause(FREE * desk.sts.lock_out_s)
        desk.enter(desk.credit(), "good credit", what="a good token after the lock", carrier="gateway")
        desk.judge()


@case(
    "sts/lock_out_power_cycle",
    declared_requirement("token entry lock-out over a power cycle", Topic.ENTRY),
    needs=(*TOKEN_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=11, credit_wh=500, lock_outs=1, time_s=30),
    stage=Stage.LOCK_OUT,
)
def test_lock_out_power_cycle(bench: CaseBench) -> None:
    """A power cycle ends the lock only where that is declared (which is weak, and no fault)."""
    with TokenDesk(bench) as desk:
        if not _declared(bench, desk):
            return
        resets = desk.sts.lock_out_resets_on_power_cycle
        if not resets and desk.sts.lock_out_s < SHORTEST_OVER_A_CUT_S:
            bench.state(Outcome.INAPPLICABLE, "the declared lock is shorter than a power cycle")
            return
        _lock(desk)
        desk.cut_supply()
        if not resets:
            desk.enter(desk.credit(), "locked out", what="a good token after a power cycle")
            desk.pause(FREE * desk.sts.lock_out_s)
        desk.enter(desk.credit(), "good credit", what="a good token when the lock has ended")
        desk.judge()


def _declared(bench: CaseBench, desk: TokenDesk) -> bool:
    sts = desk.sts
    if not sts.lock_out_after or not sts.lock_out_s:
        bench.state(Outcome.INAPPLICABLE, "no lock-out is declared")
        return False
    if sts.token_time_s is not None and sts.token_time_s > (1.0 - STILL) * sts.lock_out_s:
        taken, lock = f"a token takes {sts.token_time_s:g} s", f"a lock of {sts.lock_out_s:g} s"
        reason = f"{taken}: too long to be entered well within {lock}"
        bench.state(Outcome.INCONCLUSIVE, reason)
        return False
    return True


def _lock(desk: TokenDesk, carrier: str = "") -> float:
    """Take the count to zero, then enter as many wrong tokens as lock the entry; return when it was locked."""
    desk.enter(desk.credit(), "good credit", what="takes back the count of wrong tokens", carrier=carrier)
    for number in range(desk.sts.lock_out_after):
        what = f"wrong token {number + 1} of {desk.sts.lock_out_after}"
        desk.enter(_wrong(desk), "wrong token before the lock", what=what, carrier=carrier)
    locked_s = desk.bench.clock.now()
    desk.enter(desk.credit(), "locked out", what="a good token right after", carrier=carrier)
    return locked_s


def _wrong(desk: TokenDesk) -> Sale:
    """Sell a token of another tariff index, which this meter cannot open."""
    other = replace(desk.vending.own, tariff_index=(desk.vending.own.tariff_index + 1) % 100)
    while True:
        sale = desk.vending.issue(desk.credit_fields(), under=other)
        if not desk.vending.explains(sale.digits):
            return sale
