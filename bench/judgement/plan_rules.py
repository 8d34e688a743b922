"""What a plan says about deciding: the rule, and how much uncertainty it tolerates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from bench.metrology.decision import DecisionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """The part of a plan that can change a verdict; recorded in the session, so that it can be recomputed.

    ``guard_band``: width of the guard band in expanded uncertainties (1.0: at most 2.5 % false accepts;
    0.83: 5 %; ILAC-G8:09/2019). ``uncertainty_share``: the expanded uncertainty simple acceptance
    tolerates, as a share of the limit (OIML R 46: 1/5, status R). ``refuse_expired_standard``: an expired
    calibration makes the verdict ERROR instead of a remark.
    """

    name: str = ""
    decision_rule: DecisionRule = DecisionRule.FOUR_WAY
    guard_band: float = 1.0
    uncertainty_share: float = 0.2
    refuse_expired_standard: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what belongs into the session's ``plan`` object."""
        return {**asdict(self), "decision_rule": str(self.decision_rule)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a plan, or the session's ``plan`` object; other keys (hash, ...) are left alone.

        What stands in its ``rules`` counts where the object itself does not say it. Raises ValueError for
        an unknown decision rule.
        """
        said = {**(data.get("rules") or {}), **data}
        known = {name: said[name] for name in cls.__dataclass_fields__ if name in said}
        if "decision_rule" in known:
            known["decision_rule"] = DecisionRule(known["decision_rule"])
        return cls(**known)
