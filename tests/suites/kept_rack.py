"""A rack of kept meters: each fails one case by a fault that no catalogue lists, and a sound one stands beside them.

A file of faults ends with ``KEPT``, its meters in the order of their positions, and ``RACK``, the defect that
a laboratory loads; the test of the file runs the rack once and looks at who failed where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.slot_defect import SlotDefect
from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import Ran, environment, run_command, suites_command

HERE = Path(__file__).parent
BAD = ("FAILED", "CONDITIONAL_FAIL")


class Kept(NamedTuple):
    """A fault, the case that must find it, and the suite test that holds this case.

    ``test`` is a file of the case's suite with a test's name: ``test_objects.py::test_mandatory``. ``reason`` is
    what the reason of the verdict must hold.
    """

    slot: str
    mixin: type[Any]
    case: str
    test: str
    reason: str = ""

    @property
    def node(self) -> str:
        """Return the test as pytest names it."""
        return f"suites/{self.case.split('/')[0]}/{self.test}"


def rack(name: str, kept: Sequence[Kept]) -> ByPosition:
    """Return the defect that puts the kept meters on positions 1, 2, ... of a rack."""
    return ByPosition(
        id=name,
        title="Another fault at each position",
        defects={
            position: SlotDefect(
                id=f"{name}-{position}", title=fault.case, slot=fault.slot, mixin=fault.mixin
            )
            for position, fault in enumerate(kept, 1)
        },
    )


def run_rack(
    file: str,
    kept: Sequence[Kept],
    folder: Path,
    *options: str,
    each_its_own: bool = False,
    name: str = "RACK",
    declare: Callable[[Path], None] | None = None,
) -> Ran:
    """Run the tests that the kept meters need over all of them and a sound one at the last position.

    ``file`` is the file of faults beside this one, ``name`` its rack; ``options`` go to the laboratory. With
    ``each_its_own`` a position runs its own test only, and there is no sound meter: much faster for long tests.
    ``declare`` changes the declarations in the rack's folder before the run.
    """
    positions = len(kept) if each_its_own else len(kept) + 1
    words = ("--positions", str(positions), "--defect", f"{HERE / file}:{name}", "--until-stdin-closes")
    laboratory = LabProcess(*words, *options)
    try:
        if declare is not None:
            declare(laboratory.rig_path.parent)
        if each_its_own:
            tests = [f"{fault.node}[{position}-]" for position, fault in enumerate(kept, 1)]
        else:
            tests = sorted({fault.node for fault in kept})
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), suites=tests)
        own = environment(METERBENCH_STATE=str(folder / "state"))
        return run_command(command, folder / "run", environ=own)
    finally:
        laboratory.close()


def failed_at(ran: Ran) -> dict[int, set[str]]:
    """Return the cases that failed at each position."""
    found: dict[int, set[str]] = {}
    for item in ran.verdicts():
        if item["outcome"] in BAD:
            found.setdefault(int(item["position"]), set()).add(item["case"])
    return found


def not_as_due(ran: Ran, kept: Sequence[Kept]) -> dict[int, set[str]]:
    """Return what failed at each position that did not fail its own case, or failed another one besides."""
    failed = failed_at(ran)
    wrong = {}
    for position in sorted({*failed, *range(1, len(kept) + 1)}):
        here = failed.get(position, set())
        case = kept[position - 1].case if position <= len(kept) else ""
        if not here or any(name != case and not name.startswith(f"{case}/") for name in here):
            wrong[position] = here
    return wrong


def other_reasons(ran: Ran, kept: Sequence[Kept], *outcomes: str) -> dict[int, list[str]]:
    """Return the reasons at each position whose own case did not end so for the reason it should."""
    wrong: dict[int, list[str]] = {}
    for position, fault in enumerate(kept, 1):
        reasons = [
            item["reason"]
            for item in ran.verdicts()
            if item["position"] == str(position) and item["outcome"] in (outcomes or BAD)
        ]
        if not any(fault.reason in reason for reason in reasons):
            wrong[position] = reasons
    return wrong


def outcomes_at(ran: Ran, position: int) -> set[str]:
    """Return the outcomes of a position."""
    return {item["outcome"] for item in ran.verdicts() if item["position"] == str(position)}
