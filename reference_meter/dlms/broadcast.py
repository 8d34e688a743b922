"""What comes to all stations (slot ``broadcasts``): one order to open the switch, under the broadcast key.

A client of a ciphered association may send it in a UI frame; nothing is answered. What is not protected with the
broadcast key, authenticated and encrypted, is not fresh, or asks for anything else, is left alone.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.deviation import violations
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralCipheredApdu, SecurityControl
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.ciphering import Refused
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.products.product import Association as AssociationSettings

if TYPE_CHECKING:
    from reference_meter.meter import Meter

REMOTE_DISCONNECT = CosemMethod(70, Obis("0-0:96.3.10.255"), 1)
_CONFIRMED = 0x40
_NEEDED = SecurityControl.BROADCAST_KEY | SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION


class Broadcasts:
    """Obey what all meters on the line are told."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def receive(self, client_sap: int, apdu: bytes) -> None:
        """Carry out an order to all stations; leave everything else alone."""
        settings = self.meter.product.communication.association(client_sap)
        if settings is None or settings.keys is None:
            return
        request = self.opened(settings, apdu)
        if request is None or request.invoke & _CONFIRMED or not self.permitted(request.method):
            return
        with suppress(AccessError):
            self.meter.objects.invoke(
                request.method, request.parameters, Role(settings.role or settings.name)
            )

    def permitted(self, method: CosemMethod) -> bool:
        """Decide whether all stations may be told to do this: opening a switch is all."""
        return method == REMOTE_DISCONNECT

    def opened(self, settings: AssociationSettings, apdu: bytes) -> ActionRequestNormal | None:
        """Return the request inside, None where it is none or its protection does not hold."""
        ciphered, deviations = decode_apdu(apdu)
        if not isinstance(ciphered, GeneralCipheredApdu) or violations(deviations):
            return None
        control = ciphered.protected.security_control
        if ciphered.tag != ApduTag.GENERAL_GLO_CIPHERING or control & _NEEDED != _NEEDED:
            return None
        if control & 0x0F != settings.suite:
            return None
        try:
            plain, _ = self.meter.ciphering.open_global(settings, ciphered.system_title, ciphered.protected)
        except Refused:
            return None
        request, deviations = decode_apdu(plain)
        return request if isinstance(request, ActionRequestNormal) and not violations(deviations) else None
