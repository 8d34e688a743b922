"""Every rule that a decoder names stands in the table, and every row of the table is in use."""

from __future__ import annotations

import re
from pathlib import Path

from bench.protocols import rules
from bench.protocols.rules import RULES

SOURCES = [
    path
    for path in Path(rules.__file__).parent.rglob("*.py")
    if path.name != "rules.py" and "sts" not in path.parts
]
NAMED = {
    name
    for path in SOURCES
    for name in re.findall(
        r'"((?:hdlc|wrapper|mode-e|axdr|acse|xdlms|time|security|length)\.[a-z0-9-]+)"', path.read_text()
    )
} | {"truncated", "trailing"}


def test_rules_named_by_decoders_exist() -> None:
    assert NAMED - set(RULES) == set()


def test_each_rule_says_how_sure_it_is() -> None:
    assert RULES["hdlc.fcs"].status == "V"
    assert RULES["xdlms.service-error"].status == "V"
    assert RULES["hdlc.address-both-long"].status == "R"
    assert all(rule.text.endswith(".") and rule.source for rule in RULES.values())


def test_no_rule_is_idle() -> None:
    assert set(RULES) - NAMED == set()
