"""What a case of a suite says about itself before it runs: its name, what it needs, what it alters, when.

``@case("dlms/HDLC_FRAME_P1", needs=[Need.METER])`` on a test function. From it the run orders the items by
electrical state, refuses what the plan does not allow, and writes NOT_RUN with the reason where the rig
lacks something. The names of DLMS cases are those of the public lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import pytest

from bench.record.model import Requirement
from bench.run.spending import NOTHING, Spends

if TYPE_CHECKING:
    from bench.run.case_bench import CaseBench


class Need(StrEnum):
    """What a case cannot do without; a missing one makes it NOT_RUN."""

    METER = "meter"
    SOURCE = "source"
    REFERENCE = "reference"
    PULSES = "pulses"
    HANDS = "hands"
    READER = "reader"
    TOKEN_ENTRY = "token entry"
    MANAGEMENT = "management"
    VENDING_KEY = "vending key"
    TOKEN_GATEWAY = "token gateway"


class Alters(StrEnum):
    """What a case changes in the meter for good; a plan that leaves meters as they were refuses it."""

    TOKEN_IDENTIFIERS = "token identifiers"
    CREDIT = "credit"
    SWITCH = "supply switch"
    REGISTERS = "registers"
    KEYS = "keys"
    POWER_LIMIT = "power limit"
    SETTINGS = "settings"


class Stage(IntEnum):
    """Electrical order of the items: no load before load, destructive ones last.

    PAIRING: whose pulses are counted, before anything is said of them.
    COMMUNICATION: what a plan may do while the pulses of the first load points are awaited.
    """

    VOLTAGE = 10
    TOKENS = 20
    PAIRING = 25
    NO_LOAD = 30
    STARTING = 40
    COMMUNICATION = 45
    LOAD = 50
    DOSE = 60
    SUPPLY = 70
    MEMORY = 75
    LOCK_OUT = 80
    CREDIT_RESTORED = 85
    KEYS = 90
    CLOSING = 100
    LAST = 110
    """After it the certificates of the instruments may have run out: time itself has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The description of one case. Its requirement may depend on the meter and the load point."""

    id: str
    requirement: Requirement | Callable[[CaseBench], Requirement]
    needs: frozenset[Need]
    alters: frozenset[Alters]
    stage: Stage
    per_point: bool = False
    spends: Spends = NOTHING
    irreversible: bool = False
    sparing: bool = False


def case(
    name: str,
    requirement: Requirement | Callable[[CaseBench], Requirement],
    *,
    needs: Iterable[Need] = (Need.METER,),
    alters: Iterable[Alters] = (),
    stage: Stage = Stage.VOLTAGE,
    per_point: bool = False,
    spends: Spends = NOTHING,
    irreversible: bool = False,
    sparing: bool = False,
) -> Any:
    """Mark a test function as a case (see the module's docstring).

    ``spends`` says how much of what it alters, for the forecast of a run. An ``irreversible`` case runs on a real
    meter only if the declaration of that serial number says ``sacrificial = true``. A ``sparing`` case can do without
    altering anything: under a plan that leaves the meter as it was it does less, instead of nothing.
    """
    return pytest.mark.case(
        Case(
            id=name,
            requirement=requirement,
            needs=frozenset(needs),
            alters=frozenset(alters),
            stage=stage,
            per_point=per_point,
            spends=spends,
            irreversible=irreversible,
            sparing=sparing,
        )
    )
