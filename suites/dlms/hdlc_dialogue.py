"""How the HDLC cases play: raw frames between two proofs of life, one observation, one verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.meter.player import HdlcPlayer
from bench.protocols.hdlc import rr_control
from bench.record.model import Outcome
from bench.run.case_bench import CaseBench


def leave(bench: CaseBench, outcome: Outcome, reason: str) -> None:
    """Give the verdict of the bench itself, and leave the case."""
    bench.state(outcome, reason)
    pytest.skip(reason)


def needs_hdlc(bench: CaseBench) -> None:
    """Leave a case that has no sense where the meter is not reached over HDLC."""
    if not bench.position.line.is_hdlc:
        leave(bench, Outcome.INAPPLICABLE, "the declared port carries the wrapper, not HDLC")


@contextmanager
def frames(
    bench: CaseBench, procedure: str, judge: str = "dlms.hdlc-dialogue/3", *, sub: str = ""
) -> Iterator[HdlcPlayer]:
    """Play the frames of ``procedure`` and let ``judge`` compare them with what is due."""
    needs_hdlc(bench)
    bench.energise()
    with bench.position.line.frames(bench.position.plain_association) as player:
        yield player
    seen = bench.observe("hdlc-dialogue", {"procedure": procedure, **player.observation()})
    bench.judge(judge, seen, sub=sub)


def recover(player: HdlcPlayer) -> None:
    """Connect anew after what the meter could not take, and see by RR that the connection works from its start."""
    player.connect("SNRM again")
    player.play("RR after SNRM", player.frame(rr_control(0)).to_bytes(), "RR")
