"""`meterbench apdu`, run as a user runs it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from bench.cli.apdu import add_parser

VECTORS = Path(__file__).parent.parent / "data" / "dlms.json"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["apdu", *words])
    code: int = args.func(args)
    return code


def test_explain_says_what_a_frame_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("explain", "7EA0199575546835 E6E600 C0018100080000010000FF0100 0DFD7E")

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == "     0  HDLC to 74 from 58, I 54 N(S)=2 N(R)=2 P/F"
    assert "    14      attribute: 8/0-0:1.0.0.255/1" in lines


def test_explain_takes_octets_in_several_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "d8", "01", "02") == 0
    assert capsys.readouterr().out.splitlines()[0] == "     0  ExceptionResponse"


def test_explain_lists_deviations_with_their_offset_in_the_input(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("explain", "000100100001000ec001c100080000010000ff020000")

    assert code == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("deviation: octet 21: trailing: ")


def test_explain_does_not_show_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    vector = next(
        row for row in json.loads(VECTORS.read_text())["vectors"] if row["name"] == "gb-aarq-ciphered-lls"
    )

    assert run("explain", vector["hex"]) == 0

    shown = capsys.readouterr().out
    assert "calling-authentication-value: 8 octets, not shown" in shown
    assert "3132333435363738" not in shown


def test_explain_opens_ciphered_apdus_with_a_secrets_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vector = next(
        row for row in json.loads(VECTORS.read_text())["vectors"] if row["name"] == "gb-glo-initiate-request"
    )
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'ek = "hex:{vector["ek"]}"\nak = "hex:{vector["ak"]}"\n')

    words = ("explain", vector["hex"], "--secrets", str(secrets), "--title", vector["system_title"])
    assert run(*words) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "        deciphered with ek, 31 octets" in lines
    assert "   +29      max-pdu: 1200" in lines
    assert not any(vector["ek"].lower() in line for line in lines)


def test_explain_refuses_a_secrets_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "d80102", "--secrets", "/nowhere/secrets.toml") == 2
    assert "/nowhere/secrets.toml" in capsys.readouterr().err


def test_explain_refuses_what_is_no_hexadecimal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "7exx") == 2
    assert "no hexadecimal" in capsys.readouterr().err


def test_check_counts_the_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    count = len(json.loads(VECTORS.read_text())["vectors"])

    assert run("check", str(VECTORS)) == 0
    assert capsys.readouterr().out == f"{count} passed, 0 failed\n"


def test_check_names_what_failed_and_what_it_does_not_cover(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vectors.json"
    good = {"name": "good", "kind": "apdu", "hex": "d80102", "expect": "roundtrip"}
    bad = good | {"name": "bad", "hex": "d8010200"}
    other = good | {"name": "other", "expect": "signature"}
    path.write_text(json.dumps({"vectors": [good, bad, other]}))

    assert run("check", str(path)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAILED bad: octet 3: trailing: ")
    assert lines[1] == "FAILED other: expectation 'signature' is not covered"
    assert lines[2] == "1 passed, 2 failed"


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"vectors": []}', '{"vectors": [1]}'])
def test_check_refuses_an_unusable_file(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vectors.json"
    if content is not None:
        path.write_text(content)

    assert run("check", str(path)) == 2
    assert "vectors.json" in capsys.readouterr().err
