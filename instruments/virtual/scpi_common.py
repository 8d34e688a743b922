"""The commands every SCPI instrument has: IEEE 488.2 clause 10, SYSTem:ERRor, SYSTem:VERSion, STATus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from instruments.virtual.scpi_errors import EventStatus
from instruments.virtual.scpi_parameters import quoted
from instruments.virtual.scpi_status import StatusRegister
from instruments.virtual.scpi_tree import Call

if TYPE_CHECKING:
    from instruments.virtual.scpi import ScpiInstrument

SCPI_VERSION = "1999.0"


def add_common_commands(instrument: ScpiInstrument) -> None:
    """Declare the 488.2 common commands and the SYSTem and STATus subsystems."""
    tree = instrument.tree
    number = instrument.dialect.integer
    tree.add("*IDN?", lambda _call: instrument.identity)
    tree.add("*OPT?", lambda _call: instrument.options)
    tree.add("*TST?", lambda _call: instrument.dialect.self_test_reply)
    tree.add("*CLS", _clear)
    tree.add("*RST", lambda _call: instrument.on_reset())
    tree.add("*ESR?", lambda call: number(call.session.status.take_event_status()))
    tree.add("*ESE", _set_event_status_enable, parameters=1)
    tree.add("*ESE?", lambda call: number(call.session.status.event_status_enable))
    tree.add("*SRE", _set_service_request_enable, parameters=1)
    tree.add("*SRE?", lambda call: number(call.session.status.service_request_enable))
    tree.add(
        "*STB?",
        lambda call: number(call.session.status.byte(message_available=call.session.message_available)),
    )
    tree.add("*OPC", _operation_complete)
    tree.add("*OPC?", _operation_complete_query)
    tree.add("*WAI", lambda call: call.session.wait())
    tree.add("SYSTem:ERRor[:NEXT]?", _next_error)
    tree.add("SYSTem:ERRor:COUNt?", lambda call: number(len(call.session.status.errors)))
    tree.add("SYSTem:ERRor:ALL?", _all_errors)
    tree.add("SYSTem:VERSion?", lambda _call: SCPI_VERSION)
    tree.add("STATus:PRESet", _preset)
    for name, pick in _REGISTERS:
        _add_register(instrument, name, pick)


def _operation_register(call: Call) -> StatusRegister:
    return call.session.status.operation


def _questionable_register(call: Call) -> StatusRegister:
    return call.session.status.questionable


_REGISTERS: tuple[tuple[str, Callable[[Call], StatusRegister]], ...] = (
    ("OPERation", _operation_register),
    ("QUEStionable", _questionable_register),
)


def _add_register(instrument: ScpiInstrument, name: str, pick: Callable[[Call], StatusRegister]) -> None:
    tree = instrument.tree
    number = instrument.dialect.integer

    def set_enable(call: Call) -> None:
        pick(call).enable = call.parameters.integer(0, low=0, high=0x7FFF)

    def set_positive(call: Call) -> None:
        pick(call).positive = call.parameters.integer(0, low=0, high=0x7FFF)

    def set_negative(call: Call) -> None:
        pick(call).negative = call.parameters.integer(0, low=0, high=0x7FFF)

    tree.add(f"STATus:{name}[:EVENt]?", lambda call: number(pick(call).take_event()))
    tree.add(f"STATus:{name}:CONDition?", lambda call: number(pick(call).condition))
    tree.add(f"STATus:{name}:ENABle?", lambda call: number(pick(call).enable))
    tree.add(f"STATus:{name}:ENABle", set_enable, parameters=1)
    tree.add(f"STATus:{name}:PTRansition?", lambda call: number(pick(call).positive))
    tree.add(f"STATus:{name}:PTRansition", set_positive, parameters=1)
    tree.add(f"STATus:{name}:NTRansition?", lambda call: number(pick(call).negative))
    tree.add(f"STATus:{name}:NTRansition", set_negative, parameters=1)


def _clear(call: Call) -> None:
    call.session.status.clear()
    call.session.operation_complete_armed = False


def _set_event_status_enable(call: Call) -> None:
    call.session.status.event_status_enable = call.parameters.integer(0, low=0, high=255)


def _set_service_request_enable(call: Call) -> None:
    # bit 6 cannot be enabled (IEEE 488.2 10.34)
    call.session.status.service_request_enable = call.parameters.integer(0, low=0, high=255) & 0xBF


def _operation_complete(call: Call) -> None:
    if call.session.instrument.busy:
        call.session.operation_complete_armed = True
    else:
        call.session.status.event_status |= EventStatus.OPERATION_COMPLETE


def _operation_complete_query(call: Call) -> str:
    instrument = call.session.instrument
    if not instrument.dialect.waiting_opc:
        return instrument.dialect.integer(0 if instrument.busy else 1)
    call.session.wait()  # the reply leaves with the rest of the message, once the session goes on
    return instrument.dialect.integer(1)


def _error_entry(call: Call) -> str:
    number, text = call.session.status.errors.pop()
    dialect = call.session.instrument.dialect
    return f"{dialect.integer(number)},{quoted(text) if dialect.quoted_error_text else text}"


def _next_error(call: Call) -> str:
    return _error_entry(call)


def _all_errors(call: Call) -> str:
    entries = [_error_entry(call)]
    while len(call.session.status.errors):
        entries.append(_error_entry(call))
    return (";" if not call.session.instrument.dialect.quoted_error_text else ",").join(entries)


def _preset(call: Call) -> None:
    call.session.status.operation.preset()
    call.session.status.questionable.preset()
