"""The extended token set (STS 202-5): which of its parts a write or read token addresses.

Published vectors prove the layout, index 0 as a control value and flag 0. What any control value does stands in
STS 202-5, which is not public; where a token of either class names another flag than flag 0 is engineering
knowledge for writing (the nine bits above the lowest) and unknown for reading.
"""

from __future__ import annotations

from bench.protocols.sts.fields import ReadExtended, WriteExtended

#: Index under which the flags stand; those below are control values of ten bits.
FLAGS_INDEX = 63
LARGEST_VALUE = 1023


def flag_written(fields: WriteExtended) -> tuple[int, int] | None:
    """Return (number, state) of the flag that a token writes, or None where it writes a control value."""
    return (fields.value >> 1, fields.value & 1) if fields.index == FLAGS_INDEX else None


def readable(fields: ReadExtended) -> bool:
    """Return whether it is known what a token asks for: a control value, or flag 0, with the other bits zero."""
    return not fields.value and not fields.pad
