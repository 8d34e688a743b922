"""The logical devices of the meter as a head-end sees them: management with everything, and the payment meter.

Both stand on one account and one token application; the payment device shows the objects of STS and credit, its own
name and its own association. Its SAP is its wPort and its upper HDLC address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.dlms.model.cosem_object import CosemObject
    from reference_meter.meter import Meter

MANAGEMENT_DEVICE, PAYMENT_DEVICE = 1, 2
DEVICES = (MANAGEMENT_DEVICE, PAYMENT_DEVICE)

PAYMENT_CLASSES = frozenset({111, 112, 113, 115, 116})
"""Account, credit, charge, token gateway, IEC 62055-41 attributes."""
COMMON = frozenset({"0-0:40.0.0.255", "0-0:42.0.0.255"})
"""Current association and logical device name: every logical device has its own."""
_STS = "55041"


def stands_in(row: CosemObject, device: int) -> bool:
    """Tell whether an object belongs to a logical device."""
    if device == MANAGEMENT_DEVICE:
        return True
    return row.class_id in PAYMENT_CLASSES or str(row.obis) in COMMON


def device_name(meter: Meter, device: int) -> str:
    """Return the logical device name: FLAG id and 13 characters, another for each device."""
    identity = meter.product.identity
    if device == MANAGEMENT_DEVICE:
        return identity.logical_device_name
    return f"{identity.flag_id}{_STS}{identity.serial_number[-8:]:0>8}"
