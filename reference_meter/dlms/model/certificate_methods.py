"""Methods 3 to 8 of the security setup: key agreement and certificates, of suites 1 and 2 (class 64 version 1).

Parameters and results as recalled from the Blue Book: uncertain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.protocols import hls, key_agreement
from bench.protocols.axdr import Data, DataType, array, enum, octet_string, structure
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import KeyInfo, KeyInfoChoice
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.certificates import Certificates, Entity, Entry, Use
from reference_meter.dlms.model.cosem_object import Method, Roles
from reference_meter.dlms.security import KeyId

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.product import Association

NAMES = (
    "key_agreement",
    "generate_key_pair",
    "generate_certificate_request",
    "import_certificate",
    "export_certificate",
    "remove_certificate",
)
FIRST = 3
_BY_ENTITY, _BY_SERIAL_NUMBER = 0, 1
_PAIRS = (Use.SIGNATURE, Use.AGREEMENT)
"""The key pairs this meter has."""
Act = Callable[["Meter", "Association", Data], "Data | None"]


def certificate_methods(settings: Association, users: Roles) -> tuple[Method, ...]:
    """Return methods 3 to 8; in suite 0 they exist by number alone."""
    if not settings.suite:
        return tuple(Method(index=index, name=name) for index, name in enumerate(NAMES, start=FIRST))

    def bound(act: Act) -> Callable[[Meter, Data], Data | None]:
        return lambda meter, value: act(meter, settings, value)

    return tuple(
        Method(index=index, name=name, invoke=bound(act), users=users, types=frozenset({kind}))
        for index, (name, (act, kind)) in enumerate(zip(NAMES, _METHODS, strict=True), start=FIRST)
    )


def shown(meter: Meter, settings: Association) -> Data:
    """Return attribute 6, certificates."""
    if not settings.suite:
        return array()
    return array(
        *(
            structure(
                enum(entry.entity),
                enum(entry.use),
                octet_string(entry.serial_number),
                octet_string(entry.issuer),
                octet_string(entry.subject),
                octet_string(b""),
            )
            for entry in Certificates(meter).all(settings.suite)
        )
    )


def _agree(meter: Meter, settings: Association, value: Data) -> Data:
    """Derive keys from the ephemeral keys of both sides (C(2e, 0s)), all or none; return ours, signed."""
    current = meter.association.current
    if current is None or not meter.product.communication.signing_key or not value.items():
        raise _refused()
    suite, keys, answers = settings.suite, {}, []
    for element in value.items():
        key_id, theirs = _ephemeral(meter, settings, element)
        if key_id in keys:
            raise _refused()
        own = meter.security.ephemeral_key(suite)
        keys[key_id] = key_agreement.derived_key(
            own,
            theirs,
            suite=suite,
            originator=current.client_title,
            recipient=meter.security.system_title(),
        )
        info = key_agreement.agreed_key_info(
            own, meter.security.signing_key(suite), suite=suite, before=bytes([key_id])
        )
        answers.append(structure(enum(key_id), octet_string(info.data)))
    meter.security.replace_keys(settings, keys)
    return array(*answers)


def _ephemeral(meter: Meter, settings: Association, element: Data) -> tuple[KeyId, hls.PublicKey]:
    number, octets = _two(element)
    try:
        key_id = KeyId(number.number())
        signed_by = meter.security.client_key(settings)
        info = KeyInfo(choice=KeyInfoChoice.AGREED, parameters=key_agreement.ONE_PASS, data=octets.octets())
        found = key_agreement.ephemeral_key(info, signed_by, suite=settings.suite, before=bytes([key_id]))
    except (DecodeError, ValueError) as error:
        raise _refused() from error
    return key_id, found


def _generate(meter: Meter, settings: Association, value: Data) -> None:
    Certificates(meter).generate(_pair(value), settings.suite)


def _request(meter: Meter, settings: Association, value: Data) -> Data:
    request = Certificates(meter).request(_pair(value), settings.suite)
    if request is None:
        raise _refused()
    return octet_string(request)


def _import(meter: Meter, settings: Association, value: Data) -> None:
    certificates = Certificates(meter)
    entry = certificates.read(value.octets(), settings.suite)
    if entry is None or not certificates.store(entry, settings.suite):
        raise _refused()


def _export(meter: Meter, settings: Association, value: Data) -> Data:
    return octet_string(_named(meter, settings, value).der)


def _remove(meter: Meter, settings: Association, value: Data) -> None:
    Certificates(meter).remove(_named(meter, settings, value), settings.suite)


def _named(meter: Meter, settings: Association, value: Data) -> Entry:
    """Return the certificate that is meant, by owner and use, or by serial number and issuer."""
    kind, data = _two(value)
    entries = Certificates(meter).all(settings.suite)
    if kind.number() == _BY_SERIAL_NUMBER:
        serial, issuer = (part.octets() for part in _two(data))
        found = [entry for entry in entries if (entry.serial_number, entry.issuer) == (serial, issuer)]
    elif kind.number() == _BY_ENTITY and len(data.items()) == len(("entity", "use", "title")):
        entity, use, title = data.items()
        owner, name = (entity.number(), use.number()), title.octets().hex().upper().encode()
        found = [
            entry
            for entry in entries
            if (entry.entity, entry.use) == owner
            and (entry.entity is not Entity.CLIENT or name in entry.subject.upper())
        ]
    else:
        raise _refused()
    if not found:
        raise AccessError(DataAccessResult.OBJECT_UNDEFINED)
    return found[0]


def _pair(value: Data) -> Use:
    if value.number() not in _PAIRS:
        raise _refused()
    return Use(value.number())


def _two(value: Data) -> tuple[Data, Data]:
    parts = value.items()
    if len(parts) != len(("first", "second")):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    return parts[0], parts[1]


def _refused() -> AccessError:
    return AccessError(DataAccessResult.OTHER_REASON)


_METHODS: tuple[tuple[Act, DataType], ...] = (
    (_agree, DataType.ARRAY),
    (_generate, DataType.ENUM),
    (_request, DataType.ENUM),
    (_import, DataType.OCTET_STRING),
    (_export, DataType.STRUCTURE),
    (_remove, DataType.STRUCTURE),
)
