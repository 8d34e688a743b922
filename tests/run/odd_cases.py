"""A suite of cases that go wrong in every way a case can; copied into a folder and run there."""

from __future__ import annotations

import pytest

from bench.errors import BenchFault, LinkError, MeterFailure
from bench.judgement.fields import number
from bench.judgement.registry import judge
from bench.meter.dlms_client import Refused
from bench.record.model import Judgement, Kind, Outcome, Requirement, Topic
from bench.run.case import Alters, Need, Stage, case


def requirement(kind=Kind.PROJECT):
    return Requirement(
        document="d", edition="1", clause="c", topic=Topic.CREDIT, kind=kind, status="project rule"
    )


@judge("odd.gain", version=1)
def judge_gain(observations, _requirement, _context):
    """A real judge for made-up numbers: 100 Wh are due."""
    gained_wh = number(observations[0].data, "gained_wh")
    outcome = Outcome.PASSED if gained_wh == 100 else Outcome.FAILED
    return Judgement(
        outcome=outcome, reason=f"gained {gained_wh} Wh", measured=gained_wh, limit=100, unit="Wh"
    )


def token_entry(bench, gained_wh):
    bench.judge("odd.gain/1", bench.observe("gain", {"gained_wh": gained_wh}))


@pytest.fixture
def broken_set_up():
    raise LinkError("the converter is unplugged")


@pytest.fixture
def skipping_set_up():
    pytest.skip("no converter here")


@pytest.fixture
def broken_tear_down():
    yield
    raise BenchFault("the contactor is welded")


@case("odd/last", requirement(), stage=Stage.SUPPLY)
def test_last(bench):
    token_entry(bench, 100)


@case("odd/passes", requirement())
def test_passes(bench):
    token_entry(bench, 100)


@case("odd/fails", requirement())
def test_fails(bench):
    token_entry(bench, 90)


@case("odd/fails_advisory", requirement(Kind.ADVISORY))
def test_fails_advisory(bench):
    token_entry(bench, 90)


@case("odd/fails_then_breaks", requirement())
def test_fails_then_breaks(bench):
    token_entry(bench, 90)
    raise LinkError("the line went dead")


@case("odd/passes_then_breaks", requirement())
def test_passes_then_breaks(bench):
    token_entry(bench, 100)
    raise LinkError("the line went dead")


@case("odd/silent", requirement())
def test_silent(bench):
    pass


@case("odd/link_error", requirement())
def test_link_error(bench):
    raise LinkError("the line went dead")


@case("odd/refused", requirement())
def test_refused(bench):
    raise Refused("GET 3/1-0:1.8.0.255/2", 3)


@case("odd/crash", requirement())
def test_crash(bench):
    raise ValueError("a bug in the suite")


@case("odd/assertion", requirement())
def test_assertion(bench):
    assert bench.name == "somebody else"


@case("odd/meter_failure", requirement())
def test_meter_failure(bench):
    raise MeterFailure("the meter is bad, trust me")


@case("odd/pytest_fail", requirement())
def test_pytest_fail(bench):
    pytest.fail("the meter is bad, trust me")


@case("odd/pytest_skip", requirement())
def test_pytest_skip(bench):
    pytest.skip("not today")


@case("odd/set_up", requirement())
def test_set_up(bench, broken_set_up):
    token_entry(bench, 100)


@case("odd/skipping_set_up", requirement())
def test_skipping_set_up(bench, skipping_set_up):
    token_entry(bench, 100)


@case("odd/tear_down", requirement())
def test_tear_down(bench, broken_tear_down):
    token_entry(bench, 100)


@case("odd/incomplete", requirement())
def test_incomplete(bench):
    bench.judge("odd.gain/1", bench.observe("gain", {"gained_wh": "many"}))


@case("odd/inapplicable", requirement())
def test_inapplicable(bench):
    bench.state(Outcome.INAPPLICABLE, "not declared")


@case("odd/alters", requirement(), alters=[Alters.CREDIT])
def test_alters(bench):
    token_entry(bench, 100)


@case("odd/no_current", requirement(), needs=[Need.SOURCE], stage=Stage.NO_LOAD)
def test_no_current(bench):
    token_entry(bench, 100)


def test_ordinary():
    assert 1 == 2
