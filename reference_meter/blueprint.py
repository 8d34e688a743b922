"""The blueprint of a meter: named component slots, and how a defect changes one of them.

A slot holds a class built with the meter as only argument. A defect is an object with an ``apply`` that
overrides, replaces or adjusts slots of the blueprint before the meter is built, and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.product import Product

Factory = Callable[["Meter"], Any]


class Defect(Protocol):
    """Something that can be wrong with a meter."""

    id: str
    title: str

    def apply(self, blueprint: Blueprint) -> None: ...


class Blueprint:
    """A product and the component class in each slot, in the order in which they are built."""

    def __init__(self, product: Product, slots: dict[str, type[Any]]) -> None:
        self.product = product
        self._slots: dict[str, Factory] = dict(slots)

    def __iter__(self) -> Iterator[tuple[str, Factory]]:
        return iter(self._slots.items())

    def __getitem__(self, slot: str) -> Factory:
        self._known(slot)
        return self._slots[slot]

    def override(self, slot: str, mixin: type[Any]) -> None:
        """Put ``mixin`` before the slot's class: its methods win, ``super()`` reaches the original ones."""
        self._known(slot)
        base = self._slots[slot]
        if not isinstance(base, type):
            raise TypeError(f"slot {slot!r} was replaced by a function; override it before replacing it")
        self._slots[slot] = type(mixin.__name__, (mixin, base), {})

    def replace(self, slot: str, factory: Factory) -> None:
        """Build the slot with ``factory(meter)`` instead."""
        self._known(slot)
        self._slots[slot] = factory

    def _known(self, slot: str) -> None:
        if slot not in self._slots:
            raise KeyError(f"no slot {slot!r}; the slots are {', '.join(self._slots)}")
