"""What a server sends unasked: data-notification and event-notification (IEC 62056-5-3)."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cosem import CosemAttribute
from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.xdlms.parts import optional_octets, read_attribute, read_flag
from bench.protocols.xdlms.tags import ApduTag


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNotification:
    """A push. ``long_invoke``: long-invoke-id-and-priority, 32 bits; ``date_time``: empty or 12 octets."""

    long_invoke: int
    date_time: bytes = b""
    body: Data

    def to_bytes(self, *, tag: int = ApduTag.DATA_NOTIFICATION) -> bytes:
        """Return the APDU."""
        head = bytes([tag]) + self.long_invoke.to_bytes(4, "big")
        return head + counted_octets(self.date_time) + encode(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNotificationRequest:
    """An event: when (optional), which attribute, its value."""

    time: bytes | None = None
    attribute: CosemAttribute
    value: Data

    def to_bytes(self, *, tag: int = ApduTag.EVENT_NOTIFICATION_REQUEST) -> bytes:
        """Return the APDU."""
        time = optional_octets(None if self.time is None else counted_octets(self.time))
        return bytes([tag]) + time + self.attribute.to_bytes() + encode(self.value)


def read_data_notification(cursor: Cursor) -> DataNotification:
    """Read what follows the tag 0F."""
    long_invoke = cursor.unsigned(4, "long-invoke-id-and-priority")
    at = cursor.offset
    date_time = cursor.counted("date-time")
    if len(date_time) not in (0, 12):
        cursor.note("xdlms.date-time", f"{len(date_time)} octets", at)
    return DataNotification(long_invoke=long_invoke, date_time=date_time, body=read_data(cursor))


def read_event_notification_request(cursor: Cursor) -> EventNotificationRequest:
    """Read what follows the tag C2."""
    time = cursor.counted("time") if read_flag(cursor, "time flag") else None
    attribute = read_attribute(cursor)
    return EventNotificationRequest(time=time, attribute=attribute, value=read_data(cursor))
