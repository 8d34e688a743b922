"""Every publicly named conformance case stands in the suite, once, under its name."""

from __future__ import annotations

import importlib
import pkgutil

import suites.dlms
from bench.run.case import Case
from bench.standards.dlms_cases import PUBLIC_CASES


def _cases() -> list[Case]:
    modules = pkgutil.iter_modules(suites.dlms.__path__, "suites.dlms.")
    members = [vars(importlib.import_module(each.name)) for each in modules if ".test_" in each.name]
    marks = [mark for each in members for item in each.values() for mark in getattr(item, "pytestmark", ())]
    return [mark.args[0] for mark in marks if mark.name == "case"]


def test_all_57_names_are_cases_of_the_suite() -> None:
    names = [case.id.removeprefix("dlms/") for case in _cases()]
    assert len(PUBLIC_CASES) == 57
    assert set(PUBLIC_CASES) <= set(names)
    assert len(names) == len(set(names))


def test_a_case_of_a_public_name_has_the_requirement_of_that_name() -> None:
    for case in _cases():
        name = case.id.removeprefix("dlms/")
        if name in PUBLIC_CASES:
            assert getattr(case.requirement, "clause", "") == name
