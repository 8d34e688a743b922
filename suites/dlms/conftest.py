"""What becomes of a DLMS case that its meter leaves without an answer: a verdict of the case, never a crash."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.errors import LinkError
    from bench.run.case_bench import CaseBench


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Let a judge decide where the link broke, and say so where the meter refused what a case builds on."""
    from bench.errors import LinkError
    from bench.meter.dlms_client import Refused
    from bench.protocols.values import UnexpectedData
    from bench.record.model import Outcome

    bench: Any = pyfuncitem.funcargs.get("bench")
    if bench is None:
        return (yield)
    try:
        return (yield)
    except LinkError as error:
        _link_lost(bench, error)
    except Refused as refusal:
        bench.state(Outcome.INCONCLUSIVE, f"the meter refused what the case builds on: {refusal}")
    except UnexpectedData as error:
        bench.state(Outcome.INCONCLUSIVE, f"the case builds on data that reads otherwise: {error}")
    return True


def _link_lost(bench: CaseBench, error: LinkError) -> None:
    """Find out whether the meter is there after all, and judge what that makes of the case."""
    from bench.meter.session import answer_word

    after = bench.position.line.prove_alive(bench.position.plain_association)
    data = {
        "trouble": error.message,
        "word": answer_word(error),
        "alive": after.alive,
        "signed_on": bench.position.line.opening.identified,
    }
    bench.judge("dlms.lost-link/1", bench.observe("lost-link", data))
