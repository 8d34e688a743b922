"""Cut a stream of octets into HDLC frames, by their length sub-field."""

from __future__ import annotations

_FLAG = 0x7E
_FORMAT_TYPE_3 = 0xA0
_FLAGS_AND_FORMAT = 4
LONGEST_CANDIDATE = 4096
"""Twice what the 11 bits of a length can count: without a flag until then there is no frame."""
MOST_GARBAGE = 1 << 16


class FrameReader:
    """Collect octets and give back raw frames, both flags included.

    The length sub-field decides where a frame ends, so 7E may occur inside. One flag may close a frame and
    open the next. A candidate that has no flag where its length puts it, or a wrong format type, is given
    back up to the next flag, so that `decode_frame` can say what is wrong with it. Octets outside frames
    are kept in ``garbage``, the last 64 KiB of them.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._shared = False
        self.garbage = b""
        """Octets seen outside frames since the reader was made or `reset`; idle flags do not count."""

    @property
    def pending(self) -> bytes:
        """Return the octets of a frame not yet complete."""
        return bytes(self._buffer)

    def feed(self, octets: bytes) -> list[bytes]:
        """Take octets and return the raw frames completed by them, in order."""
        if len(self._buffer) <= 1 and is_one_frame(octets):  # the rule: at most the last flag is left over
            self._buffer[:] = bytes([_FLAG])
            self._shared = True
            return [octets]
        self._buffer += octets
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def reset(self) -> bytes:
        """Forget the incomplete frame (after an inter-octet time-out) and return its octets."""
        octets = bytes(self._buffer)
        self._buffer.clear()
        self._shared = False
        return octets

    def _next(self) -> bytes | None:
        buffer = self._buffer
        while self._find_opening_flag():
            if buffer[1] & 0xF0 == _FORMAT_TYPE_3:
                if len(buffer) < 3:
                    return None
                total = ((buffer[1] & 0x07) << 8 | buffer[2]) + 2
                if len(buffer) < total:
                    return None
                if total >= 4 and buffer[total - 1] == _FLAG:
                    return self._cut(total)
            closing = buffer.find(_FLAG, 1)
            if closing < 0:
                self._give_up_endless()
                return None
            if not self._shared:
                return self._cut(closing + 1)
            # The opening flag closed the frame before; what follows it was never a frame.
            self._discard(buffer[1:closing])
            del buffer[:closing]
            self._shared = False
        return None

    def _find_opening_flag(self) -> bool:
        """Drop garbage and idle flags; return whether a flag and one octet after it stand in front."""
        buffer = self._buffer
        start = buffer.find(_FLAG)
        if start:
            kept = len(buffer) if start < 0 else start
            self._discard(buffer[:kept])
            del buffer[:kept]
            self._shared = False
        while len(buffer) >= 2 and buffer[1] == _FLAG:
            del buffer[0]
            self._shared = False
        return len(buffer) >= 2

    def _give_up_endless(self) -> None:
        """Drop what is longer than any frame and still has no closing flag."""
        if len(self._buffer) > LONGEST_CANDIDATE:
            self._discard(self._buffer)
            self._buffer.clear()
            self._shared = False

    def _discard(self, octets: bytearray) -> None:
        self.garbage = (self.garbage + bytes(octets))[-MOST_GARBAGE:]

    def _cut(self, total: int) -> bytes:
        frame = bytes(self._buffer[:total])
        # The closing flag stays: it may open the next frame.
        del self._buffer[: total - 1]
        self._shared = True
        return frame


def is_one_frame(octets: bytes) -> bool:
    """Return whether octets are exactly one frame by flags, format type and length, both flags included."""
    return (
        len(octets) >= _FLAGS_AND_FORMAT
        and octets[0] == octets[-1] == _FLAG
        and octets[1] & 0xF0 == _FORMAT_TYPE_3
        and len(octets) == ((octets[1] & 0x07) << 8 | octets[2]) + 2
    )
