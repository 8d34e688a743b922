"""Status of one client: error queue, event status, OPERation and QUEStionable (SCPI-99 volume 1)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntFlag

from instruments.virtual.scpi_errors import ERROR_TEXTS, EventStatus, ScpiError, error_text, event_bit

QUEUE_OVERFLOW = -350
_REGISTER_MAX = 0x7FFF


class StatusByte(IntFlag):
    """Status byte of IEEE 488.2 with SCPI's bits."""

    ERROR_QUEUE = 4
    QUESTIONABLE = 8
    MESSAGE_AVAILABLE = 16
    EVENT_STATUS = 32
    MASTER_SUMMARY = 64
    OPERATION = 128


class ErrorQueue:
    """First in, first out; when full the newest entry is replaced by -350."""

    def __init__(self, length: int) -> None:
        self._entries: deque[tuple[int, str]] = deque()
        self._length = length

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, number: int, detail: str = "") -> None:
        """Append an error, or turn the last entry into -350 when there is no room."""
        if len(self._entries) >= self._length:
            self._entries[-1] = (QUEUE_OVERFLOW, ERROR_TEXTS[QUEUE_OVERFLOW])
        else:
            self._entries.append((number, error_text(number, detail)))

    def pop(self) -> tuple[int, str]:
        """Take the oldest error, (0, "No error") when there is none."""
        return self._entries.popleft() if self._entries else (0, ERROR_TEXTS[0])

    def clear(self) -> None:
        self._entries.clear()


@dataclass(slots=True)
class StatusRegister:
    """Condition, transition filters, latched event and enable mask of one group."""

    condition: int = 0
    positive: int = _REGISTER_MAX
    negative: int = 0
    event: int = 0
    enable: int = 0

    def set_condition(self, condition: int) -> None:
        """Set the condition bits; transitions that pass the filters latch into the event register."""
        rising = condition & ~self.condition
        falling = self.condition & ~condition
        self.event |= (rising & self.positive) | (falling & self.negative)
        self.condition = condition

    def take_event(self) -> int:
        """Return the event register and clear it."""
        event, self.event = self.event, 0
        return event

    def preset(self) -> None:
        """Do what STATus:PRESet does to this group."""
        self.positive, self.negative, self.enable = _REGISTER_MAX, 0, 0

    def summary(self) -> bool:
        return bool(self.event & self.enable)


@dataclass(slots=True)
class Status:
    """Everything ``*STB?`` summarises, for one client."""

    errors: ErrorQueue
    errors_set_event_status: bool = True
    event_status: int = EventStatus.POWER_ON
    event_status_enable: int = 0
    service_request_enable: int = 0
    operation: StatusRegister = field(default_factory=StatusRegister)
    questionable: StatusRegister = field(default_factory=StatusRegister)

    def report(self, error: ScpiError) -> None:
        """Queue an error and set its event status bit."""
        self.errors.push(error.number, error.detail)
        if self.errors_set_event_status:
            self.event_status |= event_bit(error.number)

    def clear(self) -> None:
        """Do what ``*CLS`` does: events and error queue, not the enable masks."""
        self.errors.clear()
        self.event_status = 0
        self.operation.event = 0
        self.questionable.event = 0

    def take_event_status(self) -> int:
        """Return the event status register and clear it."""
        value, self.event_status = self.event_status, 0
        return int(value)

    def byte(self, *, message_available: bool) -> int:
        """Return the status byte as ``*STB?`` gives it, with MSS in bit 6."""
        value = StatusByte(0)
        if len(self.errors):
            value |= StatusByte.ERROR_QUEUE
        if self.questionable.summary():
            value |= StatusByte.QUESTIONABLE
        if message_available:
            value |= StatusByte.MESSAGE_AVAILABLE
        if self.event_status & self.event_status_enable:
            value |= StatusByte.EVENT_STATUS
        if self.operation.summary():
            value |= StatusByte.OPERATION
        if value & self.service_request_enable:
            value |= StatusByte.MASTER_SUMMARY
        return int(value)
