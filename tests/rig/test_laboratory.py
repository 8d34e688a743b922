"""The laboratory process that the bench starts for itself."""

from __future__ import annotations

import sys

import pytest

from bench.errors import BenchFault
from bench.rig import laboratory
from bench.rig.laboratory import LaboratoryProcess


def test_it_writes_a_rig_file_and_leaves_nothing_when_it_ends() -> None:
    with LaboratoryProcess("dds722") as running:
        folder = running.rig_path.parent
        assert running.rig_path.is_file()
    assert not folder.exists()


def test_a_product_it_does_not_have_is_a_fault_with_its_words() -> None:
    with pytest.raises(BenchFault, match="did not start"):
        LaboratoryProcess("no-such-product")


def test_a_laboratory_that_says_nothing_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mute = tmp_path_factory.mktemp("bin") / "mute"
    mute.write_text("#!/bin/sh\nexec cat\n")
    mute.chmod(0o755)
    monkeypatch.setattr(laboratory, "START_TIME_OUT_S", 0.1)
    monkeypatch.setattr(sys, "executable", str(mute))
    with pytest.raises(BenchFault, match=r"said nothing for 0\.1 s"):
        LaboratoryProcess("dds722")
