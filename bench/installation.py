"""Are the five packages ours? Their names are plain words, and another distribution may overwrite one."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import PlanError

PACKAGES = ("bench", "instruments", "reference_meter", "reports", "suites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """A package of our name that is not ours. ``found`` is where it lies, empty where there is none."""

    name: str
    found: str

    def __str__(self) -> str:
        return f'the package "{self.name}" ' + (
            f"at {self.found} is not meterbench's" if self.found else "is missing"
        )


def shadowed_packages() -> tuple[Shadowed, ...]:
    """Return the packages that somebody else provides, found by the marker in each ``__init__.py``.

    Nothing is imported: the code of a stranger does not run.
    """
    wrong = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        origin = (spec.origin or "") if spec is not None else ""
        if not _has_marker(origin, name):
            places = list(spec.submodule_search_locations or ()) if spec is not None else []
            wrong.append(Shadowed(name=name, found=origin or next(iter(places), "")))
    return tuple(wrong)


def require_own_packages() -> None:
    """Raise PlanError naming every shadowed package and what to do."""
    wrong = shadowed_packages()
    if wrong:
        raise PlanError(
            f"This installation is not whole: {'; '.join(map(str, wrong))}.",
            remedy="Install meterbench into an environment of its own: `pipx install meterbench`, or a fresh venv; "
            "and run it from a folder that has no folder of such a name.",
        )


def _has_marker(origin: str, name: str) -> bool:
    if not origin.endswith(".py"):
        return False
    try:
        text = Path(origin).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(rf'^METERBENCH = "{re.escape(name)}"', text, re.MULTILINE) is not None
