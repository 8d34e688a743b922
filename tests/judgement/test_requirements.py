"""What a verdict says is demanded: document, clause, topic, kind and source status, and the same without a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.advisory_waveform import advisory_requirement
from bench.judgement.dlms_requirements import (
    blue_book_requirement,
    object_requirement,
    protocol_requirement,
    public_requirement,
)
from bench.judgement.reactive import reactive_requirement
from bench.judgement.requirements import (
    difference_requirement,
    energy_closure_requirement,
    influence_requirement,
    load_point_requirement,
    measurement_mode_requirement,
    meter_constant_requirement,
    no_load_requirement,
    pairing_requirement,
    register_range_requirement,
    repeatability_requirement,
    shown_constant_requirement,
    start_up_requirement,
    starting_current_requirement,
    zero_line_requirement,
)
from bench.record.declaration import Declaration
from bench.record.model import Kind, Requirement, Topic
from bench.standards.advisory_waveforms import advisory_waveform
from bench.standards.limits import Load
from bench.standards.load_points import LoadPoint
from tests.judgement.conftest import declared

STANDARD = ("IEC 62053-21", "2003+A1:2016")


def meter(**changes: Any) -> Declaration:
    return Declaration.from_json(declared(**changes))


def at_ib(declaration: Declaration) -> Requirement:
    return load_point_requirement(
        declaration, LoadPoint(id="Ib-pf1", current="Ib", pf="1", load=Load.BALANCED)
    )


def below_every_row(declaration: Declaration) -> Requirement:
    point = LoadPoint(id="0.01Ib-pf1", current="0.01 Ib", pf="1", load=Load.BALANCED)
    return load_point_requirement(declaration, point)


def voltage(declaration: Declaration) -> Requirement:
    return influence_requirement(declaration, "voltage")


def unheard_of(declaration: Declaration) -> Requirement:
    return influence_requirement(declaration, "phase of the moon")


Demand = Callable[[Declaration], Requirement]


@pytest.mark.parametrize(
    ("demand", "topic", "status"),
    [
        # the status of the number in the tables (accuracy.md 1.1 to 1.4); where they have none: recall
        (at_ib, Topic.ACCURACY, "V1"),
        (difference_requirement, Topic.ACCURACY, "V1"),
        (no_load_requirement, Topic.NO_LOAD, "V2"),
        (starting_current_requirement, Topic.START, "V1R"),
        (meter_constant_requirement, Topic.CONSTANT, "V1"),
        (zero_line_requirement, Topic.ACCURACY, "R"),
        (repeatability_requirement, Topic.ACCURACY, "R"),
        (register_range_requirement, Topic.REGISTER, "R"),
        (start_up_requirement, Topic.START, "R"),
        (below_every_row, Topic.ACCURACY, "R"),
        (unheard_of, Topic.INFLUENCE, "R"),
    ],
)
def test_a_demand_of_the_declared_standard(demand: Demand, topic: Topic, status: str) -> None:
    found = demand(meter())
    assert (found.document, found.edition) == STANDARD
    assert (found.clause, found.topic, found.kind, found.status) == (
        "uncertain",
        topic,
        Kind.STANDARD,
        status,
    )


def test_a_demand_of_an_influence_has_the_status_of_its_row() -> None:
    found = voltage(meter())
    assert (found.topic, found.kind) == (Topic.INFLUENCE, Kind.STANDARD)
    assert found.status in {"V1", "V1x", "V2", "R"}
    assert (found.document, found.edition) == STANDARD


@pytest.mark.parametrize(
    ("demand", "clause", "topic"),
    [
        (shown_constant_requirement, "nameplate.meter_constant_imp_per_kwh", Topic.CONSTANT),
        (measurement_mode_requirement, "nameplate.measurement_mode", Topic.ACCURACY),
    ],
)
def test_a_statement_of_the_manufacturer(demand: Demand, clause: str, topic: Topic) -> None:
    assert demand(meter()) == Requirement(
        document="declaration",
        edition="DDS722",
        clause=clause,
        topic=topic,
        kind=Kind.DECLARED,
        status="declared",
    )


@pytest.mark.parametrize(
    ("found", "clause", "topic"),
    [
        (pairing_requirement(), "position pairing", Topic.ACCURACY),
        (energy_closure_requirement(), "energy closure", Topic.CLOSURE),
    ],
)
def test_a_rule_of_this_project(found: Requirement, clause: str, topic: Topic) -> None:
    assert found == Requirement(
        document="meterbench project rules",
        edition="1",
        clause=clause,
        topic=topic,
        kind=Kind.PROJECT,
        status="project rule",
    )


def test_an_advice_is_no_demand() -> None:
    found = advisory_requirement(advisory_waveform("pulsed"))
    assert (found.edition, found.clause, found.topic) == ("", "", Topic.INFLUENCE)
    assert (found.kind, found.status) == (Kind.ADVISORY, "advisory")
    assert found.document


def test_reactive_energy_without_a_class_is_recall() -> None:
    found = reactive_requirement(meter())
    assert (found.clause, found.topic, found.status) == ("uncertain", Topic.REACTIVE, "R")


@pytest.mark.parametrize(
    ("name", "document", "edition", "topic", "status"),
    [
        ("HDLC_FRAME_P1", "DLMS UA 1001-3 ATS_DL", "V5.0", Topic.HDLC, "V1"),
        ("HDLC_ADDRESS_P1", "DLMS UA 1001-3 ATS_DL", "V5.0", Topic.HDLC, "to be confirmed"),
        ("APPL_DATA_LN_N1", "DLMS UA 1001-6 ATS_AL", "V1.3", Topic.SERVICE, "V1"),
        ("APPL_OPEN_1", "DLMS UA 1001-6 ATS_AL", "V1.3", Topic.ASSOCIATION, "V1"),
        ("SYMSEC_0_SecPol_1", "DLMS UA 1001-6 ATS_AL", "V1.3", Topic.SECURITY, "to be confirmed"),
    ],
)
def test_a_public_case(name: str, document: str, edition: str, topic: Topic, status: str) -> None:
    found = public_requirement(name)
    assert (found.document, found.edition, found.clause) == (document, edition, name)
    assert (found.topic, found.kind, found.status) == (topic, Kind.STANDARD, status)


def test_demands_of_the_coloured_books_have_no_public_clause() -> None:
    green = protocol_requirement("block transfer", Topic.SERVICE)
    assert green == Requirement(
        document="DLMS UA 1000-2 Green Book",
        edition="uncertain",
        clause="block transfer",
        topic=Topic.SERVICE,
        kind=Kind.STANDARD,
        status="R",
    )
    blue = blue_book_requirement("profile generic", Topic.PROFILE, "U")
    assert (blue.document, blue.edition) == ("DLMS UA 1000-1 Blue Book", "uncertain")
    assert (blue.clause, blue.topic, blue.status) == ("profile generic", Topic.PROFILE, "U")
    procedure = object_requirement("association objects")
    assert (procedure.document, procedure.edition) == ("DLMS UA 1001-6 ATS_AL", "V1.3")
    assert (procedure.topic, procedure.kind, procedure.status) == (Topic.OBJECT, Kind.STANDARD, "V1")
