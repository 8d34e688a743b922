"""What a plan lets a run do."""

from __future__ import annotations

from pathlib import Path

from tests.suites.suites_process import RunSuites


def test_smoke_gives_every_verdict_it_wants(run_suites: RunSuites) -> None:
    run = run_suites("--plan", "smoke")
    assert run.exit_code == 0, run.outcomes()
    assert {item["case"].split("/")[0] for item in run.verdicts("PASSED")} == {
        "accuracy",
        "sts",
        "dlms",
        "dual",
    }
    assert len(run.verdicts()) < 20


def test_observe_leaves_the_meter_as_it_was(run_suites: RunSuites) -> None:
    run = run_suites(
        "--plan", "observe", suites=("suites/sts/test_credit_tokens.py", "suites/dual/test_supply.py")
    )
    assert run.exit_code == 12
    refused = {item["case"]: item["reason"] for item in run.verdicts("NOT_RUN")}
    assert "sts/credit_accepted" in refused
    assert "dual/zero_credit_opens" in refused
    assert "this case alters credit" in refused["sts/credit_accepted"]
    series = [
        item["data"]["entries"] for item in run.lines("observations.jsonl") if item["kind"] == "token-series"
    ]
    entries = [entry for entries in series for entry in entries]
    assert all(entry["credit_after_wh"] == entry["credit_before_wh"] for entry in entries)


def test_a_plan_of_ones_own_selects_cases_and_says_what_may_be_missing(
    run_suites: RunSuites, tmp_path: Path
) -> None:
    plan = tmp_path / "mine.toml"
    plan.write_text(
        'name = "mine"\ncases = ["dlms/HDLC_FRAME_*", "sts/*"]\noptional = ["sts/*"]\nalters = false\n'
    )
    run = run_suites(
        "--plan", str(plan), suites=("suites/dlms/test_hdlc_frames.py", "suites/sts/test_credit_tokens.py")
    )
    assert {item["case"].split("/")[0] for item in run.verdicts("PASSED")} >= {"dlms"}
    assert any(item["outcome"] == "NOT_RUN" and not item["mandatory"] for item in run.verdicts())
    assert run.exit_code == 0, run.outcomes()


def test_a_case_picked_by_name_runs_alone(run_suites: RunSuites) -> None:
    run = run_suites("-k", "hdlc_frame_p1")
    assert run.exit_code == 0, run.outcomes()
    assert {item["case"] for item in run.verdicts()} == {"dlms/HDLC_FRAME_P1"}


def test_the_same_seed_gives_the_same_verdicts(run_suites: RunSuites) -> None:
    def said(seed: str) -> list[tuple[str, str, object]]:
        run = run_suites("--seed", seed, "--plan", "smoke", suites=("suites/accuracy/test_load_points.py",))
        assert run.exit_code == 0, run.outcomes()
        return [(item["case"], item["outcome"], item["measured"]) for item in run.verdicts()]

    first = said("4")
    assert said("4") == first
    assert said("5") != first
