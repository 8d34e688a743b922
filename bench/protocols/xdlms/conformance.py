"""The conformance block: which services a side proposes or grants (IEC 62056-5-3)."""

from __future__ import annotations

from enum import IntFlag


class Conformance(IntFlag):
    """Services as bits of the 24-bit block; bit 0 of the standard is the most significant one here."""

    RESERVED_ZERO = 1 << 23
    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    DELTA_VALUE_ENCODING = 1 << 17
    RESERVED_SEVEN = 1 << 16
    ATTRIBUTE0_SUPPORTED_WITH_SET = 1 << 15
    PRIORITY_MGMT_SUPPORTED = 1 << 14
    ATTRIBUTE0_SUPPORTED_WITH_GET = 1 << 13
    BLOCK_TRANSFER_WITH_GET_OR_READ = 1 << 12
    BLOCK_TRANSFER_WITH_SET_OR_WRITE = 1 << 11
    BLOCK_TRANSFER_WITH_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0

    @classmethod
    def from_names(cls, names: tuple[str, ...] | list[str]) -> Conformance:
        """Return the bits of names as a declaration writes them ("block-transfer-with-get-or-read").

        Raise ValueError for a name that is none.
        """
        block = cls(0)
        for name in names:
            try:
                block |= cls[name.upper().replace("-", "_")]
            except KeyError as error:
                raise ValueError(f"{name!r} is no service of the conformance block") from error
        return block

    def names(self) -> tuple[str, ...]:
        """Return the names of the bits set, in the order of the standard."""
        return tuple((bit.name or "").lower().replace("_", "-") for bit in Conformance if bit in self)
