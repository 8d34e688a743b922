"""Disconnect control (Blue Book class 70; dual_standard_meter.md §3.1): the supply switch as DLMS sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, boolean, enum
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import MANAGEMENT, CosemObject, Method, columns, cosem_object
from reference_meter.supply.control_modes import Trigger, allows

if TYPE_CHECKING:
    from reference_meter.meter import Meter

DISCONNECT_CONTROL = "0-0:96.3.10"


def _permitted(meter: Meter, trigger: Trigger) -> None:
    """Refuse what the control mode does not know; a request that finds nothing to move succeeds."""
    if not allows(meter.arbiter.control_mode, trigger):
        raise AccessError(DataAccessResult.READ_WRITE_DENIED)


def _remote_disconnect(meter: Meter, _value: Data) -> None:
    _permitted(meter, Trigger.REMOTE_DISCONNECT)
    meter.arbiter.remote_disconnect()


def _remote_reconnect(meter: Meter, _value: Data) -> None:
    _permitted(meter, Trigger.REMOTE_RECONNECT)
    meter.arbiter.remote_reconnect()


_INTEGER = frozenset({DataType.INTEGER})

SUPPLY: tuple[CosemObject, ...] = (
    cosem_object(
        70,
        0,
        DISCONNECT_CONTROL,
        "disconnect control",
        columns(
            (
                ("output_state", lambda meter: boolean(meter.arbiter.output_state())),
                ("control_state", lambda meter: enum(meter.arbiter.control_state)),
                ("control_mode", lambda meter: enum(meter.arbiter.control_mode)),
            )
        ),
        methods=(
            Method(
                index=1, name="remote_disconnect", invoke=_remote_disconnect, users=MANAGEMENT, types=_INTEGER
            ),
            Method(
                index=2, name="remote_reconnect", invoke=_remote_reconnect, users=MANAGEMENT, types=_INTEGER
            ),
        ),
    ),
)
