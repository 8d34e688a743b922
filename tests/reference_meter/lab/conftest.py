"""Laboratories that end with the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reference_meter.lab.lab_process import LabProcess, StartLab


@pytest.fixture
def start_lab() -> Iterator[StartLab]:
    """Start laboratories that end with the test."""
    started: list[LabProcess] = []

    def start(*options: str) -> LabProcess:
        laboratory = LabProcess(*options, "--until-stdin-closes")
        started.append(laboratory)
        return laboratory

    yield start
    for laboratory in started:
        laboratory.close()
