"""The rack: source, reference standard, counter and hands, shared by all positions.

One process, one load at a time for every position. Order of safety: limits first, voltage before current,
off in reverse, proven dead by the reference standard.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, cast

from bench.clock import Clock
from bench.errors import BenchError, BenchFault
from bench.rig.agreement import STANDING, UNKNOWN_SOURCE, Agreement, disagreement
from bench.rig.emergency import sources_to_watch
from bench.rig.envelope import deviation
from bench.rig.instrument_set import InstrumentSet
from bench.rig.limits import Limits
from bench.rig.live import allow_output
from bench.rig.load_settings import scaled, voltages, without_current
from bench.rig.rig_file import RigFile
from bench.rig.supervision import Supervision
from bench.rig.watched_standard import WatchedStandard
from instruments.errors import InstrumentFault
from instruments.roles import (
    CurrentInterrupter,
    LoadSetting,
    Readings,
    ReferenceStandard,
)

#: How often a standing load is looked at, in bench time: on a real rig, and where time is simulated.
SUPERVISION_S, LABORATORY_SUPERVISION_S = 0.5, 300.0
#: Below this the standard proves the rack dead (V, A).
DEAD_VOLTAGE_V = 5.0
DEAD_CURRENT_A = 0.05


class Rack(InstrumentSet):
    """Instruments opened by role, and the load that stands now."""

    def __init__(self, rig: RigFile, clock: Clock, limits: Limits, *, live: bool = False) -> None:
        super().__init__(rig)
        self.clock, self.limits = clock, limits
        self.live = live
        self._load: LoadSetting | None = None
        self._ranges_held = False
        self._changing = False
        self._flowing_share: float | None = 1.0
        self._watched: WatchedStandard | None = None
        self._confirmed: tuple[float, Readings] | None = None
        self._reading_due_s: float | None = None
        self._supervision: Supervision | None = None
        try:
            self._start_supervision()
            self.open_all(self._supervision.relays if self._supervision is not None else {})
            if self.has("source"):
                self.limits = limits.within(self.source.limits())
        except BaseException:
            self.close()
            raise
        every_s = SUPERVISION_S if rig.clock.kind == "wall" else LABORATORY_SUPERVISION_S
        clock.supervise(self._sample, every_s)

    def _start_supervision(self) -> None:
        """Start the supervisor process; simulated time needs none, because it ends with the bench."""
        watched = sources_to_watch(self.rig) if self.rig.clock.kind == "wall" else []
        if not watched:
            return
        self._supervision = Supervision(
            watched,
            emergency_off=self.safe_state,
            exchanges=self.exchanges,
            energised=lambda: self._load is not None or self._changing,
            feed=self.feed_watchdog if self.rig.safety.watchdog else None,
        )

    @property
    def standard(self) -> ReferenceStandard:
        if self._watched is None:
            standard = cast("ReferenceStandard", self.of_role("reference"))
            self._watched = WatchedStandard(standard, self.clock)
        return cast("ReferenceStandard", self._watched)

    @property
    def load(self) -> LoadSetting | None:
        """The load that stands, or None when the output is off."""
        return self._load

    def apply(self, setting: LoadSetting, *, settled: Callable[[], None] | None = None) -> None:
        """Bring the source to ``setting`` and let it settle; the standard confirms that it is there.

        ``settled`` is called between the two, if there was anything to change: to arm what needs no confirmation.
        Raises SafetyTrip before any byte is sent if a limit is crossed, BenchFault if the load does not come up.
        """
        self.limits.check(setting)
        if setting != self._load:
            self._change_to(setting)
            if settled is not None:
                settled()
            self._confirm(setting)

    def probe(self, setting: LoadSetting) -> Readings:
        """Bring the source to ``setting`` without believing it; return what the standard reads.

        For the check of the wiring, where the readings are the question. The same limits hold.
        """
        self.limits.check(setting)
        self._change_to(setting)
        readings = self.readings()
        self._load = setting
        return readings

    def _change_to(self, setting: LoadSetting) -> None:
        allow_output(self.rig, live=self.live)
        self.check_safety_inputs()
        self._check_alarm()
        self._changing, self._reading_due_s = True, None
        try:
            self._bring_to(setting)
        except BaseException:
            if not self.source_answers_on():
                self._load = None
            raise
        finally:
            self._changing = False

    def _bring_to(self, setting: LoadSetting) -> None:
        source, standard = self.source, self.standard
        highest_v = max(phase.voltage_rms_v for phase in setting.phases)
        highest_a = max(phase.current_rms_a for phase in setting.phases)
        if self._load is None:
            steps = getattr(source, "RAMP_STEPS", 0)
            self.clock.sleep(source.apply(scaled(without_current(setting), 1 / (steps + 1))))
            self.clock.sleep(source.switch_on())
            for step in range(2, steps + 2):  # the source has no soft start of its own
                self.clock.sleep(source.apply(scaled(without_current(setting), step / (steps + 1))))
            if not source.is_on():
                raise BenchFault(
                    "The source did not come on.", remedy="Check the voltage circuits and its front panel."
                )
            standing = without_current(setting)
        elif voltages(self._load) != voltages(setting):
            if self._load != without_current(self._load):
                self.clock.sleep(source.apply(without_current(self._load)))
            standing = without_current(setting)
            self.clock.sleep(source.apply(standing))
        else:
            standing = self._load
        falling = self._load is not None and highest_a < max(
            phase.current_rms_a for phase in self._load.phases
        )
        if falling:  # a range too small for the current that still flows would be an overload
            self.clock.sleep(source.apply(setting))
        self._load = setting if falling else without_current(setting)
        settling_s = 0.0
        if not self._ranges_held and (highest_a > 0.0 or not falling):  # no current fits into any range
            settling_s = standard.select_ranges(highest_v, highest_a)
        if not falling and standing != setting:
            # the ranges are there already; standard and source settle at the same time
            settling_s = max(settling_s, source.apply(setting))
        self.clock.sleep(settling_s)
        self._load = setting

    @contextlib.contextmanager
    def abnormal_voltage(self, limit_v: float, *, by: str) -> Iterator[None]:
        """Arm the case's own voltage limit in place of the nameplate's; afterwards the old one holds again.

        Rig file and source still bind. The load is taken off before the old limit comes back if it is above it.
        """
        before, self.limits = self.limits, self.limits.armed(limit_v, by=by)
        try:
            yield
        finally:
            self.limits = before
            if self._load is not None and any(
                phase.voltage_rms_v > before.voltage_max_v for phase in self._load.phases
            ):
                self.switch_off()

    def momentary(self, setting: LoadSetting, duration_s: float) -> None:
        """Bring the source to ``setting`` for a moment and back to the load that stands; nothing is confirmed.

        The moment lasts ``duration_s`` and what the source takes to settle, twice.

        Raises SafetyTrip before any byte is sent if a limit is crossed, BenchFault where no load stands.
        """
        if self._load is None:
            raise BenchFault("Nothing stands that a moment could interrupt.")
        self.limits.check(setting)
        self._changing = True
        try:
            self.clock.sleep(self.source.apply(setting) + duration_s)
            self.clock.sleep(self.source.apply(self._load))
        finally:
            self._changing = False

    @contextlib.contextmanager
    def bursts(self, interrupter: CurrentInterrupter, cycles: tuple[int, int]) -> Iterator[None]:
        """Let the current through for whole cycles (on, off) during the block, for the standard too."""
        interrupter.interrupt_cycles(*cycles)
        try:
            self._flowing(cycles[0] / sum(cycles))
            yield
        finally:
            interrupter.interrupt_end()
            self._flowing(1.0)

    @contextlib.contextmanager
    def switching(self, interrupter: CurrentInterrupter, on_s: float, off_s: float) -> Iterator[None]:
        """Switch the current on and off during the block; no reading then says whether the load stands."""
        interrupter.interrupt_seconds(on_s, off_s)
        try:
            self._flowing(None)
            yield
        finally:
            interrupter.interrupt_end()
            self._flowing(1.0)

    def _flowing(self, share: float | None) -> None:
        self._flowing_share, self._reading_due_s, self._confirmed = share, None, None

    @contextlib.contextmanager
    def seldom_supervised(self, every_s: float) -> Iterator[None]:
        """Look at the standing load only so often while simulated time passes; on a real rig nothing changes."""
        if self.rig.clock.kind == "wall":
            yield
            return
        self.clock.supervise(self._sample, every_s)
        try:
            yield
        finally:
            self.clock.supervise(self._sample, LABORATORY_SUPERVISION_S)

    def require_valid_standard(self) -> None:
        """Raise BenchFault if the certificate of the reference standard, or of a master meter, has run out."""
        entry, master = self.rig.instrument_of_role("reference"), self.rig.master_meter
        for what, owner in (
            (f"reference standard {entry.name if entry else ''}", entry),
            ("master meter", master),
        ):
            due = owner.calibration.due if owner is not None else None
            if due is not None and due < self.clock.utc().date():
                raise BenchFault(
                    f"The calibration of the {what} was due on {due}.",
                    remedy="Have it calibrated, and enter the new certificate in the rig file.",
                )

    @contextlib.contextmanager
    def counting_energy(self, voltage_v: float, current_a: float) -> Iterator[None]:
        """Let the standard count energy during the block, in ranges that hold these rms values throughout.

        A change of range would end the count, so the loads within the block do not change it.
        """
        self.require_valid_standard()
        self.clock.sleep(self.standard.select_ranges(voltage_v, current_a))
        self.standard.start_energy()
        self._ranges_held = True
        try:
            yield
        finally:
            self._ranges_held = False

    def readings(self) -> Readings:
        """Return one fresh set of readings of the reference standard."""
        self.clock.sleep(self.standard.start_reading())
        return self.standard.collect_reading()

    def readings_now(self) -> Readings:
        """Return what confirmed the load if no time has passed since, else fresh readings."""
        if self._confirmed is not None and self._confirmed[0] == self.clock.now():
            return self._confirmed[1]
        return self.readings()

    @property
    def steady(self) -> bool:
        """Whether the current flows without pauses, so that one reading speaks for a whole gate."""
        return self._flowing_share == 1.0

    def _agreement(self) -> Agreement:
        """Return how near the standard has to be to the source: by the rig file, else by the source's driver."""
        entry = self.rig.instrument_of_role("source")
        value_pct, angle_deg = getattr(
            self.source, "KEEPS_WITHIN", (UNKNOWN_SOURCE.value_pct, UNKNOWN_SOURCE.angle_deg)
        )
        if entry is not None:
            value_pct = entry.keeps_within_pct or value_pct
            angle_deg = entry.keeps_within_deg or angle_deg
        return Agreement(value_pct=value_pct, angle_deg=angle_deg)

    def history(self) -> list[dict[str, Any]]:
        """Return what the standard read in the last minute, for the record of a fault."""
        return self._watched.history() if self._watched is not None else []

    def _confirm(self, setting: LoadSetting) -> None:
        if not self.source.is_on():
            self._load = None
            raise BenchFault(
                "The source tripped while the load was applied.",
                remedy="Is a current loop open at one of the positions?",
            )
        readings = self.readings()
        if len(readings.phases) < len(setting.phases):
            raise BenchFault(
                f"The load has {len(setting.phases)} phases, the reference standard shows {len(readings.phases)}.",
                remedy="Use a standard that sees every phase of the load.",
            )
        if readings.overload:
            self.switch_off()
            raise BenchFault(
                "The reference standard is in overload.", remedy="Check its ranges and the connections."
            )
        share = self._flowing_share or 1.0
        wrong = deviation(setting, readings, flowing_share=share)
        if wrong:
            self.safe_state()
            raise BenchFault(
                f"{wrong}.", remedy="Is every loop closed through all positions, and every lead in place?"
            )
        wrong = disagreement(setting, readings, self._agreement(), flowing_share=share)
        if wrong:
            self.safe_state()
            raise BenchFault(
                f"{wrong}.",
                remedy="Try the wiring with `meterbench rig check`; look at ratios, ranges and measuring mode of the "
                "standard.",
            )
        self._confirmed = (self.clock.now(), readings)

    # supervision, during the waits of the clock

    def _sample(self) -> None:
        """Look at what stands: the supervisor, the safety inputs, the source, the standard's readings.

        Raises BenchFault, with everything off, for what is not as it should be.
        """
        self._check_alarm()
        if self._load is None or self._changing:
            return
        try:
            self.check_safety_inputs()
            self._check_standing_load(self._load)
        except InstrumentFault as fault:
            self.safe_state()
            raise BenchFault(f"Supervision lost an instrument: {fault}") from fault
        except BenchError:
            self.safe_state()
            raise

    def _check_alarm(self) -> None:
        if self._supervision is not None and self._supervision.alarm:
            self.safe_state()
            self._supervision.check()

    def _check_standing_load(self, load: LoadSetting) -> None:
        if not self.source.is_on():
            raise BenchFault(
                "The source switched itself off under load.",
                remedy="Is a current loop open at one of the positions?",
            )
        if not self.has("reference") or self._flowing_share is None:
            return
        standard = cast("WatchedStandard", self.standard)
        if standard.reading:
            return
        if self._reading_due_s is None or standard.disturbed:
            self._reading_due_s = self.clock.now() + standard.start_reading()
            standard.reading = standard.disturbed = False
        elif self.clock.now() >= self._reading_due_s:
            self._reading_due_s = None
            seen = standard.collect_reading()
            if seen.overload:
                raise BenchFault("The reference standard is in overload.", remedy="Check ranges and wiring.")
            wrong = deviation(load, seen, standing=True, flowing_share=self._flowing_share) or disagreement(
                load, seen, STANDING, flowing_share=self._flowing_share
            )
            if wrong:
                raise BenchFault(f"The load does not stand any more: {wrong}.")

    def forget_load(self) -> None:
        """Note that the load may no longer stand (a meter opened its switch): the next apply starts from off."""
        if self._load is not None and not self.source.is_on():
            self._load = None

    def still_loaded(self) -> None:
        """Raise BenchFault if the source has tripped since the load was applied: what was counted means nothing."""
        if self._load is not None and not self.source.is_on():
            raise BenchFault(
                "The source tripped during the measurement.",
                remedy="Is a current loop open at one of the positions?",
            )

    def switch_off(self) -> None:
        """Current to zero, then voltage off, then proven dead by the standard."""
        if self._load is not None and self.source.is_on():
            self.clock.sleep(self.source.apply(without_current(self._load)))
        self.source.switch_off()
        self._load = None
        if self.has("reference"):
            readings = self.readings()
            for number, seen in enumerate(readings.phases, start=1):
                if seen.voltage_v > DEAD_VOLTAGE_V or seen.current_a > DEAD_CURRENT_A:
                    raise BenchFault(
                        f"L{number} is not dead after switching off: {seen.voltage_v:.1f} V, {seen.current_a:.3f} A.",
                        remedy="Do not touch; remove power at the emergency stop.",
                    )

    def safe_state(self) -> tuple[str, ...]:
        """Take all power away, whatever the state, and forget the load; return what could not be proven off."""
        with self._making_safe:
            self._load = None
            return super().safe_state()

    def close(self) -> None:
        """Make safe, end the supervisor, close every session."""
        self.clock.supervise(None)
        self.safe_state()
        if self._supervision is not None:
            self._supervision.stop()
            self._supervision = None
        self.close_all()
