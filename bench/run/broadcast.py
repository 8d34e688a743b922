"""One message to all stations of a line: an order to open the switch, under the broadcast key of an association."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.errors import BenchFault
from bench.meter.protection import OWN_TITLE
from bench.protocols.axdr import integer
from bench.protocols.ciphering import Keys, protect
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.hdlc import LLC_COMMAND, Address, Control, Frame
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.ciphered import GeneralCipheredApdu, SecurityControl
from bench.protocols.xdlms.parts import invoke_octet
from bench.record.declaration import Declaration
from bench.run.position import Position

#: The upper and lower address of all stations, by the number of octets of an address.
ALL_STATIONS = {1: Address(0x7F), 2: Address(0x7F, 0x7F), 4: Address(0x3FFF, 0x3FFF, 4)}
DISCONNECT = CosemMethod(70, Obis("0-0:96.3.10.255"), 1)
_PROTECTED = SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def offers_broadcast(declaration: Declaration) -> bool:
    """Return whether the switch of a meter on an HDLC line is declared to obey orders to all stations."""
    supply = declaration.supply
    name = supply.broadcast if supply is not None else ""
    association = declaration.association_named(name) if name else None
    return (
        association is not None
        and bool(association.broadcast_key)
        and declaration.communication.framing == "hdlc"
    )


def fresh_counter(position: Position) -> int:
    """Return an invocation counter above all that this bench used before: the seconds since 2000."""
    return int((position.clock.utc() - _EPOCH).total_seconds())


def disconnect_to_all(position: Position, *, counter: int, broadcast_key: bool = True) -> bytes:
    """Return the frame that tells all stations to open their switches.

    Without ``broadcast_key`` it is protected as one, but with the key that the client shares with this meter alone.
    Raises BenchFault where the meter offers no such thing or a key is not at hand.
    """
    declaration = position.declaration
    supply = declaration.supply
    association = position.association(supply.broadcast) if supply is not None else None
    if association is None:
        raise BenchFault("The meter is not declared to obey orders to all stations.")
    name = association.broadcast_key if broadcast_key else association.encryption_key
    encryption, authentication = (
        position.find_secret(name),
        position.find_secret(association.authentication_key),
    )
    if encryption is None or authentication is None:
        raise BenchFault(f'The keys of association "{association.name}" are not at hand.')
    title = bytes.fromhex(association.client_system_title) or OWN_TITLE
    request = ActionRequestNormal(
        invoke=invoke_octet(1, confirmed=False), method=DISCONNECT, parameters=integer(0)
    )
    bits = _PROTECTED | SecurityControl.BROADCAST_KEY
    apdu = GeneralCipheredApdu(
        system_title=title,
        protected=protect(
            request.to_bytes(),
            keys=Keys(encryption=encryption, authentication=authentication),
            system_title=title,
            invocation_counter=counter,
            security_control=int(bits) | association.suite,
        ),
    ).to_bytes()
    to_all = ALL_STATIONS[declaration.communication.address_length]
    return Frame(to_all, Address(association.client_sap), Control.UI, LLC_COMMAND + apdu).to_bytes()
