"""Defects from a file of its own: at each position of a rack the meter's port behaves badly in another way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from reference_meter.blueprint import Blueprint
from reference_meter.defects.by_position import ByPosition

LATER_S = 2.7
"""Longer than the declared response time-out, shorter than two of them."""
OCTET_S, BURST_OCTETS, BURST_S = 0.01, 512, 0.6
FLAG, LONGEST_FORMAT, LONGEST_LENGTH = 0x7E, b"\xa7\xff", b"\xff\xff"


def port_of(server: Any) -> Any:
    """Return the board's port under an HDLC or a wrapper server."""
    return server.board.port(getattr(server, "name", "optical"))


class Silent:
    """Take everything and never answer."""

    def receive(self, *_octets: Any) -> None:
        """Do nothing."""


class Late:
    """Answer after the time-out, when the next question is already asked."""

    def send(self: Any, octets: bytes) -> None:
        """Send much later."""
        self.board.at(self.board.now() + LATER_S, partial(port_of(self).send, octets))


class Endless:
    """Once spoken to, send nonsense for ever, and nothing else."""

    chattering = False

    def receive(self: Any, *_octets: Any) -> None:
        """Start to chatter."""
        if not self.chattering:
            self.chattering = True
            self.chatter()

    def chatter(self: Any) -> None:
        """Send a burst, and see to the next one."""
        port_of(self).send(b"U" * BURST_OCTETS)
        self.board.at(self.board.now() + BURST_S, self.chatter)


class HangsUp:
    """Close the line instead of answering."""

    def send(self: Any, octets: bytes) -> None:
        """Close."""
        port_of(self).hang_up()


class Repeating:
    """Give the answer to the question before, whatever is asked."""

    before = b""

    def send(self: Any, octets: bytes) -> None:
        """Send the last answer, and keep this one."""
        old, self.before = self.before, octets
        super().send(old or octets)  # type: ignore[misc]


class Longest:
    """Announce the longest frame there is, and send no more than before."""

    def send(self: Any, octets: bytes) -> None:
        """Send with another length."""
        hdlc = octets[0] == FLAG
        longer = (
            octets[:1] + LONGEST_FORMAT + octets[3:] if hdlc else octets[:6] + LONGEST_LENGTH + octets[8:]
        )
        super().send(longer)  # type: ignore[misc]


class Dribbling:
    """Send octet by octet, within all time-outs: slow, and right."""

    free_s = 0.0

    def send(self: Any, octets: bytes) -> None:
        """Send one octet at a time, behind those still on their way."""
        start_s = max(self.board.now() + self.settings.response_time_s, self.free_s)
        for index in range(len(octets)):
            one = partial(port_of(self).send, octets[index : index + 1])
            self.board.at(start_s + index * OCTET_S, one)
        self.free_s = start_s + len(octets) * OCTET_S


#: How the port of each position behaves; behind it every meter is sound.
BEHAVIOURS = (Silent, Late, Endless, HangsUp, Repeating, Longest, Dribbling)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A behaviour in front of every port of a meter."""

    id: str
    title: str
    behaviour: type

    def apply(self, blueprint: Blueprint) -> None:
        """Put it there."""
        for slot in ("hdlc_link", "wrapper_tcp"):
            blueprint.override(slot, self.behaviour)


RACK = ByPosition(
    id="LINES",
    title="Another bad line at each position",
    defects={
        position: BadLine(id=f"LINES-{position}", title=kind.__name__, behaviour=kind)
        for position, kind in enumerate(BEHAVIOURS, 1)
    },
)
