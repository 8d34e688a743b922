"""Random walks over a supply switch: seeded, over both protocols, keypad, load, supply and time; shrunk on failure.

Each step is drawn from a table of actions by weight. A deviation ends the walk; then the story is shortened on the
meter itself, from the same beginning, as long as it still shows a deviation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import Step, missing, prepare, take_back
from bench.standards.control_modes import ControlState

#: Share of the largest load that a walk draws.
LOAD = 0.1
#: How many steps are done between two looks at the rules.
CHUNK = 25
#: The most stories tried while one is shortened.
ATTEMPTS = 40
PREPAYMENT = 2

Deviates = Callable[[Sequence[Mapping[str, Any]]], int | None]
"""Returns the index of the first step of a story that breaks a rule, None when none does."""

#: Weight, action, what it is done with, and what has to be declared for it.
_TABLE: tuple[tuple[int, str, dict[str, Any], str], ...] = (
    (8, "remote_disconnect", {}, ""),
    (12, "remote_reconnect", {}, ""),
    (12, "button", {}, ""),
    (5, "token", {"wh": 300}, "tokens"),
    (5, "token", {"wh": 200, "carrier": "keypad"}, "keypad"),
    (6, "set_credit", {"wh": 0}, "credit"),
    (3, "set_credit", {"wh": 20}, "credit"),
    (4, "set_credit", {"wh": 600}, "credit"),
    (8, "wait", {"s": 5.0}, ""),
    (3, "wait", {"s": 40.0}, ""),
    (4, "power_cut", {"off_s": 3.0}, ""),
    (2, "disconnect_and_cut", {"after_s": 0.05, "off_s": 3.0}, ""),
    (4, "payment_mode", {"mode": "credit"}, "stored tokens"),
    (5, "payment_mode", {"mode": "prepayment"}, "stored tokens"),
    (3, "friendly", {"on": True}, "friendly hours"),
    (4, "friendly", {"on": False}, "friendly hours"),
    (4, "emergency", {}, "emergency credit"),
    (2, "script_disconnect", {}, "scripts"),
    (2, "script_reconnect", {}, "scripts"),
    (2, "race", {"token_first": True}, "tokens"),
    (2, "race", {"token_first": False}, "tokens"),
    (2, "reconnect_and_disconnect", {}, ""),
    (2, "tamper", {"open": True}, "tamper response"),
    (3, "tamper", {"open": False}, "tamper response"),
    (3, "clear_tamper", {}, "tamper response"),
    (2, "module", {}, "modules"),
)
_TAMPER = "tamper response"
_LOADS = ((1, 0.0), (1, LOAD))


class SupplyWalk:
    """One walk of one meter. ``tampers`` False leaves tamper conditions out, which only a token ends."""

    def __init__(self, desk: SupplyDesk, seed: int, *, tampers: bool = True) -> None:
        self.desk = desk
        self._random = random.Random(seed)  # noqa: S311 - a walk to be repeated, no secret
        declaration = desk.bench.declaration
        plate = declaration.nameplate
        self._power_w = int(LOAD * plate.voltage_v * plate.maximum_current_a * plate.elements)
        rows = [
            row
            for row in _TABLE
            if not missing(declaration, frozenset({row[3]} - {""})) and (tampers or row[3] != _TAMPER)
        ]
        self._weights = [row[0] for row in rows] + [weight for weight, _ in _LOADS]
        self._actions: list[Step] = [(row[1], row[2]) for row in rows]
        self._actions += [("load", {"w": int(share / LOAD * self._power_w)}) for _, share in _LOADS]
        self._tamper = any(row[3] == _TAMPER for row in rows)
        supply = declaration.supply
        self._modes = supply.control_modes if supply is not None else ()

    def begin(self) -> bool:
        """Bring the meter to the beginning of a walk; return whether it got there."""
        if not prepare(self.desk):
            return False
        self.desk.begin()
        if self._tamper:
            self.desk.do("tamper_response", disconnects=True)
        return True

    def go(self, number: int, watch: Deviates) -> list[dict[str, Any]]:
        """Walk so many steps, or up to the first deviation; return what was done and seen."""
        for done in range(number):
            action, with_what = self._draw()
            self.desk.do(action, **with_what)
            if done % CHUNK == CHUNK - 1 and watch(self.desk.steps) is not None:
                break
        return self.desk.steps

    def shrink(self, steps: Sequence[Mapping[str, Any]], deviates: Deviates) -> list[dict[str, Any]] | None:
        """Return a short story that deviates too, None when none does that begins as the walk did."""
        last = deviates(steps)
        if last is None:
            return None
        story = self._told(steps[: last + 1])
        shortest: list[dict[str, Any]] | None = None
        tried = 0
        for length in _lengths(len(story)):
            tried += 1
            found = self._replay(story[-length:], deviates)
            if found is not None:
                shortest = found
                break
        while shortest is not None and tried < ATTEMPTS:
            shorter = None
            wanted = self._told(shortest)
            for left_out in range(len(wanted) - 1):
                tried += 1
                shorter = self._replay(wanted[:left_out] + wanted[left_out + 1 :], deviates)
                if shorter is not None or tried >= ATTEMPTS:
                    break
            if shorter is None:
                break
            shortest = shorter
        return shortest

    def leave(self) -> None:
        """Leave the meter as a walk may find it: nothing held, credit, connected."""
        for name in ("load", "friendly", "tamper"):
            if any(action == name for action, _ in self._actions):
                take_back(self.desk, [{"do": name}])
        if self._tamper:
            take_back(self.desk, [{"do": "tamper_response"}])
        prepare(self.desk)

    # -- inside

    def _draw(self) -> Step:
        look = self.desk.steps[-1]["look"]
        settable = look["control_state"] == ControlState.CONNECTED and look.get("credit_wh", 1) > 0
        if settable and len(self._modes) > 1 and self._random.random() < 1 / CHUNK:
            return "control_mode", {"mode": self._random.choice(self._modes)}
        return self._random.choices(self._actions, self._weights)[0]

    def _replay(self, story: Sequence[Step], deviates: Deviates) -> list[dict[str, Any]] | None:
        self.leave()
        if not self.begin():
            return None
        for action, with_what in story:
            self.desk.do(action, **with_what)
        last = deviates(self.desk.steps)
        return None if last is None else list(self.desk.steps[: last + 1])

    def _told(self, steps: Sequence[Mapping[str, Any]]) -> list[Step]:
        """Return the steps behind the beginning of a walk."""
        begun = 2 if self._tamper else 1
        return [(step["do"], step["with"]) for step in steps[begun:]]


def _lengths(whole: int) -> list[int]:
    """Return the lengths of the ends of a story that are tried: 1, 2, 4 ... the whole."""
    lengths = [1]
    while lengths[-1] < whole:
        lengths.append(min(2 * lengths[-1], whole))
    return lengths
