"""Virtual twin of a Radian RD-3x: measurement and identification requests of its binary protocol.

The layout of a reply's second octet, and of the identification, are not known; ours are plain (assumption).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from instruments.virtual.plant import StandardPlant
from instruments.virtual.standard_inputs import StandardInputs

PHASES = 3
START = 0xA6
ACK_DATA, NAK = 0x06, 0x09
CHECKSUM_ERROR, UNKNOWN_REQUEST = 0x02, 0x01


class VirtualRadianRd:
    """One instrument; ``garbled`` so many requests are found wrong."""

    def __init__(self, plant: StandardPlant, port: str, *, serial_number: str = "31001") -> None:
        self.port = port
        self.garbled = 0
        self.serial_number = serial_number
        self._inputs = StandardInputs(plant, PHASES)

    def open_session(self, send: Callable[[bytes], None] | None = None) -> _Conversation:
        """Begin a conversation."""
        del send  # nothing is said unasked
        return _Conversation(self)

    def answer(self, kind: int, data: bytes) -> bytes:
        """Return the reply to one request with a right checksum."""
        if kind == 0x02:
            return _data(kind, f"RD-31 {self.serial_number}".encode())
        if kind == 0x2E and len(data) == 4:
            function = struct.unpack(">H", data[:2])[0]
            values = self._values(function)
            if values is not None:
                return _data(kind, struct.pack(">5I", *(to_ti_float(value) for value in values)))
        return refusal(kind, UNKNOWN_REQUEST)

    def _values(self, function: int) -> tuple[float, ...] | None:
        seen = self._inputs.seen()
        if function == 5:
            return (self._inputs.frequency_hz(),) * 4 + (0.0,)
        per_phase = {
            0: [phase.voltage_v for phase in seen],
            1: [phase.current_a for phase in seen],
            2: [phase.power_w for phase in seen],
            4: [phase.reactive_var for phase in seen],
            6: [-math.remainder(phase.current_lag_deg, 360.0) for phase in seen],
        }.get(function)
        return None if per_phase is None else (*per_phase, sum(per_phase), 0.0)


class _Conversation:
    """Requests with their length in the header."""

    def __init__(self, box: VirtualRadianRd) -> None:
        self._box = box
        self._unread = b""

    def feed(self, octets: bytes) -> bytes:
        self._unread += octets
        answers = b""
        while len(self._unread) >= 4:
            if self._unread[0] != START:
                self._unread = self._unread[1:]
                continue
            _, kind, size = struct.unpack_from(">BBH", self._unread)
            end = 4 + size + 2
            if len(self._unread) < end:
                break
            request, self._unread = self._unread[:end], self._unread[end:]
            right = struct.unpack(">H", request[-2:])[0] == sum(request[:-2]) & 0xFFFF
            if self._box.garbled > 0:
                self._box.garbled -= 1
                right = False
            answers += self._box.answer(kind, request[4:-2]) if right else refusal(kind, CHECKSUM_ERROR)
        return answers

    def close(self) -> None:
        """Nothing is kept of a client."""


def refusal(kind: int, code: int) -> bytes:
    """Return a refusal with its error code."""
    return _summed(struct.pack(">BB3H", NAK, kind, 0, code, 0))


def _data(kind: int, data: bytes) -> bytes:
    return _summed(struct.pack(">BBH", ACK_DATA, kind, len(data)) + data)


def _summed(octets: bytes) -> bytes:
    return octets + struct.pack(">H", sum(octets) & 0xFFFF)


def to_ti_float(value: float) -> int:
    """Return ``value`` as a TMS320C3x single."""
    if value == 0.0:
        return 0x80000000
    mantissa, exponent = math.frexp(abs(value))
    mantissa, exponent = mantissa * 2.0, exponent - 1  # 1 <= mantissa < 2
    if value > 0:
        fraction = round((mantissa - 1.0) * 2**23)
        sign = 0
    else:
        if mantissa == 1.0:
            mantissa, exponent = 2.0, exponent - 1
        fraction = round((2.0 - mantissa) * 2**23)
        sign = 0x800000
    if fraction >= 2**23:
        fraction, exponent = 0, exponent + 1
    return (exponent & 0xFF) << 24 | sign | fraction
