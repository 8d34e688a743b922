"""Security setup (Blue Book class 64, version 1) and invocation counters, one pair an association with keys.

Methods 3 to 8, key agreement and certificates, belong to the suites with public keys (`certificate_methods`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long_unsigned, enum, octet_string
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.general_signing import REQUESTS_SIGNED, RESPONSES_SIGNED, can_sign
from reference_meter.dlms.model.certificate_methods import certificate_methods, shown
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    MANAGEMENT,
    CosemObject,
    Method,
    Role,
    columns,
    cosem_object,
)
from reference_meter.dlms.security import KeyId

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.product import Association

_POLICY_BITS = 0x04 | 0x08 | 0x20 | 0x40
"""What this firmware can demand of requests and responses: authenticated, encrypted."""
_SIGNED_BITS = REQUESTS_SIGNED | RESPONSES_SIGNED
"""And, where both sides have keys for it, signed."""
_KEY_PARTS = 2


def security_objects(associations: tuple[Association, ...]) -> tuple[CosemObject, ...]:
    """Return the objects of all associations that have keys."""
    return tuple(
        row for settings in associations if settings.keys is not None for row in _objects_of(settings)
    )


def transfer_keys(meter: Meter, settings: Association, value: Data) -> None:
    """Take wrapped keys, all or none. Raise `AccessError`."""
    keys: dict[KeyId, bytes] = {}
    try:
        for element in value.items():
            parts = element.items()
            if len(parts) != _KEY_PARTS:
                raise AccessError(DataAccessResult.TYPE_UNMATCHED)
            key_id, wrapped = KeyId(parts[0].number()), parts[1].octets()
            key = meter.security.unwrap(settings, wrapped)
            if key is None or key_id in keys:
                raise AccessError(DataAccessResult.OTHER_REASON)
            keys[key_id] = key
    except TypeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    if not keys:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.security.replace_keys(settings, keys)


def _objects_of(settings: Association) -> tuple[CosemObject, ...]:
    own = frozenset({Role(settings.role or settings.name)})

    def activate(meter: Meter, value: Data) -> None:
        policy = value.number()
        known = _POLICY_BITS | (_SIGNED_BITS if can_sign(meter, settings) else 0)
        if policy & ~known or not meter.security.raise_policy(settings, policy):
            raise AccessError(DataAccessResult.OTHER_REASON)

    def transfer(meter: Meter, value: Data) -> None:
        transfer_keys(meter, settings, value)

    def client_title(meter: Meter) -> Data:
        current = meter.association.current
        return octet_string(b"" if current is None else current.client_title)

    def expected(meter: Meter) -> Data:
        return double_long_unsigned(max(0, meter.security.last_received(settings)))

    setup = cosem_object(
        64,
        1,
        settings.security_setup,
        f"security setup of {settings.name}",
        columns(
            (
                ("security_policy", lambda meter: enum(meter.security.policy(settings))),
                ("security_suite", lambda _meter: enum(settings.suite)),
                ("client_system_title", client_title),
                ("server_system_title", lambda meter: octet_string(meter.security.system_title())),
                ("certificates", lambda meter: shown(meter, settings)),
            ),
            readers=MANAGEMENT | own,
        ),
        readers=MANAGEMENT | own,
        methods=(
            Method(
                index=1,
                name="security_activate",
                invoke=activate,
                users=own,
                types=frozenset({DataType.ENUM}),
            ),
            Method(
                index=2, name="key_transfer", invoke=transfer, users=own, types=frozenset({DataType.ARRAY})
            ),
            *certificate_methods(settings, own),
        ),
    )
    counter = cosem_object(
        1,
        0,
        str(Obis(settings.invocation_counter)),
        f"invocation counter of {settings.name}",
        columns((("value", expected),), readers=EVERYBODY),
        readers=EVERYBODY,
    )
    return setup, counter
