"""What every part of a declaration has in common."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _text(value: Any) -> Any:
    """Accept ``class = 1`` for ``class = "1"``: the number is what everybody writes first."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text)]


class DeclarationPart(BaseModel):
    """A table of a declaration file: nothing unknown in it, and nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """Return the end of an error message on an unknown word."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f', did you mean "{close[0]}"?' if close else f"; known here: {', '.join(known)}"
