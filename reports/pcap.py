"""A run's traffic as a capture file: every exchange as a UDP datagram between the bench and a position.

Serial lines have no addresses, so the bench is 10.0.0.1 and position n is 10.0.1.n; port 4059 is the meter's.
The octets are those of the line; secrets stand as zeros.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime

from bench.record.exchange import Direction, Exchange

MAGIC, LINK_RAW_IP, LONGEST = 0xA1B2C3D4, 101, 65535
UDP, HEADER_OCTETS, UDP_OCTETS = 17, 20, 8
METER_PORT, BENCH_PORT = 4059, 40590
#: A datagram holds no more; longer exchanges are cut into several.
LONGEST_PART = 60000
MICRO = 1_000_000


def pcap(exchanges: Iterable[Exchange], started: datetime, first_s: float = 0.0) -> bytes:
    """Return the capture file. ``started`` is the civil time of bench time ``first_s``."""
    head = struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, LONGEST, LINK_RAW_IP)
    packets = [head]
    positions: dict[str, int] = {}
    for exchange in exchanges:
        number = positions.setdefault(exchange.position, len(positions) + 1)
        at_us = round((started.timestamp() + exchange.t_s - first_s) * MICRO)
        for start in range(0, max(len(exchange.octets), 1), LONGEST_PART):
            part = exchange.octets[start : start + LONGEST_PART]
            packet = _datagram(part, number, sent=exchange.direction is Direction.SENT)
            seconds, micros = divmod(at_us, MICRO)
            packets.append(struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet)
    return b"".join(packets)


def _datagram(octets: bytes, position: int, *, sent: bool) -> bytes:
    bench, meter = (bytes([10, 0, 0, 1]), BENCH_PORT), (bytes([10, 0, 1, position & 0xFF]), METER_PORT)
    source, target = (bench, meter) if sent else (meter, bench)
    total = HEADER_OCTETS + UDP_OCTETS + len(octets)
    header = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 64, UDP, 0) + source[0] + target[0]
    header = header[:10] + _checksum(header).to_bytes(2, "big") + header[12:]
    # A UDP check sum of zero means that there is none.
    return header + struct.pack(">HHHH", source[1], target[1], UDP_OCTETS + len(octets), 0) + octets


def _checksum(header: bytes) -> int:
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, len(header), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
