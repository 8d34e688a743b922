"""Other ways to order the token side of a meter, by name: number, cipher, keys, accounting, carriers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from bench.protocols.sts.identity import MeterPan
from reference_meter.products.product import Product

#: Manufacturer codes have 2 or 4 digits, serial numbers 8 (sts.md 2.7).
_SHORT_CODE, _SERIAL_DIGITS = 2, 8
_TEST_KEY_OF_DKGA02 = bytes.fromhex("abababababababab")
"""The published 64-bit test vending key of STS531-1 (test data of the STS Association)."""


def _with_sts(product: Product, **changes: object) -> Product:
    return replace(product, sts=replace(product.sts, **changes))  # type: ignore[arg-type]


def _other_number(product: Product) -> Product:
    """The meter number of the other family: 13 digits for 11, with a manufacturer code of four, or 11 for 13."""
    pan = MeterPan(product.sts.meter_pan)
    code = "0100" if len(pan.manufacturer_code) == _SHORT_CODE else "00"
    return _with_sts(product, meter_pan=str(MeterPan.from_serial(code, pan.drn[:-1][-_SERIAL_DIGITS:])))


def _other_cipher(product: Product) -> Product:
    """EA11 for EA07, or the other way round, with the key change sets that go with it."""
    if product.sts.encryption_algorithm == "EA07":
        return _with_sts(product, encryption_algorithm="EA11", no_of_kct_supported=4)
    return _with_sts(product, encryption_algorithm="EA07", no_of_kct_supported=3)


def _old_keys(product: Product) -> Product:
    """Keys of DKGA02, which come with EA07."""
    short = product if product.sts.encryption_algorithm == "EA07" else _other_cipher(product)
    return _with_sts(short, dkga="DKGA02", vending_key=_TEST_KEY_OF_DKGA02)


def _currency(product: Product) -> Product:
    """Credit counted in money instead of energy."""
    return replace(product, payment=replace(product.payment, accounting="currency"))


STS_CONFIGURATIONS: Mapping[str, Callable[[Product], Product]] = MappingProxyType(
    {
        "other-number": _other_number,
        "other-cipher": _other_cipher,
        "old-keys": _old_keys,
        "currency": _currency,
        "extended-tokens": partial(_with_sts, extended_token_set=True),
        "keypad-only": partial(_with_sts, carriers=("keypad",)),
        "gateway-only": partial(_with_sts, carriers=("gateway",)),
    }
)
