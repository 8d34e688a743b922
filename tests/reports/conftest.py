"""A synthetic run folder with every outcome, written line by line as its format is documented."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict, to_json

PASSWORD = b"NEVER-SHOW-ME"

IEC = {"document": "IEC 62053-21", "edition": "2003+A1:2016"}
STS = {"document": "IEC 62055-41", "edition": "2018"}
HDLC = {"document": "DLMS UA 1001-3 ATS_DL", "edition": "V5.0"}

#: (token, current, power factor, error, U95, limit, outcome): one curve per power factor.
POINTS = [
    ("0.05 Ib", 0.25, "1", 0.412, 0.051, 1.5, Outcome.PASSED),
    ("0.1 Ib", 0.5, "1", 0.213, 0.045, 1.0, Outcome.PASSED),
    ("0.2 Ib", 1.0, "1", 0.097, 0.042, 1.0, Outcome.PASSED),
    ("0.5 Ib", 2.5, "1", 0.051, 0.042, 1.0, Outcome.PASSED),
    ("Ib", 5.0, "1", 0.032, 0.042, 1.0, Outcome.PASSED),
    ("0.5 Imax", 30.0, "1", -0.318, 0.042, 1.0, Outcome.PASSED),
    ("Imax", 60.0, "1", -0.981, 0.042, 1.0, Outcome.CONDITIONAL_PASS),
    ("0.1 Ib", 0.5, "0.5 ind", 1.732, 0.068, 1.5, Outcome.FAILED),
    ("0.2 Ib", 1.0, "0.5 ind", 1.034, 0.068, 1.0, Outcome.CONDITIONAL_FAIL),
    ("Ib", 5.0, "0.5 ind", 0.611, 0.068, 1.0, Outcome.PASSED),
    ("Imax", 60.0, "0.5 ind", -0.402, 0.068, 1.0, Outcome.PASSED),
    ("0.1 Ib", 0.5, "0.8 cap", -0.127, 0.055, 1.5, Outcome.PASSED),
    ("0.2 Ib", 1.0, "0.8 cap", 59.84, 0.055, 1.0, Outcome.FAILED),
    ("Ib", 5.0, "0.8 cap", -0.288, 0.055, 1.0, Outcome.PASSED),
]  # fmt: skip

#: Frames of the HDLC case: an SNRM with a wrong frame check sequence, answered with UA.
SNRM_WRONG_FCS = "7ea00a000200232193d2c4127e"
UA = "7ea00a210002002373f6c8ba7e"


class SyntheticRun:
    """Writes one run folder; ``finished=False`` leaves it as a killed run does."""

    def __init__(self, path: Path, *, positions: Sequence[str] = ("1",), virtual: bool = True) -> None:
        self.positions = list(positions)
        path.mkdir()
        self.path = path
        self.virtual = virtual
        self._time_s = 12.0
        self._lines: dict[str, int] = dict.fromkeys(("events", "traffic", "observations", "verdicts"), 0)
        self._previous: dict[str, str] = {}

    def open(self, wanted: Sequence[str]) -> None:
        session = json.dumps(
            {
                "format": 1,
                "run_id": "20270305T081500Z-4f2a91",
                "started_utc": "2027-03-05T08:15:00+00:00",
                "software": {"name": "meterbench", "version": "0.1.0", "python": "3.11.7"},
                "command": ["/opt/somewhere/site-packages/pytest/__main__.py", "suites/", "--seed", "7"],
                "seed": 7,
                "plan": {"name": "full", "decision_rule": "four-way", "hash": "9b1d7c2e" * 8},
                "rig": {
                    "name": "virtual laboratory",
                    "virtual": self.virtual,
                    "clock": "laboratory",
                    "instruments": INSTRUMENTS,
                },
                "positions": [_position(name) for name in self.positions],
                "wanted": [
                    {"case": case, "position": position} for case in wanted for position in self.positions
                ],
            }
        ).encode()
        (self.path / "session.json").write_bytes(session)
        self._previous = dict.fromkeys(self._lines, hashlib.sha256(session).hexdigest())
        for name in self._lines:
            (self.path / f"{name}.jsonl").touch()
        self._append("events", {"t_s": 0.0, "utc": "2027-03-05T08:15:00+00:00", "event": "run-started"})

    def observe(self, case: str, kind: str, data: Mapping[str, Any], position: str = "1") -> str:
        self._time_s += 10.0
        name = f"O{self._lines['observations'] + 1}"
        record = {"id": name, "case": case, "position": position, "kind": kind, "time_s": self._time_s}
        self._append("observations", {**record, "utc": self.utc, "data": data})
        return name

    def exchange(self, case: str, *frames: tuple[str, str], secret: tuple[int, int] | None = None) -> str:
        """Write frames (direction, hex) and return their ids as a range; ``secret`` is a span of the last."""
        first = self._lines["traffic"] + 1
        for index, (direction, octets) in enumerate(frames):
            spans = []
            if secret is not None and index == len(frames) - 1:
                offset, length = secret
                spans = [
                    {"offset": offset, "length": length, "name": "reader_password", "keyed_hash": "5e" * 16}
                ]
            record = {
                "id": f"T{first + index}",
                "position": "1",
                "case": case,
                "t_s": self._time_s + 0.02 * index,
                "direction": direction,
                "octets": octets,
                "secrets": spans,
            }
            self._append("traffic", record)
        return f"T{first}-T{first + len(frames) - 1}"

    def judge(
        self,
        case: str,
        outcome: Outcome,
        requirement: Requirement,
        reason: str,
        evidence: Sequence[str] = (),
        *,
        position: str = "1",
        **numbers: Any,
    ) -> None:
        self._time_s += 1.0
        self._append(
            "verdicts",
            to_json(
                Verdict(
                    case=case,
                    position=position,
                    outcome=outcome,
                    requirement=requirement,
                    judge=numbers.pop("judge", f"{case.split('/')[0]}.some-judge/1" if evidence else "bench"),
                    measured=numbers.get("measured"),
                    limit=numbers.get("limit"),
                    unit=numbers.get("unit", ""),
                    u95=numbers.get("u95"),
                    decision_rule=numbers.get("decision_rule", ""),
                    reason=reason,
                    evidence=tuple(evidence),
                    serial_number=f"0444000{position}",
                    time_s=self._time_s,
                    utc=self.utc,
                )
            ),
        )

    def load_point(
        self, token: str, current_a: float, pf: str, error: float, u95: float, limit: float, outcome: Outcome,
        *, position: str = "1",
    ) -> None:  # fmt: skip
        case = f"accuracy/load_point/{token.replace(' ', '')}-pf{pf.replace(' ', '')}"
        seen = self.observe(case, "load-point", _load_point(token, current_a, pf, error), position)
        self.judge(
            case,
            outcome,
            requirement("7", **IEC, topic=Topic.ACCURACY, status="V1"),
            f"error {error:+.3f} %, limit ±{limit} %",
            [seen],
            position=position,
            measured=error,
            limit=limit,
            unit="%",
            u95=u95,
            decision_rule="four-way",
            judge="accuracy.load-point/1",
        )

    def finish(self, exit_code: int = 1) -> Path:
        heads = {
            f"{name}.jsonl": {"lines": self._lines[name], "sha256": self._previous[name]}
            for name in self._lines
            if name != "events"
        }
        finished = {"t_s": self._time_s, "utc": self.utc, "event": "run-finished", "exit_code": exit_code}
        self._append("events", {**finished, "bench_time_s": 5025.0, "wall_time_s": 3.4, "heads": heads})
        return self.path

    def kill(self) -> Path:
        """End like a killed process: no last event, and the last verdict cut in the middle of its line."""
        file = self.path / "verdicts.jsonl"
        file.write_bytes(file.read_bytes()[:-40])
        return self.path

    def _append(self, name: str, record: Mapping[str, Any]) -> None:
        line = json.dumps({**record, "prev": self._previous[name]}, separators=(",", ":")).encode()
        with (self.path / f"{name}.jsonl").open("ab") as file:
            file.write(line + b"\n")
        self._previous[name] = hashlib.sha256(line).hexdigest()
        self._lines[name] += 1

    @property
    def utc(self) -> str:
        minutes, seconds = divmod(self._time_s, 60)
        return f"2027-03-05T08:{15 + int(minutes):02d}:{seconds:06.3f}000+00:00"


def requirement(
    clause: str, document: str, edition: str, topic: Topic, kind: Kind = Kind.STANDARD, status: str = "V2"
) -> Requirement:
    return Requirement(
        document=document, edition=edition, clause=clause, topic=topic, kind=kind, status=status
    )


WANTED = [
    *(f"accuracy/load_point/{p[0].replace(' ', '')}-pf{p[2].replace(' ', '')}" for p in POINTS),
    "accuracy/no_load",
    "accuracy/starting_current",
    "accuracy/meter_constant",
    "sts/credit_token",
    "sts/used_token",
    "sts/lockout",
    "sts/long_amount",
    "dlms/HDLC_FRAME_P1",
    "dlms/HDLC_FRAME_N8",
    "dlms/APPL_OPEN_2",
    "dlms/COSEM_IMAGE_1",
    "dual/switch_latches",
    "dual/module_swap",
    "dual/never_reached",
]


def every_outcome(run: SyntheticRun) -> None:
    """Write verdicts of every outcome, kind and status into an opened run."""
    for point in POINTS:
        for position in run.positions:
            run.load_point(*point, position=position)
    seen = run.observe("accuracy/no_load", "no-load", {"voltage_v": 264.5, "duration_s": 2608.7, "pulses": 0})
    run.judge(
        "accuracy/no_load", Outcome.PASSED, requirement("8.3", **IEC, topic=Topic.NO_LOAD), "no pulse in 43.5 min",
        [seen], measured=0.0, limit=1.0, unit="pulses",
    )  # fmt: skip
    seen = run.observe("accuracy/starting_current", "starting", {"current_a": 0.02, "pulses": 0})
    run.judge(
        "accuracy/starting_current", Outcome.FAILED,
        requirement("8.4", **IEC, topic=Topic.START, status="R"), "no pulse in 1174 s at 0.02 A", [seen],
        measured=0.0, limit="at least 2", unit="pulses",
    )  # fmt: skip
    run.judge(
        "accuracy/meter_constant", Outcome.ERROR, requirement("uncertain", **IEC, topic=Topic.CONSTANT),
        "the pulse counter did not answer within 2 s",
    )  # fmt: skip
    credit = {"amount_wh": 1000, "credit_before_wh": 5000, "credit_after_wh": 6000, "status_code": 3}
    run.judge(
        "sts/credit_token", Outcome.PASSED, requirement("8.2", **STS, topic=Topic.CREDIT, status="V"),
        "credit rose by exactly 1000 Wh", [run.observe("sts/credit_token", "token", credit)],
        measured=1000.0, limit=1000.0, unit="Wh",
    )  # fmt: skip
    run.judge(
        "sts/used_token", Outcome.FAILED, requirement("10.5", **STS, topic=Topic.TOKEN),
        "the same token was accepted twice & credited <twice>", [run.observe("sts/used_token", "token", credit)],
        measured=1000.0, limit=0.0, unit="Wh",
    )  # fmt: skip
    run.judge(
        "sts/lockout", Outcome.FAILED,
        requirement("", **STS, topic=Topic.ENTRY, kind=Kind.ADVISORY, status="to be confirmed"),
        "ten wrong tokens in a row, no delay", [run.observe("sts/lockout", "entries", {"n_entries": 10})],
    )  # fmt: skip
    run.judge(
        "sts/long_amount", Outcome.INCONCLUSIVE, requirement("6.3", **STS, topic=Topic.CREDIT, status="U"),
        "the register rolled over during the reading", [run.observe("sts/long_amount", "token", credit)],
    )  # fmt: skip
    frames = run.exchange("dlms/HDLC_FRAME_P1", ("sent", "7ea0077e"), ("received", UA))
    run.judge(
        "dlms/HDLC_FRAME_P1", Outcome.PASSED, requirement("HDLC_FRAME_P1", **HDLC, topic=Topic.HDLC, status="V1"),
        "SNRM answered by UA", [frames],
    )  # fmt: skip
    seen = run.observe(
        "dlms/HDLC_FRAME_N8", "hdlc-dialogue",
        {"procedure": "HDLC_FRAME_N8", "alive_before": True,
         "steps": [{"name": "SNRM with wrong FCS", "sent": SNRM_WRONG_FCS, "received": UA}]},
    )  # fmt: skip
    # The recorder masks secrets; a report does not rely on it. Here the octets still stand in the record.
    frames = run.exchange(
        "dlms/HDLC_FRAME_N8",
        ("sent", SNRM_WRONG_FCS),
        ("received", UA),
        ("sent", f"7ea0111111{PASSWORD.hex()}7e"),
        secret=(5, len(PASSWORD)),
    )
    run.judge(
        "dlms/HDLC_FRAME_N8", Outcome.FAILED, requirement("HDLC_FRAME_N8", **HDLC, topic=Topic.HDLC, status="V1"),
        "a frame with a wrong FCS was answered with UA; it shall be discarded", [seen, frames],
    )  # fmt: skip
    run.judge(
        "dlms/APPL_OPEN_2", Outcome.INAPPLICABLE, requirement("APPL_OPEN_2", **HDLC, topic=Topic.ASSOCIATION),
        "the meter declares no user identification",
    )  # fmt: skip
    run.judge(
        "dlms/COSEM_IMAGE_1", Outcome.INAPPLICABLE, requirement("COSEM_IMAGE_1", **HDLC, topic=Topic.IMAGE),
        "the meter declares no image transfer",
    )  # fmt: skip
    project = {"document": "meterbench project rules", "edition": "1"}
    run.judge(
        "dual/switch_latches", Outcome.FAILED,
        requirement("A3", **project, topic=Topic.SUPPLY, kind=Kind.PROJECT, status="project rule"),
        "remote reconnection closed the switch while credit was exhausted",
        [run.observe("dual/switch_latches", "switch", {"closed": True, "credit_wh": 0})],
    )  # fmt: skip
    run.judge(
        "dual/module_swap", Outcome.NOT_RUN,
        requirement("M1", **project, topic=Topic.MODULE, kind=Kind.PROJECT, status="project rule"),
        "the rig has nobody who swaps a module",
    )  # fmt: skip


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., SyntheticRun]:
    """Return a factory of empty runs below the test's directory."""
    return lambda name="20270305T081500Z-4f2a91", **how: SyntheticRun(tmp_path / name, **how)


