"""What the communication module that was ordered shows of itself: modem, GPRS and LTE, PRIME, or G3 (dlms.md §7).

A module without network: counters stand at nothing, no operator is found, no neighbour is heard.
"""

from __future__ import annotations

from types import MappingProxyType

from bench.protocols.axdr import (
    Data,
    array,
    bit_string,
    boolean,
    double_long_unsigned,
    enum,
    integer,
    long,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from reference_meter.dlms.model.cosem_object import (
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    Roles,
    columns,
    cosem_object,
    fixed,
)
from reference_meter.dlms.model.kept import kept

CELLULAR, PRIME, G3 = "cellular", "prime", "g3"
_READERS: Roles = MANAGEMENT
_9600 = 5
_MODEM, _PPP = "0-0:2.0.0", "0-0:25.3.0"
_NO_SERVICE = structure(*(unsigned(0) for _ in range(5)))
_NEVER = octet_string(DateTime(status=None).to_bytes())
_NONE = octet_string(b"")
_UNKNOWN_SIGNAL = 99


def _object(
    class_id: int, version: int, obis: str, name: str, attributes: tuple[Attribute, ...], *methods: str
) -> CosemObject:
    numbered = tuple(Method(index=index, name=method) for index, method in enumerate(methods, start=1))
    return cosem_object(class_id, version, obis, name, attributes, readers=_READERS, methods=numbered)


def _shown(class_id: int, version: int, obis: str, name: str, *values: Data) -> CosemObject:
    """Return an object whose attributes hold these values for good."""
    rows = tuple((f"attribute {index}", fixed(value)) for index, value in enumerate(values, start=2))
    return _object(class_id, version, obis, name, columns(rows, readers=_READERS))


def _kept(index: int, name: str, owner: str, default: Data) -> Attribute:
    return kept(index, name, f"{owner} {name}", default, readers=_READERS)


_CELLULAR = (
    _object(
        27,
        1,
        _MODEM,
        "modem configuration",
        (
            _kept(2, "comm_speed", "modem", enum(_9600)),
            _kept(3, "initialization_string", "modem", array()),
            _kept(4, "modem_profile", "modem", array(*map(octet_string, (b"OK", b"CONNECT", b"NO CARRIER")))),
        ),
    ),
    _object(
        29,
        2,
        "0-0:2.1.0",
        "auto connect",
        (
            _kept(2, "mode", "auto connect", enum(0)),
            _kept(3, "repetitions", "auto connect", unsigned(3)),
            _kept(4, "repetition_delay", "auto connect", long_unsigned(60)),
            _kept(5, "calling_window", "auto connect", array()),
            _kept(6, "destination_list", "auto connect", array()),
        ),
        "connect",
    ),
    _object(
        28,
        2,
        "0-0:2.2.0",
        "auto answer",
        (
            _kept(2, "mode", "auto answer", enum(0)),
            _kept(3, "listening_window", "auto answer", array()),
            *columns((("status", fixed(enum(0))),), readers=_READERS, first=4),
            _kept(5, "number_of_calls", "auto answer", unsigned(0)),
            _kept(6, "number_of_rings", "auto answer", structure(unsigned(1), unsigned(1))),
            _kept(7, "list_of_allowed_callers", "auto answer", array()),
        ),
    ),
    _shown(44, 0, _PPP, "PPP setup", octet_string(Obis(_MODEM).to_bytes()), array(), array(), structure()),
    _object(
        45,
        0,
        "0-0:25.4.0",
        "GPRS modem setup",
        (
            _kept(2, "APN", "GPRS", octet_string(b"internet")),
            _kept(3, "PIN_code", "GPRS", long_unsigned(0)),
            _kept(4, "quality_of_service", "GPRS", structure(_NO_SERVICE, _NO_SERVICE)),
        ),
    ),
    _shown(
        47,
        1,
        "0-0:25.6.0",
        "GSM diagnostic",
        visible_string(""),
        enum(0),
        enum(0),
        enum(0),
        structure(
            double_long_unsigned(0),
            long_unsigned(0),
            unsigned(_UNKNOWN_SIGNAL),
            unsigned(_UNKNOWN_SIGNAL),
            long_unsigned(0),
            long_unsigned(0),
            double_long_unsigned(0),
        ),
        array(),
        _NEVER,
    ),
    _shown(
        151,
        1,
        "0-0:25.11.0",
        "LTE monitoring",
        # as gurux-dlms has them, recalled otherwise: timers and cycles, least levels, by coverage
        structure(
            long_unsigned(0),
            long_unsigned(0),
            double_long_unsigned(0),
            long_unsigned(0),
            double_long_unsigned(0),
            long_unsigned(0),
            *(integer(0) for _ in range(3)),
        ),
        structure(*(integer(0) for _ in range(3)), enum(0)),
    ),
)

_PRIME = (
    _shown(80, 0, "0-0:28.0.0", "432 SSCS setup", long_unsigned(0), long_unsigned(0)),
    _shown(81, 0, "0-0:28.1.0", "PRIME physical layer counters", *(long_unsigned(0) for _ in range(4))),
    _shown(82, 0, "0-0:28.2.0", "PRIME MAC setup", *map(unsigned, (24, 60, 5, 5, 5, 15, 3))),
    _shown(
        83,
        0,
        "0-0:28.3.0",
        "PRIME MAC functional parameters",
        long(0),
        unsigned(0xFF),
        unsigned(0xFF),
        _NONE,
        enum(0),
        long(0),
        *(unsigned(0) for _ in range(6)),
        long_unsigned(0),
    ),
    _shown(84, 0, "0-0:28.4.0", "PRIME MAC counters", *(double_long_unsigned(0) for _ in range(6))),
    _shown(85, 0, "0-0:28.5.0", "PRIME MAC network administration data", *(array() for _ in range(5))),
    _shown(43, 0, "0-0:28.6.0", "PRIME MAC address", octet_string(bytes.fromhex("020000000001"))),
    _shown(
        86,
        0,
        "0-0:28.7.0",
        "PRIME application identification",
        octet_string(b"1.0"),
        long_unsigned(0),
        long_unsigned(0),
    ),
)

_G3 = (
    _shown(90, 1, "0-0:29.0.0", "G3 MAC layer counters", *(double_long_unsigned(0) for _ in range(9))),
    _shown(
        91,
        2,
        "0-0:29.1.0",
        "G3 MAC setup",
        long_unsigned(0xFFFF),
        long_unsigned(0xFFFF),
        long_unsigned(0xFFFF),
        array(),
        double_long_unsigned(0),
        bit_string("1" * 36),
        *map(unsigned, (2, 5, 255)),
        array(),
        *map(unsigned, (7, 25, 12, 8, 5, 10)),
        *map(unsigned, (1, 1, 8, 50, 3)),
        unsigned(0),
        unsigned(0),
        array(),
    ),
    _shown(
        92,
        3,
        "0-0:29.2.0",
        "G3 6LoWPAN adaptation",
        unsigned(8),
        unsigned(52),
        unsigned(5),
        array(),
        array(),
        long_unsigned(2),
        array(),
        array(),
        array(),
        array(),
        array(),
        long_unsigned(20),
        unsigned(40),
        unsigned(0),
        unsigned(15),
        long_unsigned(0),
        boolean(False),
        enum(1),
        boolean(False),
        array(),
        unsigned(0),
        unsigned(0xFF),
    ),
)

MODULES = MappingProxyType({"": (), CELLULAR: _CELLULAR, PRIME: _PRIME, G3: _G3})
"""The objects of each kind of module; without a name: those of a module that shows nothing."""


def module_objects(kind: str) -> tuple[CosemObject, ...]:
    """Return the objects of a kind of module. Raise KeyError for a kind that is not built."""
    return MODULES[kind]
