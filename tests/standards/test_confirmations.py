"""A laboratory's own confirmations reach the requirement; our tables stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.confirmed_rows import apply_confirmed
from bench.standards.confirmations import confirm
from bench.standards.currents import Connection, Currents
from bench.standards.influences import influence_limits
from bench.standards.limits import Limit, limit

CURRENTS = Currents.of(connection=Connection.DIRECT, rated_a=10.0, maximum_a=100.0)

FILE = """
[[confirmed]]
table = "limits_active"
rows = { standard = "IEC 62053-21", edition = "2020", class = "2", load = "balanced", pf = "1" }
clause = "8.1, table 5"
by = "A. Metrologist"
on = 2026-11-02

[[confirmed]]
table = "influence_limits"
rows = { standard = "IEC 62053-21", edition = "2003", influence = "frequency +-2 %" }
clause = "8.2, table 8"
by = "A. Metrologist"
on = 2026-11-02
"""


@pytest.fixture(autouse=True)
def nothing_confirmed() -> Iterator[None]:
    yield
    confirm(())


def rated(pf: str) -> Limit:
    return limit(
        standard="IEC 62053-21",
        edition="2020",
        accuracy_class="2",
        currents=CURRENTS,
        current="In",
        pf=pf,
    )


def applied(tmp_path: Path, text: str = FILE) -> None:
    path = tmp_path / "confirmed.toml"
    path.write_text(text)
    apply_confirmed(path)


def test_confirmed_rows_have_status_v_and_the_clause(tmp_path: Path) -> None:
    applied(tmp_path)
    assert (rated("1").status, rated("1").clause) == ("V", "8.1, table 5")


def test_other_rows_keep_their_status(tmp_path: Path) -> None:
    applied(tmp_path)
    assert rated("0.5 ind").status != "V"


def test_an_edition_may_be_written_as_in_a_declaration(tmp_path: Path) -> None:
    applied(tmp_path)
    rows = influence_limits(
        standard="IEC 62053-21",
        edition="2003+A1:2016",
        accuracy_class="1",
        connection=Connection.DIRECT,
    )
    assert {row.influence for row in rows if row.status == "V"} == {"frequency +-2 %"}


def test_a_rig_without_the_file_confirms_nothing(tmp_path: Path) -> None:
    applied(tmp_path)
    apply_confirmed(None)
    assert rated("1").status != "V"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"limits_active"', '"limits"', 'no table "limits"'),
        ('load = "balanced"', 'loading = "balanced"', "no column loading"),
        ('class = "2"', 'class = "7"', "no row of limits_active"),
        ('by = "A. Metrologist"', "", "this field is missing"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        applied(tmp_path, FILE.replace(old, new, 1))
