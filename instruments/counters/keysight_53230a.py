"""Time-stamping counter after the Keysight 53230A: meter pulses as edges, one channel a position."""

from __future__ import annotations

import re
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import SetpointRefused
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

EDGES_MAX = 1_000_000
TRIGGER_LEVEL_V = 2.5
INPUT_IMPEDANCE_OHM = 1e6
CHANNELS_WITHOUT_OPTION = 2
_CHANNEL_OPTION = re.compile(r"CH(\d+)")

_EXTENSION = "channel list behind it: our extension, a real 53230A stamps one channel at a time"


class Keysight53230A(ScpiDriver):
    """Records edges on each channel by itself. Time stamps count in the counter's own time base."""

    ROLE: ClassVar[str] = "counter"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("Keysight", "Agilent")
    MODELS: ClassVar[tuple[str, ...]] = ("53230A",)
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.B,
        uncertain=(
            UncertainLeaf(leaf="INP<n>:COUP DC", confidence=Confidence.B, why="one text"),
            UncertainLeaf(leaf="INP<n>:IMP", confidence=Confidence.B, why="one text"),
            UncertainLeaf(leaf="INP<n>:LEV", confidence=Confidence.B, why="one text"),
            UncertainLeaf(leaf="INP<n>:FILT ON", confidence=Confidence.B, why="one text"),
            UncertainLeaf(
                leaf="CONF:ARR:TST <count>,(@<n>)",
                confidence=Confidence.C,
                why="time stamp configuration from memory, not confirmed by a text",
            ),
            UncertainLeaf(leaf="INIT (@<n>)", confidence=Confidence.C, why=_EXTENSION),
            UncertainLeaf(leaf="ABOR (@<n>)", confidence=Confidence.C, why=_EXTENSION),
            UncertainLeaf(leaf="DATA:POIN? (@<n>)", confidence=Confidence.C, why=_EXTENSION),
            UncertainLeaf(leaf="FETC? (@<n>)", confidence=Confidence.C, why=_EXTENSION),
            UncertainLeaf(
                leaf="*OPT? -> CH<n>",
                confidence=Confidence.C,
                why="our extension: how many channels there are",
            ),
        ),
    )

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        option = _CHANNEL_OPTION.search(self._query("*OPT?"))
        self.channels = int(option.group(1)) if option else CHANNELS_WITHOUT_OPTION
        self._prepared: set[int] = set()
        self._filled: set[int] = set()
        """Channels known to hold edges since they were armed."""

    def arm(self, channel: int, n_edges: int) -> None:
        """Clear the channel and record edges until ``n_edges`` are in; 0: until stopped (at most 1 000 000)."""
        self._check_channel(channel)
        self._refuse_unless(n_edges, 0, EDGES_MAX, "n_edges")
        self._prepare(channel)
        self._filled.discard(channel)
        # one message with absolute headers: a rack of sixty is armed before each load point
        there = f"(@{channel})"
        self._command(f":ABOR {there};:CONF:ARR:TST {n_edges or EDGES_MAX},{there};:INIT {there}")

    def count(self, channel: int) -> int:
        """Return how many edges have been recorded since ``arm``."""
        self._check_channel(channel)
        recorded = int(self._query_number(f"DATA:POIN? (@{channel})"))
        if recorded:
            self._filled.add(channel)
        return recorded

    def edges_s(self, channel: int) -> tuple[float, ...]:
        """Return the time stamps in seconds, oldest first."""
        self._check_channel(channel)
        if channel not in self._filled and self.count(channel) == 0:
            # FETCh? of nothing is an error without an answer
            return ()
        line = f"FETC? (@{channel})"
        return tuple(self._to_number(text, line) for text in self._query(line).split(","))

    def stop(self, channel: int) -> None:
        """Stop recording; what is recorded stays."""
        self._check_channel(channel)
        self._command(f"ABOR (@{channel})")

    def _prepare(self, channel: int) -> None:
        """Set the input up for the 5 V pulses of a scanning head, once."""
        if channel in self._prepared:
            return
        self._command(f"INP{channel}:COUP DC")
        self._command(f"INP{channel}:IMP {number(INPUT_IMPEDANCE_OHM)}")
        self._command(f"INP{channel}:LEV {number(TRIGGER_LEVEL_V)}")
        self._command(f"INP{channel}:FILT ON")
        self._prepared.add(channel)

    def _check_channel(self, channel: int) -> None:
        if not 1 <= channel <= self.channels:
            raise SetpointRefused(
                f"The counter has channels 1 to {self.channels}, not {channel}.",
                resource=self.resource,
                remedy="Correct the position's pulse input in the rig file.",
            )
