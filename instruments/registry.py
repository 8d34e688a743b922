"""Drivers by the name the rig file gives them: those shipped, and those of other distributions.

A distribution adds drivers by entry points of the group ``meterbench.instruments``; the name of the entry
point is the driver's name in rig files, and it loads the driver class.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, ClassVar, Protocol

from instruments.actuators.hands import Hands
from instruments.actuators.safety_panel import SafetyBoard
from instruments.confidence import CommandConfidence
from instruments.counters.keysight_53220a import Keysight53220A
from instruments.counters.keysight_53230a import Keysight53230A
from instruments.errors import InstrumentFault
from instruments.line_settings import LineSettings
from instruments.references.radian_rd import RadianRd
from instruments.references.yokogawa_wt import YokogawaWt
from instruments.references.zera_com5003 import ZeraCom5003, ZeraMt310s2
from instruments.references.zes_lmg670 import ZesLmg670
from instruments.roles import Identity
from instruments.sources.chroma_61xxx import Chroma61xxx
from instruments.sources.fluke_6003a import Fluke6003A
from instruments.sources.fluke_6105a import Fluke6105A
from instruments.sources.hp_68xx import Hp68xx
from instruments.sources.zera_mt import ZeraMt
from instruments.transport import TIMEOUT_S, Trace, Transport, VisaTransport

if TYPE_CHECKING:
    from instruments.roles import (
        Actuators,
        ErrorCalculator,
        PowerSource,
        PulseCounter,
        ReferenceStandard,
        SafetyPanel,
    )

    # the type checker proves here that each driver plays its role
    _sources: tuple[type[PowerSource], ...] = (Fluke6105A, Fluke6003A, Hp68xx, Chroma61xxx, ZeraMt)
    _references: tuple[type[ReferenceStandard], ...] = (ZeraCom5003, ZeraMt, YokogawaWt, ZesLmg670, RadianRd)
    _error_calculators: tuple[type[ErrorCalculator], ...] = (ZeraCom5003, ZeraMt)
    _counters: tuple[type[PulseCounter], ...] = (Keysight53230A, Keysight53220A)
    _actuators: tuple[type[Actuators], ...] = (Hands,)
    _panels: tuple[type[SafetyPanel], ...] = (SafetyBoard,)

PLUG_IN_GROUP = "meterbench.instruments"


class Driver(Protocol):
    """What every driver class offers besides its role."""

    ROLE: ClassVar[str]
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence]
    LINE: ClassVar[LineSettings]
    resource: str

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None: ...
    def identify(self) -> Identity: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverEntry:
    """A driver, the role it plays, how sure we are of its commands, and whether another distribution made it."""

    name: str
    role: str
    """The role it is named for; ``roles`` has the others of a box that is several instruments in one."""
    roles: tuple[str, ...]
    driver: type[Driver]
    command_confidence: CommandConfidence
    plug_in: bool = False


def _entry(name: str, driver: type[Driver], *, plug_in: bool = False) -> DriverEntry:
    return DriverEntry(
        name=name,
        role=driver.ROLE,
        roles=getattr(driver, "ROLES", (driver.ROLE,)),
        driver=driver,
        command_confidence=driver.COMMAND_CONFIDENCE,
        plug_in=plug_in,
    )


_SHIPPED: tuple[tuple[str, type[Driver]], ...] = (
    ("fluke-6105a", Fluke6105A),
    ("fluke-6003a", Fluke6003A),
    ("hp-68xx", Hp68xx),
    ("chroma-61xxx", Chroma61xxx),
    ("zera-mt", ZeraMt),
    ("zera-com5003", ZeraCom5003),
    ("zera-mt310s2", ZeraMt310s2),
    ("yokogawa-wt3xx", YokogawaWt),
    ("zes-lmg670", ZesLmg670),
    ("radian-rd", RadianRd),
    ("keysight-53230a", Keysight53230A),
    ("keysight-53220a", Keysight53220A),
    ("meterbench-hands", Hands),
    ("meterbench-safety", SafetyBoard),
)

DRIVERS: dict[str, DriverEntry] = {name: _entry(name, driver) for name, driver in _SHIPPED}


def find_driver(name: str) -> DriverEntry:
    """Return the entry of a driver, shipped or plugged in. Raise InstrumentFault naming the known ones."""
    entry = DRIVERS.get(name) or _plugged_in(name)
    if entry is None:
        raise InstrumentFault(
            f"There is no driver {name!r}.", remedy=f"Known drivers are {', '.join(known_drivers())}."
        )
    return entry


def known_drivers() -> tuple[str, ...]:
    """Return the names of all drivers, sorted."""
    return tuple(sorted({*DRIVERS, *(point.name for point in entry_points(group=PLUG_IN_GROUP))}))


def _plugged_in(name: str) -> DriverEntry | None:
    for point in entry_points(group=PLUG_IN_GROUP, name=name):
        try:
            return _entry(name, point.load(), plug_in=True)
        except (ImportError, AttributeError) as error:
            raise InstrumentFault(
                f"The plug-in driver {name!r} ({point.value}) cannot be used: {error}.",
                remedy="Install it again, or ask its maker; docs/instruments.md says what a driver must offer.",
            ) from error
    return None


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
    found = find_driver(driver).driver
    transport = VisaTransport(resource, library=library, timeout_s=timeout_s, line=found.LINE, trace=trace)
    try:
        return found(transport, expected_serial=expected_serial)
    except InstrumentFault:
        transport.close()
        raise
