"""Radian RD-2x/RD-3x reference standards: a binary protocol over RS-232, no VISA commands at all."""

from __future__ import annotations

import math
import struct
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault
from instruments.line_settings import LineSettings
from instruments.roles import Identity, PhaseReading, Readings
from instruments.transport import Transport

START = 0xA6
IDENTIFICATION, MEASUREMENT = 0x02, 0x2E
INSTANTANEOUS = 0xFFFD
VOLTS, AMPERES, WATTS, FREQUENCY, PHASE = 0, 1, 2, 5, 6
"""Functions of the measurement request."""
ACK, ACK_DATA, NAK, BUSY = 0x3, 0x6, 0x9, 0xC
"""Low nibble of the first octet of a reply."""
CHECKSUM_ERROR = 0x02
RESENDS = 2
READING_S = 2.2
PHASES = 3
_HEADER = struct.Struct(">BBH")


class RadianRd:
    """Reads phases A, B, C of an RD-3x. It tells no range, no overload, and no energy we know of.

    The phase angle is opposite to IEC, so the lag is its negative (B). Checksum: the plain sum of all octets
    before it, modulo 65536. A request that arrived garbled is sent again; a busy instrument is a fault.
    """

    ROLE: ClassVar[str] = "reference"
    LINE: ClassVar[LineSettings] = LineSettings(
        write_termination="", read_termination="", probe="", baud=57600, many_sessions=False
    )
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.B,
        uncertain=(
            UncertainLeaf(
                leaf="whole protocol", confidence=Confidence.B, why="one program used on a real RD-31"
            ),
            UncertainLeaf(
                leaf="0x02 identification",
                confidence=Confidence.C,
                why="layout of the reply unknown",
            ),
            UncertainLeaf(
                leaf="overload",
                confidence=Confidence.C,
                why="no flag is known; the instrument ranges by itself",
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        self.resource = transport.resource
        self.transport = self._transport = transport
        try:
            found = self.identify()
            if expected_serial and expected_serial not in found.firmware:
                self._refuse(
                    f"Serial number {expected_serial} is not in the identification {found.firmware!r}."
                )
        except InstrumentFault:
            transport.close()
            raise

    def identify(self) -> Identity:
        """Ask for the identification; its layout is not known, so its printable part stands as firmware."""
        octets = self._ask(IDENTIFICATION, b"")
        text = "".join(chr(octet) if 32 <= octet < 127 else " " for octet in octets)
        return Identity(manufacturer="Radian", model="RD", serial_number="", firmware=" ".join(text.split()))

    def close(self) -> None:
        """End the session; the instrument stays as it is."""
        self._transport.close()

    def select_ranges(self, voltage_v: float, current_a: float) -> float:
        """Check the values; the instrument ranges by itself."""
        for name, value in (("voltage_v", voltage_v), ("current_a", current_a)):
            if not math.isfinite(value) or value < 0:
                self._refuse(f"{name} = {value!r} is no value to measure.")
        return 0.0

    def start_reading(self) -> float:
        """Return the time a reading needs; the instrument measures without pause."""
        return READING_S

    def collect_reading(self) -> Readings:
        """Return what the instrument shows now."""
        volts, amperes, watts = (self._measure(function) for function in (VOLTS, AMPERES, WATTS))
        angles, frequency = self._measure(PHASE), self._measure(FREQUENCY)
        phases = tuple(
            PhaseReading(
                voltage_v=volts[at],
                current_a=amperes[at],
                power_w=watts[at],
                current_lag_deg=-angles[at] if volts[at] and amperes[at] else 0.0,
            )
            for at in range(PHASES)
        )
        return Readings(
            phases=phases,
            power_w=watts[3],
            frequency_hz=frequency[0],
            overload=False,
            voltage_range="automatic",
            current_range="automatic",
        )

    def start_energy(self) -> None:
        """Refuse: no energy command is known to us."""
        self._refuse("The energy commands of this instrument are not known to us.")

    def energy_wh(self) -> float:
        """Refuse, as ``start_energy``."""
        self.start_energy()
        return math.nan

    def _refuse(self, message: str) -> None:
        raise InstrumentFault(
            message, resource=self.resource, remedy="Correct the rig file or use another reference standard."
        )

    def _measure(self, function: int) -> tuple[float, ...]:
        """Return phases A, B, C, the net value, and a spare one."""
        octets = self._ask(MEASUREMENT, struct.pack(">HH", function, INSTANTANEOUS))
        if len(octets) != 20:
            raise InstrumentFault(f"{len(octets)} octets came instead of 20.", resource=self.resource)
        return tuple(ti_float(word) for word in struct.unpack(">5I", octets))

    def _ask(self, kind: int, data: bytes) -> bytes:
        """Send a request and return the data of the reply."""
        request = _HEADER.pack(START, kind, len(data)) + data
        request += struct.pack(">H", checksum(request))
        with self._transport.lock:
            for _ in range(RESENDS + 1):
                self._transport.write_octets(request)
                answer, octets = self._reply()
                if answer in (ACK, ACK_DATA):
                    return octets
                if answer == BUSY:
                    wait_ms = struct.unpack(">HH", octets)[1]
                    raise InstrumentFault(
                        f"The instrument is busy for {wait_ms} ms.",
                        resource=self.resource,
                        remedy="Ask later.",
                    )
                code = struct.unpack(">3H", octets)[1]
                if code != CHECKSUM_ERROR:
                    raise InstrumentFault(
                        f"The instrument refused the request {request.hex(' ')}: error {code}.",
                        resource=self.resource,
                    )
        raise InstrumentFault(
            "The instrument finds every request garbled.", resource=self.resource, remedy="Check the cable."
        )

    def _reply(self) -> tuple[int, bytes]:
        """Read one reply: its kind and its data; check its sum."""
        head = self._transport.read_octets(2)
        kind = head[0] & 0x0F
        if kind == ACK_DATA:
            head += self._transport.read_octets(2)
            size = struct.unpack(">H", head[2:4])[0]
        else:
            size = {ACK: 0, NAK: 6, BUSY: 4}.get(kind, -1)
        if size < 0:
            raise InstrumentFault(f"The reply begins with {head.hex(' ')}.", resource=self.resource)
        data = self._transport.read_octets(size) if size else b""
        (sent,) = struct.unpack(">H", self._transport.read_octets(2))
        if sent != checksum(head + data):
            self._transport.clear()
            raise InstrumentFault(
                "The checksum of the reply is wrong.", resource=self.resource, remedy="Check the cable."
            )
        return kind, data


def checksum(octets: bytes) -> int:
    """Return the plain 16-bit sum."""
    return sum(octets) & 0xFFFF


def ti_float(word: int) -> float:
    """Return the value of a TMS320C3x single: exponent, sign, mantissa; exponent -128 is zero."""
    exponent = (word >> 24) - 256 if word >> 31 else word >> 24
    if exponent == -128:
        return 0.0
    mantissa = (word & 0x7FFFFF) / 2**23
    return float((mantissa - 2.0 if word & 0x800000 else 1.0 + mantissa) * 2.0**exponent)
