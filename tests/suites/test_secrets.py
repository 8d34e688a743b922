"""No key, password or token of a run stands in anything the run leaves behind or prints, in any usual spelling."""

from __future__ import annotations

import base64
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import CORE_PLAN, Ran, environment, run_command, suites_command

KEYS_PLAN = Path(__file__).with_name("secrets_plan.toml")
TOKEN_DIGITS = 20
#: Hex digits of keys: 64-bit and 128-bit ones, 160-bit vending keys, 256-bit ones.
KEY_HEX = (16, 32, 40, 64)
EA07_KEY, EA11_KEY = 16, 32
_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRun:
    """A run, and every secret that was part of it: tokens as digits, passwords as text, keys as hex."""

    ran: Ran
    tokens: frozenset[str]
    keys: frozenset[str]
    passwords: frozenset[str]


@pytest.fixture(scope="module", params=["EA07", "EA11"])
def secret_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SecretRun:
    """A slice of every suite on the meter of EA07; changes of token and DLMS keys on the one of EA11."""
    folder = tmp_path_factory.mktemp("secrets")
    configuration, plan = {"EA07": ((), CORE_PLAN), "EA11": (("--configuration", "other-cipher"), KEYS_PLAN)}[
        request.param
    ]
    laboratory = LabProcess("--seed", "5", *configuration, "--until-stdin-closes")
    try:
        named = tomllib.loads(laboratory.rig_path.with_name("meter1.secrets.toml").read_text())
        options = ("--rig", str(laboratory.rig_path), "--plan", str(plan), "--log-level=DEBUG")
        ran = run_command(
            suites_command(folder / "run", *options, "-p", "tests.suites.learnt_secrets"),
            folder / "run",
            environ=environment(
                METERBENCH_TEST_LEARNT=str(folder / "learnt"), METERBENCH_STATE=str(folder / "run" / "state")
            ),
        )
    finally:
        laboratory.close()
    assert ran.exit_code == 0, ran.outcomes()
    words = set((folder / "learnt").read_text().split())
    words |= {str(value).partition(":")[2] for value in named.values() if str(value).startswith("hex:")}
    passwords = {str(value).partition(":")[2] for value in named.values() if str(value).startswith("text:")}
    tokens = {word for word in words if word.isdigit() and len(word) == TOKEN_DIGITS}
    return SecretRun(
        ran=ran,
        tokens=frozenset(tokens),
        keys=frozenset(word for word in words - tokens if len(word) in KEY_HEX and _HEX.fullmatch(word)),
        passwords=frozenset(passwords),
    )


def spellings(secret: str) -> set[bytes]:
    """Return the ways in which a secret might be found in a file."""
    ways = {secret.encode(), secret.upper().encode(), secret.encode().hex().encode()}
    ways.add(secret.encode().hex().upper().encode())
    raws = [secret.encode()]
    if len(secret) % 2 == 0 and all(letter in "0123456789abcdefABCDEF" for letter in secret):
        raws.append(bytes.fromhex(secret))  # a key as octets; a token as BCD
        ways.add(str(int(secret, 16)).encode())
    if secret.isdigit() and len(secret) == 20:
        raws.append(int(secret).to_bytes(9, "big"))
        ways.add("-".join(secret[start : start + 4] for start in range(0, 20, 4)).encode())
        ways.add(" ".join(secret[start : start + 4] for start in range(0, 20, 4)).encode())
    for raw in raws:
        ways.update({raw, raw.hex().encode(), raw.hex(" ").encode(), raw.hex(" ").upper().encode()})
        for shift in range(3):  # wherever it falls in a longer base64 text
            inner = base64.b64encode(b"\0" * shift + raw)
            # the characters that no neighbour has a bit in
            ways.add(inner[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6])
    return {way for way in ways if len(way) >= 6}


def test_secrets_stand_in_no_file_and_not_on_the_screen(secret_run: SecretRun) -> None:
    ran = secret_run.ran
    secrets = secret_run.tokens | secret_run.keys | secret_run.passwords
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


def test_every_kind_of_secret_was_there_to_be_found(
    secret_run: SecretRun, request: pytest.FixtureRequest
) -> None:
    assert len(secret_run.tokens) >= 6
    assert len(secret_run.passwords) >= 1
    sizes = [len(key) for key in secret_run.keys]
    assert max(sizes) >= 40  # the vending key
    if "EA11" in request.node.name:
        # the keys of the meter before and after, and those of DLMS with the two that a transfer made
        assert sizes.count(EA11_KEY) >= 6
    else:
        assert EA07_KEY in sizes


def test_masked_octets_name_their_secret(secret_run: SecretRun) -> None:
    names = {span["name"] for item in secret_run.ran.lines("traffic.jsonl") for span in item["secrets"]}
    assert "management_password" in names
    assert any("token" in name for name in names)


@pytest.mark.parametrize(
    "secret", ["70630503470028726114", "abababababababab949494949494949401234567", "87f3ecbb2e46b48f"]
)
def test_a_planted_secret_is_found_in_each_spelling(secret: str) -> None:
    octets = bytes.fromhex(secret)
    text = secret.encode()
    planted = [
        text,
        text.upper(),
        text.hex().encode(),
        octets,
        octets.hex(" ").encode(),
        *(base64.b64encode(b"?" * before + raw + b"!") for before in range(4) for raw in (text, octets)),
    ]
    ways = spellings(secret)
    assert [file for file in planted if not any(way in b"<" + file + b">" for way in ways)] == []
