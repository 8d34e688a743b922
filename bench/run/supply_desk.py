"""The desk of a supply story: does one thing after the other to a meter, and looks at it after each.

What can be done is a table of actions; each step keeps what was done, what the meter answered and a look at switch,
credit and register. One association stays open over a story and is opened again when a pause or a cut has ended it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import pytest

from bench.errors import BenchFault, LinkError
from bench.meter.dlms_client import DlmsClient, Refused
from bench.meter.filed_vending import NotInFile
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.data import Data
from bench.protocols.values import as_elements, as_integer
from bench.run.case_bench import CaseBench
from bench.run.prepayment import CREDIT, DISCONNECT_CONTROL

#: Shares of the declared actuation time that the switch is given after a step, and the least wait.
ACTUATIONS, LEAST_WAIT_S = 2.0, 1.0
#: Share of the meter's inactivity time-out after which an association is opened anew.
OLD = 0.7
LOOKS = 3
ACCOUNT = (111, "0-0:19.0.0.255")
ENERGY = (3, "1-0:1.8.0.255")
#: What is read at each look, under the names that the judges read.
SEEN: tuple[tuple[str, tuple[int, str], int], ...] = (
    ("control_state", DISCONNECT_CONTROL, 3),
    ("output_state", DISCONNECT_CONTROL, 2),
    ("control_mode", DISCONNECT_CONTROL, 4),
    ("credit", CREDIT, 2),
    ("payment_mode", ACCOUNT, 2),
    ("register", ENERGY, 2),
)
EMERGENCY_SEEN = (("emergency", 2), ("emergency_status", 8))


class SupplyDesk:
    """Use as a context; ``steps`` is what was done and seen, as JSON values."""

    def __init__(self, bench: CaseBench) -> None:
        self.bench, self.position = bench, bench.position
        self.steps: list[dict[str, Any]] = []
        self.load_w = 0.0
        self.bridged = False
        self.hands, self.number = self.position.hands(bench.rack)
        self._client: DlmsClient | None = None
        self._used_s = 0.0
        self._targets: tuple[tuple[str, CosemAttribute], ...] = self._what_to_see()
        management = bench.declaration.association_named("management")
        self._in_lists = management is not None and "multiple-references" in management.conformance
        self.register_wh = 1.0
        self.added: dict[str, Any] = {}
        """What an action adds to its step beside the answer."""

    def __enter__(self) -> Self:
        self.bench.energise()
        self.hands.bypass(self.number, automatic=True)
        self.register_wh = self.client.register(ENERGY[1]).resolution
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.load_w:
            self.bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        if error is None:
            self.put_back()
        elif isinstance(error, LinkError):
            self.drop()
            with suppress(LinkError):  # what is not put back now is before the next case
                self.put_back()
        self.hang_up()
        self.hands.bypass(self.number, automatic=False)
        if isinstance(error, NotInFile):
            pytest.skip(str(error))

    # -- the meter

    @property
    def client(self) -> DlmsClient:
        """An open association of management, opened again where it may have gone quiet."""
        allowed_s = self.bench.declaration.communication.silence_allowed_s
        if self._client is not None and self.bench.clock.now() - self._used_s > OLD * allowed_s:
            self.hang_up()
        if self._client is None:
            client = self.position.client("management")
            client.open()
            self._client = client
        self._used_s = self.bench.clock.now()
        return self._client

    def hang_up(self) -> None:
        """Close the association; the next use opens it again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def drop(self) -> None:
        """Forget the association without a word: the meter has lost it with its supply."""
        self._client = None
        self.position.link.close()

    def ask(self, target: tuple[int, str], method: int, parameter: Data) -> str:
        """Invoke a method; return "success" or the meter's refusal."""
        try:
            self.client.invoke(*target, method, parameter)
        except Refused as refusal:
            return str(refusal.result)
        return "success"

    def write(self, target: tuple[int, str], attribute: int, value: Data) -> str:
        """Write an attribute; return "success" or the meter's refusal."""
        try:
            self.client.set(*target, attribute, value)
        except Refused as refusal:
            return str(refusal.result)
        return "success"

    def hold(self, target: tuple[int, str], attribute: int) -> None:
        """Remember a setting of the meter before it is changed, so that it can be put back."""
        self.position.held.hold(self.client, target, attribute)

    def put_back(self) -> None:
        """Write every setting held back as it was found."""
        if self.position.held:
            self.position.held.put_back(self.client)

    # -- looking

    def look(self) -> dict[str, Any]:
        """Return what is to be seen now: load side, switch, credit, payment mode, register.

        A switch that moves while it is looked at is looked at again.
        """
        for _ in range(LOOKS):
            live, begun_s = self.hands.load_side_live(self.number), self.bench.clock.now()
            values = self._read()
            read_s = 0.0 if self._in_lists else self.bench.clock.now() - begun_s
            if self.hands.load_side_live(self.number) is live:
                break
            self.bench.clock.sleep(self.settle_s())
        seen: dict[str, Any] = {"time_s": round(self.bench.clock.now(), 3), "live": live}
        if read_s:
            seen["read_s"] = round(read_s, 3)
        if self.register_wh > 1.0:
            seen["register_digit_wh"] = self.register_wh
        payment = self.bench.declaration.payment
        unit_wh = payment.credit_resolution_wh if payment is not None else 1.0
        for name, _ in self._targets:
            value = values[name]
            if name == "payment_mode":
                seen[name] = as_integer(as_elements(value)[0])
            elif name in {"credit", "emergency"}:
                seen[f"{name}_wh"] = as_integer(value) * unit_wh
            elif name == "register":
                seen["register_wh"] = as_integer(value) * self.register_wh
            elif name == "output_state":
                seen[name] = bool(as_integer(value))
            else:
                seen[name] = as_integer(value)
        return seen

    def _read(self) -> dict[str, Data]:
        attributes = [attribute for _, attribute in self._targets]
        if not self._in_lists:
            return {
                name: self.client.get(item.class_id, str(item.obis), item.attribute)
                for name, item in self._targets
            }
        found = self.client.get_list(attributes)
        values = {}
        for (name, attribute), value in zip(self._targets, found, strict=True):
            if not isinstance(value, Data):
                raise LinkError(f"The meter does not show {attribute}: result {value}.")
            values[name] = value
        return values

    def _what_to_see(self) -> tuple[tuple[str, CosemAttribute], ...]:
        rows = [(name, CosemAttribute(target[0], Obis(target[1]), index)) for name, target, index in SEEN]
        payment = self.bench.declaration.payment
        if payment is None:
            rows = [row for row in rows if row[0] not in {"credit", "payment_mode"}]
        elif payment.emergency is not None:
            obis = Obis(payment.emergency.credit)
            rows += [(name, CosemAttribute(CREDIT[0], obis, index)) for name, index in EMERGENCY_SEEN]
        return tuple(rows)

    # -- doing

    def settle_s(self) -> float:
        """Return how long the bench gives the switch after a step."""
        supply = self.bench.declaration.supply
        return max(LEAST_WAIT_S, ACTUATIONS * supply.actuation_time_s if supply is not None else 0.0)

    def begin(self) -> None:
        """Look before anything is done."""
        self.steps = []
        self.keep("begin", {}, "", self.bench.clock.now())

    def do(self, action: str, **with_what: Any) -> dict[str, Any]:
        """Do one thing, give the switch its time, look, and keep what was seen; return the step."""
        from bench.run.supply_actions import ACTIONS

        if action not in ACTIONS:
            raise BenchFault(f"A supply story knows no action {action}.")
        self.added, started_s = {}, self.bench.clock.now()
        answer = ACTIONS[action](self, with_what)
        self.bench.clock.sleep(self.settle_s())
        step = self.keep(action, with_what, answer, started_s)
        step.update(self.added)
        return step

    def keep(
        self, action: str, with_what: Mapping[str, Any], answer: str, started_s: float
    ) -> dict[str, Any]:
        """Look and keep a step."""
        step = {
            "do": action,
            "with": dict(with_what),
            "answer": answer,
            "from_s": round(started_s, 3),
            "load_w": self.load_w,
            "bridged": self.bridged,
            "look": self.look(),
        }
        self.steps.append(step)
        return step
