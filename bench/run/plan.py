"""Plans: which cases a run wants, how it decides, and what it may alter in a meter."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bench.errors import PlanError
from bench.record.toml_model import load_toml


class Plan(BaseModel):
    """One plan. ``cases`` and ``optional`` are shell patterns over case names.

    ``decision_rule``: "simple" (shared risk), "guard-band" (accept below limit - U) or "four-way".
    ``alters``: whether the run may spend token identifiers and credit and operate the supply switch.
    ``load_points``: "full" (ten of the routine list) or "smoke" (three).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    decision_rule: Literal["simple", "guard-band", "four-way"] = "four-way"
    cases: tuple[str, ...] = ("*",)
    optional: tuple[str, ...] = ()
    load_points: Literal["full", "smoke"] = "full"
    alters: bool = True
    clear_passes_only: bool = False
    dose_wh: float = Field(default=1000.0, gt=0)

    def wants(self, case: str) -> bool:
        """Return whether the plan contains a case."""
        return any(fnmatchcase(case, pattern) for pattern in self.cases)

    def mandatory(self, case: str) -> bool:
        """Return whether a case of the plan must be given a verdict for exit code 0."""
        return not any(fnmatchcase(case, pattern) for pattern in self.optional)

    @property
    def hash(self) -> str:
        """A short hash of everything the plan says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


BUILT_IN = {
    "full": Plan(name="full"),
    "smoke": Plan(
        name="smoke",
        load_points="smoke",
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
}


def load_plan(text: str) -> Plan:
    """Return the plan a ``--plan`` option names: a built-in word or a TOML file."""
    if text in BUILT_IN:
        return BUILT_IN[text]
    path = Path(text)
    if path.suffix == ".toml" or path.exists():
        return load_toml(path, Plan)
    raise PlanError(f'There is no plan "{text}".', remedy=f"Known: {', '.join(BUILT_IN)}, or a TOML file.")
