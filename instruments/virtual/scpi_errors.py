"""Error numbers of SCPI-99 volume 2 chapter 21 and the event status bit each class sets."""

from __future__ import annotations

from enum import IntFlag


class EventStatus(IntFlag):
    """Standard event status register of IEEE 488.2 clause 11.5.1."""

    OPERATION_COMPLETE = 1
    REQUEST_CONTROL = 2
    QUERY_ERROR = 4
    DEVICE_ERROR = 8
    EXECUTION_ERROR = 16
    COMMAND_ERROR = 32
    USER_REQUEST = 64
    POWER_ON = 128


ERROR_TEXTS: dict[int, str] = {
    0: "No error",
    -100: "Command error",
    -101: "Invalid character",
    -102: "Syntax error",
    -103: "Invalid separator",
    -104: "Data type error",
    -105: "GET not allowed",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -110: "Command header error",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -120: "Numeric data error",
    -121: "Invalid character in number",
    -123: "Exponent too large",
    -124: "Too many digits",
    -128: "Numeric data not allowed",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -141: "Invalid character data",
    -144: "Character data too long",
    -148: "Character data not allowed",
    -151: "Invalid string data",
    -158: "String data not allowed",
    -161: "Invalid block data",
    -168: "Block data not allowed",
    -170: "Expression error",
    -171: "Invalid expression",
    -178: "Expression data not allowed",
    -200: "Execution error",
    -201: "Invalid while in local",
    -203: "Command protected",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -220: "Parameter error",
    -221: "Settings conflict",
    -222: "Data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -231: "Data questionable",
    -240: "Hardware error",
    -241: "Hardware missing",
    -250: "Mass storage error",
    -256: "File name not found",
    -257: "File name error",
    -300: "Device-specific error",
    -310: "System error",
    -311: "Memory error",
    -313: "Calibration memory lost",
    -330: "Self-test failed",
    -350: "Queue overflow",
    -360: "Communication error",
    -363: "Input buffer overrun",
    -365: "Time out error",
    -400: "Query error",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -430: "Query DEADLOCKED",
    -440: "Query UNTERMINATED after indefinite response",
    -500: "Power on",
}

_CLASSES: tuple[tuple[int, int, EventStatus], ...] = (
    (-199, -100, EventStatus.COMMAND_ERROR),
    (-299, -200, EventStatus.EXECUTION_ERROR),
    (-399, -300, EventStatus.DEVICE_ERROR),
    (-499, -400, EventStatus.QUERY_ERROR),
    (-599, -500, EventStatus.POWER_ON),
    (-699, -600, EventStatus.USER_REQUEST),
    (-899, -800, EventStatus.OPERATION_COMPLETE),
    (1, 32767, EventStatus.DEVICE_ERROR),
)


class ScpiError(Exception):
    """A command of the client is refused: ``number`` goes to its error queue, ``detail`` behind the text."""

    def __init__(self, number: int, detail: str = "") -> None:
        self.number = number
        self.detail = detail
        super().__init__(number, detail)

    def __str__(self) -> str:
        return error_text(self.number, self.detail)


def error_text(number: int, detail: str = "") -> str:
    """Return the standard text of ``number`` with the detail that SCPI allows behind a semicolon."""
    text = ERROR_TEXTS.get(number, "Device-specific error")
    return f"{text};{detail}" if detail else text


def event_bit(number: int) -> EventStatus:
    """Return the event status bit which an error of this number sets (none for 0)."""
    for low, high, bit in _CLASSES:
        if low <= number <= high:
            return bit
    return EventStatus(0)
