"""Key types, key expiry, roll-over: what a key change may lead to. Facts: sts.md 3, 10 H to J."""

from __future__ import annotations

from bench.meter.vending import NEXT_TID
from bench.protocols.sts.fields import ClearTamperCondition
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.tid import BaseDate
from bench.record.model import Outcome
from bench.run.case import Stage, case
from bench.run.case_bench import CaseBench
from bench.run.key_change_desk import Held, MeterKey, credit_under
from bench.run.spending import Spends
from bench.run.token_desk import TokenDesk
from suites.sts.key_change_cases import NEEDS, SPENDS, KeyCase, key_case, key_requirement

#: Key types that no key of a keypad meter in the field may change to (sts.md 3.1).
FORBIDDEN = (KeyType.INITIALISATION, KeyType.COMMON)
NEVER_EXPIRES = 255
BLOCK_BITS = 16
#: First token identifier under a new base date: its second day.
EARLY_TID = 24 * 60 + 30
#: Identifiers that one bit or all of them tell apart: a memory that keeps fewer than 24 bits takes them for one.
ONE_BIT_APART = (2000, *(2000 ^ 1 << bit for bit in (4, 8, 12, 16, 20, 23)), 0xFFFFFF)
NEXT_BASE_DATE = {BaseDate.Y1993: BaseDate.Y2014, BaseDate.Y2014: BaseDate.Y2035}
NO_WAY_BACK = "the way back from a default key is common, not certain"
REPLAY = "on its way back it empties the memory of identifiers"


@case(
    "sts/key_type_forbidden",
    key_requirement("6.5.2.4, KeyTypeError"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=15, credit_wh=1500, time_s=30),
    stage=Stage.KEYS,
)
def test_forbidden_types(bench: CaseBench) -> None:
    """A key in the field leads to no initialisation key, and a keypad meter to no common key; the old key stays."""
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        for key_type in FORBIDDEN:
            new = keys.current.changed(key_type=key_type)
            sections = keys.tokens(new, opened.size)
            keys.begin(new)
            for place, sale in enumerate(sections[:-1], start=1):
                desk.enter(
                    sale, "section that may be refused", what=f"section {place} to a {key_type.abbreviation}"
                )
            desk.enter(sections[-1], "forbidden key type", what=f"the set to a {key_type.abbreviation}")
            opened.note("a set to a forbidden key type", keys.settle(new))


@case(
    "sts/default_key",
    key_requirement("6.5.2.4, 7.3.7 DDTKError"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=16, credit_wh=1400, time_s=20),
    stage=Stage.KEYS,
)
def test_default_key(bench: CaseBench) -> None:
    """Under a default key no credit is taken; the way back to a unique key stays open."""
    with key_case(bench, laboratory_only=NO_WAY_BACK) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        held = keys.change(
            keys.current.changed(key_type=KeyType.DEFAULT), opened.size, what="a change to a DDTK"
        )
        opened.note("a whole set", held)
        if held is not Held.NEW:
            return
        # once: no good credit could take back the count of a second one
        desk.enter(credit_under(desk, keys.current), "under a default key", what="credit under a DDTK")
        if _manages(desk):
            sale = desk.vending.issue(ClearTamperCondition(tid=NEXT_TID))
            desk.enter(sale, "good management", what="management under a DDTK, which every key may carry")


@case(
    "sts/key_expiry",
    key_requirement("6.5.2.6 KeyExpiredError"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=17, credit_wh=1500, time_s=30),
    stage=Stage.KEYS,
)
def test_key_expiry(bench: CaseBench) -> None:
    """Tokens up to the key's expiry are taken, later ones not; a key change leads out of the expired key."""
    if "key-expiry" not in ((bench.declaration.sts.supports if bench.declaration.sts else None) or ()):
        bench.state(
            Outcome.INAPPLICABLE, "the declaration does not list key-expiry, an option of the standard"
        )
        return
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        last_block = desk.vending.reserve(1)[0] >> BLOCK_BITS
        if last_block < 1:
            bench.state(Outcome.NOT_RUN, "the base date is too near for a key that has expired")
            return
        # the next block may be near: the last token of this one has to come before its end
        held = keys.change(
            keys.current.changed(key_expiry_number=last_block),
            opened.size,
            what="a change of the key expiry alone",
        )
        opened.note("a whole set", held)
        if held is not Held.NEW:
            return
        sale = desk.credit()
        if sale.tid is not None and sale.tid >> BLOCK_BITS == last_block:
            desk.enter(sale, "good credit", what="a token in the last block before the expiry")
        expired = keys.current.changed(key_expiry_number=last_block - 1)
        sections = keys.tokens(expired, opened.size)
        late = desk.credit()
        keys.begin(expired)
        keys.enter_all(sections, what="a change to a key that has expired")
        desk.enter(late, "key expired", what="a token beyond the expiry")
        if _manages(desk, wrong_ones=2):
            late = desk.vending.issue(ClearTamperCondition(tid=NEXT_TID))
            desk.enter(late, "key expired", what="a management token beyond the expiry")
        keys.current = expired
        desk.position.ledger.finish_key_change()


