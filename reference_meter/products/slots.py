"""The component classes of a standard meter, in the order in which they are built."""

from __future__ import annotations

from typing import Any

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


def standard_slots() -> dict[str, type[Any]]:
    """Return name and class of every slot."""
    return {
        "memory": Memory,
        "clock": MeterClock,
        "metering": Metering,
        "registers": Registers,
        "energies": Energies,
        "demand": Demand,
        "led": Led,
        "friendly": Friendly,
        "charges": Charges,
        "account": Account,
        "decoder_key": DecoderKey,
        "tid_store": TidStore,
        "key_change": KeyChangeStaging,
        "extended_set": ExtendedSet,
        "lock_out": LockOut,
        "token_application": TokenApplication,
        "switch": Switch,
        "arbiter": Arbiter,
        "power_limiter": PowerLimiter,
        "disconnect_schedule": DisconnectSchedule,
        "schedules": Schedules,
        "switch_test": SwitchTest,
        "gateway": Gateway,
        "events": EventLogs,
        "calendar": ActivityCalendar,
        "conditions": Conditions,
        "display": Display,
        "short_codes": ShortCodes,
        "keypad": Keypad,
        "profiles": Profiles,
        "image": Image,
        "function_control": FunctionControl,
        "port_protection": PortProtection,
        "objects": Objects,
        "security": Security,
        "ciphering": Ciphering,
        "association": Association,
        "services": Services,
        "broadcasts": Broadcasts,
        "hdlc_link": HdlcLink,
        "sign_on": SignOn,
        "wrapper_tcp": WrapperTcp,
        "wrapper_udp": WrapperUdp,
        "push": Push,
        "scripts": Scripts,
        "alarms": Alarms,
        "register_monitors": RegisterMonitors,
    }
