"""The firmware of a reference meter: a board, and the component slots of a blueprint built on it.

A meter object lives from power-up to power-down. What must survive is written to ``board.memory`` through
the ``memory`` slot; each power-up builds every slot anew. A slot may have these methods:

- ``power_up()``: called once all slots are built, in the order of the blueprint;
- ``power_failing()``: called before power is lost, in the same order; all writes go to the chip together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.blueprint import Blueprint
from reference_meter.board import Board
from reference_meter.products.product import Product

if TYPE_CHECKING:
    from reference_meter.calendar.activity_calendar import ActivityCalendar
    from reference_meter.calendar.meter_clock import MeterClock
    from reference_meter.calendar.schedules import Schedules
    from reference_meter.dlms.association import Association
    from reference_meter.dlms.broadcast import Broadcasts
    from reference_meter.dlms.ciphering import Ciphering
    from reference_meter.dlms.function_control import FunctionControl
    from reference_meter.dlms.hdlc_link import HdlcLink
    from reference_meter.dlms.objects import Objects
    from reference_meter.dlms.port_protection import PortProtection
    from reference_meter.dlms.push import Push
    from reference_meter.dlms.scripts import Scripts
    from reference_meter.dlms.security import Security
    from reference_meter.dlms.services import Services
    from reference_meter.dlms.sign_on import SignOn
    from reference_meter.dlms.wrapper_port import WrapperTcp, WrapperUdp
    from reference_meter.events.alarms import Alarms
    from reference_meter.events.conditions import Conditions
    from reference_meter.events.event_logs import EventLogs
    from reference_meter.events.register_monitors import RegisterMonitors
    from reference_meter.firmware.image import Image
    from reference_meter.front_panel.display import Display
    from reference_meter.front_panel.keypad import Keypad
    from reference_meter.front_panel.short_codes import ShortCodes
    from reference_meter.memory import Memory
    from reference_meter.metering.demand import Demand
    from reference_meter.metering.energies import Energies
    from reference_meter.metering.led import Led
    from reference_meter.metering.metering import Metering
    from reference_meter.metering.registers import Registers
    from reference_meter.payment.account import Account
    from reference_meter.payment.charges import Charges
    from reference_meter.payment.decoder_key import DecoderKey
    from reference_meter.payment.extended_set import ExtendedSet
    from reference_meter.payment.friendly import Friendly
    from reference_meter.payment.gateway import Gateway
    from reference_meter.payment.key_change import KeyChangeStaging
    from reference_meter.payment.lock_out import LockOut
    from reference_meter.payment.switch_test import SwitchTest
    from reference_meter.payment.tid_store import TidStore
    from reference_meter.payment.token_application import TokenApplication
    from reference_meter.profiles.profiles import Profiles
    from reference_meter.supply.arbiter import Arbiter
    from reference_meter.supply.disconnect_schedule import DisconnectSchedule
    from reference_meter.supply.power_limiter import PowerLimiter
    from reference_meter.supply.switch import Switch


class Meter:
    """One powered meter. Implements `reference_meter.board.Firmware`; ``meter.<slot>`` gives each slot."""

    memory: Memory
    clock: MeterClock
    metering: Metering
    registers: Registers
    energies: Energies
    demand: Demand
    led: Led
    friendly: Friendly
    charges: Charges
    account: Account
    decoder_key: DecoderKey
    tid_store: TidStore
    key_change: KeyChangeStaging
    extended_set: ExtendedSet
    lock_out: LockOut
    token_application: TokenApplication
    switch: Switch
    arbiter: Arbiter
    power_limiter: PowerLimiter
    disconnect_schedule: DisconnectSchedule
    schedules: Schedules
    switch_test: SwitchTest
    gateway: Gateway
    events: EventLogs
    calendar: ActivityCalendar
    conditions: Conditions
    display: Display
    short_codes: ShortCodes
    keypad: Keypad
    profiles: Profiles
    image: Image
    function_control: FunctionControl
    port_protection: PortProtection
    objects: Objects
    security: Security
    ciphering: Ciphering
    association: Association
    services: Services
    broadcasts: Broadcasts
    hdlc_link: HdlcLink
    sign_on: SignOn
    wrapper_tcp: WrapperTcp
    wrapper_udp: WrapperUdp
    push: Push
    scripts: Scripts
    alarms: Alarms
    register_monitors: RegisterMonitors

    def __init__(self, blueprint: Blueprint, board: Board) -> None:
        self.product: Product = blueprint.product
        self.board = board
        self._slots: list[object] = []
        for name, factory in blueprint:
            slot = factory(self)
            setattr(self, name, slot)
            self._slots.append(slot)
        self._call("power_up")

    def inputs_changed(self) -> None:
        """Bring energy up to now with the old inputs, then plan pulses and credit with the new ones."""
        self.registers.accrue()
        self.energies.accrue()
        self.led.plan()
        self.account.plan()
        self.power_limiter.look()
        self.conditions.look()
        self.register_monitors.look()
        self.push.look()
        self.display.refresh()

    def senses_changed(self) -> None:
        """Look at covers, field, neutral, battery and plugs."""
        self.conditions.look()

    def runs_without_neutral(self) -> bool:
        """Tell the board that the meter's supply takes what it needs from one wire and earth."""
        return self.metering.one_wire_supply()

    def display_looked_at(self) -> None:
        """Bring the display up to date."""
        self.display.refresh()

    def octets_received(self, port: str, octets: bytes) -> None:
        """Hand octets of a port to what listens there."""
        if not self.product.communication.listens:
            return
        self._listener(port).receive(octets)

    def port_opened(self, port: str) -> None:
        """Tell who listens there that someone is on the line."""
        self._listener(port).line_opened()

    def port_closed(self, port: str) -> None:
        """Tell who listens there that the line is dead."""
        self._listener(port).line_closed()

    def _listener(self, port: str) -> SignOn | WrapperTcp | WrapperUdp:
        if port == "tcp":
            return self.wrapper_tcp
        return self.wrapper_udp if port == "udp" else self.sign_on

    def keys_pressed(self, keys: str) -> None:
        """Hand keys to the keypad."""
        self.keypad.press(keys)

    def power_failing(self) -> None:
        """Save what lives in RAM; the super-capacitor carries one last write."""
        with self.memory.together():
            self._call("power_failing")

    def _call(self, method: str) -> None:
        for slot in self._slots:
            action = getattr(slot, method, None)
            if action is not None:
                action()


def build_meter(blueprint: Blueprint, board: Board) -> Meter:
    """Power a meter up: build its slots on ``board`` and return the firmware."""
    return Meter(blueprint, board)
