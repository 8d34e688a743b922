"""A client of the meter that knows only octets: frames and AARQs written out by hand (dlms.md §6)."""

from __future__ import annotations

from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard


def fcs(octets: bytes) -> bytes:
    """Return the CRC-16/X.25, bit by bit as ISO/IEC 13239 writes it; not the code under test."""
    crc = 0xFFFF
    for octet in octets:
        for bit in range(8):
            crc = crc >> 1 ^ (0x8408 if (crc ^ octet >> bit) & 1 else 0)
    return (crc ^ 0xFFFF).to_bytes(2, "little")


METER = "00020021"  # upper 1, lower 16, four octets
CLIENTS = {"public": "21", "reader": "41", "management": "03"}  # 16, 32 and 1, shifted, with the end bit
SNRM, UA, DISC, DM, FRMR, RR = 0x93, 0x73, 0x53, 0x1F, 0x97, 0x11
AARQ_NO_SECURITY = "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0"  # vector aarq-none
AARE_OK = "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400{bits}04000007"
UA_LIMITS = "8180120501800601800704000000010804" + "00000001"


def frame(
    destination: str, source: str, control: int, information: bytes = b"", *, segmented: bool = False
) -> bytes:
    """Build a frame by hand."""
    head = bytes.fromhex(destination + source) + bytes([control])
    length = 2 + len(head) + (2 + len(information) if information else 0) + 2
    body = ((0xA8 if segmented else 0xA0) << 8 | length).to_bytes(2, "big") + head
    if information:
        body += fcs(body) + information
    return b"\x7e" + body + fcs(body) + b"\x7e"


class Client:
    """One client of the meter; counts its own sequence numbers."""

    def __init__(self, board: FakeBoard, meter: Meter, name: str) -> None:
        self.board = board
        self.meter = meter
        self.address = CLIENTS[name]
        self.ns = self.nr = 0

    def exchange(self, octets: bytes, wait_s: float = 0.5) -> bytes:
        """Send octets and return all octets that come back."""
        del self.board.sent[:]
        self.meter.octets_received("optical", octets)
        self.board.advance(wait_s)
        return b"".join(octets for _, octets in self.board.sent)

    def to_meter(self, control: int, information: bytes = b"", *, segmented: bool = False) -> bytes:
        return frame(METER, self.address, control, information, segmented=segmented)

    def from_meter(self, control: int, information: bytes = b"", *, segmented: bool = False) -> bytes:
        return frame(self.address, METER, control, information, segmented=segmented)

    def connect(self, parameters: str = "") -> bytes:
        self.ns = self.nr = 0
        return self.exchange(self.to_meter(SNRM, bytes.fromhex(parameters)))

    def i_control(self) -> int:
        return self.nr << 5 | 0x10 | self.ns << 1

    def request(self, apdu: str) -> str:
        """Send an APDU in one I-frame and return the answer's APDU, gathered from all segments."""
        answer = self.exchange(self.to_meter(self.i_control(), bytes.fromhex("e6e600" + apdu)))
        self.ns = (self.ns + 1) % 8
        message = b""
        while True:
            assert answer[:1] == b"\x7e"
            assert answer[-1:] == b"\x7e"
            segmented = bool(answer[1] & 0x08)
            control_at = 3 + 1 + 4
            assert answer[control_at] == self.ns << 5 | 0x10 | self.nr << 1, answer.hex()
            assert fcs(answer[1:-3]) == answer[-3:-1]
            message += answer[control_at + 3 : -3]
            self.nr = (self.nr + 1) % 8
            if not segmented:
                break
            answer = self.exchange(self.to_meter(self.nr << 5 | RR))
        assert message[:3].hex() == "e6e700"
        return message[3:].hex()

    def associate(self, password: bytes | None = None, *, pdu: int = 0xFFFF, bits: str = "ffffff") -> str:
        """Connect and open an association with logical names, no ciphering."""
        self.connect()
        return self.request(aarq(password, pdu=pdu, bits=bits))


def aarq(
    password: bytes | None = None,
    *,
    pdu: int = 0xFFFF,
    bits: str = "007e1f",
    initiate: str | None = None,
    context: int = 1,
    before: str = "",
    authentication: str | None = None,
) -> str:
    """Write an AARQ out, after the vectors aarq-none and gb-aarq-ciphered-lls."""
    if authentication is None and password is not None:
        value = f"80{len(password):02x}" + password.hex()
        authentication = f"8a0207808b0760857405080201ac{len(value) // 2:02x}{value}"
    if initiate is None:
        initiate = f"01000000065f1f0400{bits}{pdu:04x}"
    size = len(initiate) // 2
    content = f"{before}a1090607608574050801{context:02x}{authentication or ''}be{size + 2:02x}04{size:02x}{initiate}"
    return f"60{len(content) // 2:02x}{content}"
