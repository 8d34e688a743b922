"""How the meter accounts for energy, and the rules of its supply switch.

Everything here is the manufacturer's choice unless a standard is named: the bench tests what is declared, and what is
not declared is not tested (docs/declare-a-meter.md).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from bench.record.declaration_part import DeclarationPart

_ARBITRATION_RULE = re.compile(r"^(followed|not applicable|other(:.*)?)$")
_RULE_NAMES = Literal["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"]
_OBIS = r"^\d+-\d+:\d+\.\d+\.\d+\.\d+$"

ObisText = Annotated[str, StringConstraints(pattern=_OBIS)]


class EmergencyDeclaration(DeclarationPart):
    """Emergency credit: a credit object of type emergency, drawn by ``invoke_credit``, repaid by the next tokens."""

    credit: ObisText = "0-0:19.10.1.255"
    amount_wh: float = Field(gt=0)
    threshold_wh: float = 0.0
    """At or below this token credit it may be drawn."""


class FriendlyDeclaration(DeclarationPart):
    """Friendly hours: an activity calendar whose day profiles name script 1 (friendly) and 2 (normal)."""

    calendar: ObisText = "0-0:13.0.1.255"
    special_days: ObisText | None = None
    """Special days (class 11) whose day profiles are those of the calendar; None: it has none."""


class ChargesDeclaration(DeclarationPart):
    """Charge objects that management may change. ``index``: how the price table names rate and step."""

    consumption: ObisText | None = None
    standing: ObisText | None = None
    steps: ObisText | None = None
    """Register monitor whose thresholds are the energies of a month at which the steps begin."""
    month_energy: ObisText | None = None
    index: Literal["rate-step"] = "rate-step"
    """"rate-step": no octet, the rate, or rate (0: any) and step."""
    missed: Literal["collected", "waived"] | None = None
    """What becomes of a standing charge that fell due without supply."""


class PaymentDeclaration(DeclarationPart):
    """How the meter accounts for energy."""

    mode: Literal["prepayment", "credit"] = "prepayment"
    accounting: Literal["kwh", "weighted-kwh", "currency"] = "kwh"
    credit_resolution_wh: float = Field(default=1.0, gt=0)
    mode_switch: Literal["account"] | None = None
    """"account": management changes the mode by writing account_mode_and_status."""
    tokens_in_credit_mode: Literal["stored", "refused"] | None = None
    grace_s: float | None = Field(default=None, ge=0)
    """How long supply goes on after a change into prepayment without credit."""
    credit_settable: bool = False
    """Whether management may set the token credit (set_amount_to_value)."""
    emergency: EmergencyDeclaration | None = None
    friendly: FriendlyDeclaration | None = None
    charges: ChargesDeclaration | None = None


class SupplyDeclaration(DeclarationPart):
    """The supply switch. ``rules`` A1 to A8: each "followed", "not applicable" or "other: ..."."""

    control_mode: int = Field(ge=0, le=7)
    control_modes: tuple[Annotated[int, Field(ge=0, le=7)], ...] = ()
    """Modes that management may set while the switch is connected; none: the mode is fixed."""
    actuation_time_s: float = Field(default=1.0, gt=0)
    limiter_trip_s: float | None = Field(default=None, gt=0)
    """How long the maximum power limit may be exceeded before the switch opens; None: not declared."""
    limiter_hold_s: float | None = Field(default=None, gt=0)
    """How long the limiter then holds it open."""
    limiter_closes_max: int | None = Field(default=None, gt=0)
    """After so many openings within an hour it holds longer."""
    limiter_lockout_s: float | None = Field(default=None, gt=0)
    limiter: ObisText | None = None
    """A limiter object (class 71) whose normal threshold and duration management may set."""
    schedule: ObisText | None = None
    """A single action schedule that runs the script table of the switch."""
    scripts: ObisText | None = None
    """The script table of the switch: script 1 disconnects, script 2 reconnects."""
    broadcast: str = ""
    """The association whose broadcast key opens the switch by an order to all stations; empty: it obeys none."""
    rules: dict[_RULE_NAMES, str] = Field(default_factory=dict)

    @field_validator("rules")
    @classmethod
    def _rule_words(cls, rules: dict[str, str]) -> dict[str, str]:
        for name, word in rules.items():
            if not _ARBITRATION_RULE.match(word):
                raise ValueError(
                    f'rule {name} is "{word}"; write "followed", "not applicable" or "other: what it does"'
                )
        return rules

    def follows(self, rule: str) -> bool:
        """Return whether a rule is to be tested: it is not declared otherwise, or it concerns safety (A1, A7)."""
        return rule in {"A1", "A7"} or self.rules.get(rule, "followed") == "followed"  # type: ignore[call-overload]
