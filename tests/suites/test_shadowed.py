"""Plain package names can be somebody else's: a run refuses to begin with a stranger's package among its own."""

from __future__ import annotations

from pathlib import Path

from tests.suites.suites_process import RunSuites


def test_a_strangers_package_of_our_name_is_refused_and_named(run_suites: RunSuites, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger" / "reports"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text("raise SystemExit('the code of a stranger ran')\n")
    run = run_suites("-o", f"pythonpath={stranger.parent}", suites=("suites/dlms/test_hdlc_frames.py",))
    assert run.exit_code == 4, run.output
    assert f'the package "reports" at {stranger / "__init__.py"} is not meterbench\'s' in run.output
    assert "pipx install meterbench" in run.output
    assert not run.path.exists()
