"""Plans: which cases a run wants, how it decides, and what it may alter in a meter."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bench.errors import PlanError
from bench.metrology.length import TwoStage
from bench.record.toml_model import load_toml

#: Tests that need a chamber, a coil or a generator which a meter bench seldom has; said to be NOT_RUN, not missed.
NEEDS_MORE_THAN_A_BENCH = (
    "accuracy/influence/temperature",
    "accuracy/influence/magnet*",
    "accuracy/influence/radio*",
    "accuracy/influence/transients",
    "accuracy/influence/overcurrent",
    "accuracy/influence/differential*",
    "accuracy/influence/accessories",
    "accuracy/influence/burst",
    "accuracy/influence/fast_load_variation",
    "accuracy/influence/self_heating",
)


class Plan(BaseModel):
    """One plan. ``cases`` and ``optional`` are shell patterns over case names.

    ``decision_rule``: "simple" (shared risk), "guard-band" (accept below limit - U) or "four-way".
    ``alters``: whether the run may spend token identifiers and credit and operate the supply switch.
    ``load_points``: "full" (the routine list), "smoke" (three), "factory" (ten), "certification" (all PF points).
    ``length``: "two-stage" (``first_readings`` give s, from which the number follows once, up to
    ``most_readings``, towards ``target_pct``) or "single" (one reading, with ``prior_s_pct`` of the type).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    decision_rule: Literal["simple", "guard-band", "four-way"] = "four-way"
    cases: tuple[str, ...] = ("*",)
    optional: tuple[str, ...] = NEEDS_MORE_THAN_A_BENCH
    load_points: Literal["full", "smoke", "factory", "certification"] = "full"
    length: Literal["two-stage", "single"] = "two-stage"
    first_readings: int = Field(default=5, ge=5)
    most_readings: int = Field(default=20, ge=5)
    target_pct: float = Field(default=0.02, gt=0)
    prior_s_pct: float = Field(default=0.02, gt=0)
    zero_line_shift: bool = False
    long_tests: bool = False
    refuse_expired_standard: bool = False
    alters: bool = True
    clear_passes_only: bool = False
    dose_wh: float = Field(default=1000.0, gt=0)

    def wants(self, case: str) -> bool:
        """Return whether the plan contains a case."""
        return any(fnmatchcase(case, pattern) for pattern in self.cases)

    def mandatory(self, case: str) -> bool:
        """Return whether a case of the plan must be given a verdict for exit code 0."""
        words = case.split("/")
        names = [
            "/".join(words[:length]) for length in range(1, len(words) + 1)
        ]  # a part is as optional as its whole
        return not any(fnmatchcase(name, pattern) for name in names for pattern in self.optional)

    @property
    def two_stage(self) -> TwoStage | None:
        """The rule for the number of readings, or None where one is taken."""
        if self.length == "single":
            return None
        return TwoStage(first=self.first_readings, most=self.most_readings, target_pct=self.target_pct)

    @property
    def hash(self) -> str:
        """A short hash of everything the plan says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


BUILT_IN = {
    "full": Plan(name="full"),
    "smoke": Plan(
        name="smoke",
        load_points="smoke",
        length="single",
        dose_wh=200.0,
        cases=(
            "accuracy/load_point/*",
            "sts/credit_accepted",
            "sts/used_token",
            "dlms/HDLC_FRAME_P1",
            "dlms/APPL_OPEN_1",
            "dual/energy_closure",
        ),
    ),
    "observe": Plan(name="observe", alters=False),
    "certification": Plan(
        name="certification",
        optional=(),
        decision_rule="simple",
        load_points="certification",
        refuse_expired_standard=True,
        zero_line_shift=True,
        long_tests=True,
    ),
}


def load_plan(text: str) -> Plan:
    """Return the plan a ``--plan`` option names: a built-in word or a TOML file."""
    if text in BUILT_IN:
        return BUILT_IN[text]
    path = Path(text)
    if path.suffix == ".toml" or path.exists():
        return load_toml(path, Plan)
    raise PlanError(f'There is no plan "{text}".', remedy=f"Known: {', '.join(BUILT_IN)}, or a TOML file.")
