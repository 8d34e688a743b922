"""From the zone a decision rule finds to the outcome a verdict says, and the words for it."""

from __future__ import annotations

from bench.judgement.plan_rules import PlanRules
from bench.metrology.decision import Zone, decide
from bench.record.model import Judgement, Outcome

OUTCOME_OF_ZONE = {
    Zone.ACCEPTED: Outcome.PASSED,
    Zone.CONDITIONALLY_ACCEPTED: Outcome.CONDITIONAL_PASS,
    Zone.CONDITIONALLY_REJECTED: Outcome.CONDITIONAL_FAIL,
    Zone.REJECTED: Outcome.FAILED,
    Zone.UNDECIDED: Outcome.INCONCLUSIVE,
}

#: Digits of an expanded uncertainty that are recorded; the rest is noise of the last arithmetic unit.
U95_DIGITS = 6


def judgement_on_limit(
    *, measured: float, limit: float, u95: float, unit: str, plan: PlanRules, what: str, remark: str = ""
) -> Judgement:
    """Return the judgement on a value that must lie within -limit .. +limit, by the rule of the plan."""
    u95 = round(u95, U95_DIGITS)
    decision = decide(
        measured,
        limit,
        u95,
        plan.decision_rule,
        guard_band=plan.guard_band,
        uncertainty_share=plan.uncertainty_share,
    )
    where = f"{what} {measured:+.4f} {unit}, limit ±{limit:g} {unit}, U {u95:.4f} {unit} (k=2)"
    match decision.zone:
        case Zone.ACCEPTED:
            words = "within the limit"
        case Zone.CONDITIONALLY_ACCEPTED:
            words = "within the limit, but not clear of it by U"
        case Zone.CONDITIONALLY_REJECTED:
            words = "beyond the limit, but not by more than U"
        case Zone.REJECTED:
            words = (
                "beyond the limit" if abs(measured) > limit else "within the limit, but inside the guard band"
            )
        case Zone.UNDECIDED:
            words = "U is too large to decide"
    probability = f"conformance probability {decision.conformance_probability:.4f}"
    reason = f"{where}: {words}; {probability}" + (f"; {remark}" if remark else "")
    return Judgement(
        outcome=OUTCOME_OF_ZONE[decision.zone],
        reason=reason,
        measured=measured,
        limit=limit,
        unit=unit,
        u95=u95,
        decision_rule=str(plan.decision_rule),
    )
