"""The bench's client opens every association that a meter declares, in the words of the declaration alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.meter.dlms_client import NotProven, Refused, why_not
from bench.meter.general_protection import seal_general
from bench.protocols import hls
from bench.protocols.data import enum
from bench.protocols.values import as_octets
from bench.protocols.xdlms.ciphered import KeyInfoChoice
from bench.record.declaration import AssociationDeclaration
from bench.record.secrets import SecretStore
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.meter import Meter
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.product import Product
from tests.reference_meter.dlms.bench_client import bench_client

PowerUp = Callable[[Product], Meter]


@pytest.mark.parametrize("suite", [1, 2])
def test_client_and_meter_prove_themselves_by_signature(
    power_up: PowerUp, product: Product, tmp_path: Path, suite: int
) -> None:
    meter = power_up(CONFIGURATIONS[f"signed-{suite}"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    assert meter.association.current is not None
    assert not meter.association.current.pending
    name = as_octets(client.get(1, "0-0:42.0.0.255", 2))
    assert name == product.identity.logical_device_name.encode()
    assert client.session.deviations == []


def test_a_meter_with_another_key_than_declared_is_not_trusted(
    power_up: PowerUp, product: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = power_up(CONFIGURATIONS["signed-1"](product))
    monkeypatch.setattr(meter.security, "signing_key", lambda suite: hls.private_key(4711, suite=suite))
    client = bench_client(meter, tmp_path, "signed")
    with pytest.raises(NotProven):
        client.open()


@pytest.mark.parametrize("name", ["hls-md5", "hls-sha1", "hls-sha256"])
def test_client_and_meter_prove_themselves_by_hash(
    power_up: PowerUp, product: Product, tmp_path: Path, name: str
) -> None:
    meter = power_up(CONFIGURATIONS["every-mechanism"](product))
    client = bench_client(meter, tmp_path, name)
    client.open()
    assert client.get(1, "0-0:42.0.0.255", 2).octets() == product.identity.logical_device_name.encode()


def test_a_signature_without_a_key_is_a_mistake_of_the_declaration(
    power_up: PowerUp, product: Product, tmp_path: Path
) -> None:
    client = bench_client(power_up(CONFIGURATIONS["signed-1"](product)), tmp_path, "signed")
    client.prepare()
    client.associate()
    assert client.protection is not None
    client.protection.signing_key = b""
    with pytest.raises(PlanError, match="private key for signatures"):
        client.prove()


def test_what_is_missing_for_a_signature_is_named() -> None:
    declared = AssociationDeclaration(
        name="signed",
        client_sap=7,
        mechanism="hls-ecdsa",
        suite=1,
        authentication_key="a",
        encryption_key="e",
        context="ln-ciphered",
    )
    assert "signing_key" in why_not(declared, SecretStore(environ={}))


CHOICES = [KeyInfoChoice.IDENTIFIED, KeyInfoChoice.WRAPPED, KeyInfoChoice.AGREED]


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize("choice", CHOICES)
def test_general_ciphering_with_every_kind_of_key(
    power_up: PowerUp, product: Product, tmp_path: Path, suite: int, choice: KeyInfoChoice
) -> None:
    meter = power_up(CONFIGURATIONS[f"signed-{suite}"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    client.carried = choice
    for _ in range(2):
        assert client.get(1, "0-0:42.0.0.255", 2).octets() == product.identity.logical_device_name.encode()
    objects = client.get(15, "0-0:40.0.0.255", 2)
    assert len(objects.items()) == len(meter.objects.visible(Role.SECURITY))
    assert client.protection is not None
    assert client.protection.received == sorted(set(client.protection.received))


@pytest.mark.parametrize("choice", [KeyInfoChoice.WRAPPED, KeyInfoChoice.AGREED])
def test_a_request_with_its_own_key_is_taken_once(
    power_up: PowerUp, product: Product, tmp_path: Path, choice: KeyInfoChoice
) -> None:
    meter = power_up(CONFIGURATIONS["signed-1"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    assert client.protection is not None
    request = seal_general(client.protection, bytes.fromhex("c001c1000100002a0000ff0200"), choice)
    assert client.session.exchange(request)[0] == 0xDD
    assert client.session.exchange(request).startswith(bytes.fromhex("d80106"))


def test_a_wrapped_key_of_another_master_and_a_forged_ephemeral_key_are_refused(
    power_up: PowerUp, product: Product, tmp_path: Path
) -> None:
    meter = power_up(CONFIGURATIONS["signed-1"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    protection = client.protection
    assert protection is not None
    get = bytes.fromhex("c001c1000100002a0000ff0200")
    for changed, choice in (
        ({"master_key": bytes(16)}, KeyInfoChoice.WRAPPED),
        ({"signing_key": b"\x01" * 32}, KeyInfoChoice.AGREED),
    ):
        forged = seal_general(replace(protection, **changed), get, choice)
        assert client.session.exchange(forged) == bytes.fromhex("d80105")


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize("choice", [None, *CHOICES])
def test_signed_requests_get_signed_answers(
    power_up: PowerUp, product: Product, tmp_path: Path, suite: int, choice: KeyInfoChoice | None
) -> None:
    meter = power_up(CONFIGURATIONS[f"signed-{suite}"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    client.signing, client.carried = True, choice
    assert client.get(1, "0-0:42.0.0.255", 2).octets() == product.identity.logical_device_name.encode()
    objects = client.get(15, "0-0:40.0.0.255", 2)
    assert len(objects.items()) == len(meter.objects.visible(Role.SECURITY))


def test_a_policy_that_demands_signatures_is_kept(
    power_up: PowerUp, product: Product, tmp_path: Path
) -> None:
    meter = power_up(CONFIGURATIONS["signed-1"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    client.action(64, "0-0:43.0.2.255", 1, enum(0x04 | 0x08 | 0x10 | 0x20 | 0x40 | 0x80))
    with pytest.raises(Refused):
        client.get(1, "0-0:42.0.0.255", 2)
    client.signing = True
    assert client.get(1, "0-0:42.0.0.255", 2).octets() == product.identity.logical_device_name.encode()


def test_a_forged_signature_is_refused(power_up: PowerUp, product: Product, tmp_path: Path) -> None:
    meter = power_up(CONFIGURATIONS["signed-1"](product))
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    assert client.protection is not None
    client.signing, client.protection.signing_key = True, b"\x01" * 32
    with pytest.raises(Refused):
        client.get(1, "0-0:42.0.0.255", 2)
