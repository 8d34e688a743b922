"""Honest meters that are built otherwise than ours, each with the test that once took the difference for a fault.

What a maker may choose: digits of registers, null-data in rows, one client only, short APDUs, a slow switch, a slow
display, an answer that takes its time, a limiter of another group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.protocols.axdr import (
    Data,
    array,
    decode_all,
    double_long_unsigned,
    encode,
    enum,
    integer,
    null_data,
    structure,
)
from bench.protocols.cosem import CosemAttribute
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.defects.by_position import ByPosition
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import Attribute, CosemObject, Role
from reference_meter.meter import Meter
from reference_meter.products.product import Product
from reference_meter.supply.power_limiter import PowerLimiter
from tests.suites.kept_rack import Kept

REGISTER, PROFILE, BUFFER, IMPORT = 3, 7, 2, "1-0:1.8.0.255"
WATT_HOUR = 30
SELECTIVE = "selective-access"
SLOW_SWITCH_S, ACTUATION_S = 10.0, 12.0


@dataclass(slots=True, kw_only=True)
class Honest:
    """A meter of another order and build, and the test that it passes."""

    test: Kept
    order: Callable[[Product], Product] = lambda product: product
    id: str = ""
    title: str = "An honest meter"

    def apply(self, blueprint: Any) -> None:
        """Order and build it."""
        blueprint.product = self.order(blueprint.product)
        if self.test.slot:
            blueprint.override(self.test.slot, self.test.mixin)


class AsOurs:
    """Built as ours, only ordered otherwise."""


class TenWattHours:
    """The import register counts in steps of 10 Wh."""

    def build(self: Any) -> tuple[CosemObject, ...]:
        """Return the objects with another register of import."""
        rows: tuple[CosemObject, ...] = super().build()  # type: ignore[misc]
        return tuple(
            replace(row, attributes=tuple(map(_in_tens, row.attributes))) if str(row.obis) == IMPORT else row
            for row in rows
        )


def _in_tens(attribute: Attribute) -> Attribute:
    read = attribute.read
    if attribute.name == "value" and read is not None:
        return replace(attribute, read=lambda meter: double_long_unsigned(read(meter).number() // 10))
    if attribute.name == "scaler_unit":
        return replace(attribute, read=lambda _meter: structure(integer(1), enum(WATT_HOUR)))
    return attribute


class RepeatsNothing:
    """A cell that is as in the row before is told by null-data, the clock excepted."""

    def read(
        self: Any, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None
    ) -> Data:
        """Read; leave out of a whole buffer what the row before has told."""
        data: Data = super().read(reference, role, selection)  # type: ignore[misc]
        if (reference.class_id, reference.attribute) != (PROFILE, BUFFER) or selection is not None:
            return data
        rows = [row.items() for row in _plain(data).items()]
        return array(
            *(structure(*_short(row, before)) for row, before in zip(rows, [(), *rows], strict=False))
        )


def _plain(data: Data) -> Data:
    return decode_all(encode(data))


def _short(row: Sequence[Data], before: Sequence[Data]) -> list[Data]:
    old = before or (None,) * len(row)
    return [
        null_data() if place and cell == last else cell
        for place, (cell, last) in enumerate(zip(row, old, strict=True))
    ]


class SlowSwitch:
    """Ten seconds pass from a command to the motion of the contact, as a charging capacitor needs."""

    waiting: Any = None

    def drive(self: Any, closed: bool) -> None:
        """Charge, then drive; a later command replaces one that still waits."""
        if self.waiting is not None:
            self.waiting.cancel()
        self._wanted = closed
        go = super().drive  # type: ignore[misc]
        self.waiting = self.board.at(self.board.now() + SLOW_SWITCH_S, lambda: go(closed))


class ShowsLate:
    """The display tells the result of a token a second after the credit that it brought."""

    def show_result(self: Any, text: str) -> None:
        """Show it later."""
        show, board = super().show_result, self.meter.board  # type: ignore[misc]
        board.at(board.now() + 1.0, lambda: show(text))


class OfOneGroup(PowerLimiter):
    """Be of one group of emergency profiles for good, given by the maker."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.object["groups"] = [7]

    def set_object(self, **values: Any) -> None:
        if "groups" in values:
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        super().set_object(**values)


