"""What is typed where it does not belong is never repeated: it may be a key, a password or a token."""

from __future__ import annotations

import pytest

from bench.cli.main import main

KEY = "9d3ab6c01f24e875"


@pytest.mark.parametrize(
    "words",
    [
        ("doctor", "--key", KEY),
        ("doctor", f"--key={KEY}"),
        ("doctor", KEY),
        (KEY,),
        ("doctor", "--time-out", KEY),
        ("token", KEY),
        ("report", "runs/1", KEY, KEY),
    ],
)
def test_a_stray_key_is_not_shown(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert KEY not in said.err + said.out
    assert "error: " in said.err


def test_a_mistyped_option_or_command_is_still_named(capsys: pytest.CaptureFixture[str]) -> None:
    for words, shown in ((["doctor", "--metre", KEY], "--metre"), (["repot"], "did you mean 'report'?")):
        with pytest.raises(SystemExit):
            main(words)
        assert shown in capsys.readouterr().err
