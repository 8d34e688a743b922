"""What docs/defects.md tells a stranger: its examples are run as they stand, its table of hook points holds."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import tests.reference_meter.fake_board as boards
from bench.protocols.acse import Aarq
from bench.protocols.hdlc import Address
from reference_meter.blueprint import Blueprint, Defect
from reference_meter.board import ElementInput
from reference_meter.defects.catalogue import load
from reference_meter.metering.metering import Metering
from reference_meter.products.dds722 import dds722
from reference_meter.products.slots import standard_slots
from tests.reference_meter.fake_board import FakeBoard

PAGE = (Path(__file__).parents[2] / "docs" / "defects.md").read_text(encoding="utf-8")
NAMES = (
    "ThreePercentHigh",
    "half_the_store",
    "answers_for_others",
    "any_protocol_version",
    "four_characters",
    "never_out_of_credit",
    "short_logs",
    "ahead_of_time",
    "forgets_consumption",
)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Defect]:
    """Return the defects of the page, loaded from a file outside the project that holds its very text."""
    file = tmp_path_factory.mktemp("outside") / "acme.py"
    file.write_text("\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)))
    return {name: load(f"{file}:{name}") for name in NAMES}


def board(defect: Defect | None, monkeypatch: pytest.MonkeyPatch) -> FakeBoard:
    if defect is None:
        return FakeBoard()
    monkeypatch.setattr(boards, "by_id", {defect.id: defect}.__getitem__)
    return FakeBoard(defect.id)


def power_w(board: FakeBoard) -> object:
    meter = board.power_up()
    board.put(current_a=5.0)
    return round(meter.metering.active_power_w())


def places(board: FakeBoard) -> object:
    """Count how many of sixty identifiers are still known, over a power cut."""
    meter = board.power_up()
    tids = [20_000_000 + number for number in range(60)]
    for tid in tids:
        meter.tid_store.remember(tid)
    board.power_down()
    return sum(map(board.power_up().tid_store.contains, tids))


def takes_others(board: FakeBoard) -> object:
    return board.power_up().hdlc_link.addressed(Address(1, 99, 4))


def refuses_version(board: FakeBoard) -> object:
    class Asked:
        protocol_version = "01"

    asked: Aarq = Asked()  # type: ignore[assignment]
    return board.power_up().association.check_protocol_version(asked) is not None


def takes_wrong_tail(board: FakeBoard) -> object:
    meter = board.power_up()
    reader = next(row for row in meter.product.communication.associations if row.mechanism == "lls")
    assert reader.password is not None
    return meter.security.password_matches(reader, reader.password[:4] + b"????")


def closed_without_credit(board: FakeBoard) -> object:
    meter = board.power_up()
    meter.account.debit_wh(meter.account.balance_wh() - 1.0)
    board.put(current_a=50.0)
    board.run(60.0)
    return board.relay_closed


def events_kept(board: FakeBoard) -> object:
    meter = board.power_up()
    log = meter.events.log_of("power-up")
    for _ in range(20):
        meter.events.record("power-up", actor="meter")
    return len(meter.events.list(log)) > 10


def seconds_ahead(board: FakeBoard) -> object:
    meter = board.power_up()
    return (meter.clock.utc() - board.rtc()).total_seconds()


def charged_over_a_cut(board: FakeBoard) -> object:
    before_wh = board.power_up().account.balance_wh()
    board.put(current_a=5.0)
    board.run(720.0)
    board.power_down()
    return board.power_up().account.balance_wh() < before_wh


@pytest.mark.parametrize(
    ("name", "look", "clean", "defective"),
    [
        ("ThreePercentHigh", power_w, 1150, 1184),
        ("half_the_store", places, 50, 25),
        ("answers_for_others", takes_others, False, True),
        ("any_protocol_version", refuses_version, True, False),
        ("four_characters", takes_wrong_tail, False, True),
        ("never_out_of_credit", closed_without_credit, False, True),
        ("short_logs", events_kept, True, False),
        ("ahead_of_time", seconds_ahead, 0.0, 90.0),
        ("forgets_consumption", charged_over_a_cut, True, False),
    ],
)
def test_an_example_changes_what_it_says(
    acme: dict[str, Defect],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    look: Callable[[FakeBoard], object],
    clean: object,
    defective: object,
) -> None:
    assert look(board(None, monkeypatch)) == clean
    assert look(board(acme[name], monkeypatch)) == defective


def test_each_layer_has_its_example() -> None:
    layers = re.findall(r"^\*\*([A-Z]{2}),", PAGE, re.MULTILINE)
    assert layers == ["MT", "ST", "HD", "AP", "SE", "AR", "EV", "CK", "PF"]


def test_the_hook_points_of_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| [A-Z, ]+ \| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    slots = standard_slots()
    assert len(rows) >= 15
    for slot, hooks in rows:
        named = re.findall(r"`(\w+)\(([^)]*)\)`", hooks)
        assert len(named) == hooks.count("`") // 2, hooks
        for hook, arguments in named:
            method = getattr(slots[slot], hook, None)
            assert callable(method), f"{slot}.{hook}"
            parameters = [name.lstrip("_") for name in inspect.signature(method).parameters][1:]
            wanted = [name.strip() for name in arguments.split(",") if name.strip()]
            assert parameters[: len(wanted)] == wanted, f"{slot}.{hook}{tuple(parameters)}"


def test_a_slot_that_does_not_exist_is_named_with_those_that_do() -> None:
    blueprint = Blueprint(dds722(), standard_slots())
    with pytest.raises(KeyError, match="no slot 'meetering'; the slots are memory, clock, metering"):
        blueprint.override("meetering", object)


def test_two_defects_of_one_slot_add_up(acme: dict[str, Defect], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second mixin's ``super()`` reaches the first, whose ``super()`` reaches the meter."""

    class TwoPercentHigh(Metering):
        def element_power_w(self, element: ElementInput) -> float:
            return 1.02 * super().element_power_w(element)

    class Both:
        id, title = "BOTH", "both"

        def apply(self, blueprint: Blueprint) -> None:
            acme["ThreePercentHigh"].apply(blueprint)
            blueprint.override("metering", TwoPercentHigh)

    assert power_w(board(Both(), monkeypatch)) == round(1150 * 1.03 * 1.02)
