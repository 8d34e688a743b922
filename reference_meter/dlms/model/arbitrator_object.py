"""The arbitrator (Blue Book class 68): actors ask for actions, the permitted one with the greatest weight is taken.

Public sources name its attributes; that the greatest total weight of the latest requests wins is a project rule
(uncertain). What it takes goes to the state machine of the switch like a client's command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    bit_string,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import MANAGEMENT, Method, columns, cosem_object, fixed
from reference_meter.dlms.model.kept import kept, kept_value

if TYPE_CHECKING:
    from reference_meter.meter import Meter

OBIS = "0-0:96.3.20"
ACTORS = ("management", "local", "installer")
_ACTIONS = ("disconnect", "reconnect")
_SCRIPTS_LN = Obis("0-0:10.0.106").to_bytes()
_REQUESTS = "arbitrator.requests"
_NOTHING_ASKED = "0" * len(_ACTIONS)
_ALL_MAY = array(*(bit_string("1" * len(_ACTIONS)) for _ in ACTORS))
_WEIGHTS = array(*(array(long_unsigned(2), long_unsigned(1)) for _ in ACTORS))
"""Open outweighs close (rule A6)."""


def _requests(meter: Meter) -> dict[str, list[str] | int]:
    stored: dict[str, list[str] | int] | None = meter.memory.get(_REQUESTS)
    return stored or {"latest": [_NOTHING_ASKED for _ in ACTORS], "outcome": 0}


def _latest(meter: Meter) -> list[str]:
    latest = _requests(meter)["latest"]
    return latest if isinstance(latest, list) else []


def _outcome(meter: Meter) -> int:
    outcome = _requests(meter)["outcome"]
    return outcome if isinstance(outcome, int) else 0


def _bits_of_actors(value: Data) -> bool:
    rows = value.items()
    return len(rows) == len(ACTORS) and all(
        row.type is DataType.BIT_STRING and len(str(row.value)) == len(_ACTIONS) for row in rows
    )


def _weights_of_actors(value: Data) -> bool:
    rows = value.items()
    return len(rows) == len(ACTORS) and all(
        len(row.items()) == len(_ACTIONS)
        and all(weight.type is DataType.LONG_UNSIGNED for weight in row.items())
        for row in rows
    )


def _request(meter: Meter, value: Data) -> None:
    parts = value.items()
    if [part.type for part in parts] != [DataType.UNSIGNED, DataType.BIT_STRING]:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    actor, asked = parts[0].number(), str(parts[1].value)
    if actor >= len(ACTORS) or len(asked) != len(_ACTIONS):
        raise AccessError(DataAccessResult.OTHER_REASON)
    latest = _latest(meter)
    latest[actor] = asked
    permissions = [str(row.value) for row in kept_value(meter, "arbitrator permissions", _ALL_MAY).items()]
    weights = [
        [weight.number() for weight in row.items()]
        for row in kept_value(meter, "arbitrator weightings", _WEIGHTS).items()
    ]
    totals = [
        sum(
            weights[number][action]
            for number, wish in enumerate(latest)
            if wish[action] == permissions[number][action] == "1"
        )
        for action in range(len(_ACTIONS))
    ]
    outcome = 0 if not any(totals) else 1 + totals.index(max(totals))
    meter.memory.put(_REQUESTS, {"latest": latest, "outcome": outcome})
    if outcome == 1:
        meter.arbiter.remote_disconnect()
    elif outcome:
        meter.arbiter.remote_reconnect()


def _reset(meter: Meter, _value: Data) -> None:
    meter.memory.put(_REQUESTS, None)


ARBITRATOR = cosem_object(
    68,
    0,
    OBIS,
    "arbitrator of the supply switch",
    (
        *columns(
            (
                (
                    "actions",
                    fixed(
                        array(
                            *(
                                structure(octet_string(_SCRIPTS_LN), long_unsigned(number))
                                for number, _ in enumerate(_ACTIONS, start=1)
                            )
                        )
                    ),
                ),
            )
        ),
        kept(3, "permissions_table", "arbitrator permissions", _ALL_MAY, check=_bits_of_actors),
        kept(4, "weightings_table", "arbitrator weightings", _WEIGHTS, check=_weights_of_actors),
        *columns(
            (
                ("most_recent_requests_table", lambda meter: array(*map(bit_string, _latest(meter)))),
                ("last_outcome", lambda meter: unsigned(_outcome(meter))),
            ),
            first=5,
        ),
    ),
    methods=(
        Method(
            index=1,
            name="request_action",
            invoke=_request,
            users=MANAGEMENT,
            types=frozenset({DataType.STRUCTURE}),
        ),
        Method(index=2, name="reset", invoke=_reset, users=MANAGEMENT, types=frozenset({DataType.INTEGER})),
    ),
)
