"""Keys, addresses and mechanisms that cannot be: told before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bench.errors import PlanError
from bench.record.communication_declaration import AssociationDeclaration, CommunicationDeclaration
from bench.record.declaration import Declaration, load_declaration
from bench.record.declared_keys import check_keys
from bench.record.secrets import SecretStore

KEYS = {"authentication_key": "ak", "encryption_key": "ek", "context": "ln-ciphered", "mechanism": "hls-gmac"}


def declared(path: Path, **association: Any) -> Declaration:
    row = AssociationDeclaration(name="m", client_sap=2, **{**KEYS, **association})
    return load_declaration(path).model_copy(update={"association": (row,)})


@pytest.mark.parametrize(("suite", "length"), [(0, 16), (1, 16), (2, 32)])
def test_keys_of_the_right_length_pass(declaration_file: Path, suite: int, length: int) -> None:
    store = SecretStore(environ={}, values={"ak": b"a" * length, "ek": b"e" * length})
    check_keys(declared(declaration_file, suite=suite), store)


@pytest.mark.parametrize(("suite", "length", "due"), [(0, 15, 16), (0, 32, 16), (1, 0, 16), (2, 16, 32)])
def test_a_key_of_another_length_is_named_and_not_shown(
    declaration_file: Path, suite: int, length: int, due: int
) -> None:
    store = SecretStore(environ={}, values={"ak": b"a" * due, "ek": b"e" * length})
    with pytest.raises(PlanError, match=f'encryption_key "ek" has {length} octets, .* needs {due}') as raised:
        check_keys(declared(declaration_file, suite=suite), store)
    assert "eeee" not in str(raised.value)


def test_a_key_that_is_not_at_hand_is_no_mistake(declaration_file: Path) -> None:
    check_keys(declared(declaration_file), SecretStore(environ={}))


@pytest.mark.parametrize("value", [bytes(32), b"s" * 33])
def test_a_private_key_fits_its_curve(declaration_file: Path, value: bytes) -> None:
    row = declared(declaration_file, mechanism="hls-ecdsa", suite=1, signing_key="sk")
    with pytest.raises(PlanError, match="is no private key"):
        check_keys(row, SecretStore(environ={}, values={"sk": value}))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"mechanism": "hls-gmak"}, "hls-gmac"),
        ({"suite": 3}, "suite"),
        ({"client_sap": 0}, "client_sap"),
        ({"mechanism": "hls-ecdsa"}, "suite 0 has none"),
        ({"mechanism": "hls-ecdsa", "suite": 2, "meter_public_key": "00" * 64}, "has 192"),
        ({"meter_public_key": "12"}, "meter_public_key"),
        ({"mechanism": "lls", "context": "ln", "secret": "s", "lock_out_after": 3}, "or neither"),
        ({"mechanism": "lls", "context": "ln", "secret": "s", "lock_out_s": 60.0}, "or neither"),
        ({"lock_out_after": 3, "lock_out_s": 60.0}, "has no password"),
    ],
)
def test_an_association_that_cannot_be_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        AssociationDeclaration(name="m", **{"client_sap": 2, **KEYS, **fields})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"server_upper": 128}, "does not fit 1 octets"),
        ({"server_upper": 1, "server_lower": 128, "address_length": 2}, "does not fit 2 octets"),
        ({"server_upper": 0x4000, "address_length": 4}, "server_upper"),
        ({"server_upper": 1, "address_length": 4}, "add server_lower"),
        ({"address_length": 3}, "address_length"),
        ({"server_sap": 0x10000}, "server_sap"),
        ({"max_info_receive": 2031}, "max_info_receive"),
        ({"window_receive": 8}, "window_receive"),
    ],
)
def test_an_address_out_of_range_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CommunicationDeclaration(**fields)


def test_a_client_beyond_one_octet_is_no_hdlc_client(declaration_file: Path) -> None:
    text = declaration_file.read_text(encoding="utf-8")
    assert text.count("client_sap = 1\n") == 1
    declaration_file.write_text(text.replace("client_sap = 1\n", "client_sap = 300\n"), encoding="utf-8")
    with pytest.raises(PlanError, match="client_sap 300 is no HDLC address"):
        load_declaration(declaration_file)
