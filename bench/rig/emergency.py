"""The way to the off command that shares nothing with the session the bench works on."""

from __future__ import annotations

import sys
from typing import cast

from bench.rig.rig_file import InstrumentEntry
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