@case(
    "sts/key_change_keeps_identifiers",
    key_requirement("7.3.7, RO = 0"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=15, credit_wh=1500, time_s=30),
    stage=Stage.KEYS,
)
def test_keeps_identifiers(bench: CaseBench) -> None:
    """Without roll-over the memory of identifiers outlives the key: used stays used under the new one."""
    with key_case(bench) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        used = desk.credit()
        desk.enter(used, "good credit", what="a token under the old key")
        new = keys.current.changed(tariff_index=(keys.current.parameters.tariff_index + 1) % 100)
        held = keys.change(new, opened.size, what="a change of the tariff index")
        opened.note("a whole set", held)
        if held is not Held.NEW or used.tid is None:
            return
        desk.enter(used, "not authentic", what="the token of the old key again")
        again = desk.credit(1, tid=used.tid)
        desk.enter(again, "used", what="its identifier under the new key")


@case(
    "sts/roll_over",
    key_requirement("6.5.2, 7.3.7, RO = 1"),
    needs=NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=140, credit_wh=15000, time_s=180),
    stage=Stage.KEYS,
)
def test_roll_over(bench: CaseBench) -> None:
    """A new base date empties the memory of identifiers and keeps the credit; without the RO bit it does not."""
    with key_case(bench, laboratory_only=REPLAY) as opened:
        if opened is None:
            return
        desk, keys = opened.desk, opened.keys
        own = keys.current.parameters
        if "roll-over" not in (desk.sts.supports or ()) or own.base_date not in NEXT_BASE_DATE:
            bench.state(
                Outcome.INAPPLICABLE, "no roll-over is declared, or there is no base date after this one"
            )
            return
        last_tid = desk.vending.last_tid
        _fill(opened)
        new = keys.current.changed(
            base_date=NEXT_BASE_DATE[own.base_date], key_revision_number=own.key_revision_number % 9 + 1
        )
        if not _stays_old(opened, new):
            return
        new = new.changed(key_revision_number=new.parameters.key_revision_number % 9 + 1)
        early = credit_under(desk, new, tid=EARLY_TID)
        desk.enter(early, "not authentic", what="credit under the new base date before the key change")
        held = keys.change(new, opened.size, what="the roll-over", roll_over=True)
        opened.note("a whole set", held)
        if held is not Held.NEW:
            return
        desk.enter(early, "good credit", what="the credit under the new base date that came too early")
        desk.enter(early, "used", what="the same token again")
        zero = desk.credit(1, tid=0)
        desk.enter(zero, "used", what="identifier 0, with which the memory was filled")
        for tid in ONE_BIT_APART:
            desk.enter(desk.credit(1, tid=tid), "good credit", what=f"identifier {tid:#08x}")
        desk.enter(desk.credit(1, tid=ONE_BIT_APART[0]), "used", what="the first of them again")
        opened.keys.restore(opened.size, last_tid=last_tid)


def _manages(desk: TokenDesk, *, wrong_ones: int = 0) -> bool:
    """Return whether ClearTamperCondition can be tried, which harms nothing, and a meter bears so many wrong tokens."""
    lock_out_after = desk.sts.lock_out_after
    bears = not lock_out_after or wrong_ones < lock_out_after
    return bears and "clear-tamper" in (desk.sts.supports or ())


def _stays_old(opened: KeyCase, new: MeterKey) -> bool:
    """Change to the key of a new base date without the RO bit: what was old stays old. Return whether it changed."""
    desk, keys = opened.desk, opened.keys
    what = "a change to the next base date without the RO bit"
    held = keys.change(new, opened.size, what=what, roll_over=False, new_tid=desk.vending.last_tid)
    opened.note("a whole set", held)
    if held is not Held.NEW:
        return False
    early = credit_under(desk, keys.current, tid=EARLY_TID)
    desk.enter(early, "old", what="an early identifier, with the memory as it was")
    return True


def _fill(opened: KeyCase) -> None:
    """Fill the memory of identifiers with fresh ones, so that every token before them is old."""
    desk = opened.desk
    for _ in range(desk.sts.tid_memory):
        sale = desk.credit()
        desk.enter(sale, "good credit", what="fills the memory of identifiers")
