"""What the bench says of a rig with a fault: a wrong number must never come out.

``python benchmarks/rig_faults.py [FAULT ...]`` (all by default; ``--list`` names them) starts a virtual laboratory
whose instruments have a fault of the rig, not of the meter, runs a few load points on two positions (the first by the
error calculator of the standard, the second by the counter's time stamps), and prints what became of them. A load point
is ``wrong`` when its number misses the true error, known from the product's residuals, by more than its own U95, or
when it is FAILED. Exit 1 for a wrong number.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
POSITIONS, SEED, PRODUCT = 2, 7, "dts722"
PLAN = """name = "points"
optional = ["*"]
cases = ["accuracy/position_pairing", "accuracy/register_range", "accuracy/load_point/Itr-pf1",
         "accuracy/load_point/In-pf1", "accuracy/load_point/In-pf0.5ind",
         "accuracy/load_point/Imax-pf1"]
"""
PATHS = tuple(f"suites/accuracy/test_{name}.py" for name in ("position_pairing", "load_points", "registers"))
POINT = "accuracy/load_point/"
WORSE = ("ERROR", "INCONCLUSIVE", "NOT_RUN")
Sabotage = Callable[[], None]


# what can be wrong with a rig; each is called in the laboratory's process before it starts


def _nothing() -> None:
    """No fault at all."""


def _standard_sees(change: Callable[[Sequence[Any]], Sequence[Any]]) -> Sabotage:
    """Return a fault between the terminals and the inputs of the standard."""

    def apply() -> None:
        from reference_meter.lab.plants import RackPlant

        inputs, energy = RackPlant.inputs, RackPlant.true_energy_wh
        factor: dict[str, float] = {}

        def changed(self: Any) -> Any:
            return tuple(change(inputs(self)))

        def counted(self: Any) -> Any:
            true = energy(self)
            now_s = self.now()
            last_s, seen, before = getattr(self, "_seen", (now_s, [0.0] * len(true), true))
            power = [
                (phase.power_w, other.power_w)
                for phase, other in zip(changed(self), inputs(self), strict=True)
            ]
            for index, (said, is_w) in enumerate(power):
                step = true[index] - before[index]
                seen[index] += step * said / is_w if is_w else said * (now_s - last_s) / 3600
            self._seen = (now_s, seen, true)
            return tuple(seen)

        del factor
        RackPlant.inputs = changed  # type: ignore[method-assign]
        RackPlant.true_energy_wh = counted  # type: ignore[method-assign]

    return apply


def _source_sends(change: Callable[[list[Any]], list[Any]], hertz: float = 1.0) -> Sabotage:
    """Return a fault between the source's settings and its terminals."""

    def apply() -> None:
        from reference_meter.lab.plants import RackPlant

        drive = RackPlant.drive

        def changed(self: Any, phases: Sequence[Any], frequency_hz: float) -> None:
            drive(self, change(list(phases)), frequency_hz * hertz)

        RackPlant.drive = changed  # type: ignore[method-assign]

    return apply


def _scaled(
    name: str, share: float, phases: Sequence[int] = (0, 1, 2)
) -> Callable[[Sequence[Any]], list[Any]]:
    def change(seen: Sequence[Any]) -> list[Any]:
        return [
            replace(phase, **{name: getattr(phase, name) * share}) if index in phases else phase
            for index, phase in enumerate(seen)
        ]

    return change


def _turned(degrees: float | None, phases: Sequence[int] = (0, 1, 2)) -> Callable[[Sequence[Any]], list[Any]]:
    """Return a change of the lag; None: its sign."""

    def change(seen: Sequence[Any]) -> list[Any]:
        return [
            replace(
                phase,
                current_lag_deg=-phase.current_lag_deg
                if degrees is None
                else phase.current_lag_deg + degrees,
            )
            if index in phases
            else phase
            for index, phase in enumerate(seen)
        ]

    return change


def _swapped_currents(seen: Sequence[Any]) -> list[Any]:
    first, second, third = seen
    return [
        first,
        replace(second, current_lag_deg=second.current_lag_deg + 120.0),
        replace(third, current_lag_deg=third.current_lag_deg - 120.0),
    ]


def _distorted(phases: list[Any]) -> list[Any]:
    from instruments.virtual.plant import Harmonic

    return [
        replace(
            phase,
            current_a=phase.current_a * 0.95,
            current_harmonics=(Harmonic(order=3, rms=phase.current_a * 0.31, angle_deg=0.0),),
        )
        if phase.current_a
        else phase
        for phase in phases
    ]


