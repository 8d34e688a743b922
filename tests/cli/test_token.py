"""`meterbench token` as a person uses it: what is printed, where, and the exit code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.cli.token import add_parser

VENDING_KEY = "abababababababab949494949494949401234567"
METER = "--pan 600727000000000009 --sgc 201457 --krn 1 --ti 01"
CREDIT = "make credit --amount 25.6 --unit kWh --at 2024-04-01T00:30"
VECTORS = Path(__file__).parents[1] / "data" / "sts.json"


class Answer(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def token(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `meterbench token` with a secrets file that holds the public test keys."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f'vending_key = "hex:{VENDING_KEY}"\nold_key = "hex:abababababababab"\n'
        'decoder_key = "hex:87f3ecbb2e46b48f"\n',
        encoding="utf-8",
    )
    monkeypatch.delenv("METERBENCH_SECRET_VENDING_KEY", raising=False)

    def run(line: str, *more: str, key: str | None = "vending_key") -> Answer:
        parser = argparse.ArgumentParser(prog="meterbench")
        add_parser(parser.add_subparsers(required=True))
        chosen = [] if key is None else ["--secrets", str(secrets), "--key", key]
        args = parser.parse_args(["token", *line.split(), *chosen, *more])
        code: int = args.func(args)
        out, err = capsys.readouterr()
        assert VENDING_KEY not in out + err
        assert "87f3ecbb2e46b48f" not in out + err
        return Answer(code, out, err)

    return run


def test_a_credit_token_is_made(token: Command) -> None:
    assert token(f"{CREDIT} {METER}") == (0, "3556 4630 5097 8570 1608\n", "")


def test_the_date_may_be_written_with_a_space(token: Command) -> None:
    made = token(f"make credit --amount 25.6 {METER}", "--at", "2024-04-01 00:30")
    assert made.out == "3556 4630 5097 8570 1608\n"


def test_the_key_may_come_from_the_environment(token: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERBENCH_SECRET_VK", f"hex:{VENDING_KEY}")
    assert token(f"{CREDIT} {METER} --key VK", key=None).out == "3556 4630 5097 8570 1608\n"


@pytest.mark.parametrize(
    ("line", "key", "digits"),
    [
        # STS531-1 steps; the last ones of the older edition, for DKGA02.
        (
            "make credit --commodity water --unit m3 --amount 0.1 --at 2014-03-01T13:05",
            "vending_key",
            "2551 0558 0109",
        ),
        ("make currency --amount -1 --at 2025-05-21T11:12", "vending_key", "2779 2899 8336 6628 5579"),
        ("make currency --amount 1 --tid 5988181", "vending_key", None),
        ("make clear-credit --at 2014-04-01T07:30", "vending_key", None),
        ("make clear-tamper --at 2025-03-28T10:00", "vending_key", "4254 5072 1128 4378 0101"),
        (
            "make credit --amount 0.1 --at 2014-03-01T13:00 --dkga none",
            "decoder_key",
            "7063 0503 4700 2872 6114",
        ),
        (
            "make credit --amount 0.1 --at 2004-03-01T13:55 --dkga DKGA02 --base-date 1993 --sgc 123456",
            "old_key",
            "2371 6100 5011 8319 4197",
        ),
        ("make credit --amount 0.1 --at 2014-03-01T13:00 --ea 11", "vending_key", "5862 5789 9869 9135 7486"),
    ],
)
def test_tokens_of_other_kinds(token: Command, line: str, key: str, digits: str | None) -> None:
    meter = METER if "--sgc" not in line else METER.replace("--sgc 201457 ", "")
    made = token(f"{line} {meter}", key=key)
    assert made.code == 0
    assert made.out.startswith(digits or "")
    assert token(f"explain {made.out} {METER}").code == 0


def test_every_kind_of_token_explains_itself(token: Command) -> None:
    date = "--at 2026-01-01T12:00"
    for line, words in [
        (f"power-limit --limit-w 1000 {date}", "maximum power limit to 1000 W"),
        (f"unbalance-limit --limit-w 10 {date}", "unbalance between phases to 10 W"),
        (f"clear-credit --register water {date}", "Clears the water credit"),
        (f"write-extended --index 0 --value 123 {date}", "control value 0 of the extended token set to 123"),
        (f"write-extended --index 63 --value 1 {date}", "flag 0 of the extended token set to 1"),
        (f"tariff-rate --rate 7 {date}", "tariff rate to 7"),
        (f"water-factor --factor 7 {date}", "water meter factor to 7"),
        (f"currency --amount 0.16 {date}", "in money for electricity: 0.16 currency units"),
    ]:
        made = token(f"make {line} {METER}")
        assert words in token(f"explain {made.out} {METER}").out


def test_test_tokens_need_no_key(token: Command) -> None:
    made = token("make test --test 4", key=None)
    assert made.out == "1844 6744 0738 4377 2416\n"
    explained = token(f"explain {made.out}", key=None).out
    assert "not encrypted" in explained
    assert "Asks for test 4: show the key revision number." in explained
    assert (
        "Shows control value 5"
        in token(f"explain {token('make read-extended --index 5', key=None).out}", key=None).out
    )


def test_a_key_change_set_is_made(token: Command) -> None:
    assert token(f"make key-change --new-ti 02 --with-sgc {METER}").out.splitlines() == [
        "5250 6022 8503 9960 3630",
        "2297 9178 2799 9720 8272",
        "3962 0459 0596 1503 7790",
    ]
    assert len(token(f"make key-change --new-ti 02 --ea EA11 {METER}").out.splitlines()) == 4


def test_the_rounding_of_an_amount_is_told_apart_from_the_token(token: Command) -> None:
    made = token(f"make credit --amount 1.82 --at 2025-05-21T11:12 {METER}")
    assert "1.82 kWh is not representable; the token carries 1.9 kWh" in made.err
    assert "Credit for electricity: 1.9 kWh." in token(f"explain {made.out} {METER}").out


def test_a_token_is_explained_without_its_key(token: Command) -> None:
    explained = token("explain 3556-4630-5097-8570-1608", key=None)
    assert explained.code == 0
    assert "credit for one meter; encrypted" in explained.out
    assert "cannot be read without the meter's key" in explained.out


def test_a_token_is_explained_with_its_key(token: Command) -> None:
    explained = token(f"explain 3556 4630 5097 8570 1608 {METER}").out
    assert "Checksum (CRC): right." in explained
    assert "Credit for electricity: 25.6 kWh." in explained
    assert "issued 2024-04-01 00:30" in explained
    assert "Nothing in the token speaks against it." in explained
    assert "UsedError" in explained


@pytest.mark.parametrize(
    ("digits", "meter", "reason"),
    [
        ("35564630509785701608", METER.replace("--krn 1", "--krn 2"), "opens with key revision number 1"),
        ("35564630509785701608", METER.replace("--ti 01", "--ti 07"), "opens with tariff index 01"),
        ("35564630509785701608", f"{METER} --base-date 2035", "opens with base date 2014"),
        ("35564630509785701608", f"{METER} --ea EA11", "opens with encryption algorithm EA07"),
        ("35564630509785701608", METER.replace("201457", "201458"), "for another meter, supply group or key"),
        ("35564630509785701609", METER, "opens with digit 20 as 8"),
        ("53564630509785701608", METER, "opens with digits 1 and 2 exchanged"),
        ("35564630509785701608", f"{METER} --ken 81", "KeyExpiredError"),
        ("35564630509785701608", f"{METER} --remembers 2024-04-01T00:30", "UsedError: the meter has taken"),
        ("35564630509785701608", f"{METER} --remembers 2024-04-02", "OldError: the token is older"),
        ("35564630509785701608", f"{METER} --remembers 5389951 --remembers 5389950", "UsedError"),
        ("73786976294838206463", METER, "class 3"),
        ("56493153725450313472", METER, "CRCError: the checksum is wrong, so a digit was mistyped."),
    ],
)
def test_the_reason_of_a_rejection_is_named(token: Command, digits: str, meter: str, reason: str) -> None:
    explained = token(f"explain {digits} {meter}")
    assert explained.code == 0
    assert "A meter rejects it: " in explained.out
    assert reason in explained.out


def test_class_3_is_refused_without_a_key(token: Command) -> None:
    explained = token("explain 73786976294838206463", key=None)
    assert explained.code == 0
    assert "A meter rejects it: FormatError: class 3 is reserved." in explained.out


def test_credit_under_a_default_key_is_refused(token: Command) -> None:
    made = token(f"{CREDIT} {METER} --kt 1")
    assert "DDTKError" in token(f"explain {made.out} {METER} --kt 1").out


def test_a_forbidden_change_of_key_type_is_named(token: Command) -> None:
    first = token(f"make key-change --new-kt 0 {METER}").out.splitlines()[0]
    assert "KeyTypeError: a DUTK may not be replaced by a DITK." in token(f"explain {first} {METER}").out


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("explain 3556463050978570160a", "token: only digits"),
        ("explain 3556463050978570160", "token: 20 digits expected, 19 given"),
        ("explain 355646305097857016081", "token: 20 digits expected, 21 given"),
        ("explain 99999999999999999999", "token: not an STS token"),
        (f"explain 35564630509785701608 {METER} --remembers lately", "remembered TID: 'lately' is neither"),
        (f"explain 35564630509785701608 {METER} --remembers 16777216", "remembered TID: 16777216 is outside"),
        (f"explain 35564630509785701608 {METER} --ken 256", "key expiry number: 256 is outside 0 to 255"),
        (f"{CREDIT} {METER.replace('0009', '0008')}", "meter PAN: check digit 8 is wrong, 9 expected"),
        (f"{CREDIT} {METER.replace('201457', '20145')}", "supply group code: 6 digits expected, 5 given"),
        (f"{CREDIT} {METER.replace('--ti 01', '--ti 100')}", "tariff index: 2 digits expected"),
        (f"{CREDIT} {METER.replace('--krn 1', '--krn 0')}", "key revision number: 0 is outside 1 to 9"),
        (f"{CREDIT} --pan 600727000000000009", "supply group code: missing; give --sgc"),
        (f"{CREDIT} {METER} --at 2046-01-01", "date: 2046-01-01 00:00 lies after 2045-11-24 20:15"),
        (f"{CREDIT} {METER} --at 2013-12-31", "date: 2013-12-31 00:00 lies before"),
        (
            f"{CREDIT} {METER} --base-date 1993 --at 2024-11-24T20:16",
            "date: 2024-11-24 20:16 lies after 2024-11-24 20:15",
        ),
        (f"{CREDIT} {METER} --at yesterday", "date: 'yesterday' is not of the form"),
        (f"{CREDIT} {METER} --at 2026-01-01T00:00+02:00", "date: give the local time without a time zone"),
        (f"make credit --amount 1 {METER}", "date: missing; give --at"),
        (f"{CREDIT} {METER} --amount 1820162.5", "amount: 1820162.5 kWh is outside 0 to 1820162.4 kWh"),
        (f"{CREDIT} {METER} --amount x", "amount: a number expected"),
        (f"{CREDIT} {METER} --unit m3", "unit: m3 may be water or gas; add --commodity"),
        (f"{CREDIT} {METER} --unit MWh", "unit: 'MWh' is not one of kWh, m3, min"),
        (f"{CREDIT} {METER} --commodity gas", "unit: gas is not sold in kWh"),
        (f"{CREDIT} {METER} --commodity oil", "commodity: 'oil' is not one of"),
        (f"{CREDIT} {METER} --rnd 16", "rnd: 16 is outside 0 to 15"),
        (f"{CREDIT} {METER} --tid 5", "date: give --at or --tid, not both"),
        (f"make clear-tamper --tid 5 --last-tid 4 {METER}", "last TID: it moves a token given by --at"),
        (f"{CREDIT} {METER} --ea EA09", "encryption algorithm: EA09 (DEA) is deprecated"),
        (f"{CREDIT} {METER} --dkga DKGA01", "key generation algorithm: DKGA01 is a legacy algorithm"),
        (f"{CREDIT} {METER} --dkga DKGA02", "vending key: DKGA02 takes 8 octets, this key has 20"),
        (f"{CREDIT} --dkga none", "decoder key: EA07 takes 8 octets, this key has 20"),
        (f"make power-limit --limit-w 18201625 --tid 5 {METER}", "limit: 18201625 is outside"),
        (f"make key-change --new-krn 10 {METER}", "key revision number: 10 is outside 1 to 9"),
        (f"make key-change --new-ken 256 {METER}", "key expiry number: 256 is outside 0 to 255"),
        (f"make clear-credit --register some --tid 5 {METER}", "register: a whole number expected"),
    ],
)
def test_wrong_input_is_one_line_that_names_the_field(token: Command, line: str, complaint: str) -> None:
    refused = token(line)
    assert refused.code == 2
    assert refused.out == ""
    assert refused.err.startswith(f"meterbench token: {complaint}")
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize("typed", [f"hex:{VENDING_KEY}", VENDING_KEY, "0x" + VENDING_KEY, VENDING_KEY + "z"])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(token: Command, typed: str) -> None:
    refused = token(f"{CREDIT} {METER}", key=typed)
    assert refused.code == 2
    assert "never the key itself" in refused.err
    assert VENDING_KEY[:12] not in refused.err


def test_a_missing_secret_is_named(token: Command) -> None:
    refused = token(f"{CREDIT} {METER}", key="absent")
    assert refused.code == 2
    assert "absent" in refused.err
    assert refused.err.count("\n") == 1


def test_the_published_vectors_pass(token: Command) -> None:
    checked = token(f"check {VECTORS}", key=None)
    assert checked.code == 0
    assert checked.out.splitlines()[-1] == "396 passed, 0 failed"


def test_a_failed_vector_is_named(token: Command, tmp_path: Path) -> None:
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    document["vectors"][0]["expected_token"] = "08609861427895583862"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document), encoding="utf-8")
    checked = token(f"check {changed}", key=None)
    assert checked.code == 1
    lines = checked.out.splitlines()
    assert lines[0].startswith(
        f"{document['vectors'][0]['name']}: expected_token 08609861427895583862 expected, "
    )
    assert lines[-1] == "395 passed, 1 failed"


@pytest.mark.parametrize(
    ("content", "complaint"), [("{", "is not JSON"), ("[]", "vectors: "), (None, "cannot be read")]
)
def test_a_file_that_holds_no_vectors_is_refused(
    token: Command, tmp_path: Path, content: str | None, complaint: str
) -> None:
    path = tmp_path / "vectors.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    refused = token(f"check {path}", key=None)
    assert refused.code == 2
    assert complaint in refused.err
    assert refused.err.count("\n") == 1
