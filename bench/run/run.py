"""One run: the rig, the positions, the run folder, and everything that is written into it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import secrets as random_source
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bench.clock import Clock, LabClock
from bench.errors import BenchError, LinkError
from bench.judgement.plan_rules import PlanRules
from bench.judgement.pronounce import pronounce, say_ourselves
from bench.judgement.registry import Context, judge_by_id
from bench.meter.dlms_client import Refused
from bench.meter.ledger import Ledger
from bench.meter.link import Tap
from bench.record.coverage import Coverage, Wanted, coverage
from bench.record.declared_keys import check_keys
from bench.record.exchange import Exchange
from bench.record.lock_file import LockFile
from bench.record.masking import mask
from bench.record.model import Observation, Outcome, Requirement, Verdict
from bench.record.run_folder import RecordFault, RunFolder
from bench.record.secrets import SecretStore
from bench.record.state_folder import state_folder
from bench.rig.holding import hold_rig, release
from bench.rig.load_settings import balanced_load
from bench.rig.master_meter import METHOD as BY_MASTER
from bench.rig.pulses import ArmedGates
from bench.rig.rack import Rack
from bench.run.exit_code import ExitCode
from bench.run.losses import Losses
from bench.run.options import RunOptions
from bench.run.plan import Plan, load_plan
from bench.run.position import Position
from bench.run.setting_up import DRAFT, Setting, default_plan, limits_of, open_clock, run_folder_path, set_up
from instruments.errors import InstrumentFault
from instruments.registry import find_driver
from instruments.roles import LoadSetting

#: Time a meter may take after voltage is applied before it is spoken to (functional within 5 s: accuracy.md 1.4).
START_UP_S = 5.0

#: What is our own trouble, never the meter's.
Fault = BenchError | InstrumentFault


class Run:
    """A run from options to the last line of its folder. Nothing is energised before ``rack`` is first used."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        named = (
            load_plan(options.plan) if options.plan else None
        )  # before a laboratory is started for nothing
        self.setting: Setting = set_up(options)
        self.rig = self.setting.rig
        self.declarations = self.setting.declarations
        self.plan: Plan = named or load_plan(default_plan(self.rig))
        self.rules = PlanRules.from_json(self.plan.model_dump(mode="json"))
        self.verdicts: list[Verdict] = []
        self.wanted: list[tuple[str, str]] = []
        self.shared: dict[str, dict[str, Any] | BenchError | InstrumentFault] = {}
        self.current_case = ""
        #: Gates armed before their load point's turn, and the load they belong to.
        self.ahead: tuple[LoadSetting, ArmedGates] | None = None
        #: The first observation of each load point, by position and point.
        self.measured_points: dict[tuple[str, str], Observation] = {}
        #: What went wrong with the bench itself at the end; shown to the user, and never exit code 0.
        self.trouble: list[str] = []
        self._traffic: dict[tuple[str, str], list[tuple[int, int]]] = {}
        #: What went over each position's line, as recorded, for the judge that watches it all.
        self.exchanges: dict[str, dict[str, Exchange]] = {}
        self._rack: Rack | BenchError | InstrumentFault | None = None
        self.started = False
        self.clock: Clock
        self.folder: RunFolder
        self.session: dict[str, Any] = {}
        self.positions: dict[str, Position] = {}
        self.ledgers: dict[str, Ledger] = {}
        #: What the run is going to alter and spend, said before it begins.
        self.forecast: list[str] = []
        self.selected: Sequence[str] = ()
        self._held: list[LockFile] = []
        self.losses = Losses(self)

    # -- life of a run

    def start(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Open the clock and the run folder. Raises PlanError or a fault that says what to mend."""
        self.wanted = list(wanted)
        if self.setting.laboratory is None:  # nobody else knows the one that was started for this run
            self._held = hold_rig(self.rig, what=" ".join(self.options.command) or "a run")
        stores = {
            entry.name: SecretStore(file=self.options.secrets or entry.secrets) for entry in self.rig.position
        }
        for name, store in stores.items():
            check_keys(self.declarations[name], store)
        self.clock = open_clock(self.rig)
        started = self.clock.utc()
        run_id = f"{started:%Y%m%dT%H%M%SZ}-{random_source.token_hex(3)}"
        self.folder = RunFolder.create(run_folder_path(self.options, run_id))
        for entry in self.rig.position:
            store = stores[entry.name]
            self.folder.add_secrets(entry.name, store)
            ledger = self.ledgers[entry.name] = self._open_ledger(entry.name, run_id)
            self.positions[entry.name] = Position(
                entry.model_copy(update={"tokens": self.options.tokens or entry.tokens}),
                self.declarations[entry.name],
                store,
                self.clock,
                partial(self._tap, entry.name),
                ledger,
            )
        try:
            identities = self.rack.identities if self.rig.instrument else {}
        except (BenchError, InstrumentFault):
            identities = {}
        for draft in self.setting.drafts.values():
            (self.folder.path / DRAFT).write_text(draft, encoding="utf-8")
        self.session = self._session(run_id, started.isoformat(), identities)
        self.folder.write_session(self.session)
        self.started_s = self.clock.now()
        self.started = True
        self.event("run-started", plan=self.plan.name, wanted=len(self.wanted))

    def power_off(self) -> None:
        """Take all power away and prove it; what goes wrong stands in ``trouble`` and in the record."""
        if isinstance(self._rack, Rack):
            if self.losses.bench:
                self.trouble.extend(self._made_safe(self._rack))
                return
            try:
                self._rack.switch_off()
            except (BenchError, InstrumentFault) as fault:
                self.trouble.append(str(fault))
                with contextlib.suppress(pytest.exit.Exception):  # that too is in ``trouble``
                    self.event("switch-off-trouble", message=str(fault))

    def dead_part(self) -> str:
        """Return which part of the bench does not answer any more, and how that shows; "" where all do."""
        try:
            if isinstance(self.clock, LabClock):
                self.clock.see_that_it_runs()
        except InstrumentFault as fault:
            return f"the laboratory is gone ({fault.message.rstrip('.')})"
        if isinstance(self._rack, Rack):
            for name, opened in self._rack.instruments.items():
                try:
                    opened.identify()
                except InstrumentFault as fault:
                    return f"the instrument {name} is gone ({fault.message.rstrip('.')})"
        return ""

    def give_up(self, reason: str) -> None:
        """Take all power away at once, because the bench is not whole any more."""
        self.event("bench-lost", message=reason)
        if isinstance(self._rack, Rack):
            self._made_safe(self._rack)

    def _made_safe(self, rack: Rack) -> list[str]:
        """Switch off over connections of its own; return, and record, what could not be proven off."""
        found = [
            f"The source could not be proven off. Take its power away by hand. ({trouble})"
            for trouble in rack.safe_state()
        ]
        for trouble in found:
            with contextlib.suppress(pytest.exit.Exception):  # a full disk is in ``trouble`` already
                self.event("switch-off-trouble", message=trouble)
        return found

    def finish(self, exit_code: int, wall_time_s: float) -> None:
        """Write the last event. The laboratory is ended by ``close``."""
        given = self.coverage()
        self.event(
            "run-finished",
            exit_code=exit_code,
            bench_time_s=self.clock.now() - self.started_s,
            wall_time_s=wall_time_s,
            verdicts_given=given.n_given,
            verdicts_wanted=given.n_wanted,
        )
        self.folder.close()

    def close(self) -> None:
        """Close every session and end the laboratory; idempotent, whatever happened before."""
        for position in self.positions.values():
            position.link.close()
        if isinstance(self._rack, Rack):
            self._rack.close()
        self._rack = None
        for ledger in self.ledgers.values():
            ledger.close()
        release(self._held)
        if self.setting.laboratory is not None:
            self.setting.laboratory.stop()

    def coverage(self) -> Coverage:
        """Return how much of what the plan wants has been given so far."""
        return coverage(
            (Wanted(case=case, position=position) for case, position in self.wanted), self.verdicts
        )

    # -- power

    @property
    def rack(self) -> Rack:
        """The rack, opened at first use. A rack that could not be opened raises the same fault every time."""
        if self._rack is None:
            try:
                self._rack = Rack(
                    self.rig, self.clock, limits_of(self.rig, self.declarations), live=self.options.live
                )
            except (BenchError, InstrumentFault) as fault:
                self._rack = fault
        if isinstance(self._rack, Exception):
            raise self._rack
        return self._rack

    def energise(self) -> None:
        """Put reference voltage on all positions, without current; a meter reached without a rig is left alone."""
        if not self.rig.instrument:
            return
        self.rack.forget_load()
        cold = self.rack.load is None
        self.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        if cold:
            self.clock.sleep(START_UP_S)

    def load(self, *, voltage_factor: float, current_a: float, lag_deg: float) -> None:
        """Apply a balanced load; voltage as a factor of Un."""
        plate = next(iter(self.declarations.values())).nameplate
        self.rack.apply(
            balanced_load(
                elements=plate.elements,
                voltage_v=plate.voltage_v * voltage_factor,
                current_a=current_a,
                lag_deg=lag_deg,
                frequency_hz=plate.frequency_hz,
            )
        )

    def standard_calibration(self, method: str = "") -> dict[str, Any]:
        """Return what the rig file says of the certificate of what gave the energy, for observations.

        That is the reference standard, unless the ``method`` takes the energy from a master meter.
        """
        master = self.rig.master_meter
        if method == BY_MASTER and master is not None:
            return {"name": "master meter", **master.calibration.model_dump(mode="json")}
        entry = self.rig.instrument_of_role("reference")
        return {"name": entry.name, **entry.calibration.model_dump(mode="json")} if entry is not None else {}

    # -- record

    def event(self, event: str, **data: Any) -> None:
        """Write an event with the bench time."""
        with self._recording():
            self.folder.append_event(event, time_s=self.clock.now(), utc=self.clock.utc().isoformat(), **data)

    def observe(self, case: str, position: str, kind: str, data: Mapping[str, Any]) -> Observation:
        """Write an observation and return it."""
        with self._recording():
            return self.folder.append_observation(
                case=case,
                position=position,
                kind=kind,
                time_s=self.clock.now(),
                utc=self.clock.utc().isoformat(),
                data=data,
            )

    def judge(
        self,
        case: str,
        position: str,
        judge: str,
        requirement: Requirement,
        observations: Sequence[Observation],
    ) -> Verdict:
        """Let the judge ``name/version`` decide, and write the verdict."""
        verdict = pronounce(
            judge_by_id(judge),
            observations,
            requirement,
            Context(
                declaration=self.declarations[position],
                plan=self.rules,
                session=self.session,
                recorded=self.exchanges.get(position, {}),
            ),
            case=case,
            position=position,
            traffic=self._traffic_of(position),
            mandatory=self.plan.mandatory(case),
            time_s=self.clock.now(),
            utc=self.clock.utc().isoformat(),
        )
        return self._write(verdict)

    def state(
        self, case: str, position: str, requirement: Requirement, outcome: Outcome, reason: str
    ) -> Verdict:
        """Write a verdict that no judge gives: NOT_RUN, INAPPLICABLE, INCONCLUSIVE or ERROR.

        What nobody declared excludes nothing, so a drafted declaration makes no case INAPPLICABLE.
        """
        if outcome is Outcome.INAPPLICABLE and position in self.setting.drafts:
            outcome = Outcome.NOT_RUN
            reason = f"nobody declared this meter, its declaration is a draft: {reason}"
        verdict = say_ourselves(
            outcome,
            reason,
            requirement,
            case=case,
            position=position,
            mandatory=self.plan.mandatory(case),
            serial_number=self.declarations[position].identity.serial_number,
            time_s=self.clock.now(),
            utc=self.clock.utc().isoformat(),
        )
        return self._write(verdict)

    def _write(self, verdict: Verdict) -> Verdict:
        with self._recording():
            self.folder.append_verdict(verdict)
        shown = replace(
            verdict, reason=mask(verdict.reason, [item.secrets for item in self.positions.values()])
        )
        self.verdicts.append(shown)
        return shown

    def _traffic_of(self, position: str) -> tuple[str, ...]:
        """Return the ids of the octets exchanged with a position under the current case, as ranges."""
        ranges = self._traffic.get((self.current_case, position), ())
        return tuple(f"T{first}" if first == last else f"T{first}-T{last}" for first, last in ranges)

    def at_each(self, action: Callable[[Position], dict[str, Any]]) -> dict[str, dict[str, Any] | Fault]:
        """Do something at every position in turn; one that cannot be reached does not stop the others.

        Returns per position what the action gave, or the fault it met.
        """
        found: dict[str, dict[str, Any] | Fault] = {}
        for name, position in self.positions.items():
            try:
                found[name] = action(position)
            except (BenchError, InstrumentFault) as fault:
                found[name] = fault
            except Refused as refusal:
                found[name] = LinkError(f"The meter refused what the measurement builds on: {refusal}.")
        return found

    def measure_together(self, key: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Measure all positions at once, the first time ``key`` is asked for; a fault is remembered too.

        The result of a position may be a fault of its own, which ``CaseBench.together`` raises there alone.
        """
        if key not in self.shared:
            try:
                self.shared[key] = measure()
            except (BenchError, InstrumentFault) as fault:
                self.shared[key] = fault
        result = self.shared[key]
        if isinstance(result, Exception):
            raise result
        return result

    def record_history(self) -> None:
        """Write down what the standard read in the minute before a fault."""
        if isinstance(self._rack, Rack) and (readings := self._rack.history()):
            self.event("readings-before-fault", readings=readings)

    # -- inside

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        """End the session when the record cannot be continued; what is written so far stands."""
        try:
            yield
        except RecordFault as fault:
            self.trouble.append(str(fault))
            raise pytest.exit.Exception(str(fault), returncode=int(ExitCode.UNDECIDED)) from fault

    def _open_ledger(self, position: str, run_id: str) -> Ledger:
        """Open the ledger of a meter; that of a laboratory meter ends with the run, so it lies in its folder."""
        declared = self.declarations[position]
        home = self.folder.path if self.rig.rig.virtual else state_folder(self.options.state_dir)
        return Ledger.open(
            home,
            declared.identity.serial_number,
            declared.sts.meter_pan if declared.sts is not None else "",
            run_id=run_id,
            utc=self.clock.utc,
        )

    def _tap(self, position: str, port: str = "") -> Tap:
        def tap(direction: str, octets: bytes) -> None:
            with self._recording():
                exchange = self.folder.append_exchange(
                    position=position,
                    case=self.current_case,
                    time_s=self.clock.now(),
                    direction=direction,
                    octets=octets,
                    port=port,
                )
            self.exchanges.setdefault(position, {})[exchange.id] = exchange
            ranges = self._traffic.setdefault((self.current_case, position), [])
            number = int(exchange.id[1:])
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))

        return tap

    def _session(self, run_id: str, started_utc: str, identities: Mapping[str, str]) -> dict[str, Any]:
        return {
            "run_id": run_id,
            "started_utc": started_utc,
            "software": {
                "name": "meterbench",
                "version": importlib.metadata.version("meterbench"),
                "python": platform.python_version(),
            },
            "command": list(self.options.command),
            "selected": list(self.selected),
            "seed": self.options.seed,
            "confirmed_rows": list(self.setting.confirmed),
            "plan": {
                **self.rules.to_json(),
                "hash": self.plan.hash,
                "settings": self.plan.model_dump(mode="json"),
            },
            "rig": {
                "name": self.rig.rig.name,
                "virtual": self.rig.rig.virtual,
                "clock": self.rig.clock.kind,
                "live": self.options.live,
                "safety": self.rig.safety.model_dump(),
                "instruments": [
                    {
                        "name": entry.name,
                        "role": entry.role,
                        "driver": entry.driver,
                        "resource": entry.resource,
                        "identity": identities.get(entry.name, "not read"),
                        "calibration": entry.calibration.model_dump(mode="json"),
                        "command_confidence": _confidence(entry.driver),
                    }
                    for entry in self.rig.instrument
                ],
            },
            "positions": [
                {
                    "name": entry.name,
                    "meter": entry.meter,
                    "serial_number": self.declarations[entry.name].identity.serial_number,
                    "declaration": self.declarations[entry.name].to_json(),
                    "drafted": entry.name in self.setting.drafts,
                }
                for entry in self.rig.position
            ],
            "wanted": [{"case": case, "position": position} for case, position in self.wanted],
        }


def _confidence(driver: str) -> dict[str, Any]:
    """Return how sure we are of a driver's commands, with every uncertain leaf, as JSON values."""
    confidence = find_driver(driver).command_confidence
    return {
        "summary": confidence.summary.value,
        "uncertain": [
            {"leaf": leaf.leaf, "confidence": leaf.confidence.value, "why": leaf.why}
            for leaf in confidence.uncertain
        ],
    }