def _twin(patch: Callable[[Any, Any], None]) -> Sabotage:
    def apply() -> None:
        from instruments.virtual.keysight_53230a import VirtualCounter
        from instruments.virtual.zera_com5003 import VirtualCom5003

        patch(VirtualCom5003, VirtualCounter)

    return apply


def _frozen_readings(standard: Any, _counter: Any) -> None:
    """The first reading under current stays for good."""
    over = standard._interval_over

    def frozen(self: Any) -> None:
        over(self)
        kept = getattr(self, "_kept", None)
        if kept is None and self._last.power_w[0] > 100.0:
            self._kept = kept = self._last
        if kept is not None:
            self._last = kept

    standard._interval_over = frozen


def _frozen_power(standard: Any, _counter: Any) -> None:
    """Only the power stays: voltages and currents follow."""
    over = standard._interval_over

    def frozen(self: Any) -> None:
        over(self)
        now = self._last
        if getattr(self, "_kept", None) is None and now.power_w[0] > 1000.0:
            self._kept = now.power_w
        if getattr(self, "_kept", None) is not None and now.power_w[0] > 100.0:
            self._last = replace(now, power_w=self._kept)

    standard._interval_over = frozen


def _nan_power(standard: Any, _counter: Any) -> None:
    """The power is not a number in every third reading."""
    over = standard._interval_over

    def broken(self: Any) -> None:
        over(self)
        self._turn = getattr(self, "_turn", 0) + 1
        if self._turn % 3 == 0:
            self._last = replace(self._last, power_w=(math.nan,) * 3)

    standard._interval_over = broken


def _range_stuck(standard: Any, _counter: Any) -> None:
    """The current range says it changed, and stays."""
    declare = standard._declare_range

    def stuck(self: Any, channel: str, index: int, ranges: Any, selected: Any) -> None:
        declare(self, channel, index, ranges, selected)
        if channel.startswith("IL"):
            self.tree.add(f"SENSe:RNG1:{channel}:RANGe", lambda _call: None, parameters=1)

    standard._declare_range = stuck


def _reference_constant(standard: Any, _counter: Any) -> None:
    """The constant that the standard tells is that of another range than it counts in."""
    declare = standard._declare_error_calculator

    def wrong(self: Any) -> None:
        declare(self)
        base = "CALCulate:EC01:0001"
        told = self.inputs.reference_constant_imp_per_kwh
        self.tree.add(f"{base}:REFConstant?", lambda _call: repr(told() * 2.0))

    standard._declare_error_calculator = wrong


def _calculator_scale(standard: Any, _counter: Any) -> None:
    """The error calculator counts 1.5 % too much energy; the readings are right."""
    declare = standard._declare_error_calculator

    def wrong(self: Any) -> None:
        declare(self)
        test, base = self._calculator, "CALCulate:EC01:0001"

        def result() -> float:
            counts = test._result[0] * 1.015
            return 100.0 * (test.target() - counts) / counts if counts else math.nan

        self.tree.add(f"{base}:ENFinal?", lambda _call: repr(test.final_energy_kwh() * 1.015))
        self.tree.add(f"{base}:RESult?", lambda _call: repr(result()))

    standard._declare_error_calculator = wrong


def _energy_scale(standard: Any, _counter: Any) -> None:
    """The energy register counts 8 % too much."""
    declare = standard._declare_energy

    def wrong(self: Any) -> None:
        declare(self)
        self.tree.add("CALCulate:EM01:0001:ENERgy?", lambda _call: repr(self._energy.energy_kwh() * 1.08))

    standard._declare_energy = wrong


def _loses_pulses(every: int) -> Callable[[Any, Any], None]:
    def patch(_standard: Any, counter: Any) -> None:
        make = counter._edge_action

        def losing(self: Any, channel: Any) -> Callable[[float], None]:
            action, seen = make(self, channel), [0]

            def edge(time_s: float) -> None:
                seen[0] += 1
                if seen[0] % every:
                    action(time_s)

            return edge

        counter._edge_action = losing

    return patch


def _doubles_pulses(_standard: Any, counter: Any) -> None:
    """Each tenth edge bounces."""
    make = counter._edge_action

    def bouncing(self: Any, channel: Any) -> Callable[[float], None]:
        action, seen = make(self, channel), [0]

        def edge(time_s: float) -> None:
            seen[0] += 1
            action(time_s)
            if seen[0] % 10 == 0:
                action(time_s + 0.003)

        return edge

    counter._edge_action = bouncing


