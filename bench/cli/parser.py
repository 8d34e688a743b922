"""A command line that never repeats a value it did not understand: a key or a token may stand there."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import NoReturn

_UNRECOGNIZED = re.compile(r"unrecognized arguments: (.*)", re.DOTALL)
_CHOICE = re.compile(
    r"invalid choice: (?P<quote>['\"])(?P<value>.*?)(?P=quote) \(choose from (?P<known>.*)\)", re.DOTALL
)
_VALUE = re.compile(r"(invalid \w+ value): .*", re.DOTALL)
_AMBIGUOUS = re.compile(r"(ambiguous option: [\w-]+)=.* (could match .*)", re.DOTALL)
#: What the name of an option looks like; anything else may be a value.
_NAME = re.compile(r"--?[A-Za-z][A-Za-z-]*")


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints name options, never what was given to them."""

    def error(self, message: str) -> NoReturn:
        """Print usage and complaint, and exit with 2."""
        super().error(without_values(message))


def without_values(message: str) -> str:
    """Return a complaint of argparse without what the user typed, but for names of options and near misses."""
    found = _UNRECOGNIZED.search(message)
    if found:
        return _unrecognized(found.group(1).split())
    message = _CHOICE.sub(_choice, message)
    message = _AMBIGUOUS.sub(r"\1 \2", message)
    return _VALUE.sub(r"\1 (not shown)", message)


def _unrecognized(words: list[str]) -> str:
    names = [word.partition("=")[0] for word in words]
    shown = [name for name in names if _NAME.fullmatch(name)]
    n_hidden = len(words) - len(shown)
    more = [f"{n_hidden} word{'s' if n_hidden > 1 else ''} not shown here"] if n_hidden else []
    return f"unrecognized arguments: {', '.join(shown + more)}"


def _choice(found: re.Match[str]) -> str:
    """Show a value only where it is nearly one of the known words, and so no secret."""
    known = [word.strip("' ") for word in found["known"].split(",")]
    close = difflib.get_close_matches(found["value"], known, n=1)
    guess = f"'{found['value']}', did you mean '{close[0]}'?" if close else "it is none of"
    return f"invalid choice: {guess} ({', '.join(known)})"
