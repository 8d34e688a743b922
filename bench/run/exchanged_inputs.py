"""Pulse inputs of a rack that lead to other meters: each meter would be given another's error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.judgement.position_pairing import (
    SHARE_OF_STEP,
    agree,
    energy_by_pulses_wh,
    energy_by_register_wh,
    pulses_stop_with_supply,
)

#: What is said of a pulse input whose meter nobody can name.
ANOTHER = "another meter"


def exchanged(seen: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for each position whose pulses are those of another meter, in words, whose.

    ``seen``: the data of the observations ``position-pairing`` of all positions. A full exchange shows in the
    energies: each pulse input tells the energy of a register elsewhere. Otherwise the order of events decides: pulses
    that do not end with the supply of their own position are another meter's. A meter whose pulses and register tell
    two energies, neither of which is a neighbour's, is the meter's own affair.
    """
    by_pulses = {name: energy_by_pulses_wh(data) for name, data in seen.items()}
    by_register = {name: energy_by_register_wh(data) for name, data in seen.items()}
    strangers = [name for name, data in seen.items() if not agree(data)]
    found = {}
    for name in strangers:
        near_wh = SHARE_OF_STEP * seen[name]["step_wh"]
        owners = [other for other in strangers if abs(by_pulses[name] - by_register[other]) <= near_wh]
        if len(owners) == 1:
            found[name] = owners[0]
    whole = sorted(found.values()) == sorted(found)
    others = {name: ANOTHER for name, data in seen.items() if pulses_stop_with_supply(data) is False}
    return others | ({name: _meter_at(owner) for name, owner in found.items()} if whole else {})


def _meter_at(position: str) -> str:
    return f'the meter of position "{position}"'