def _heads_exchanged(_standard: Any, counter: Any) -> None:
    """The scanning heads of the two positions are exchanged at the counter."""
    init = counter.__init__

    def crossed(self: Any, plant: Any, *words: Any, **named: Any) -> None:
        on_pulse = plant.on_pulse

        class Crossed:
            def __getattr__(self, name: str) -> Any:
                return getattr(plant, name)

            def on_pulse(self, channel: int, action: Any) -> None:
                on_pulse(3 - channel, action)

        init(self, Crossed(), *words, **named)

    counter.__init__ = crossed


def _time_base(share: float) -> Callable[[Any, Any], None]:
    def patch(_standard: Any, counter: Any) -> None:
        init = counter.__init__

        def wrong(self: Any, *words: Any, **named: Any) -> None:
            init(self, *words, **named)
            self._rate *= share

        counter.__init__ = wrong

    return patch


def _reset_stamps(_standard: Any, counter: Any) -> None:
    """The time base starts anew every 20 s."""
    make = counter._edge_action

    def restarting(self: Any, channel: Any) -> Callable[[float], None]:
        action = make(self, channel)
        return lambda time_s: action(time_s % 20.0)

    counter._edge_action = restarting


def _drifting() -> None:
    """The source fades by 1 % a minute, and starts anew at each setting."""
    from reference_meter.lab.plants import RackPlant

    drive = RackPlant.drive

    def fading(self: Any, phases: Sequence[Any], frequency_hz: float) -> None:
        self._wanted = (list(phases), frequency_hz, self.now())
        drive(self, phases, frequency_hz)
        if any(phase.current_a for phase in phases):
            self.at(self.now() + 1.0, lambda mine=self._wanted: fade(self, mine))

    def fade(self: Any, mine: Any) -> None:
        if self._wanted is not mine:
            return
        share = 1 - 0.01 / 60 * (self.now() - mine[2])
        drive(self, _scaled("current_a", max(0.5, share))(mine[0]), mine[1])
        self.at(self.now() + 1.0, lambda: fade(self, mine))

    RackPlant.drive = fading  # type: ignore[method-assign]


FAULTS: dict[str, tuple[str, Sabotage]] = {
    "none": ("no fault", _nothing),
    "ct-ratio": ("the standard's clamp is set to twice its ratio", _standard_sees(_scaled("current_a", 2.0))),
    "ct-ratio-slightly": (
        "the standard's current reads 1.5 % low",
        _standard_sees(_scaled("current_a", 0.985)),
    ),
    "vt-ratio-slightly": (
        "the standard's voltage reads 0.8 % high",
        _standard_sees(_scaled("voltage_v", 1.008)),
    ),
    "standard-angle-sign": ("the standard counts angles the other way", _standard_sees(_turned(None))),
    "standard-phase": (
        "the standard's current inputs are displaced by 1 degree",
        _standard_sees(_turned(1.0)),
    ),
    "standard-reversed": (
        "one current clamp of the standard is reversed",
        _standard_sees(_turned(180.0, (1,))),
    ),
    "standard-swapped": ("two current clamps of the standard are swapped", _standard_sees(_swapped_currents)),
    "source-missing-voltage": ("the source leaves out U2", _source_sends(_scaled("voltage_v", 0.0, (1,)))),
    "source-missing-current": ("the source leaves out I3", _source_sends(_scaled("current_a", 0.0, (2,)))),
    "source-angle-sign": ("the source turns currents the other way", _source_sends(_turned(None))),
    "source-phase": ("the source is displaced by 5 degrees", _source_sends(_turned(5.0))),
    "source-frequency": ("the source gives 2 % more frequency", _source_sends(list, hertz=1.02)),
    "source-distorted": ("31 % of third harmonic in the current", _source_sends(_distorted)),
    "source-drifting": ("the current fades by 1 % a minute", _drifting),
    "readings-frozen": ("the readings of the standard are frozen", _twin(_frozen_readings)),
    "power-frozen": ("only its power is frozen", _twin(_frozen_power)),
    "power-not-a-number": ("its power is not a number now and then", _twin(_nan_power)),
    "range-stuck": ("its current range does not follow", _twin(_range_stuck)),
    "reference-constant": ("it tells the constant of another range", _twin(_reference_constant)),
    "calculator-scale": ("its error calculator counts 1.5 % too much", _twin(_calculator_scale)),
    "energy-scale": ("its energy register counts 8 % too much", _twin(_energy_scale)),
    "heads-exchanged": ("the two scanning heads at the counter are exchanged", _twin(_heads_exchanged)),
    "counter-loses-tenth": ("the counter loses each tenth pulse", _twin(_loses_pulses(10))),
    "counter-loses-half": ("the counter loses each second pulse", _twin(_loses_pulses(2))),
    "counter-bounces": ("the counter sees each tenth pulse twice", _twin(_doubles_pulses)),
    "counter-time-base": ("the counter's clock is 2 % fast", _twin(_time_base(1.02))),
    "counter-time-base-slow": ("the counter's clock is 2 % slow", _twin(_time_base(0.98))),
    "counter-restarts": ("the counter's clock restarts every 20 s", _twin(_reset_stamps)),
}


