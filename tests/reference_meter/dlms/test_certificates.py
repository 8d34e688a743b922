"""Key agreement, key pairs and certificates of the security setup, as a client of suites 1 and 2 uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.meter.dlms_client import DlmsClient, NotProven, Refused
from bench.protocols import hls, key_agreement
from bench.protocols.axdr import Data, array, enum, null_data, octet_string, structure
from bench.protocols.xdlms.ciphered import KeyInfo, KeyInfoChoice
from reference_meter.meter import Meter
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.product import Product
from tests.reference_meter.dlms.bench_client import bench_client

SETUP = "0-0:43.0.2.255"
SIGNATURE, AGREEMENT = enum(0), enum(1)
CURVES = {1: ec.SECP256R1(), 2: ec.SECP384R1()}
HASHES = {1: hashes.SHA256(), 2: hashes.SHA384()}


@pytest.fixture(params=[1, 2])
def suite(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def meter(power_up: Callable[[Product], Meter], product: Product, suite: int) -> Meter:
    return power_up(CONFIGURATIONS[f"signed-{suite}"](product))


@pytest.fixture
def client(meter: Meter, tmp_path: Path) -> DlmsClient:
    client = bench_client(meter, tmp_path, "signed")
    client.open()
    return client


def method(client: DlmsClient, number: int, value: Data) -> Data:
    returned = client.action(64, SETUP, number, value)
    return null_data() if returned is None else returned


def certificate(name: str, public: ec.EllipticCurvePublicKey, suite: int, *, signs: bool = True) -> bytes:
    issuer = ec.derive_private_key(99, CURVES[suite])
    usage = x509.KeyUsage(
        digital_signature=signs,
        key_agreement=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("Test CA"))
        .public_key(public)
        .serial_number(4711)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(usage, critical=True)
    )
    return builder.sign(issuer, HASHES[suite]).public_bytes(serialization.Encoding.DER)


def asked_for(client: DlmsClient, suite: int) -> bytes:
    """Have the meter make a key pair, and return a certificate for what it asks."""
    method(client, 4, SIGNATURE)
    request = x509.load_der_x509_csr(method(client, 5, SIGNATURE).octets())
    assert request.is_signature_valid
    name = request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    public = request.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return certificate(str(name), public, suite)


def test_a_new_key_pair_counts_from_the_import_of_its_certificate(
    client: DlmsClient, meter: Meter, suite: int, tmp_path: Path
) -> None:
    der = asked_for(client, suite)
    client.open()  # the key pair of the factory still proves the meter
    method(client, 6, octet_string(der))
    with pytest.raises(NotProven):
        client.open()
    declared = bench_client(meter, tmp_path / "again", "signed")
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    declared.prepare()
    assert declared.protection is not None
    declared.protection.meter_public_key = hls.public_key_octets(key, suite=suite)
    declared.associate()
    declared.prove()


def test_certificates_are_listed_exported_and_removed(client: DlmsClient, meter: Meter, suite: int) -> None:
    der = asked_for(client, suite)
    method(client, 6, octet_string(der))
    (row,) = client.get(64, SETUP, 6).items()
    entity, use, serial, issuer, _, _ = row.items()
    assert (entity, use) == (enum(0), enum(0))
    title = octet_string(meter.security.system_title())
    by_owner = structure(enum(0), structure(enum(0), enum(0), title))
    by_number = structure(enum(1), structure(serial, issuer))
    assert method(client, 7, by_owner).octets() == method(client, 7, by_number).octets() == der
    method(client, 8, by_number)
    assert client.get(64, SETUP, 6) == array()
    with pytest.raises(Refused):
        method(client, 7, by_owner)


def test_the_certificate_of_a_client_replaces_the_key_of_the_factory(client: DlmsClient, suite: int) -> None:
    assert client.protection is not None
    own = 12345
    public = hls.private_key(own, suite=suite).public_key()
    der = certificate(client.protection.own_title.hex(), public, suite)
    method(client, 6, octet_string(der))
    with pytest.raises(Refused):
        client.open()
    client.prepare()
    assert client.protection is not None
    client.protection.signing_key = own.to_bytes(32)
    client.associate()
    client.prove()


def test_keys_are_agreed_and_used(client: DlmsClient, meter: Meter, suite: int) -> None:
    protection = client.protection
    assert protection is not None
    own = hls.private_key(777, suite=suite)
    signing = hls.private_key(int.from_bytes(protection.signing_key), suite=suite)
    sent = key_agreement.agreed_key_info(own, signing, suite=suite, before=b"\x00")
    answer = method(client, 3, array(structure(enum(0), octet_string(sent.data))))
    ((key_id, theirs),) = (row.items() for row in answer.items())
    assert key_id == enum(0)
    info = KeyInfo(choice=KeyInfoChoice.AGREED, parameters=key_agreement.ONE_PASS, data=theirs.octets())
    signed_by = hls.public_key(protection.meter_public_key, suite=suite)
    key = key_agreement.derived_key(
        own,
        key_agreement.ephemeral_key(info, signed_by, suite=suite, before=b"\x00"),
        suite=suite,
        originator=protection.own_title,
        recipient=protection.meter_title,
    )
    settings = meter.product.communication.association(7)
    assert settings is not None
    assert meter.security.global_keys(settings).encryption == key


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (3, array()),
        (3, array(structure(enum(0), octet_string(bytes(128))))),
        (3, array(structure(enum(9), octet_string(b"")))),
        (4, enum(2)),
        (5, AGREEMENT),
        (6, octet_string(b"\x30\x00")),
        (6, octet_string(b"")),
        (7, structure(enum(2), enum(0))),
        (7, structure(enum(0), structure(enum(1)))),
        (8, structure(enum(1), structure(octet_string(b"\x01"), octet_string(b"")))),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    client: DlmsClient, number: int, value: Data
) -> None:
    with pytest.raises(Refused):
        method(client, number, value)
    assert client.get(64, SETUP, 6) == array()
    client.open()


def test_a_certificate_for_another_key_pair_is_not_taken(
    client: DlmsClient, meter: Meter, suite: int
) -> None:
    method(client, 4, SIGNATURE)
    stranger = hls.private_key(5, suite=suite).public_key()
    der = certificate(meter.security.system_title().hex(), stranger, suite)
    with pytest.raises(Refused):
        method(client, 6, octet_string(der))
    client.open()
