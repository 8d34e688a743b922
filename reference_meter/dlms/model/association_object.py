"""Current association (Blue Book class 15, version 2): its object_list is made from the rows that answer.

From memory, to be confirmed: the access selectors of object_list (1 all, 2 by class, 3 by list of objects,
4 by one object), and object identifiers given as octet-string of their encoded arcs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    array,
    bit_string,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    Attribute,
    CosemObject,
    Method,
    Role,
    columns,
    cosem_object,
)

if TYPE_CHECKING:
    from reference_meter.dlms.open_association import OpenAssociation
    from reference_meter.meter import Meter

CURRENT_ASSOCIATION = "0-0:40.0.0"

ALL, BY_CLASS, BY_OBJECTS, BY_OBJECT = 1, 2, 3, 4
_ASSOCIATED = 2
_DLMS_VERSION = 6
_NO_QUALITY_OF_SERVICE = 0
_OBJECT_NAME_PARTS = 2
_NO_SECURITY_SETUP = bytes(6)


def _current(meter: Meter) -> OpenAssociation:
    current: OpenAssociation | None = meter.association.current
    if current is None:  # nobody can read the object without being associated
        raise AccessError(DataAccessResult.OBJECT_UNAVAILABLE)
    return current


def object_list_element(row: CosemObject, access: Data) -> Data:
    """Return one element of object_list: class, version, logical name, access rights."""
    name = octet_string(row.obis.to_bytes())
    return structure(long_unsigned(row.class_id), unsigned(row.version), name, access)


def access_rights(row: CosemObject, role: Role) -> Data:
    """Return what ``role`` may do: attributes 0 nothing, 1 read, 2 write, 3 both; methods 0 or 1."""
    attributes = (
        structure(
            integer(attribute.index),
            enum(attribute.readable(role) + 2 * attribute.writable(role)),
            array(*map(integer, attribute.selectors)) if attribute.selectors else null_data(),
        )
        for attribute in row.attributes
    )
    methods = (structure(integer(method.index), enum(int(method.usable(role)))) for method in row.methods)
    return structure(array(*attributes), array(*methods))


def _listed(meter: Meter, rows: tuple[CosemObject, ...]) -> Data:
    role = _current(meter).role
    return array(*(object_list_element(row, meter.objects.listed_access(row, role)) for row in rows))


def _object_list(meter: Meter) -> Data:
    return _listed(meter, meter.objects.visible(_current(meter).role))


def _name_of(element: Data) -> tuple[int, bytes]:
    parts = element.items()
    if len(parts) != _OBJECT_NAME_PARTS:
        raise TypeError("an object id has class and logical name")
    return parts[0].number(), parts[1].octets()


def _selected_objects(meter: Meter, selector: int, parameter: Data) -> Data:
    rows: tuple[CosemObject, ...] = meter.objects.visible(_current(meter).role)
    try:
        if selector == BY_CLASS:
            classes = {element.number() for element in parameter.items()}
            rows = tuple(row for row in rows if row.class_id in classes)
        elif selector != ALL:
            wanted = parameter.items() if selector == BY_OBJECTS else (parameter,)
            names = {_name_of(element) for element in wanted}
            rows = tuple(row for row in rows if (row.class_id, row.obis.to_bytes()) in names)
    except TypeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error
    return _listed(meter, rows)


def _partners(meter: Meter) -> Data:
    client = integer(_current(meter).settings.client_sap)
    return structure(client, long_unsigned(meter.product.communication.server_upper))


def _xdlms_context_info(meter: Meter) -> Data:
    current = _current(meter)
    return structure(
        bit_string(current.conformance_bits()),
        long_unsigned(current.max_receive_pdu),
        long_unsigned(current.max_send_pdu),
        unsigned(_DLMS_VERSION),
        integer(_NO_QUALITY_OF_SERVICE),
        octet_string(b""),
    )


ASSOCIATION: tuple[CosemObject, ...] = (
    cosem_object(
        15,
        2,
        CURRENT_ASSOCIATION,
        "current association",
        (
            Attribute(
                index=2,
                name="object_list",
                read=_object_list,
                readers=EVERYBODY,
                selectors=(ALL, BY_CLASS, BY_OBJECTS, BY_OBJECT),
                select=_selected_objects,
            ),
            *columns(
                (
                    ("associated_partners_id", _partners),
                    ("application_context_name", lambda meter: octet_string(_current(meter).context_name)),
                    ("xDLMS_context_info", _xdlms_context_info),
                    (
                        "authentication_mechanism_name",
                        lambda meter: octet_string(_current(meter).mechanism_name),
                    ),
                ),
                readers=EVERYBODY,
                first=3,
            ),
            Attribute(index=7, name="secret"),
            *columns(
                (
                    ("association_status", lambda _meter: enum(_ASSOCIATED)),
                    ("security_setup_reference", lambda _meter: octet_string(_NO_SECURITY_SETUP)),
                    ("user_list", lambda _meter: array()),
                    ("current_user", lambda _meter: structure(unsigned(0), visible_string(""))),
                ),
                readers=EVERYBODY,
                first=8,
            ),
        ),
        readers=EVERYBODY,
        methods=tuple(
            Method(index=index, name=name)
            for index, name in enumerate(
                (
                    "reply_to_HLS_authentication",
                    "change_HLS_secret",
                    "add_object",
                    "remove_object",
                    "add_user",
                    "remove_user",
                ),
                start=1,
            )
        ),
    ),
)
