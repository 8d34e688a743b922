"""Current association (Blue Book class 15, version 2): its object_list is made from the rows that answer.

From memory, to be confirmed: the access selectors of object_list (1 all, 2 by class, 3 by list of objects,
4 by one object), and object identifiers given as octet-string of their encoded arcs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
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
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    PROVEN,
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
    from reference_meter.products.product import Association as AssociationSettings

CURRENT_ASSOCIATION = "0-0:40.0.0"

ALL, BY_CLASS, BY_OBJECTS, BY_OBJECT = 1, 2, 3, 4
_PENDING = 1
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


def _reply_to_hls(meter: Meter, value: Data) -> Data:
    """Take pass 3 of high level security and return pass 4."""
    answer = meter.association.reply_to_hls(value.octets())
    if answer is None:
        raise AccessError(DataAccessResult.OTHER_REASON)
    return octet_string(answer)


def _status(meter: Meter) -> Data:
    return enum(_PENDING if _current(meter).pending else _ASSOCIATED)


def _security_setup(meter: Meter) -> Data:
    setup = _current(meter).settings.security_setup
    return octet_string(Obis(setup).to_bytes() if setup else _NO_SECURITY_SETUP)


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
                    ("association_status", _status),
                    ("security_setup_reference", _security_setup),
                    ("user_list", lambda _meter: array()),
                    ("current_user", lambda _meter: structure(unsigned(0), visible_string(""))),
                ),
                readers=EVERYBODY,
                first=8,
            ),
        ),
        readers=EVERYBODY,
        methods=(
            Method(
                index=1,
                name="reply_to_HLS_authentication",
                invoke=_reply_to_hls,
                users=PROVEN,
                types=frozenset({DataType.OCTET_STRING}),
            ),
            *(
                Method(index=index, name=name)
                for index, name in enumerate(
                    (
                        "change_HLS_secret",
                        "add_object",
                        "remove_object",
                        "add_user",
                        "remove_user",
                    ),
                    start=2,
                )
            ),
        ),
    ),
)

_FIRST_OF_CLIENTS = 1


def association_objects(associations: tuple[AssociationSettings, ...]) -> tuple[CosemObject, ...]:
    """Return one association object a client, 0-0:40.0.1 and on: each client sees its own, which is the current."""
    (current,) = ASSOCIATION
    return tuple(
        _of_client(current, number, Role(settings.role or settings.name))
        for number, settings in enumerate(associations, start=_FIRST_OF_CLIENTS)
        if not settings.role
    )


def _of_client(current: CosemObject, number: int, role: Role) -> CosemObject:
    own = frozenset({role})
    return cosem_object(
        current.class_id,
        current.version,
        f"0-0:40.0.{number}",
        f"association of {role.value}",
        tuple(replace(row, readers=row.readers & own) for row in current.attributes[1:]),
        readers=own,
        methods=tuple(replace(row, users=row.users & own) for row in current.methods),
    )
