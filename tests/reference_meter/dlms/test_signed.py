"""High level security by signature: the client proves itself with its key, the meter with its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bench.protocols import hls
from bench.protocols.acse import Aarq, Mechanism
from reference_meter.meter import Meter
from reference_meter.products.associations import signing_key
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.product import Product
from tests.reference_meter.dlms.cipher_client import BOTH, CHALLENGE, TITLE, CipherClient

GET_NAME = bytes.fromhex("c001c1000100002a0000ff0200")


class SigningClient(CipherClient):
    """The client of the association that wants signatures."""

    def __init__(self, meter: Meter, key: ec.EllipticCurvePrivateKey) -> None:
        super().__init__(meter, "signed")
        self.key = key
        self.suite = self.settings.suite

    def seal(self, plain: bytes, control: int = BOTH, **options: object) -> bytes:
        return super().seal(plain, control | self.suite, **options)  # type: ignore[arg-type]

    def aarq(self, control: int = BOTH, *, pdu: int = 1024) -> bytes:
        request, _ = Aarq.decode(super().aarq(control, pdu=pdu))
        assert request is not None
        return replace(request, mechanism_name=Mechanism.HLS_ECDSA.object_identifier).to_bytes()

    def proof(self) -> bytes:
        proof = hls.Proof(
            challenge=self.challenge, own_challenge=CHALLENGE, own_title=TITLE, peer_title=self.server_title
        )
        return hls.signed(proof, self.key, suite=self.suite)

    def prove(self, proof: bytes | None = None) -> bytes:
        proof = self.proof() if proof is None else proof
        reply = bytes.fromhex("c301c1000f0000280000ff0101")
        return self.request(reply + bytes([9, len(proof)]) + proof)


def private(product: Product, who: str, suite: int) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(signing_key(product.name, 0, product.position, who))
    return hls.private_key(number, suite=suite)


@pytest.fixture(params=[1, 2])
def client(
    request: pytest.FixtureRequest, power_up: Callable[[Product], Meter], product: Product
) -> SigningClient:
    meter = power_up(CONFIGURATIONS[f"signed-{request.param}"](product))
    return SigningClient(meter, private(product, "client", request.param))


def test_both_sides_prove_themselves(client: SigningClient, product: Product) -> None:
    assert client.begin() == 0
    answer = client.prove()

    assert answer[:6].hex() == "c701c1000100"
    proof = hls.Proof(
        challenge=CHALLENGE, own_challenge=client.challenge, own_title=client.server_title, peer_title=TITLE
    )
    own = private(product, "meter", client.suite).public_key()
    assert hls.signature_holds(answer[8:], proof, own, suite=client.suite)
    assert client.request(GET_NAME)[:4].hex() == "c401c100"


def test_a_signature_of_another_key_is_refused(client: SigningClient, product: Product) -> None:
    client.key = private(product, "somebody", client.suite)
    assert client.begin() == 0
    assert client.prove()[:4].hex() != "c701c100"
    assert client.send(client.seal(GET_NAME)).hex() == "d80102"


def test_a_signature_of_another_challenge_is_refused(client: SigningClient) -> None:
    assert client.begin() == 0
    client.challenge = bytes(16)
    assert client.prove()[:4].hex() != "c701c100"