def _slow_switch(product: Product) -> Product:
    return replace(product, supply=replace(product.supply, actuation_time_s=ACTUATION_S))


def _slow_and_by_hand(product: Product) -> Product:
    """Let the limiter go again while the bench still gives the switch its time; the button closes it."""
    supply = replace(product.supply, actuation_time_s=ACTUATION_S, limiter_hold_s=30.0, control_mode=4)
    return replace(product, supply=supply)


def _slow_tokens(product: Product) -> Product:
    """Take eight seconds for a token, like one whose keypad is in another room."""
    return replace(product, sts=replace(product.sts, decryption_time_s=8.0))


def _one_client(product: Product) -> Product:
    """Only management, which reads as well."""
    link = product.communication
    only = tuple(row for row in link.associations if row.name == "management")
    return replace(product, communication=replace(link, associations=only))


def _no_public_client(product: Product) -> Product:
    """Nobody reads without a password but the client that is always associated; nobody selects rows."""
    link = product.communication
    return replace(
        product,
        communication=replace(
            link,
            associations=tuple(
                replace(row, conformance=tuple(word for word in row.conformance if word != SELECTIVE))
                for row in link.associations
                if row.name != "public"
            ),
        ),
    )


def _short_apdus(product: Product) -> Product:
    """No APDU longer than 128 octets: a calendar must be written in blocks."""
    link = product.communication
    return replace(
        product,
        communication=replace(
            link, associations=tuple(replace(row, max_pdu=128) for row in link.associations)
        ),
    )


def _slow_answers(product: Product) -> Product:
    """Answers half a second after the question, and keeps an association for ever."""
    link = replace(product.communication, response_time_s=0.5, inactivity_time_out_s=0.0)
    return replace(product, communication=link)


HONEST = (
    Honest(test=Kept("objects", TenWattHours, "dual/short_codes", "test_panel.py::test_short_codes")),
    Honest(test=Kept("objects", TenWattHours, "dual/scenario", "test_scenarios.py::test_s1")),
    Honest(
        test=Kept("objects", RepeatsNothing, "dual/profile_outage", "test_profiles.py::test_profile_outage")
    ),
    Honest(test=Kept("", AsOurs, "sts/amounts", "test_credit_tokens.py::test_amounts"), order=_one_client),
    Honest(
        test=Kept("", AsOurs, "dual/tariff", "test_calendar.py::test_tariff_registers"), order=_short_apdus
    ),
    Honest(
        test=Kept("switch", SlowSwitch, "dual/scenario", "test_scenarios.py::test_s1"), order=_slow_switch
    ),
    Honest(
        test=Kept("switch", SlowSwitch, "dual/switch_records", "test_switch_records.py::test_switch_records"),
        order=_slow_and_by_hand,
    ),
    Honest(
        test=Kept(
            "power_limiter", OfOneGroup, "dual/limiter_emergency", "test_limiter.py::test_limiter_emergency"
        )
    ),
    Honest(test=Kept("display", ShowsLate, "sts/keypad_token", "test_replay.py::test_keypad_token")),
    Honest(test=Kept("", AsOurs, "sts/used_token", "test_replay.py::test_used_token"), order=_slow_tokens),
    Honest(
        test=Kept("", AsOurs, "sts/keypad_token", "test_replay.py::test_keypad_token"), order=_slow_tokens
    ),
    Honest(test=Kept("", AsOurs, "dual/scenario", "test_scenarios.py::test_s10"), order=_slow_answers),
    Honest(test=Kept("", AsOurs, "dual/clock_drift", "test_clock.py::test_clock_drift"), order=_slow_answers),
    Honest(
        test=Kept("", AsOurs, "dlms/APPL_IDLE_N1", "test_data_services.py::test_appl_idle_n1"),
        order=_no_public_client,
    ),
    Honest(
        test=Kept("", AsOurs, "dual/five_way", "test_closure.py::test_five_way_closure"),
        order=_no_public_client,
    ),
)
TESTS = tuple(meter.test for meter in HONEST)
RACK = ByPosition(
    id="HONEST", title="Another honest meter at each position", defects=dict(enumerate(HONEST, 1))
)