def serve(name: str, folder: Path) -> int:
    """Run the faulty laboratory until its standard input closes."""
    from reference_meter.lab.__main__ import main as laboratory

    FAULTS[name][1]()
    words = ["--product", PRODUCT, "--positions", str(POSITIONS), "--seed", str(SEED)]
    return laboratory([*words, "--directory", str(folder), "--until-stdin-closes"])


def true_error_pct(position: str, point: dict[str, Any]) -> float:
    """Return the error that the residuals of the meter at a position make, balanced loads, shunts cold."""
    from bench.standards.power_factor import PowerFactor
    from reference_meter.products.dts722 import dts722

    left = (product := dts722(int(position), SEED)).residuals
    phase = math.radians(PowerFactor.parse(point["pf"]).lag_deg)
    gains = [1 + own / 100 for own in left.element_gain_pct]
    power_w = product.nameplate.voltage_v * point["current_a"] * math.cos(phase)
    lagging = math.cos(phase + math.radians(left.extra_lag_deg)) / math.cos(phase)
    each = (1 + left.gain_pct / 100) * lagging + left.offset_w / power_w
    return 100 * (each * sum(gains) / len(gains) - 1)


def try_out(name: str) -> bool:
    """Run the points on a rig with a fault; print what became of them; return whether no number was wrong."""
    with tempfile.TemporaryDirectory(prefix="meterbench-fault-") as text:
        folder = Path(text)
        (folder / "plan.toml").write_text(PLAN)
        laboratory = subprocess.Popen(
            [sys.executable, __file__, "--serve", name, str(folder / "lab")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            rig = laboratory.stdout.readline().strip() if laboratory.stdout else ""
            words = ["-m", "pytest", *PATHS, "-q", "-p", "no:cacheprovider"]
            words += [
                "--rig",
                rig,
                "--plan",
                str(folder / "plan.toml"),
                "--run-dir",
                str(folder / "run"),
                "--no-report",
            ]
            done = subprocess.run(
                [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
            )
        finally:
            if laboratory.stdin is not None:
                laboratory.stdin.close()
            laboratory.wait(timeout=30)
        if not (folder / "run" / "verdicts.jsonl").exists():
            print(f"{name}: no verdicts\n{done.stdout[-1500:]}{done.stderr[-500:]}")
            return False
        seen = [json.loads(row) for row in (folder / "run" / "observations.jsonl").read_text().splitlines()]
        verdicts = [json.loads(row) for row in (folder / "run" / "verdicts.jsonl").read_text().splitlines()]
    points = {row["id"]: row["data"]["point"] for row in seen if row["kind"] == "load-point"}
    said: Counter[str] = Counter()
    wrong, reasons = [], []
    for verdict in verdicts:
        said[verdict["outcome"]] += 1
        where = f"position {verdict['position']}, {verdict['case'].rpartition('/')[2]}"
        if verdict["outcome"] in WORSE:
            reasons.append(f"{where}: {verdict['outcome']}: {verdict['reason']}")
        elif verdict["case"].startswith(POINT) and verdict["u95"] is not None:
            true = true_error_pct(str(verdict["position"]), points[verdict["evidence"][0]])
            if abs(verdict["measured"] - true) > verdict["u95"] or verdict["outcome"] == "FAILED":
                wrong.append(
                    f"{where}: {verdict['outcome']}: {verdict['reason'][:110]} (truth {true:+.3f} %)"
                )
        elif verdict["outcome"] == "FAILED":
            wrong.append(f"{where}: FAILED: {verdict['reason'][:110]}")
    print(f"{'WRONG ' if wrong else 'right '} {name}: {FAULTS[name][0]}: {dict(said)}")
    for text in [*wrong, *sorted(reasons)[:1]]:
        print(f"         {text[:230]}")
    return not wrong


def main(words: list[str]) -> int:
    """Try the faults asked for; return the exit code."""
    if words[:1] == ["--serve"]:
        return serve(words[1], Path(words[2]))
    if words == ["--list"]:
        print("\n".join(f"{name}: {what}" for name, (what, _) in FAULTS.items()))
        return 0
    good = [try_out(name) for name in words or FAULTS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
