"""Keysight 53220A universal counter: it counts meter pulses on one input; it does not stamp them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence, UncertainLeaf
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.scpi_driver import ScpiDriver, number

TRIGGER_LEVEL_V = 2.5
INPUT_IMPEDANCE_OHM = 1e6
EDGES_MAX = 1_000_000


class Keysight53220A(ScpiDriver):
    """Counts edges on one of two inputs at a time. ``edges_s`` is refused: the 53220A has no time stamps."""

    ROLE: ClassVar[str] = "counter"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("Keysight", "Agilent")
    MODELS: ClassVar[tuple[str, ...]] = ("53220A", "53230A")
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(
        summary=Confidence.B,
        uncertain=tuple(
            UncertainLeaf(leaf=leaf, confidence=Confidence.B, why="one text")
            for leaf in (
                "INP<n>:COUP DC",
                "INP<n>:IMP",
                "INP<n>:LEV",
                "INP<n>:FILT ON",
                "CONF:TOT:CONT (@<n>)",
                "INIT",
                "SENS:TOT:DATA?",
                "ABOR",
            )
        ),
    )

    channels = 2
    _armed = 0

    def arm(self, n_edges: Mapping[int, int]) -> None:
        """Clear the count and count edges on one input until stopped; another input armed before is stopped."""
        for channel in n_edges:
            self._check_channel(channel)
        for number_of_edges in n_edges.values():
            self._refuse_unless(number_of_edges, 0, EDGES_MAX, "n_edges")
        if len(n_edges) > 1:
            raise self._one_at_a_time(list(n_edges)[1])
        for channel in n_edges:
            self._arm(channel)

    def _arm(self, channel: int) -> None:
        self._command("ABOR")
        self._command(f"CONF:TOT:CONT (@{channel})")
        for line in (
            "COUP DC",
            f"IMP {number(INPUT_IMPEDANCE_OHM)}",
            f"LEV {number(TRIGGER_LEVEL_V)}",
            "FILT ON",
        ):
            self._command(f"INP{channel}:{line}")
        self._command("INIT")
        self._armed = channel

    def counts(self, channels: Sequence[int]) -> dict[int, int]:
        """Return how many edges have been counted since ``arm``."""
        for channel in channels:
            self._check_channel(channel)
            if channel != self._armed:
                raise self._one_at_a_time(channel)
        return {channel: int(self._query_number("SENS:TOT:DATA?")) for channel in channels}

    def _one_at_a_time(self, channel: int) -> InstrumentFault:
        return InstrumentFault(
            f"Input {channel} does not count; one input counts at a time.",
            resource=self.resource,
            remedy="Give each position a counter of its own, or measure them one after the other.",
        )

    def edges_s(self, channels: Sequence[int]) -> dict[int, tuple[float, ...]]:
        """Refuse: this counter has no time stamps."""
        for channel in channels:
            self._check_channel(channel)
        raise InstrumentFault(
            "A 53220A counts pulses and does not stamp their time.",
            resource=self.resource,
            remedy="Use the standard's error calculator, or a 53230A, where the time of edges is needed.",
        )

    def stop(self, channels: Sequence[int]) -> None:
        """Stop counting; what is counted stays."""
        for channel in channels:
            self._check_channel(channel)
        if self._armed in channels:
            self._command("ABOR")

    def _check_channel(self, channel: int) -> None:
        if not 1 <= channel <= self.channels:
            raise SetpointRefused(
                f"The counter has inputs 1 and 2, not {channel}.",
                resource=self.resource,
                remedy="Correct the position's pulse input in the rig file.",
            )
