"""The component classes of a standard meter, in the order in which they are built."""

from __future__ import annotations

from typing import Any

from reference_meter.calendar.meter_clock import MeterClock
from reference_meter.dlms.association import Association
from reference_meter.dlms.hdlc_link import HdlcLink
from reference_meter.dlms.objects import Objects
from reference_meter.dlms.security import Security
from reference_meter.dlms.services import Services
from reference_meter.events.event_logs import EventLogs
from reference_meter.front_panel.display import Display
from reference_meter.front_panel.keypad import Keypad
from reference_meter.memory import Memory
from reference_meter.metering.led import Led
from reference_meter.metering.metering import Metering
from reference_meter.metering.registers import Registers
from reference_meter.payment.account import Account
from reference_meter.payment.decoder_key import DecoderKey
from reference_meter.payment.gateway import Gateway
from reference_meter.payment.tid_store import TidStore
from reference_meter.payment.token_application import TokenApplication
from reference_meter.supply.arbiter import Arbiter
from reference_meter.supply.switch import Switch


def standard_slots() -> dict[str, type[Any]]:
    """Return name and class of every slot."""
    return {
        "memory": Memory,
        "clock": MeterClock,
        "metering": Metering,
        "registers": Registers,
        "led": Led,
        "account": Account,
        "decoder_key": DecoderKey,
        "tid_store": TidStore,
        "token_application": TokenApplication,
        "switch": Switch,
        "arbiter": Arbiter,
        "gateway": Gateway,
        "events": EventLogs,
        "display": Display,
        "keypad": Keypad,
        "objects": Objects,
        "security": Security,
        "association": Association,
        "services": Services,
        "hdlc_link": HdlcLink,
    }
