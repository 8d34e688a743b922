"""The named cases on every transport of the meter: each gives its verdict, and what has none says why."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.standards.dlms_cases import PUBLIC_CASES
from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import ROOT, Ran, environment, run_command, suites_command

HERE = Path(__file__).parent
#: The reference meter refers by logical names only, and its associations list no users.
NOT_THIS_METER = {"APPL_OPEN_2", "APPL_DATA_SN_N1", "APPL_DATA_SN_N2", "APPL_DATA_SN_N3"}
HDLC = {name for name in PUBLIC_CASES if name.startswith("HDLC_")}
WITHOUT_VERDICT = {
    "hdlc": NOT_THIS_METER,
    "wrapper": NOT_THIS_METER | HDLC,
    "wrapper-udp": NOT_THIS_METER | HDLC,
}
PATIENCE_S = 30.0


def outcomes(run: Ran) -> dict[str, set[str]]:
    """Return the names of the cases by outcome; the sub-verdicts of a case count with it."""
    found: dict[str, set[str]] = {}
    for item in run.verdicts():
        found.setdefault(item["outcome"], set()).add(item["case"].split("/")[1])
    return found


@pytest.mark.parametrize("framing", WITHOUT_VERDICT)
def test_the_named_cases_pass_over_tcp_and_udp(framing: str, tmp_path: Path) -> None:
    laboratory = LabProcess("--framing", framing, "--until-stdin-closes")
    try:
        options = ("--rig", str(laboratory.rig_path), "--plan", str(HERE / "named_cases_plan.toml"))
        run = run_command(
            suites_command(tmp_path / "run", *options, suites=("suites/dlms",)), tmp_path / "run"
        )
    finally:
        laboratory.close()
    assert run.exit_code == 0, run.outcomes()
    found = outcomes(run)
    assert set(found) == {"PASSED", "INAPPLICABLE"}, run.outcomes()
    assert found["INAPPLICABLE"] == WITHOUT_VERDICT[framing]
    named = {name for name in PUBLIC_CASES if name.startswith(("HDLC_", "APPL_", "SYMSEC_0_"))}
    assert found["PASSED"] == named - found["INAPPLICABLE"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_meter_behind_a_serial_port_is_tested_as_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.cli.main", "meter", "serve", "dds722"]
    served = subprocess.Popen(
        [*command, "--pty", "--directory", str(tmp_path / "meter")],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        url = served.stdout.readline().strip()
        options = (
            *("--meter", url, "--plan", str(HERE / "few_cases_plan.toml")),
            *("--declare", str(tmp_path / "meter" / "meter.toml")),
            *("--secrets", str(tmp_path / "meter" / "meter.secrets.toml")),
        )
        run = run_command(
            suites_command(tmp_path / "run", *options, suites=("suites/dlms",)),
            tmp_path / "run",
            environ=environment(METERBENCH_STATE=str(tmp_path / "state")),
        )
    finally:
        served.send_signal(signal.SIGTERM)
        served.communicate(timeout=PATIENCE_S)
    assert url.startswith("/dev/")
    assert run.exit_code == 0, run.output[-3000:]
    assert set(outcomes(run)) == {"PASSED"}
    assert len(run.verdicts()) == 7
