"""Plans: which cases a run wants, how it decides, and what it may alter in a meter."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench.errors import PlanError
from bench.metrology.length import TwoStage
from bench.metrology.sequential import Sequential, Spending
from bench.record.toml_model import load_toml

#: Tests that need a chamber, a coil, a generator, or a current beyond the nameplate, which a meter bench seldom
#: has or allows; said to be NOT_RUN, not missed.
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
    "dual/event_phases/over-current",
    "dual/events/over-current",
)

#: Cases of the production line; other plans make the whole tests in their place.
LINE_CASES = ("factory/*",)


class Plan(BaseModel):
    """One plan. ``cases``, ``without`` and ``optional`` are shell patterns over case names.

    ``without``: cases that belong to other plans. ``refuse_...``: what keeps the plan from being started at all.
    ``handling_s`` and ``handling_per_position_s``: putting meters in and taking them out, for the takt; 0: none.
    ``no_load_every``: the long no-load test is made on one rack in so many, chosen by serial number; on the others
    the plan's declared equivalence stands for it. ``overlap``: communicate while pulses of a low load are awaited.
    ``decision_rule``: "simple" (shared risk), "guard-band" (accept below limit - U) or "four-way".
    ``fast_variation_s``: how long the load is switched on and off in all (IEC 62053-21:2020 says four hours).
    ``walk_steps``: length of the random walk over the supply switch.
    ``alters``: whether the run may spend token identifiers and credit and operate the supply switch.
    ``load_points``: "full" (the routine list), "smoke" (three), "factory" (ten), "certification" (all PF points).
    ``length``: "two-stage" (``first_readings`` give s, from which the number follows once, up to
    ``most_readings``, towards ``target_pct``), "single" (one reading, with ``prior_s_pct`` of the type) or
    "sequential": at load points a look after each ``first_readings``, up to ``most_readings``, until the limit is out
    of doubt, spending ``error_probability`` by ``spending``, with ``prior_s_pct`` as scatter; elsewhere two-stage.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    decision_rule: Literal["simple", "guard-band", "four-way"] = "four-way"
    cases: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = LINE_CASES
    optional: tuple[str, ...] = NEEDS_MORE_THAN_A_BENCH
    load_points: Literal["full", "smoke", "factory", "certification"] = "full"
    length: Literal["two-stage", "single", "sequential"] = "two-stage"
    first_readings: int = Field(default=5, ge=5)
    most_readings: int = Field(default=20, ge=5)
    target_pct: float = Field(default=0.02, gt=0)
    prior_s_pct: float = Field(default=0.02, gt=0)
    spending: Spending = Spending.OBRIEN_FLEMING
    error_probability: float = Field(default=0.05, gt=0, le=0.2)
    zero_line_shift: bool = False
    long_tests: bool = False
    refuse_expired_standard: bool = False
    refuse_selection: bool = False
    refuse_virtual_bench: bool = False
    handling_s: float = Field(default=0.0, ge=0)
    handling_per_position_s: float = Field(default=0.0, ge=0)
    no_load_every: int = Field(default=1, ge=1)
    overlap: bool = False
    alters: bool = True
    clear_passes_only: bool = False
    dose_wh: float = Field(default=1000.0, gt=0)
    fast_variation_s: float = Field(default=900.0, gt=0)
    walk_steps: int = Field(default=500, ge=1)

    def wants(self, case: str) -> bool:
        """Return whether the plan contains a case."""
        return any(fnmatchcase(case, pattern) for pattern in self.cases) and not any(
            fnmatchcase(case, pattern) for pattern in self.without
        )

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
    def sequential(self) -> Sequential | None:
        """The rule by which a load point's series is looked at while it goes on, or None where it is not."""
        if self.length != "sequential":
            return None
        return Sequential(
            group=self.first_readings,
            most=self.most_readings,
            sigma_pct=self.prior_s_pct,
            alpha=self.error_probability,
            spending=self.spending,
        )

    @model_validator(mode="after")
    def _whole_number_of_looks(self) -> Plan:
        if self.length == "sequential" and self.most_readings % self.first_readings:
            raise ValueError("a sequential series: most_readings has to be a multiple of first_readings")
        return self

    @property
    def hash(self) -> str:
        """A short hash of everything the plan says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


BUILT_IN = {
    "full": Plan(name="full", long_tests=True),
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
    "factory": Plan(
        name="factory",
        decision_rule="guard-band",
        load_points="factory",
        length="single",
        without=(),
        handling_s=60.0,
        handling_per_position_s=6.0,
        no_load_every=40,
        overlap=True,
        cases=(
            "accuracy/load_point/*",
            "accuracy/position_pairing",
            "factory/*",
        ),
    ),
    "certification": Plan(
        name="certification",
        optional=(),
        decision_rule="simple",
        load_points="certification",
        refuse_expired_standard=True,
        refuse_selection=True,
        refuse_virtual_bench=True,
        zero_line_shift=True,
        long_tests=True,
        fast_variation_s=4 * 3600.0,
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
