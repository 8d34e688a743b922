"""Judge whether one parallel displacement of the zero line brings a whole curve inside its limits."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.accuracy import errors_of
from bench.judgement.fields import part, text
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.metrology.series import series
from bench.metrology.zero_line import zero_line_shift
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import Load, NoLimit

#: Largest displacement by class, % (IEC 62053-21:2003 table 13, recall).
LARGEST_SHIFT_PCT = {"1": 0.5, "2": 1.0}


@judge("accuracy.zero-line", version=1)
def zero_line(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge the errors of all points together; only the 2003 edition knows the displacement."""
    accuracy = context.declaration.accuracy
    largest = LARGEST_SHIFT_PCT.get(accuracy.accuracy_class)
    if accuracy.standard != "IEC 62053-21" or not accuracy.edition.startswith("2003") or largest is None:
        return Judgement(
            outcome=Outcome.INAPPLICABLE,
            reason=f"{accuracy.standard}:{accuracy.edition} class {accuracy.accuracy_class} "
            "has no zero-line shift here",
        )
    pairs = []
    for observation in observations:
        errors, point = errors_of(observation.data), part(observation.data, "point")
        if not errors:
            return Judgement(
                outcome=Outcome.INCONCLUSIVE, reason=f"the point {text(point, 'id')} gave no reading"
            )
        try:
            limit = limit_at(
                context.declaration, text(point, "current"), text(point, "pf"), Load(text(point, "load"))
            )
        except NoLimit:
            continue
        pairs.append((float(series(errors).mean), limit.pct))
    shift = zero_line_shift(pairs, largest)
    outside = sum(abs(error) > limit for error, limit in pairs)
    if not pairs:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no point was measured")
    if not outside:
        return Judgement(
            outcome=Outcome.PASSED,
            reason=f"all {len(pairs)} points are inside their limits without displacement",
            measured=0.0,
            limit=largest,
            unit="%",
        )
    if shift is None:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{outside} of {len(pairs)} points are outside; no displacement of up to ±{largest:g} % helps",
            limit=largest,
            unit="%",
        )
    return Judgement(
        outcome=Outcome.CONDITIONAL_PASS,
        reason=f"{outside} of {len(pairs)} points are outside; displacing the zero line by {shift:+.3f} % "
        "brings all of them inside (type test, once for the whole curve)",
        measured=shift,
        limit=largest,
        unit="%",
    )
