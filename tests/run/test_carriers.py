"""Carriers, the search for the instant of a power cut, and a run with somebody else's tokens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.meter.token_orders import describe, load_token_file, orders_for
from bench.protocols.data import bit_string, enum, structure
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from bench.record.sts_declaration import StsDeclaration
from bench.run.cut_search import AfterCut, search
from bench.run.token_carriers import GatewayCarrier, KeypadCarrier, encode_token

TOKEN = "70630503470028726114"  # CTSA01.1 of STS531-1, 0.1 kWh of 2014-03-01: published
#: The published test key and PAN of STS531-1 (STS Association), as the laboratory's meter carries them.
VENDING_KEY = bytes.fromhex("abababababababab949494949494949401234567")
PARAMETERS = KeyParameters.parse(
    meter_pan="600727000000000009", supply_group_code="201457", tariff_index=1, key_revision_number=1
)


STS = StsDeclaration(
    meter_pan="600727000000000009",
    supply_group_code="201457",
    tariff_index=1,
    key_revision_number=1,
    key_type=2,
    base_date=1993,
)


class Clock:
    """A clock that only counts."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s

    def sleep(self, duration_s: float) -> None:
        self.time_s += duration_s


class Gateway:
    """Says "not yet processed" twice, then executed with result 1."""

    def __init__(self) -> None:
        self.entered: list[bytes] = []
        self.answers = [8, 8, 3]

    def invoke(self, class_id: int, obis: str, method: int, value: object) -> None:
        assert (class_id, obis, method) == (115, "0-0:19.40.0.255", 1)
        self.entered.append(value.value)  # type: ignore[attr-defined]

    def get(self, class_id: int, obis: str, attribute: int) -> object:
        assert (class_id, obis, attribute) == (115, "0-0:19.40.0.255", 6)
        return structure(enum(self.answers.pop(0)), bit_string("00000001"))


class Hands:
    """A keypad whose display shows the result some time after Enter."""

    def __init__(self, clock: Clock, takes_s: float = 0.5) -> None:
        self.clock, self.pressed, self.due_s, self.takes_s = clock, "", float("inf"), takes_s

    def keypad(self, position: int, keys: str) -> None:
        assert position == 4
        self.pressed += keys
        self.due_s = self.clock.now() + self.takes_s

    def display(self, position: int) -> str:
        assert position == 4
        return "12.5 kWh Accept" if self.clock.now() >= self.due_s else "12.4 kWh"


def test_the_gateway_carrier_waits_for_the_result() -> None:
    gateway, clock = Gateway(), Clock()
    carrier = GatewayCarrier(lambda: gateway, clock, STS)  # type: ignore[arg-type,return-value]
    said = carrier.enter(TOKEN)
    assert said == {"action_result": "success", "status_code": 3, "data_value": "00000001"}
    assert gateway.entered == [TOKEN.encode()]
    assert clock.now() == pytest.approx(1.2)


def test_the_keypad_carrier_presses_enter_and_reads_the_display() -> None:
    clock = Clock()
    hands = Hands(clock)
    said = KeypadCarrier(hands, 4, clock, STS).enter(TOKEN)  # type: ignore[arg-type]
    assert hands.pressed == TOKEN + "E"
    assert said == {"display": "12.5 kWh Accept"}


def test_a_slow_token_is_waited_for_as_long_as_is_declared() -> None:
    """A keypad in the house that reaches its meter by radio: the display stays as it was for a while."""
    for declared_s, shown in ((None, "12.4 kWh"), (15.0, "12.5 kWh Accept")):
        clock = Clock()
        sts = STS.model_copy(update={"token_time_s": declared_s})
        said = KeypadCarrier(Hands(clock, takes_s=12.0), 4, clock, sts).enter(TOKEN)  # type: ignore[arg-type]
        assert said == {"display": shown}


def test_a_slow_gateway_is_waited_for_as_long_as_is_declared() -> None:
    for declared_s, status in ((None, 8), (40.0, 3)):
        gateway, clock = Gateway(), Clock()
        gateway.answers = [8] * 60 + [3]
        sts = STS.model_copy(update={"token_time_s": declared_s})
        carrier = GatewayCarrier(lambda gateway=gateway: gateway, clock, sts)  # type: ignore[arg-type,misc]
        assert carrier.enter(TOKEN)["status_code"] == status


