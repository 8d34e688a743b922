"""What a case holds in its hands while it runs: one position, the shared rack, and the pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench.clock import Clock
from bench.errors import BenchFault, MeterFailure
from bench.meter.dlms_client import opened
from bench.record.declaration import Declaration
from bench.record.model import Observation, Outcome, Requirement, Verdict
from bench.rig.rack import Rack
from bench.run.case import Case, Need, Stage
from bench.run.position import Position
from bench.run.run import Run
from bench.standards.load_points import LoadPoint

#: Why nothing can be applied to or measured at a meter that was given by its URL alone.
NO_RIG = "no rig: the meter is reached alone; give a rig file with --rig FILE"


class CaseBench:
    """The ``bench`` fixture. A case drives and observes; ``judge`` lets a registered judge decide."""

    def __init__(self, run: Run, case: Case, position: Position, point: LoadPoint | None) -> None:
        self.run, self.case, self.position, self._point = run, case, position, point
        self.name = f"{case.id}/{point.id}" if point is not None else case.id
        self.verdicts: list[Verdict] = []

    @property
    def rack(self) -> Rack:
        return self.run.rack

    @property
    def clock(self) -> Clock:
        return self.run.clock

    @property
    def declaration(self) -> Declaration:
        return self.position.declaration

    @property
    def requirement(self) -> Requirement:
        """What this case demands of this meter."""
        source = self.case.requirement
        return source if isinstance(source, Requirement) else source(self)

    @property
    def point(self) -> LoadPoint:
        """The load point of a case that runs once per point."""
        if self._point is None:
            raise BenchFault(f"{self.name} has no load point.")
        return self._point

    def energise(self) -> None:
        """Put reference voltage on the rack, without current, and on the meter what an earlier case left changed."""
        self.run.energise()
        if self.position.held:
            with opened(self.position.client("management")) as client:
                self.position.held.put_back(client)

    def together(self, key: str, measure: Callable[[], dict[str, Any]]) -> Any:
        """Measure every position at once under ``key`` and return what was seen at this one.

        Raises the fault that this position alone met.
        """
        seen = self.run.measure_together(key, measure)[self.position.name]
        if isinstance(seen, Exception):
            raise seen
        return seen

    def observe(self, kind: str, data: Mapping[str, Any]) -> Observation:
        """Record what was seen."""
        return self.run.observe(self.name, self.position.name, kind, data)

    def judge(
        self, judge: str, *observations: Observation, requirement: Requirement | None = None, sub: str = ""
    ) -> Verdict:
        """Let ``judge`` decide on the observations, and record the verdict."""
        name = f"{self.name}/{sub}" if sub else self.name
        verdict = self.run.judge(
            name, self.position.name, judge, requirement or self.requirement, observations
        )
        self.verdicts.append(verdict)
        return verdict

    def state(self, outcome: Outcome, reason: str, *, sub: str = "") -> Verdict:
        """Record a verdict of the bench itself: NOT_RUN, INAPPLICABLE or ERROR, with the reason."""
        name = f"{self.name}/{sub}" if sub else self.name
        verdict = self.run.state(name, self.position.name, self.requirement, outcome, reason)
        self.verdicts.append(verdict)
        return verdict

    def missing(self) -> str:
        """Return why this case cannot run here, or ""."""
        for need in sorted(self.case.needs):
            reason = _MISSING[need](self)
            if reason:
                return reason
        if self.case.alters and not self.case.sparing and not self.run.plan.alters:
            what = ", ".join(sorted(self.case.alters))
            return f"the plan {self.run.plan.name} leaves the meter as it was; this case alters {what}"
        if (
            self.case.irreversible
            and not self.run.rig.rig.virtual
            and not self.declaration.identity.sacrificial
        ):
            number = self.declaration.identity.serial_number
            return f"irreversible: the declaration of meter {number} does not say sacrificial = true"
        return ""

    def missing_pulses(self) -> str:
        """Return why no pulses can be counted under load here, or ""."""
        needs = (Need.SOURCE, Need.REFERENCE, Need.PULSES)
        return next((reason for need in needs if (reason := _MISSING[need](self))), "")

    def conclude(self) -> None:
        """Turn the worst verdict of the case into what pytest understands."""
        __tracebackhide__ = True
        if not self.verdicts:
            raise BenchFault("The case ended without a verdict.", remedy="This is a defect of the suite.")
        worst = max(self.verdicts, key=lambda verdict: verdict.outcome.severity)
        if worst.outcome is Outcome.FAILED:
            raise MeterFailure(worst.reason)
        if worst.outcome is Outcome.ERROR:
            raise BenchFault(worst.reason)
        if worst.outcome in {Outcome.INCONCLUSIVE, Outcome.INAPPLICABLE, Outcome.NOT_RUN}:
            pytest.skip(worst.reason)


def _role(role: str, word: str) -> Callable[[CaseBench], str]:
    return lambda bench: (
        "" if bench.run.rig.instrument_of_role(role) else _absent(bench, f"this rig has no {word}")
    )


def _pulses(bench: CaseBench) -> str:
    if bench.position.pulses_of and bench.case.stage > Stage.PAIRING:
        return (
            f'the pulse input of position "{bench.position.name}" leads to {bench.position.pulses_of}: '
            "exchange the scanning heads, or the inputs in the rig file"
        )
    return "" if bench.position.entry.pulse else _absent(bench, 'position "{}" has no pulse input')


def _hands(bench: CaseBench) -> str:
    return "" if bench.position.entry.actuators else _absent(bench, 'position "{}" has no actuators')


def _absent(bench: CaseBench, reason: str) -> str:
    """Return the reason; where there is no rig at all, that is the reason."""
    return reason.format(bench.position.name) if bench.run.rig.instrument else NO_RIG


def _association(name: str) -> Callable[[CaseBench], str]:
    def check(bench: CaseBench) -> str:
        association = bench.position.association(name)
        if association is None:
            return f'the declaration has no association "{name}"'
        if association.secret and bench.position.secret_of(association) is None:
            return f'the secret "{association.secret}" of the association "{name}" is not in the secrets file'
        return ""

    return check


def _vending_key(bench: CaseBench) -> str:
    sts = bench.declaration.sts
    if sts is None:
        return "the declaration has no [sts]"
    if bench.position.entry.tokens is not None:
        return ""
    if not sts.vending_key:
        return "the declaration names no sts.vending_key"
    return (
        ""
        if sts.vending_key in bench.position.secrets
        else f'the secret "{sts.vending_key}" is not in the secrets file'
    )


def _gateway(bench: CaseBench) -> str:
    sts = bench.declaration.sts
    return "" if sts is not None and "gateway" in sts.carriers else "no DLMS token gateway is declared"


def _token_entry(bench: CaseBench) -> str:
    """Return why no carrier takes tokens here, or "": the gateway needs management, the keypad somebody's hands."""
    sts = bench.declaration.sts
    if sts is None:
        return "the declaration has no [sts]"
    gateway = "the declaration lists no carrier"
    if "gateway" in sts.carriers:
        gateway = _MISSING[Need.MANAGEMENT](bench)
        if not gateway:
            return ""
    if "keypad" not in sts.carriers:
        return gateway
    return _MISSING[Need.HANDS](bench)


_MISSING: dict[Need, Callable[[CaseBench], str]] = {
    Need.METER: lambda _: "",
    Need.SOURCE: _role("source", "power source"),
    Need.REFERENCE: _role("reference", "reference standard"),
    Need.PULSES: _pulses,
    Need.HANDS: _hands,
    Need.READER: _association("reader"),
    Need.MANAGEMENT: _association("management"),
    Need.TOKEN_ENTRY: _token_entry,
    Need.VENDING_KEY: _vending_key,
    Need.TOKEN_GATEWAY: _gateway,
}
