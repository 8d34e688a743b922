"""Where SCPI instruments differ in syntax and in common commands, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one maker's parser behaves. The defaults are IEEE 488.2 and SCPI-99."""

    command_separator: str = ";"
    """Stands between the commands of one line."""
    parameter_end: str = ""
    """Must stand behind the last parameter when not empty; without it the command gives -100."""
    header_path: bool = True
    """A header without leading colon continues where the one before it ended."""
    joined_replies: bool = True
    """The replies of one line are joined by ``;``; otherwise each is a line of its own."""
    quoted_error_text: bool = True
    signed_registers: bool = False
    """Register values, ``*OPC?`` and error number 0 are written with their plus sign."""
    waiting_opc: bool = True
    """``*OPC?`` answers when the pending operations are over; otherwise at once, 1 or 0."""
    self_test_reply: str = "0"
    errors_set_event_status: bool = True
    stop_after_header_error: bool = True
    """The rest of a line is dropped behind a syntax or header error, because its header path is unknown."""
    error_queue_length: int = 20
    error_numbers: Mapping[int, int] = field(default_factory=dict)
    """What the instrument reports instead of SCPI's number."""

    def integer(self, value: int) -> str:
        """Return a register value as this dialect writes it."""
        return f"{value:+d}" if self.signed_registers else str(value)


SCPI = Dialect()

ZERA = Dialect(
    command_separator="|",
    parameter_end=";",
    header_path=False,
    joined_replies=False,
    quoted_error_text=False,
    signed_registers=True,
    waiting_opc=False,
    self_test_reply="1",
    errors_set_event_status=False,
    stop_after_header_error=False,
    error_queue_length=50,
    error_numbers={-222: -120, -224: -120, -104: -120, -121: -120, -141: -120},
)
"""ZERA's own parser (COM5003, MT310s2): facts from the firmware modules and their tests (confidence A)."""
