"""The desk of a token case: sells tokens, enters them by a carrier, reads back what came of each, keeps the record.

One association stays open over a series and is opened again when a pause or a power cut has ended it. Results
are read by whatever the meter offers: display, gateway, credit. Rejected tokens never reach the declared lock-out:
a small good token in between takes the count back, or, where the plan lets none be spent, the case ends early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

from bench.errors import BenchFault
from bench.judgement.token_reading import gain_of, shown_results
from bench.judgement.token_series import taken_wrongly
from bench.judgement.token_situations import ACCEPT, SITUATIONS
from bench.meter.dlms_client import DlmsClient, Refused, why_not
from bench.meter.filed_vending import NotInFile
from bench.meter.vending import NEXT_TID, Sale, Vending
from bench.protocols.sts.amount import MAXIMUM_LEAST_UNITS
from bench.protocols.sts.fields import (
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    TokenFields,
    TransferCredit,
    TransferCurrency,
)
from bench.record.declaration import StsDeclaration, StsFunction
from bench.record.model import Outcome, Requirement, Topic, Verdict
from bench.run.case_bench import CaseBench
from bench.run.money import Money, read_money
from bench.run.prepayment import Credit, read_credit
from bench.run.token_carriers import Carrier, GatewayCarrier, KeypadCarrier, encode_token
from bench.run.wrong_tokens import CountIsFull, WrongTokens

T = TypeVar("T")
#: Smallest token, 0.1 kWh; a meter that counts money is sold a hundredth of the currency in its place.
LEAST = 1
MONEY_PER_LEAST_UNIT = 1000
WH_PER_LEAST_UNIT = 100
#: How many of a series a meter that no laboratory serves is asked to reject.
SAMPLE_ON_A_REAL_METER = 4
#: Time a meter may take from voltage to tokens (functional within 5 s: accuracy.md 1.4), and off-time of a cut.
START_UP_S = 5.0
#: token_status code: execution OK.
EXECUTED = 3
OFF_S = 1.0


class TokenDesk:
    """Use as a context; ``judge`` lets the judge of token series decide on everything entered."""

    def __init__(self, bench: CaseBench) -> None:
        self.bench, self.position = bench, bench.position
        self.entries: list[dict[str, Any]] = []
        self._client: DlmsClient | None = None
        self._credit: Credit | Money | None = None
        self._credit_unreadable = False
        self._used_s = 0.0
        self._learnt: set[bytes] = set()
        self.live_at_start = False
        """Whether the load side was live when the desk opened; False where nobody can see it."""
        self._wrong = WrongTokens(
            self.position,
            self.sts,
            may_reset=bench.run.plan.alters,
            reset=lambda: self.enter(
                self.credit(), "good credit", what="takes back the count of wrong tokens"
            ),
            pause=self.pause,
        )

    def __enter__(self) -> Self:
        self.bench.energise()
        if self.position.entry.actuators is not None:
            hands, number = self.position.hands(self.bench.rack)
            self.live_at_start = hands.load_side_live(number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None and any(map(taken_wrongly, self.entries)):
            self._take_back_limits()
        self.hang_up()
        if isinstance(error, NotInFile):
            pytest.skip(str(error))
        if not isinstance(error, CountIsFull):
            return False
        if self.entries:
            self.judge()
        else:
            self.bench.state(
                Outcome.NOT_RUN,
                "one more wrong token could lock the entry, and this plan spends no good token on its count",
            )
        return True

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
        """Whether the meter has a DLMS token gateway that this bench can reach."""
        return "gateway" in self.sts.carriers and self.speaks_dlms

    @property
    def speaks_dlms(self) -> bool:
        """Whether the management association can be opened with the secrets at hand."""
        management = self.position.association("management")
        return management is not None and not why_not(management, self.position.secrets)

    @property
    def counts_money(self) -> bool:
        """Whether the credit of the meter is money instead of energy."""
        payment = self.bench.declaration.payment
        return payment is not None and payment.accounting == "currency"

    @property
    def keypad(self) -> KeypadCarrier:
        """The keypad under the rig's hands."""
        hands, number = self.position.hands(self.bench.rack)
        return KeypadCarrier(hands, number, self.bench.clock, self.sts)

    def sample(self, series: Sequence[T]) -> tuple[T, ...]:
        """Return the whole series in a laboratory, some of it spread evenly for a real meter."""
        if self.laboratory or len(series) <= SAMPLE_ON_A_REAL_METER:
            return tuple(series)
        step = len(series) / SAMPLE_ON_A_REAL_METER
        return tuple(series[int(step * index)] for index in range(SAMPLE_ON_A_REAL_METER))

    # -- tokens

    def credit(self, least_units: int = LEAST, **fields: Any) -> Sale:
        """Sell a credit token of the meter's own kind, by default with the next free identifier."""
        return self.vending.issue(self.credit_fields(least_units, **fields))

    def credit_fields(
        self, least_units: int = LEAST, *, tid: int = NEXT_TID, **fields: Any
    ) -> TransferCredit | TransferCurrency:
        """Return what a credit token of the meter's own kind says: energy, or 0.01 of the currency for 0.1 kWh."""
        if not self.counts_money:
            return TransferCredit(tid=tid, least_units=least_units, **fields)
        fields.pop("rnd", None)  # its place holds the sign and the exponent
        return TransferCurrency(tid=tid, least_units=least_units * MONEY_PER_LEAST_UNIT, **fields)

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
        self._wrong.make_room(row)
        before = self._balance()
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
        seen |= _moved(before, self._balance())
        self._wrong.count(row, seen)
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
        if self.accepted(seen):
            return True
        self.judge()
        return False

    # -- the meter

    @property
    def client(self) -> DlmsClient:
        """An open association, opened again where it may have gone quiet."""
        silent_s = self.bench.clock.now() - self._used_s
        if self._client is not None and silent_s > self.bench.declaration.communication.silence_allowed_s / 2:
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
        """Return the credit, read again after each entry; None where the meter counts no kWh, or tells none."""
        balance = self._balance()
        return balance if isinstance(balance, Credit) else None

    def balance_now(self) -> bool:
        """Read the credit now if that is due, and return whether it can be read: the next entry begins at once."""
        return self._balance() is not None

    def forget_credit(self) -> None:
        """Read the credit again at the next use: something else than a token changed it."""
        self._credit = None

    def pause(self, duration_s: float) -> None:
        """Let time pass without an open association."""
        self.hang_up()
        self.bench.clock.sleep(duration_s)

    def pause_until(self, time_s: float) -> None:
        """Let time pass until the clock of the bench says ``time_s``; not at all where that is over.

        The association stays open where it may: the next token must not wait for another one.
        """
        left_s = max(0.0, time_s - self.bench.clock.now())
        if left_s > self.bench.declaration.communication.silence_allowed_s / 2:
            self.hang_up()
        self.bench.clock.sleep(left_s)

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
        return GatewayCarrier(lambda: self.client, self.bench.clock, self.sts)

    def wait_out_lock(self) -> None:
        """Let a lock pass that refused tokens may have brought about; at once where there can be none."""
        self._wrong.wait_out_lock()

    def accepted(self, seen: Mapping[str, Any]) -> bool:
        """Return whether a small credit token was surely taken: its amount is there, or else the meter says so."""
        gain = gain_of(seen)
        if gain is None:
            return self.took(seen)
        due = LEAST * (MONEY_PER_LEAST_UNIT if self.counts_money else WH_PER_LEAST_UNIT)
        return abs(gain.amount - due) <= gain.tolerance(due)

    def took(self, seen: Mapping[str, Any]) -> bool:
        """Return whether a token of any amount had an effect: on the credit, or else as the meter says."""
        gain = gain_of(seen)
        if gain is not None:
            return gain.amount != 0
        if seen.get("status_code") is not None:
            return bool(seen["status_code"] == EXECUTED)
        return shown_results(seen, self.sts) == frozenset({ACCEPT})

    def _balance(self) -> Credit | Money | None:
        payment = self.bench.declaration.payment
        if payment is None or not self.speaks_dlms or self._credit_unreadable:
            return None
        if self._credit is None:
            try:
                self._credit = (
                    read_money(self.client) if self.counts_money else read_credit(self.client, self.position)
                )
            except Refused:
                self._credit_unreadable = True
        return self._credit

    def _take_back_limits(self) -> None:
        """Set the limits to their highest after a meter obeyed a wrong token: nobody knows what that one set."""
        highest: tuple[tuple[StsFunction, TokenFields], ...] = (
            ("maximum-power-limit", SetMaximumPowerLimit(tid=NEXT_TID, limit_w=MAXIMUM_LEAST_UNITS)),
            (
                "phase-unbalance-limit",
                SetMaximumPhasePowerUnbalanceLimit(tid=NEXT_TID, limit_w=MAXIMUM_LEAST_UNITS),
            ),
        )
        for function, fields in highest:
            if (
                function in (self.sts.supports or ())
                and self.vending.holds_key
                and self.bench.run.plan.alters
            ):
                sale = self.vending.issue(fields)
                self.learn(sale.digits)
                self._carrier("").enter(sale.digits)


def _moved(before: Credit | Money | None, after: Credit | Money | None) -> dict[str, float]:
    """Return what is recorded of the credit before and after; nothing where it was not readable."""
    if isinstance(before, Credit) and isinstance(after, Credit):
        return {
            "credit_before_wh": before.amount_wh,
            "credit_after_wh": after.amount_wh,
            "credit_resolution_wh": before.resolution_wh,
        }
    if isinstance(before, Money) and isinstance(after, Money):
        return {
            "credit_before_units": before.amount_units,
            "credit_after_units": after.amount_units,
            "credit_resolution_units": before.resolution_units,
        }
    return {}
