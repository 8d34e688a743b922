"""Time-stamping counter after the Keysight 53230A: meter pulses as edges, one channel a position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.scpi_driver import ScpiDriver, number
from instruments.transport import Transport

EDGES_MAX = 1_000_000
TRIGGER_LEVEL_V = 2.5
INPUT_IMPEDANCE_OHM = 1e6
CHANNELS_WITHOUT_OPTION = 2
CHANNELS_FETCHED = 16
"""Time stamps of so many channels make one answer; of thousands of edges each it stays below some MB."""
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

    def arm(self, n_edges: Mapping[int, int]) -> None:
        """Clear the channels and record edges until the number of each is in; 0: until stopped (at most 1 000 000)."""
        self._check_channels(n_edges)
        for number_of_edges in n_edges.values():
            self._refuse_unless(number_of_edges, 0, EDGES_MAX, "n_edges")
        together: dict[int, list[int]] = {}
        for channel, number_of_edges in n_edges.items():
            self._prepare(channel)
            together.setdefault(number_of_edges or EDGES_MAX, []).append(channel)
        self._filled.difference_update(n_edges)
        for number_of_edges, channels in together.items():
            there = _listed(channels)
            # one message with absolute headers: a rack of sixty is armed before each load point
            self._command(f":ABOR {there};:CONF:ARR:TST {number_of_edges},{there};:INIT {there}")

    def counts(self, channels: Sequence[int]) -> dict[int, int]:
        """Return how many edges each channel has recorded since ``arm``."""
        self._check_channels(channels)
        if not channels:
            return {}
        line = f"DATA:POIN? {_listed(channels)}"
        recorded = self._parts(line, ",", len(channels))
        counts = {
            channel: int(self._to_number(text, line))
            for channel, text in zip(channels, recorded, strict=True)
        }
        self._filled.update(channel for channel, count in counts.items() if count)
        return counts

    def edges_s(self, channels: Sequence[int]) -> dict[int, tuple[float, ...]]:
        """Return the time stamps of each channel in seconds, oldest first."""
        self._check_channels(channels)
        # FETCh? of nothing is an error without an answer
        self.counts([channel for channel in channels if channel not in self._filled])
        stamps: dict[int, tuple[float, ...]] = dict.fromkeys(channels, ())
        filled = [channel for channel in channels if channel in self._filled]
        for first in range(0, len(filled), CHANNELS_FETCHED):
            some = filled[first : first + CHANNELS_FETCHED]
            line = ";:".join(f"FETC? {_listed([channel])}" for channel in some)
            for channel, answer in zip(some, self._parts(line, ";", len(some)), strict=True):
                stamps[channel] = tuple(self._to_number(text, line) for text in answer.split(","))
        return stamps

    def stop(self, channels: Sequence[int]) -> None:
        """Stop recording on these channels; what is recorded stays."""
        self._check_channels(channels)
        if channels:
            self._command(f"ABOR {_listed(channels)}")

    def _parts(self, line: str, separator: str, number_of_parts: int) -> list[str]:
        """Ask, and return the parts of the answer. Raise InstrumentFault when they are not so many."""
        answer = self._query(line)
        parts = answer.split(separator)
        if len(parts) != number_of_parts:
            raise InstrumentFault(
                f"The answer {answer[:80]!r} to {line!r} has {len(parts)} parts, not {number_of_parts}.",
                resource=self.resource,
                remedy="Somebody else may be talking on this session; open it again.",
            )
        return parts

    def _prepare(self, channel: int) -> None:
        """Set the input up for the 5 V pulses of a scanning head, once."""
        if channel in self._prepared:
            return
        settings = (
            "COUP DC",
            f"IMP {number(INPUT_IMPEDANCE_OHM)}",
            f"LEV {number(TRIGGER_LEVEL_V)}",
            "FILT ON",
        )
        self._command(";".join(f":INP{channel}:{setting}" for setting in settings))
        self._prepared.add(channel)

    def _check_channels(self, channels: Iterable[int]) -> None:
        for channel in channels:
            if not 1 <= channel <= self.channels:
                raise SetpointRefused(
                    f"The counter has channels 1 to {self.channels}, not {channel}.",
                    resource=self.resource,
                    remedy="Correct the position's pulse input in the rig file.",
                )


def _listed(channels: Iterable[int]) -> str:
    """Write a channel list."""
    return f"(@{','.join(str(channel) for channel in channels)})"
