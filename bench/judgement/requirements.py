"""What is demanded of one declared meter, as the Requirement a verdict carries.

The clause is "uncertain" until a laboratory that owns the document fills it into the data tables.
"""

from __future__ import annotations

from bench.judgement.project_rules import project_rule
from bench.record.declaration import Declaration
from bench.record.model import Kind, Requirement, Topic
from bench.standards.influences import InfluenceLimit, influence_limits
from bench.standards.limits import Limit, Load, NoLimit, limit
from bench.standards.load_points import LoadPoint
from bench.standards.no_load import NoLoadTest, no_load_test
from bench.standards.starting_current import StartingCurrent, starting_current

#: Status of a demand of which we know only that it is made, not its number.
_RECALL = "R"


def limit_at(declaration: Declaration, current: str, pf: str, load: Load = Load.BALANCED) -> Limit:
    """Return the limit of percentage error of a declared meter at one load. Raises NoLimit."""
    accuracy = declaration.accuracy
    return limit(
        standard=accuracy.standard,
        edition=accuracy.edition,
        accuracy_class=accuracy.accuracy_class,
        currents=declaration.nameplate.currents,
        current=current,
        pf=pf,
        load=load,
    )


def no_load_test_of(declaration: Declaration) -> NoLoadTest:
    """Return the no-load test of a declared meter: voltage, duration, pulses allowed. Raises NoLimit."""
    accuracy, nameplate = declaration.accuracy, declaration.nameplate
    return no_load_test(
        standard=accuracy.standard,
        edition=accuracy.edition,
        accuracy_class=accuracy.accuracy_class,
        currents=nameplate.currents,
        voltage_v=nameplate.voltage_v,
        meter_constant_imp_per_kwh=nameplate.meter_constant_imp_per_kwh,
        elements=nameplate.elements,
    )


def starting_current_of(declaration: Declaration) -> StartingCurrent:
    """Return the starting current of a declared meter. Raises NoLimit."""
    accuracy = declaration.accuracy
    return starting_current(
        standard=accuracy.standard,
        edition=accuracy.edition,
        accuracy_class=accuracy.accuracy_class,
        currents=declaration.nameplate.currents,
    )


def load_point_requirement(declaration: Declaration, point: LoadPoint) -> Requirement:
    """Return the demand on the error at one load point; also where the class is asked for nothing there."""
    try:
        found = limit_at(declaration, point.current, point.pf, point.load)
    except NoLimit:
        return _of_standard(declaration, Topic.ACCURACY, _RECALL)
    return _of_standard(declaration, Topic.ACCURACY, found.status, found.clause)


def no_load_requirement(declaration: Declaration) -> Requirement:
    """Return the demand of the no-load test."""
    try:
        found = no_load_test_of(declaration)
    except NoLimit:
        return _of_standard(declaration, Topic.NO_LOAD, _RECALL)
    return _of_standard(declaration, Topic.NO_LOAD, found.status, found.clause)


def starting_current_requirement(declaration: Declaration) -> Requirement:
    """Return the demand of the starting-current test."""
    try:
        found = starting_current_of(declaration)
    except NoLimit:
        return _of_standard(declaration, Topic.START, _RECALL)
    return _of_standard(declaration, Topic.START, found.status, found.clause)


def meter_constant_requirement(declaration: Declaration) -> Requirement:
    """Return the demand that pulses and register agree with the marking.

    Within a tenth of the class limit: French order of 2013-08-01 and common practice, status V1.
    """
    return _of_standard(declaration, Topic.CONSTANT, "V1")


def shown_constant_requirement(declaration: Declaration) -> Requirement:
    """Return the manufacturer's own statement of the meter constant, which the meter has to show."""
    return Requirement(
        document="declaration",
        edition=declaration.identity.type,
        clause="nameplate.meter_constant_imp_per_kwh",
        topic=Topic.CONSTANT,
        kind=Kind.DECLARED,
        status="declared",
    )


def difference_requirement(declaration: Declaration) -> Requirement:
    """Return the demand on the difference of the errors under single-phase and balanced load."""
    try:
        found = limit_at(declaration, "In", "1", Load.DIFFERENCE)
    except NoLimit:
        return _of_standard(declaration, Topic.ACCURACY, _RECALL)
    return _of_standard(declaration, Topic.ACCURACY, found.status, found.clause)


def zero_line_requirement(declaration: Declaration) -> Requirement:
    """Return the permission to displace the zero line once (2003 edition, type test, status R)."""
    return _of_standard(declaration, Topic.ACCURACY, _RECALL)


def repeatability_requirement(declaration: Declaration) -> Requirement:
    """Return the demand on the scatter of repeated readings: a tenth of the limit.

    French order of 2013-08-01 for class D; for other classes by analogy, so its status is R.
    """
    return _of_standard(declaration, Topic.ACCURACY, _RECALL)


def influence_requirement(declaration: Declaration, influence: str) -> Requirement:
    """Return the demand on the change of error by one influence quantity; also where the class has none."""
    found = influences_of(declaration, influence)
    if not found:
        return _of_standard(declaration, Topic.INFLUENCE, _RECALL)
    return _of_standard(declaration, Topic.INFLUENCE, found[0].status, found[0].clause)


def influences_of(declaration: Declaration, influence: str) -> tuple[InfluenceLimit, ...]:
    """Return the rows of the influence table whose quantity begins with ``influence``."""
    accuracy = declaration.accuracy
    return tuple(
        row
        for row in influence_limits(
            standard=accuracy.standard,
            edition=accuracy.edition,
            accuracy_class=accuracy.accuracy_class,
            connection=declaration.nameplate.connection,
        )
        if row.influence.startswith(influence)
    )


def measurement_mode_requirement(declaration: Declaration) -> Requirement:
    """Return the manufacturer's own statement of how the elements are summed."""
    return Requirement(
        document="declaration",
        edition=declaration.identity.type,
        clause="nameplate.measurement_mode",
        topic=Topic.ACCURACY,
        kind=Kind.DECLARED,
        status="declared",
    )


def register_range_requirement(declaration: Declaration) -> Requirement:
    """Return the demand that the register holds the energy of hours at Imax (IEC 62052-11, recall)."""
    return _of_standard(declaration, Topic.REGISTER, _RECALL)


def pairing_requirement() -> Requirement:
    """Return our own demand that a position's pulse input and communication port see the same meter."""
    return project_rule("position pairing", Topic.ACCURACY)


def start_up_requirement(declaration: Declaration) -> Requirement:
    """Return the demand of the initial start-up: functional 5 s after voltage is applied (status R)."""
    return _of_standard(declaration, Topic.START, _RECALL)


def energy_closure_requirement() -> Requirement:
    """Return our own demand that reference, pulses, register and credit tell the same energy."""
    return project_rule("energy closure", Topic.CLOSURE)


def _of_standard(
    declaration: Declaration, topic: Topic, status: str, clause: str = "uncertain"
) -> Requirement:
    return Requirement(
        document=declaration.accuracy.standard,
        edition=declaration.accuracy.edition,
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )
