"""The usual shape of a defect: one mixin before the class of one slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference_meter.blueprint import Blueprint
from reference_meter.products.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDefect:
    """A defect that overrides methods of ``slot``.

    ``mixin`` is the overriding class, or a function that makes it for a product when its size depends on that.
    """

    id: str
    title: str
    slot: str
    mixin: type[Any] | Callable[[Product], type[Any]]

    def apply(self, blueprint: Blueprint) -> None:
        """Put the mixin before the slot's class."""
        mixin = self.mixin if isinstance(self.mixin, type) else self.mixin(blueprint.product)
        blueprint.override(self.slot, mixin)


def size_for(product: Product, sizes: dict[str, float]) -> float:
    """Return the size of a defect in ``product``. Raises ValueError for a product without one."""
    if product.name not in sizes:
        raise ValueError(f"no size is known for {product.name}; there is one for {', '.join(sizes)}")
    return sizes[product.name]
