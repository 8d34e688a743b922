"""The desk of a token case: sells tokens, enters them by a carrier, reads back what came of each, keeps the record.

One association stays open over a series and is opened again when a pause or a power cut has ended it. Rejected
tokens never reach the declared lock-out: a small good token in between takes the count back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

from bench.errors import BenchFault
from bench.judgement.token_situations import ACCEPT, BLOCKED, SITUATIONS, Effect, Situation
from bench.meter.dlms_client import DlmsClient
from bench.meter.filed_vending import NotInFile
from bench.meter.vending import NEXT_TID, Sale, Vending
from bench.protocols.sts.fields import TransferCredit
from bench.record.declaration import StsDeclaration
from bench.record.model import Requirement, Topic, Verdict
from bench.run.case_bench import CaseBench
from bench.run.position import REJECTS_BELOW_LOCK_OUT
from bench.run.prepayment import Credit, read_credit
from bench.run.token_carriers import Carrier, GatewayCarrier, KeypadCarrier, encode_token

T = TypeVar("T")
#: Smallest token, 0.1 kWh.
LEAST = 1
WH_PER_LEAST_UNIT = 100
#: How many of a series a meter that no laboratory serves is asked to reject.
SAMPLE_ON_A_REAL_METER = 4
#: Time a meter may take from voltage to tokens (functional within 5 s: accuracy.md 1.4), and off-time of a cut.
START_UP_S = 5.0
#: token_status codes: execution OK, and the failures at each stage.
EXECUTED = 3
FAILURES = range(4, 8)
OFF_S = 1.0


class TokenDesk:
    """Use as a context; ``judge`` lets the judge of token series decide on everything entered."""

    def __init__(self, bench: CaseBench) -> None:
        self.bench, self.position = bench, bench.position
        self.entries: list[dict[str, Any]] = []
        self._client: DlmsClient | None = None
        self._credit: Credit | None = None
        self._used_s = 0.0
        self._learnt: set[bytes] = set()
        self.live_at_start = False
        """Whether the load side was live when the desk opened; False where nobody can see it."""

    def __enter__(self) -> Self:
        self.bench.energise()
        if self.position.entry.actuators is not None:
            hands, number = self.position.hands(self.bench.rack)
            self.live_at_start = hands.load_side_live(number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        if isinstance(error, NotInFile):
            pytest.skip(str(error))

    # -- what the case has at hand

    @property
    def sts(self) -> StsDeclaration:
        """The declared token side of the meter."""
        declared = self.bench.declaration.sts
        if declared is None:
            raise BenchFault("A token case without declared [sts].")
        return declared

    @property
    def vending(self) -> Vending:
        """The point of sale."""
        return self.position.vending

    @property
    def laboratory(self) -> bool:
        """Whether a laboratory serves this meter."""
        return self.bench.run.rig.rig.virtual

    @property
    def has_keypad(self) -> bool:
        """Whether the meter has a keypad and the rig has hands."""
        return "keypad" in self.sts.carriers and self.position.entry.actuators is not None

    @property
    def has_gateway(self) -> bool:
        """Whether the meter has a DLMS token gateway."""
        return "gateway" in self.sts.carriers

    @property
    def keypad(self) -> KeypadCarrier:
        """The keypad under the rig's hands."""
        hands, number = self.position.hands(self.bench.rack)
        return KeypadCarrier(hands, number, self.bench.clock)

    def sample(self, series: Sequence[T]) -> tuple[T, ...]:
        """Return the whole series in a laboratory, some of it spread evenly for a real meter."""
        if self.laboratory or len(series) <= SAMPLE_ON_A_REAL_METER:
            return tuple(series)
        step = len(series) / SAMPLE_ON_A_REAL_METER
        return tuple(series[int(step * index)] for index in range(SAMPLE_ON_A_REAL_METER))

    # -- tokens

    def credit(self, least_units: int = LEAST, **fields: Any) -> Sale:
        """Sell a credit token with the next free identifier."""
        return self.vending.issue(TransferCredit(**{"tid": NEXT_TID, "least_units": least_units, **fields}))

    def enter(
        self,
        token: Sale | str,
        situation: str,
        *,
        what: str = "",
        carrier: str = "",
    ) -> dict[str, Any]:
        """Enter a token in a situation of the judge's table; return, and keep, what was seen.

        ``carrier`` is "gateway" or "keypad"; by default the gateway where there is one. Where nobody here
        holds the key that could tell a chance hit from a defect, the entry says so (``explained`` is null).
        """
        row = SITUATIONS[situation]
        if not row.results & {ACCEPT, *BLOCKED}:
            self._stay_below_lock_out()
        before = self.credit_now()
        said = self._carrier(carrier)
        digits = token if isinstance(token, str) else token.digits
        self.learn(digits)
        seen: dict[str, Any] = {
            "what": what or situation,
            "situation": situation,
            "carrier": said.name,
            "token": {"digits": len(digits)} if isinstance(token, str) else token.data(),
            "explained": False if self.vending.holds_key else None,
            **said.enter(digits),
        }
        self._credit = None
        after = self.credit_now()
        if before is not None and after is not None:
            seen |= {
                "credit_before_wh": before.amount_wh,
                "credit_after_wh": after.amount_wh,
                "credit_resolution_wh": before.resolution_wh,
            }
        self._count(row, seen)
        self.entries.append(seen)
        return seen

    def enter_rest(self, token: Sale, keyed: int, situation: str, *, what: str) -> dict[str, Any]:
        """Key in what is left of a token of which ``keyed`` digits are in already."""
        seen = self.enter(token.digits[keyed:], situation, what=what, carrier="keypad")
        seen["token"] = token.data()
        return seen

    def learn(self, digits: str) -> None:
        """Keep the digits out of every output, in each form that goes over the meter's line."""
        secrets = self.position.secrets
        for form in {encode_token(digits, encoding) for encoding in ("ascii", self.sts.token_encoding)}:
            if form not in self._learnt:
                self._learnt.add(form)
                secrets.learn(f"token {len(secrets)}", form)

    def judge(self, *, requirement: Requirement | None = None, sub: str = "") -> Verdict:
        """Record the series and let its judge decide.

        The verdict is about tokens (or their credit), whatever else the case is about: a meter that takes no
        token at all says nothing of its keypad, its supply switch or its key changes.
        """
        wanted = requirement or self.bench.requirement
        if wanted.topic not in {Topic.TOKEN, Topic.CREDIT}:
            wanted = replace(wanted, topic=Topic.TOKEN)
        seen = self.bench.observe("token-series", {"entries": self.entries})
        return self.bench.judge("sts.token-series/1", seen, requirement=wanted, sub=sub)

    def takes_tokens(self) -> bool:
        """Enter a good token; where the meter does not take it, judge that alone and return False."""
        seen = self.enter(self.credit(), "good credit", what="a good token, before anything else")
        if taken(seen):
            return True
        self.judge()
        return False

    # -- the meter

    @property
    def client(self) -> DlmsClient:
        """An open association, opened again where it may have gone quiet."""
        silent_s = self.bench.clock.now() - self._used_s
        if (
            self._client is not None
            and silent_s > self.bench.declaration.communication.inactivity_time_out_s / 2
        ):
            self.hang_up()
        if self._client is None:
            self._client = self.position.client("management")
            self._client.open()
        self._used_s = self.bench.clock.now()
        return self._client

    def hang_up(self) -> None:
        """Close the association; the next use opens it again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def credit_now(self) -> Credit | None:
        """Return the credit, read again after each entry; None where the meter does not count kWh."""
        payment = self.bench.declaration.payment
        if payment is None or payment.accounting != "kwh":
            return None
        if self._credit is None:
            self._credit = read_credit(self.client, self.position)
        return self._credit

    def forget_credit(self) -> None:
        """Read the credit again at the next use: something else than a token changed it."""
        self._credit = None

    def pause(self, duration_s: float) -> None:
        """Let time pass without an open association."""
        self.hang_up()
        self.bench.clock.sleep(duration_s)

    def cut_supply(self, after_s: float = 0.0) -> None:
        """Take the voltage off this position after a while, as a power failure does; then bring it back."""
        hands, number = self.position.hands(self.bench.rack)
        self.bench.clock.sleep(after_s)
        hands.supply(number, on=False)
        self._client = None  # its session died with the meter
        self.position.link.close()
        self.bench.clock.sleep(OFF_S)
        hands.supply(number, on=True)
        self.bench.clock.sleep(START_UP_S)
        self._credit = None

    # -- inside

    def _carrier(self, name: str) -> Carrier:
        wanted = name or ("gateway" if self.has_gateway else "keypad")
        if wanted == "keypad":
            return self.keypad
        return GatewayCarrier(lambda: self.client, self.bench.clock, self.sts.token_encoding)

    def _count(self, row: Situation, seen: dict[str, Any]) -> None:
        """Count wrong tokens as a meter may: any that is not surely accepted; only a meter-specific one resets."""
        if (
            row.effect is Effect.ADDED
            and seen.get("credit_after_wh") == seen.get("credit_before_wh") is not None
        ):
            # a good token was refused: if that locked the entry, it is no reason to refuse the next one
            self.position.rejects_in_a_row += 1
            self.wait_out_lock()
        elif row.effect in {Effect.ADDED, Effect.CLEARED} or row.words == "good management":
            self.position.rejects_in_a_row = 0
        elif ACCEPT not in row.results or seen.get("status_code") in FAILURES:
            self.position.rejects_in_a_row += 1

    def wait_out_lock(self) -> None:
        """Let a lock pass that refused tokens may have brought about; at once where there can be none."""
        beyond = self.position.rejects_in_a_row - self.sts.lock_out_after
        if self.sts.lock_out_after and beyond >= 0:
            self.pause(min(self.sts.lock_out_s * 2.0**beyond, self.sts.lock_out_max_s or self.sts.lock_out_s))

    def _stay_below_lock_out(self) -> None:
        sts = self.sts
        highest = max(1, sts.lock_out_after - 1) if sts.lock_out_after else REJECTS_BELOW_LOCK_OUT
        if self.position.rejects_in_a_row < highest:
            return
        if sts.lock_out_after and not sts.lock_out_resets_on_good_token:
            self.pause(max(sts.lock_out_s, sts.lock_out_max_s))
            self.position.rejects_in_a_row = 0
            return
        self.enter(self.credit(), "good credit", what="takes back the count of wrong tokens")


def taken(seen: Mapping[str, Any]) -> bool:
    """Return whether a small credit token was surely taken: its amount is there, or else the gateway says so."""
    if seen.get("credit_after_wh") is None:
        return seen.get("status_code") == EXECUTED
    gained_wh = float(seen["credit_after_wh"]) - float(seen["credit_before_wh"])
    return abs(gained_wh - LEAST * WH_PER_LEAST_UNIT) <= float(seen["credit_resolution_wh"]) / 2
