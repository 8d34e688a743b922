"""No key, password or token of a run stands in anything the run leaves behind or prints, in any usual spelling."""

from __future__ import annotations

import base64
import tomllib

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import CORE_PLAN, Ran, environment, run_command, suites_command


@pytest.fixture(scope="module")
def secret_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, set[str]]:
    """One run, and every secret that was part of it: keys and passwords as hex, tokens as digits."""
    folder = tmp_path_factory.mktemp("secrets")
    laboratory = LabProcess("--seed", "5", "--until-stdin-closes")
    try:
        named = tomllib.loads(laboratory.rig_path.with_name("meter1.secrets.toml").read_text())
        options = ("--rig", str(laboratory.rig_path), "--plan", str(CORE_PLAN), "--log-level=DEBUG")
        ran = run_command(
            suites_command(folder / "run", *options, "-p", "tests.suites.learnt_secrets"),
            folder / "run",
            environ=environment(METERBENCH_TEST_LEARNT=str(folder / "learnt")),
        )
    finally:
        laboratory.close()
    assert ran.exit_code == 0, ran.outcomes()
    values = {str(value).partition(":")[2] for value in named.values()}
    return ran, values | set((folder / "learnt").read_text().split())


def spellings(secret: str) -> set[bytes]:
    """Return the ways in which a secret might be found in a file."""
    ways = {secret.encode(), secret.upper().encode(), secret.encode().hex().encode()}
    ways.add(secret.encode().hex().upper().encode())
    raws = [secret.encode()]
    if len(secret) % 2 == 0 and all(letter in "0123456789abcdefABCDEF" for letter in secret):
        raws.append(bytes.fromhex(secret))  # a key as octets; a token as BCD
    if secret.isdigit() and len(secret) == 20:
        raws.append(int(secret).to_bytes(9, "big"))
        ways.add("-".join(secret[start : start + 4] for start in range(0, 20, 4)).encode())
        ways.add(" ".join(secret[start : start + 4] for start in range(0, 20, 4)).encode())
    for raw in raws:
        ways.update({raw, raw.hex().encode(), raw.hex(" ").encode(), raw.hex(" ").upper().encode()})
        for shift in range(3):  # wherever it falls in a longer base64 text
            inner = base64.b64encode(b"\0" * shift + raw)
            ways.add(inner[4 if shift else 0 : -4])
    return {way for way in ways if len(way) >= 6}


def test_secrets_stand_in_no_file_and_not_on_the_screen(secret_run: tuple[Ran, set[str]]) -> None:
    ran, secrets = secret_run
    tokens = {secret for secret in secrets if secret.isdigit() and len(secret) == 20}
    assert len(tokens) >= 6, "the plugin saw no tokens; the test proves nothing"
    assert len(secrets - tokens) >= 3
    files = [path for path in ran.path.rglob("*") if path.is_file()]
    assert len(files) > 10
    texts = {str(path.relative_to(ran.path)): path.read_bytes() for path in files}
    texts["the screen"] = ran.output.encode()
    found = {
        f"{name}: {secret[:3]}... as {way[:8]!r}"
        for secret in secrets
        for way in spellings(secret)
        for name, text in texts.items()
        if way in text
    }
    assert found == set()


def test_masked_octets_name_their_secret(secret_run: tuple[Ran, set[str]]) -> None:
    ran, _ = secret_run
    names = {span["name"] for item in ran.lines("traffic.jsonl") for span in item["secrets"]}
    assert {"reader_password", "management_password"} <= names
    assert any("token" in name for name in names)
