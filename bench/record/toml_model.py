"""Load a TOML file into a pydantic model; every error names file, line and what to do."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.errors import PlanError

Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path, model: type[Model]) -> Model:
    """Read ``path`` and validate it as ``model``.

    Raises PlanError: one line per problem, ``file:line: field: what is wrong``, with a spelling suggestion
    where a key is unknown.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not a text file.", remedy="Save it as UTF-8.") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: not valid TOML: {error}.") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [_describe(path, text, model, problem) for problem in error.errors()]
        raise PlanError("\n".join(problems)) from error


def _describe(path: Path, text: str, model: type[BaseModel], problem: Any) -> str:
    location: tuple[str | int, ...] = tuple(problem["loc"])
    line = line_of(text, location)
    where = f"{path}:{line}" if line else str(path)
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"unknown field{_suggest(str(location[-1]), _fields_at(model, location[:-1]))}"
    elif problem["type"] == "missing":
        message = "this field is missing"
    return f"{where}: {name + ': ' if name else ''}{message}"


def _suggest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f', did you mean "{close[0]}"?'
    return f"; known here: {', '.join(known)}" if known else ""


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        by_name = {field.alias or name: field for name, field in current.model_fields.items()}
        if part not in by_name:
            return []
        current = _model_in(by_name[part].annotation)
        if current is None:
            return []
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def line_of(text: str, location: Sequence[str | int]) -> int:
    """Return the 1-based line of the deepest key of ``location`` that the TOML text shows, or 0."""
    lines = text.splitlines()
    start, best = 0, 0
    index = 0
    parts = list(location)
    while index < len(parts):
        part = parts[index]
        if isinstance(part, int):
            index += 1
            continue
        occurrence = parts[index + 1] if index + 1 < len(parts) and isinstance(parts[index + 1], int) else 0
        table = re.compile(rf"^\s*\[\[?\s*(?:[\w\"-]+\.)*\"?{re.escape(part)}\"?\s*\]\]?\s*(?:#.*)?$")
        key = re.compile(rf"^\s*\"?{re.escape(part)}\"?\s*=|[{{,]\s*\"?{re.escape(part)}\"?\s*=")
        seen = 0
        for number in range(start, len(lines)):
            if table.search(lines[number]) or key.search(lines[number]):
                if seen == occurrence:
                    start, best = number, number + 1
                    break
                seen += 1
        index += 1
    return best
