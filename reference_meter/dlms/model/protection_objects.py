"""Function control (class 122) and the protection of each port (class 124), for management alone (dlms.md §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    boolean,
    double_long_unsigned,
    enum,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.function_control import FUNCTIONS
from reference_meter.dlms.model.cosem_object import (
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    columns,
    cosem_object,
)
from reference_meter.dlms.model.kept import Check, kept
from reference_meter.dlms.port_protection import SETTINGS, Mode, setting_record
from reference_meter.products.product import Communication

if TYPE_CHECKING:
    from reference_meter.meter import Meter

FUNCTION_CONTROL = "0-0:44.1.0"
_OPTICAL_PORT, _TCP_UDP = "0-0:20.0.0", "0-0:25.0.0"
_CHECKS: dict[int, Check] = {
    2: lambda value: value.number() in set(Mode),
    5: lambda value: value.number() > 0,
}


def _statuses(meter: Meter) -> Data:
    return array(
        *(
            structure(octet_string(name.encode("ascii")), boolean(meter.function_control.on(name)))
            for name in FUNCTIONS
        )
    )


def _definitions(_meter: Meter) -> Data:
    return array(
        *(
            structure(
                octet_string(name.encode("ascii")),
                array(
                    *(
                        structure(long_unsigned(class_id), octet_string(Obis(obis).to_bytes()))
                        for class_id, obis in objects
                    )
                ),
            )
            for name, objects in FUNCTIONS.items()
        )
    )


def _set_status(meter: Meter, value: Data) -> None:
    wanted: dict[str, bool] = {}
    for row in value.items():
        if tuple(part.type for part in row.items()) != (DataType.OCTET_STRING, DataType.BOOLEAN):
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        name, on = row.items()
        wanted[name.octets().decode("ascii", "replace")] = bool(on.value)
    if not meter.function_control.switch(wanted):
        raise AccessError(DataAccessResult.OTHER_REASON)


FUNCTION: tuple[CosemObject, ...] = (
    cosem_object(
        122,
        0,
        FUNCTION_CONTROL,
        "function control",
        columns((("activation_status", _statuses), ("function_list", _definitions)), readers=MANAGEMENT),
        readers=MANAGEMENT,
        methods=(
            Method(
                index=1,
                name="set_function_status",
                invoke=_set_status,
                users=MANAGEMENT,
                types=frozenset({DataType.ARRAY}),
            ),
            Method(index=2, name="add_function"),
            Method(index=3, name="remove_function"),
        ),
    ),
)


def port_protections(link: Communication) -> tuple[CosemObject, ...]:
    """Return the object of each port that has one; what it is called is the maker's choice."""
    ports = (("optical", link.protection), *((port.name, port.protection) for port in link.network_ports))
    return tuple(_protection(port, code) for port, code in ports if code)


def _protection(port: str, code: str) -> CosemObject:
    reference = octet_string(Obis(_OPTICAL_PORT if port == "optical" else _TCP_UDP).to_bytes())

    def counted(name: str) -> Callable[[Meter], Data]:
        return lambda meter: double_long_unsigned(meter.port_protection.count(port, name))

    def reset(meter: Meter, _value: Data) -> None:
        meter.port_protection.reset(port)

    settings: tuple[Attribute, ...] = tuple(
        kept(
            index,
            name,
            setting_record(port, name),
            default,
            check=_CHECKS.get(index),
            readers=MANAGEMENT,
        )
        for index, (name, default) in SETTINGS.items()
    )
    shown = columns(
        (
            ("port_reference", lambda _meter: reference),
            ("protection_status", lambda meter: enum(meter.port_protection.status(port))),
            ("failed_attempts", counted("failed")),
            ("cumulative_failed_attempts", counted("total")),
        ),
        readers=MANAGEMENT,
        first=7,
    )
    return cosem_object(
        124,
        0,
        code,
        f"protection of the {port} port",
        (*settings, *shown),
        readers=MANAGEMENT,
        methods=(
            Method(
                index=1,
                name="reset",
                invoke=reset,
                users=MANAGEMENT,
                types=frozenset({DataType.INTEGER}),
            ),
        ),
    )
