"""The way to the off command that shares nothing with the session the bench works on."""

from __future__ import annotations

import sys
from typing import Any, cast

from bench.errors import BenchFault
from bench.rig.rig_file import InstrumentEntry, RigFile
from instruments.errors import InstrumentFault
from instruments.line_settings import allows_second_session
from instruments.octet_port import open_port
from instruments.port_transport import PortTransport
from instruments.registry import find_driver, open_instrument
from instruments.roles import PowerSource

PATIENCE_S = 0.4


def switch_off_source(entry: InstrumentEntry) -> None:
    """Open the source anew with a short time-out, switch it off, prove it, and close.

    Raises InstrumentFault when it cannot be reached this way (somebody else owns its only session) or cannot
    be proven off.
    """
    driver = find_driver(entry.driver).driver
    serial = entry.serial_number or None
    if allows_second_session(driver.LINE, entry.resource):
        source = open_instrument(entry.driver, entry.resource, serial, timeout_s=PATIENCE_S)
    else:
        port = open_port(entry.resource, driver.LINE)
        try:
            source = driver(PortTransport(port, driver.LINE, timeout_s=PATIENCE_S), expected_serial=serial)
        except InstrumentFault:
            port.close()
            raise
    try:
        cast("PowerSource", source).safe_state()
    finally:
        source.close()


def supervision_kind(entry: InstrumentEntry) -> str:
    """Return how a supervisor can watch a source: "session", "port", or "" if it cannot.

    On Windows there is none yet: it waits on pipes in a way that only POSIX systems have.
    """
    if sys.platform == "win32":
        return ""
    driver = find_driver(entry.driver).driver
    if allows_second_session(driver.LINE, entry.resource):
        return "session"
    resource = entry.resource.upper()
    return "port" if resource.startswith("ASRL") or resource.endswith("::SOCKET") else ""


def sources_to_watch(rig: RigFile) -> list[dict[str, Any]]:
    """Return the sources of a rig that a supervisor can watch, and how, as its start-up words.

    Raises BenchFault for one that none can watch, if neither a watchdog relay nor a waiver stands for it.
    """
    watched: list[dict[str, Any]] = []
    for entry in rig.instrument:
        if entry.role != "source":
            continue
        kind = supervision_kind(entry)
        if not kind and not (rig.safety.watchdog or rig.safety.waiver):
            raise BenchFault(
                f"No supervisor can watch {entry.name} on this line and this system.",
                remedy="Reach it over GPIB, LAN or serial, or name a watchdog relay or a waiver.",
            )
        if kind:
            fields = entry.model_dump(include={"name", "driver", "resource", "serial_number"})
            watched.append({**fields, "kind": kind})
    return watched
