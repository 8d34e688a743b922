"""Slot ``image``: transfer, verification and activation of a firmware image (dlms.md §6.7). Survives power cuts.

An image is its code followed by the SHA-256 digest of it. Its identifier is the version it brings, written as
the present one: "DDS722-1.1.0". An older version than the present one is not verified.
"""

from __future__ import annotations

import hashlib
import re
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_meter.meter import Meter

BLOCK_OCTETS = 64
IMAGE_OCTETS_MAX = 65536
DIGEST_OCTETS = 32
_RECORD = "image"
_VERSION = "firmware.version"
_NUMBERED = re.compile(r"(?P<type>[A-Z0-9]+)-(?P<version>\d+\.\d+\.\d+)")


class Status(IntEnum):
    """image_transfer_status of class 18."""

    NOT_INITIATED = 0
    INITIATED = 1
    VERIFICATION_RUNNING = 2
    VERIFIED = 3
    VERIFICATION_FAILED = 4
    ACTIVATION_RUNNING = 5
    ACTIVATED = 6
    ACTIVATION_FAILED = 7


class Image:
    """The image that is being transferred, and the version that runs."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    # --- state ------------------------------------------------------------------------------------

    def version(self) -> str:
        """Return the version of the firmware that runs."""
        stored: str | None = self.meter.memory.get(_VERSION)
        return self.meter.product.identity.firmware_version if stored is None else stored

    def enabled(self) -> bool:
        """Return whether an image may be transferred."""
        return bool(self._state().get("enabled", False))

    def enable(self, allowed: bool) -> None:
        """Allow or forbid the transfer of an image."""
        self._put(enabled=allowed)

    def status(self) -> Status:
        """Return how far the transfer has come."""
        return Status(self._state().get("status", Status.NOT_INITIATED))

    def size(self) -> int:
        """Return the length in octets of the image announced."""
        size: int = self._state().get("size", 0)
        return size

    def identifier(self) -> bytes:
        """Return the identifier of the image announced."""
        return bytes.fromhex(self._state().get("identifier", ""))

    def blocks(self) -> str:
        """Return which blocks have come, as text of 0 and 1."""
        blocks: str = self._state().get("blocks", "")
        return blocks

    def first_missing(self) -> int:
        """Return the number of the first block that has not come; the number of blocks when all have."""
        missing = self.blocks().find("0")
        return len(self.blocks()) if missing < 0 else missing

    def signature(self) -> bytes:
        """Return the digest that the image carries, once all of it is here."""
        return self._octets()[-DIGEST_OCTETS:] if "0" not in self.blocks() else b""

    # --- steps; each returns whether it was done --------------------------------------------------

    def initiate(self, identifier: bytes, size: int) -> bool:
        """Begin a transfer; what was transferred before is forgotten."""
        if not self.enabled() or not DIGEST_OCTETS < size <= IMAGE_OCTETS_MAX:
            return False
        blocks = "0" * -(-size // BLOCK_OCTETS)
        self._put(identifier=identifier.hex(), size=size, blocks=blocks, status=Status.INITIATED)
        return True

    def take_block(self, number: int, octets: bytes) -> bool:
        """Take one block; only the last may be shorter, and it has exactly the rest."""
        blocks, size = self.blocks(), self.size()
        if not self.enabled() or self.status() is not Status.INITIATED or not 0 <= number < len(blocks):
            return False
        expected = min(BLOCK_OCTETS, size - number * BLOCK_OCTETS)
        if len(octets) != expected:
            return False
        with self.meter.memory.together():
            self.meter.memory.put(f"{_RECORD}.{number}", octets.hex())
            self._put(blocks=f"{blocks[:number]}1{blocks[number + 1 :]}")
        return True

    def verify(self) -> bool:
        """Verify the whole image; one with a hole, a wrong digest or an unfit version is not verified."""
        if not self.enabled() or self.status() not in (
            Status.INITIATED,
            Status.VERIFIED,
            Status.VERIFICATION_FAILED,
        ):
            return False
        if "0" in self.blocks():
            return False
        good = self.digest_right() and self.version_fits()
        self._put(status=Status.VERIFIED if good else Status.VERIFICATION_FAILED)
        return good

    def digest_right(self) -> bool:
        """Tell whether the digest is that of the code."""
        octets = self._octets()
        return hashlib.sha256(octets[:-DIGEST_OCTETS]).digest() == octets[-DIGEST_OCTETS:]

    def version_fits(self) -> bool:
        """Tell whether the image is for this meter type and not older than what runs."""
        new = _NUMBERED.fullmatch(self.identifier().decode("ascii", "replace"))
        present = _NUMBERED.fullmatch(self.version())
        if new is None or present is None or new["type"] != present["type"]:
            return False
        return self.newer_or_same(_numbers(new["version"]), _numbers(present["version"]))

    def newer_or_same(self, new: tuple[int, ...], present: tuple[int, ...]) -> bool:
        """Tell whether a version may follow the present one."""
        return new >= present

    def activate(self) -> bool:
        """Let the verified image run."""
        if not self.enabled() or self.status() is not Status.VERIFIED:
            return False
        with self.meter.memory.together():
            self.meter.memory.put(_VERSION, self.identifier().decode("ascii"))
            self._put(status=Status.ACTIVATED, enabled=False)
        return True

    def _octets(self) -> bytes:
        numbers = range(len(self.blocks()))
        return b"".join(
            bytes.fromhex(self.meter.memory.get(f"{_RECORD}.{number}") or "") for number in numbers
        )

    def _state(self) -> dict[str, Any]:
        return self.meter.memory.get(_RECORD) or {}

    def _put(self, **changes: Any) -> None:
        self.meter.memory.put(_RECORD, {**self._state(), **changes})


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
