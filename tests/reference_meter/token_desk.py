"""Make the tokens a test enters, and the meter it enters them into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from bench.protocols.sts.fields import RawToken, TokenFields, TransferCredit
from bench.protocols.sts.key_change import key_change_sections, key_change_to
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from reference_meter.meter import Meter
from reference_meter.payment.token_result import TokenResult
from reference_meter.products.dds722 import TEST_VENDING_KEY, dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import Product
from tests.reference_meter.fake_board import FakeBoard

PRODUCTS: dict[str, Callable[[], Product]] = {"dds722": dds722, "dts722": dts722}
INITIAL_CREDIT_WH = 10_000


def personalised(product: Product, **sts: Any) -> Product:
    return replace(product, sts=replace(product.sts, **sts))


def board_of(
    name: str = "dds722", *defects: str, payment: dict[str, Any] | None = None, **sts: Any
) -> FakeBoard:
    """A board with a meter whose STS identity is as given; no lock-out unless asked for."""
    product = personalised(PRODUCTS[name](), **({"lock_out_after": 0} | sts))
    product = replace(
        product, payment=replace(product.payment, initial_credit_wh=INITIAL_CREDIT_WH, **(payment or {}))
    )
    return FakeBoard(*defects, product=product)


@dataclass
class Desk:
    """A vending desk with the test vending key; ``parameters`` are those it believes the meter to have."""

    parameters: KeyParameters

    def __post_init__(self) -> None:
        self.tids = count(5_000_000)

    @classmethod
    def of(cls, product: Product) -> Desk:
        sts = product.sts
        return cls(
            KeyParameters.parse(
                meter_pan=sts.meter_pan,
                supply_group_code=sts.supply_group_code,
                tariff_index=sts.tariff_index,
                key_revision_number=sts.key_revision_number,
                key_type=sts.key_type,
                base_date=sts.base_date,
                algorithm=sts.encryption_algorithm,
            )
        )

    @property
    def key(self) -> bytes:
        return decoder_key(TEST_VENDING_KEY, self.parameters)

    def token(self, fields: TokenFields, **options: Any) -> str:
        return make_token(fields, self.key, self.parameters.algorithm, **options)

    def credit(self, least_units: int = 10, tid: int | None = None) -> str:
        return self.token(
            TransferCredit(tid=next(self.tids) if tid is None else tid, least_units=least_units)
        )

    def garbage(self) -> str:
        """A token of class 0 with a wrong checksum."""
        return self.token(RawToken(token_class=0, subclass=0, payload44=next(self.tids)), crc=0x1234)

    def changed(self, **parameters: Any) -> Desk:
        """The desk after a change of key parameters; it goes on with its TIDs."""
        desk = Desk(replace(self.parameters, **parameters))
        desk.tids = self.tids
        return desk

    def key_change(
        self, new: Desk, *, with_supply_group: bool = False, key_expiry_number: int = 255, **overrides: Any
    ) -> list[str]:
        change = key_change_to(
            new.parameters,
            new.key,
            current=self.parameters,
            key_expiry_number=key_expiry_number,
            with_supply_group=with_supply_group,
        )
        sections = key_change_sections(replace(change, **overrides), self.parameters.algorithm)
        return [self.token(section) for section in sections]


def enter(meter: Meter, *tokens: str) -> list[TokenResult]:
    return [meter.token_application.enter(token, "keypad") for token in tokens]
