"""The script tables of billing and image activation (Blue Book class 9); what a script does: slot ``scripts``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, array, enum, integer, long_unsigned, octet_string, structure
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.calendar.schedules import BILLING_SCRIPTS, IMAGE_SCRIPTS
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    CosemObject,
    Method,
    columns,
    cosem_object,
    fixed,
)

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_INVOKE_METHOD = 2


def _execute(meter: Meter, value: Data, table: str) -> None:
    if not meter.scripts.run(table, value.number(), actor="remote"):
        raise AccessError(DataAccessResult.OTHER_REASON)


def _table(obis: str, name: str, class_id: int, target: str, method: int) -> CosemObject:
    """Return a table of one script, which invokes a method."""
    action = structure(
        enum(_INVOKE_METHOD),
        long_unsigned(class_id),
        octet_string(Obis(target).to_bytes()),
        integer(method),
        integer(0),
    )
    scripts = array(structure(long_unsigned(1), array(action)))
    return cosem_object(
        9,
        0,
        obis,
        name,
        columns((("scripts", fixed(scripts)),)),
        readers=KNOWN_CLIENTS,
        methods=(
            Method(
                index=1,
                name="execute",
                invoke=partial(_execute, table=obis),
                users=MANAGEMENT,
                types=frozenset({DataType.LONG_UNSIGNED}),
            ),
        ),
    )


SCRIPTS: tuple[CosemObject, ...] = (
    _table(BILLING_SCRIPTS, "end of billing period", 7, "1-0:98.1.0", 2),
    _table(IMAGE_SCRIPTS, "image activation", 18, "0-0:44.0.0", 4),
)