@pytest.fixture
def run_path(new_run: Callable[..., SyntheticRun]) -> Path:
    """A finished run with every outcome; one wanted verdict was never given."""
    run = new_run()
    run.open(WANTED)
    every_outcome(run)
    return run.finish()


@pytest.fixture
def killed_path(new_run: Callable[..., SyntheticRun]) -> Path:
    """The same run, killed while its last verdict was written."""
    run = new_run("killed")
    run.open(WANTED)
    every_outcome(run)
    return run.kill()


INSTRUMENTS = [
    {
        "name": "source",
        "role": "source",
        "driver": "fluke-6105a",
        "resource": "TCPIP::127.0.0.1::40002::SOCKET",
        "identity": "FLUKE,6105A,V0000007,METERBENCH-VIRTUAL",
        "calibration": {"certificate": "", "due": None, "uncertainty_pct": None, "class_pct": None},
        "command_confidence": "A",
    },
    {
        "name": "standard",
        "role": "reference",
        "driver": "zera-com5003",
        "resource": "TCPIP::127.0.0.1::40003::SOCKET",
        "identity": "ZERA,COM5003,V0000008,METERBENCH-VIRTUAL",
        "calibration": {
            "certificate": "MB-2026-118",
            "due": "2027-02-28",
            "uncertainty_pct": 0.01,
            "class_pct": 0.02,
        },
        "command_confidence": {
            "summary": "A",
            "uncertain": [{"leaf": "CALC:EM01:0001:ENERGY?", "confidence": "B", "why": "unit taken over"}],
        },
    },
]


