"""Variants of layer N in communication: other legal choices, which a tester must not fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.protocols.axdr import Data, octet_string
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.hdlc import Frame
from reference_meter.blueprint import Blueprint
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.association import Association
from reference_meter.dlms.hdlc_link import HdlcLink
from reference_meter.dlms.hdlc_session import HdlcSession
from reference_meter.dlms.model.cosem_object import CosemObject, Role
from reference_meter.dlms.objects import Objects
from reference_meter.products.product import Delivery, Product

_CLOCK_TIME = CosemAttribute(8, Obis("0-0:1.0.0"), 2)
_CLOCK_ZONE_AT = 9
_NOT_SPECIFIED = bytes.fromhex("8000")
_LEAST_INFORMATION = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductVariant:
    """A meter ordered otherwise: ``change`` makes its product, which its declaration follows."""

    id: str
    title: str
    change: Callable[[Product], Product]

    def apply(self, blueprint: Blueprint) -> None:
        """Change the product of the blueprint."""
        blueprint.product = self.change(blueprint.product)


class NoRelease(Association):
    """Know no RLRQ; the client leaves by disconnecting."""

    def release(self, apdu: bytes) -> bytes:  # noqa: ARG002
        return self.meter.services.refused()


class DeviationNotSpecified(Objects):
    """Give the time without its deviation from UTC."""

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        data = super().read(reference, role, selection)
        if reference != _CLOCK_TIME:
            return data
        shown = data.octets()
        return octet_string(shown[:_CLOCK_ZONE_AT] + _NOT_SPECIFIED + shown[_CLOCK_ZONE_AT + 2 :])


class SilentOnBadFrames(HdlcLink):
    """Discard frames that cannot be served, without FRMR."""

    def refuse(self, session: HdlcSession, frame: Frame, reason: int) -> None:
        """Do nothing."""


class UnusualOrder(Objects):
    """List the objects from the last to the first."""

    def build(self) -> tuple[CosemObject, ...]:
        return super().build()[::-1]


def _least_link(product: Product) -> Product:
    link = replace(
        product.communication,
        max_info_transmit=_LEAST_INFORMATION,
        max_info_receive=_LEAST_INFORMATION,
        window_transmit=1,
        window_receive=1,
    )
    return replace(product, communication=link)


def _single_references(product: Product) -> Product:
    associations = tuple(
        replace(row, conformance=tuple(name for name in row.conformance if name != "multiple-references"))
        for row in product.communication.associations
    )
    return replace(product, communication=replace(product.communication, associations=associations))


def _new_meter(product: Product) -> Product:
    return replace(product, delivery=Delivery(load_profile_rows=0, daily_rows=0, billing_rows=0))


DEFECTS = (
    ProductVariant(id="N-01", title="HDLC information 128, window 1 only", change=_least_link),
    SlotDefect(id="N-02", title="No RLRQ/RLRE support", slot="association", mixin=NoRelease),
    SlotDefect(id="N-03", title="Clock deviation not specified", slot="objects", mixin=DeviationNotSpecified),
    SlotDefect(id="N-04", title="Bad frames discarded in silence", slot="hdlc_link", mixin=SilentOnBadFrames),
    SlotDefect(id="N-09", title="Objects in unusual order", slot="objects", mixin=UnusualOrder),
    ProductVariant(id="N-11", title="No multiple references", change=_single_references),
    ProductVariant(id="N-17", title="Load profile empty because the meter is new", change=_new_meter),
)