def test_a_token_in_the_three_encodings() -> None:
    assert encode_token(TOKEN, "ascii") == b"70630503470028726114"
    assert encode_token(TOKEN, "bcd") == bytes.fromhex(TOKEN)
    assert encode_token(TOKEN, "binary") == int(TOKEN).to_bytes(9, "big")
    assert encode_token(TOKEN[:-1], "bcd") == TOKEN[:-1].encode()


@pytest.mark.parametrize("between_s", [0.0, 0.002, 0.0205, 0.3])
def test_the_search_finds_a_gap_of_two_milliseconds(between_s: float) -> None:
    """A meter that notes the identifier 2 ms before the credit, wherever that is, is caught in between."""
    caught = []

    def cut(delay_s: float) -> AfterCut:
        seen = AfterCut(used=delay_s >= between_s, credited=delay_s >= between_s + 0.002)
        caught.append(seen.used and not seen.credited)
        return seen

    assert search(cut) == len(caught) == 24
    assert any(caught)


@pytest.fixture(params=["", "currency"])
def laboratory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A laboratory's folder, its meter's key taken out of the secrets; its meter counts kWh, then money."""
    folder = tmp_path / "laboratory"
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "reference_meter.lab",
        "--directory",
        str(folder),
        "--until-stdin-closes",
        *(("--configuration", request.param) if request.param else ()),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        secrets = folder / "meter1.secrets.toml"
        kept = [line for line in secrets.read_text().splitlines() if not line.startswith("vending_key")]
        secrets.write_text("\n".join(kept) + "\n")
        yield folder
        process.stdin.close()
        process.wait(timeout=20)


def test_a_run_with_the_tokens_of_somebody_else(laboratory: Path, tmp_path: Path) -> None:
    """The file that ``token wanted`` prints, filled in by the holder of the key, is enough for the simple cases."""
    asked = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.cli.main",
            "token",
            "wanted",
            "--declare",
            str(laboratory / "meter1.toml"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    filled = tmp_path / "tokens.toml"
    filled.write_text(_filled_in(asked))
    counts_money = 'accounting = "currency"' in (laboratory / "meter1.toml").read_text()
    assert asked.count('"currency electricity 0.29000"') == (16 if counts_money else 0)
    wanted = (
        "credit_accepted",
        "used_token",
        "changed_digit",
        "other_commodity",
        "currency",
        "all_zeros",
        "sections",
    )
    run_folder = tmp_path / "run"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "suites/sts", "-q", "-p", "no:cacheprovider"),
            *("--rig", str(laboratory / "rig.toml"), "--tokens", str(filled), "--run-dir", str(run_folder)),
            *("-k", " or ".join(wanted)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    verdicts = [json.loads(line) for line in (run_folder / "verdicts.jsonl").read_text().splitlines()]
    outcome = {item["case"]: item["outcome"] for item in verdicts}
    for case in ("credit_accepted", "used_token", "changed_digit", "currency", "all_zeros"):
        assert outcome[f"sts/{case}"] == "PASSED", case
    # it needs an identifier of the bench's own choice
    assert outcome["sts/other_commodity"] == "NOT_RUN"
    recorded = b"".join(path.read_bytes() for path in run_folder.rglob("*") if path.is_file())
    for token in load_token_file(filled).token:
        assert token.digits.encode() not in recorded


def _filled_in(asked: str) -> str:
    """Play the vending side: a token for each entry, with rising identifiers of June 2030."""
    kinds: dict[str, TokenFields] = {
        describe(order.fields): order.fields
        for counts_money in (False, True)
        for order in orders_for(counts_money=counts_money)
    }
    key, lines, tid = decoder_key(VENDING_KEY, PARAMETERS), [], 8_640_100
    for line in asked.splitlines():
        if line.startswith("order = "):
            tid += 1
            fields = replace(kinds[line.split('"')[1]], tid=tid)  # type: ignore[call-arg,arg-type]
            token = make_token(fields, key, Algorithm.EA07)
            lines += [line, f"tid = {tid}"]
        elif line.startswith("digits = "):
            lines.append(f'digits = "{token}"')
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"
