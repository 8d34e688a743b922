"""Other ways to order a meter, by name: all of them conform, and the declaration says what was ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from bench.protocols import hls
from reference_meter.products.associations import SECURE, password, secure_association, signing_key
from reference_meter.products.product import Association, Communication, Product
from reference_meter.products.sts_configurations import STS_CONFIGURATIONS

Change = Callable[[Product], Product]
FRAMINGS = ("hdlc", "mode-e", "wrapper", "wrapper-udp")
_SECURITY_CLIENT, _SIGNED_CLIENT = 2, 7


def with_framing(framing: str) -> Change:
    """Return the change after which the main port of the rig file speaks ``framing``."""
    if framing == "wrapper-udp":
        return partial(_with, framing="wrapper", transport="udp")
    if framing == "wrapper":
        return partial(_with, framing="wrapper", transport="tcp")
    return partial(_with, framing=framing)


def changed(make: Callable[[int, int], Product], changes: list[Change]) -> Callable[[int, int], Product]:
    """Return the maker of a product with all changes made to it, in their order."""

    def ordered(position: int, seed: int) -> Product:
        product = make(position, seed)
        for change in changes:
            product = change(product)
        return product

    return ordered


def _with(product: Product, **changes: object) -> Product:
    link: Communication = replace(product.communication, **changes)  # type: ignore[arg-type]
    return replace(product, communication=link)


def _pedantic(product: Product) -> Product:
    """The smallest frames and buffers, and no patience."""
    associations = tuple(replace(row, max_pdu=128) for row in product.communication.associations)
    return _with(
        product,
        max_info_transmit=32,
        max_info_receive=32,
        inactivity_time_out_s=10.0,
        inter_octet_time_out_s=0.02,
        associations=associations,
    )


def _every_mechanism(product: Product) -> Product:
    """Further clients with the mechanisms that hash a secret, in the context without ciphering."""
    further = tuple(
        Association(
            name=mechanism,
            client_sap=client_sap,
            mechanism=mechanism,
            secret_name=f"{mechanism.replace('-', '_')}_secret",
            password=password(product.name, 0, product.position, mechanism) * 2,
            conformance=SECURE,
            role="security",
        )
        for client_sap, mechanism in ((3, "hls-md5"), (4, "hls-sha1"), (6, "hls-sha256"))
    )
    return _with(product, associations=(*product.communication.associations, *further))


def _suite(suite: int, product: Product) -> Product:
    """The security client with another suite; of suites 1 and 2 the symmetric part."""
    secure = secure_association("security", _SECURITY_CLIENT, product.name, product.position, 0, suite=suite)
    associations = tuple(
        secure if row.name == "security" else row for row in product.communication.associations
    )
    return _with(product, associations=associations)


def _signed(suite: int, product: Product) -> Product:
    """A further client that proves itself with a signature, beside the one with the same suite and GMAC."""
    product = _suite(suite, product)

    def key(who: str) -> bytes:
        return signing_key(product.name, 0, product.position, who)

    signing, agreement = key("client"), key("client agreement")
    signed = replace(
        secure_association("signed", _SIGNED_CLIENT, product.name, product.position, 0, suite=suite, setup=2),
        mechanism="hls-ecdsa",
        client_public_key=_public(signing, suite),
        client_agreement_public_key=_public(agreement, suite),
        client_signing_key=signing,
        client_agreement_key=agreement,
        role="security",
    )
    return _with(
        product,
        signing_key=key("meter"),
        agreement_key=key("meter agreement"),
        associations=(*product.communication.associations, signed),
    )


def _public(private: bytes, suite: int) -> bytes:
    key = hls.private_key(int.from_bytes(private), suite=suite).public_key()
    return hls.public_key_octets(key, suite=suite)


CONFIGURATIONS: Mapping[str, Change] = MappingProxyType(
    {
        "slow": partial(_with, response_time_s=1.5),
        "pedantic": _pedantic,
        "all-station": partial(_with, all_station_address=True),
        "dead": partial(_with, listens=False),
        "large-frames": partial(
            _with, max_info_transmit=2030, max_info_receive=2030, window_transmit=7, window_receive=7
        ),
        "every-mechanism": _every_mechanism,
        "suite-1": partial(_suite, 1),
        "suite-2": partial(_suite, 2),
        **STS_CONFIGURATIONS,
        "cellular": partial(_with, module_objects="cellular"),
        "prime": partial(_with, module_objects="prime"),
        "g3": partial(_with, module_objects="g3"),
        "signed-1": partial(_signed, 1),
        "signed-2": partial(_signed, 2),
    }
)
"""The configurations that a laboratory can order."""
