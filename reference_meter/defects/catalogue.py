"""The defects that can be built into a meter: by id, or loaded from a file of someone else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

from reference_meter.blueprint import Defect
from reference_meter.defects import (
    application,
    arbitration,
    clock,
    dlms_variants,
    events,
    image,
    key_change,
    link,
    metrology,
    objects,
    panel_variants,
    payment_rules,
    persistence,
    security,
    switch_rules,
    token_credit,
    token_entry,
    token_variants,
    tokens,
)

CATALOGUE: Mapping[str, Defect] = MappingProxyType(
    {
        defect.id: defect
        for layer in (
            metrology,
            tokens,
            token_credit,
            key_change,
            token_entry,
            token_variants,
            link,
            application,
            objects,
            security,
            image,
            dlms_variants,
            arbitration,
            switch_rules,
            panel_variants,
            payment_rules,
            events,
            clock,
            persistence,
        )
        for defect in layer.DEFECTS
    }
)
"""All defects by id, layer by layer."""


def by_id(defect_id: str) -> Defect:
    """Return the defect of the catalogue called ``defect_id``. Raises ValueError."""
    if defect_id not in CATALOGUE:
        raise ValueError(f"no defect {defect_id!r} in the catalogue; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[defect_id]


def load(spec: str) -> Defect:
    """Return the defect that ``spec`` names: an id of the catalogue, or ``FILE.py:NAME``.

    NAME is a defect, or a class that makes one without arguments. Raises ValueError with what to do.
    """
    path_text, colon, name = spec.rpartition(":")
    if not colon or not path_text.endswith(".py"):
        return by_id(spec)
    found = getattr(_module(Path(path_text)), name, None)
    if found is None:
        raise ValueError(
            f"{path_text} defines no {name!r}; write FILE.py:NAME with the name of a defect in it"
        )
    try:
        defect = found() if isinstance(found, type) else found
    except TypeError as error:
        raise ValueError(f"{name} is a class that cannot be built without arguments: {error}") from error
    for attribute in ("id", "title", "apply"):
        if not hasattr(defect, attribute):
            raise ValueError(f"{spec} has no {attribute!r}; a defect has id, title and apply(blueprint)")
    loaded: Defect = defect
    return loaded


def _module(path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise ValueError(f"there is no file {path}; write FILE.py:NAME with the path of an existing file")
    name = f"reference_meter_defect_{path.stem}_{abs(hash(str(path)))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # somebody else's file: whatever goes wrong in it is told
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return module