def _position(name: str) -> dict[str, Any]:
    serial = f"0444000{name}"
    return {
        "name": name,
        "meter": f"socket://127.0.0.1:4001{name}",
        "serial_number": serial,
        "declaration": {
            "identity": {
                "manufacturer": "Reference Meters",
                "flag_id": "MBR",
                "type": "DDS722",
                "serial_number": serial,
                "logical_device_name": f"MBR{serial}",
            },
            "nameplate": {
                "connection": "direct",
                "elements": 1,
                "voltage_v": 230.0,
                "basic_current_a": 5.0,
                "maximum_current_a": 60.0,
                "frequency_hz": 50.0,
                "meter_constant_imp_per_kwh": 1000.0,
            },
            "accuracy": {"standard": "IEC 62053-21", "edition": "2003+A1:2016", "class": "1"},
            "communication": {"framing": "hdlc", "baud": 9600, "server_upper": 1, "server_lower": 16},
            "sts": {
                "meter_pan": "600727000000000009",
                "supply_group_code": "123456",
                "tariff_index": 7,
                "key_revision_number": 1,
                "encryption_algorithm": "EA07",
                "dkga": "DKGA04",
                "vending_key": "vending_key",
            },
            "payment": {"mode": "prepayment", "accounting": "kwh"},
        },
    }


def _load_point(token: str, current_a: float, pf: str, error_pct: float) -> dict[str, Any]:
    intervals = 20
    energy_wh = intervals / (1 + error_pct / 100)
    return {
        "point": {
            "id": f"{token}-pf{pf}",
            "current": token,
            "current_a": current_a,
            "voltage_v": 230.0,
            "frequency_hz": 50.0,
            "pf": pf,
            "load": "balanced",
        },
        "method": "error-calculator",
        "meter_constant_imp_per_kwh": 1000.0,
        "readings": [
            {
                "n_intervals": intervals,
                "reference_energy_wh": energy_wh,
                "duration_s": energy_wh * 3600 / (230.0 * current_a),
                "reference_constant_imp_per_kwh": 3.6e7,
                "instrument_error_pct": None,
            }
        ],
        "standard": {"uncertainty_pct": 0.01, "class_pct": 0.02, "due": "2027-02-28"},
        "conditions": {"temperature_c": 23.0},
    }
