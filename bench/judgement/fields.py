"""Take values out of an observation's data, and say plainly what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


class MalformedObservation(ValueError):
    """An observation lacks a value its judge needs, or holds one of the wrong kind."""


def number(data: Mapping[str, Any], name: str) -> float:
    """Return a finite number; raises MalformedObservation otherwise."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MalformedObservation(f"{name} is {value!r}, not a number")
    return value


def positive(data: Mapping[str, Any], name: str) -> float:
    """Return a number above zero; raises MalformedObservation otherwise."""
    value = number(data, name)
    if value <= 0:
        raise MalformedObservation(f"{name} is {value!r}, not above zero")
    return value


def count(data: Mapping[str, Any], name: str) -> int:
    """Return a whole number of at least zero; raises MalformedObservation otherwise."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedObservation(f"{name} is {value!r}, not a count")
    return value


def truth(data: Mapping[str, Any], name: str) -> bool:
    """Return a truth value; an absent one is False. Raises MalformedObservation for anything else."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise MalformedObservation(f"{name} is {value!r}, neither true nor false")
    return value


def text(data: Mapping[str, Any], name: str) -> str:
    """Return a text; raises MalformedObservation otherwise."""
    value = data.get(name)
    if not isinstance(value, str):
        raise MalformedObservation(f"{name} is {value!r}, not a text")
    return value


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a nested object; an absent or null one is empty."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedObservation(f"{name} is {value!r}, not an object")
    return value


def numbers(data: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """Return a list of finite numbers; raises MalformedObservation otherwise."""
    values = data.get(name)
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise MalformedObservation(f"{name} is {values!r}, not a list")
    return tuple(number({name: value}, name) for value in values)
