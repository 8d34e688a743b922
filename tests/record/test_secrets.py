"""Secrets: where they come from, and that they never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.masking import expand, mask, masked_names
from bench.record.secrets import SecretStore, redact

KEY = bytes.fromhex("abababababababab949494949494949401234567")
STORE = SecretStore(environ={}, values={"vending_key": KEY, "reader_password": b"12345678"})


def secrets_file(folder: Path, text: str) -> Path:
    path = folder / "meter1.secrets.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_and_environment(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, f'vending_key = "hex:{KEY.hex()}"\nreader_password = "text:12345678"\n')
    store = SecretStore(path, environ={"METERBENCH_SECRET_READER_PASSWORD": "text:other123"})
    assert store.get("vending_key") == KEY
    assert store.get("reader_password") == b"other123"
    assert sorted(store) == ["reader_password", "vending_key"]


def test_a_missing_secret_says_where_to_put_it() -> None:
    with pytest.raises(PlanError, match="METERBENCH_SECRET_MASTER_KEY"):
        STORE.get("master_key")
    assert STORE.find("master_key") is None


@pytest.mark.parametrize(
    "line",
    [
        'vending_key = "hex:abcd12345z"',
        'vending_key = "abcd12345"',
        "vending_key = 12345",
        "vending_key abcd12345",
    ],
)
def test_a_bad_file_is_told_without_its_values(tmp_path: Path, line: str) -> None:
    with pytest.raises(PlanError) as caught:
        SecretStore(secrets_file(tmp_path, line), environ={})
    assert "12345" not in str(caught.value)
    assert "meter1.secrets.toml" in str(caught.value)


def test_repr_shows_names_only() -> None:
    assert "vending_key" in repr(STORE)
    assert KEY.hex() not in repr(STORE)
    assert "12345678" not in repr(STORE)


def test_a_password_in_a_frame_becomes_zeros_and_a_span() -> None:
    octets = b"\xac\x0a\x80\x08" + b"12345678" + b"\xbe" + b"12345678"
    masked, spans = redact(octets, STORE)
    assert masked == b"\xac\x0a\x80\x08" + bytes(8) + b"\xbe" + bytes(8)
    assert [(span.offset, span.length, span.name) for span in spans] == [
        (4, 8, "reader_password"),
        (13, 8, "reader_password"),
    ]
    assert STORE.expand(masked, spans) == octets


def test_another_secrets_file_does_not_expand() -> None:
    masked, spans = redact(b"12345678", STORE)
    other = SecretStore(environ={}, values={"vending_key": KEY, "reader_password": b"87654321"})
    assert other.expand(masked, spans) is None
    assert SecretStore(environ={}).expand(masked, spans) is None


def test_the_hash_of_a_password_cannot_be_checked_without_the_key() -> None:
    weak = SecretStore(environ={}, values={"vending_key": bytes(8) + b"\x01", "reader_password": b"12345678"})
    assert weak.keyed_hash(b"12345678") != STORE.keyed_hash(b"12345678")


def test_a_value_learned_during_the_run_is_a_secret() -> None:
    store = SecretStore(environ={})
    store.learn("token 1", b"12345678901234567890")
    assert redact(b"<12345678901234567890>", store)[0] == b"<" + bytes(20) + b">"


def test_secrets_in_texts_are_masked_and_can_be_put_back() -> None:
    value = {"reason": f"key {KEY.hex()} and 12345678", "n": 12345678, "list": ["12345678"]}
    masked = mask(value, [STORE])
    password = f"{{secret:reader_password:text:{STORE.keyed_hash(b'12345678')}}}"
    assert masked == {
        "reason": f"key {{secret:vending_key:hex:{STORE.keyed_hash(KEY)}}} and {password}",
        "n": 12345678,
        "list": [password],
    }
    assert masked_names(masked) == ("vending_key", "reader_password")
    assert expand(masked, STORE) == value
    other = SecretStore(environ={}, values={"reader_password": b"87654321"})
    assert expand(masked, other) == masked


def test_a_rack_of_secrets_is_masked_in_short_texts_and_in_long_ones() -> None:
    stores = [SecretStore(environ={}, values={"password": f"open-sesame-{n:02}".encode()}) for n in range(60)]
    assert mask("open", stores) == "open"
    assert mask("says open-sesame-41", stores).startswith("says {secret:password:text:")
    long = mask("x" * 100 + "open-sesame-07", stores)
    assert "open-sesame" not in long
    assert mask(f"as hex {b'open-sesame-59'.hex()}", stores).startswith("as hex {secret:password:hex:")
