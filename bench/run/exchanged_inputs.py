"""Pulse inputs of a rack that lead to each other's meters: each meter would be given the other's error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.judgement.position_pairing import SHARE_OF_STEP
from bench.metrology.percentage_error import registered_energy_wh


def exchanged(seen: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for each position whose pulses are those of another meter the position of that meter.

    ``seen``: the data of the observations ``position-pairing`` of all positions. Only a full exchange counts: a
    meter whose pulses and register tell two energies, neither of which is a neighbour's, is the meter's own affair.
    """
    by_pulses = {
        name: float(registered_energy_wh(data["pulses"], data["meter_constant_imp_per_kwh"]))
        for name, data in seen.items()
    }
    by_register = {
        name: data["register_after_wh"] - data["register_before_wh"] for name, data in seen.items()
    }
    near_wh = {name: SHARE_OF_STEP * data["step_wh"] for name, data in seen.items()}
    strangers = [name for name in seen if abs(by_pulses[name] - by_register[name]) > near_wh[name]]
    found = {}
    for name in strangers:
        owners = [other for other in strangers if abs(by_pulses[name] - by_register[other]) <= near_wh[name]]
        if len(owners) == 1:
            found[name] = owners[0]
    whole = sorted(found.values()) == sorted(found)
    return found if whole else {}
