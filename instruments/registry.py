"""Drivers by the name the rig file gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from instruments.actuators.hands import Hands
from instruments.confidence import CommandConfidence
from instruments.counters.keysight_53230a import Keysight53230A
from instruments.errors import InstrumentFault
from instruments.references.zera_com5003 import ZeraCom5003
from instruments.sources.fluke_6105a import Fluke6105A
from instruments.transport import TIMEOUT_S, Trace, VisaTransport

if TYPE_CHECKING:
    from instruments.roles import Actuators, ErrorCalculator, PowerSource, PulseCounter, ReferenceStandard

    # the type checker proves here that each driver plays its role
    _source: type[PowerSource] = Fluke6105A
    _reference: type[ReferenceStandard] = ZeraCom5003
    _error_calculator: type[ErrorCalculator] = ZeraCom5003
    _counter: type[PulseCounter] = Keysight53230A
    _actuators: type[Actuators] = Hands

Driver = Fluke6105A | ZeraCom5003 | Keysight53230A | Hands


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverEntry:
    """A driver, the role it plays, and how sure we are of its commands."""

    name: str
    role: str
    driver: type[Driver]
    command_confidence: CommandConfidence


def _entry(name: str, driver: type[Driver]) -> DriverEntry:
    return DriverEntry(
        name=name, role=driver.ROLE, driver=driver, command_confidence=driver.COMMAND_CONFIDENCE
    )


DRIVERS: dict[str, DriverEntry] = {
    entry.name: entry
    for entry in (
        _entry("fluke-6105a", Fluke6105A),
        _entry("zera-com5003", ZeraCom5003),
        _entry("keysight-53230a", Keysight53230A),
        _entry("meterbench-hands", Hands),
    )
}


def find_driver(name: str) -> DriverEntry:
    """Return the entry of a driver. Raise InstrumentFault naming the known ones."""
    entry = DRIVERS.get(name)
    if entry is None:
        raise InstrumentFault(
            f"There is no driver {name!r}.", remedy=f"Known drivers are {', '.join(sorted(DRIVERS))}."
        )
    return entry


def open_instrument(
    driver: str,
    resource: str,
    expected_serial: str | None = None,
    *,
    library: str | None = None,
    timeout_s: float = TIMEOUT_S,
    trace: Trace | None = None,
) -> Driver:
    """Open an instrument through VISA and check its identity; nothing on it is switched or set.

    ``library`` chooses the VISA library, else PYVISA_LIBRARY, else ``@py``. Raise InstrumentFault when it is
    absent, does not answer within ``timeout_s``, or is another maker, model or serial number.
    """
    entry = find_driver(driver)
    transport = VisaTransport(resource, library=library, timeout_s=timeout_s, trace=trace)
    try:
        return entry.driver(transport, expected_serial=expected_serial)
    except InstrumentFault:
        transport.close()
        raise
