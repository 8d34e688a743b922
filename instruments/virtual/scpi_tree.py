"""The declared command tree: ``[SOURce]:PHASe<1-3>:VOLTage:MHARmonics:HARMonic<0-100>?`` leads to a handler.

A mnemonic is matched by its exact short form (the upper-case part of its declaration) or its exact long
form, in any case. ``<low-high>`` declares a numeric suffix, 1 when it is left out. Digits without brackets
belong to the name (``RMS1``, ``EC01``, ``0001``). ``[...]`` encloses optional nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from instruments.virtual.scpi_errors import ScpiError
from instruments.virtual.scpi_parameters import Parameters, short_form

if TYPE_CHECKING:
    from instruments.virtual.scpi import Session

_NODE = re.compile(r"(?P<name>[A-Za-z0-9_\-]+)(?:<(?P<low>\d+)-(?P<high>\d+)>)?")
_SUFFIXED = re.compile(r"(?P<name>.*?)(?P<digits>\d+)")
_MNEMONIC_MAX = 64
"""Longer program mnemonics give -112. SCPI says 12 characters; real instruments (ZERA) use more."""

_KNOWN_MAX = 2000
"""So many headers are remembered; there are many ways to spell them all."""


@dataclass(frozen=True, slots=True)
class Call:
    """One command or query as its handler sees it."""

    session: Session
    suffixes: tuple[int, ...]
    parameters: Parameters

    def error(self, number: int, detail: str = "") -> None:
        """Put an error into the client's queue and go on (to answer all the same)."""
        self.session.report(ScpiError(number, detail))


CommandHandler = Callable[[Call], str | None]


@dataclass(frozen=True, slots=True)
class Command:
    """A leaf of the tree: what to call, and how many parameters it takes."""

    handler: CommandHandler
    parameters_min: int
    parameters_max: int
    pattern: str


@dataclass(slots=True)
class Node:
    """One mnemonic of the tree and what may follow it."""

    long: str = ""
    short: str = ""
    suffix: tuple[int, int] | None = None
    children: list[Node] = field(default_factory=list)
    command: Command | None = None
    query: Command | None = None

    def child(self, mnemonic: str) -> tuple[Node, int | None]:
        """Return the child that ``mnemonic`` names, and its numeric suffix. Raise -113 or -114."""
        upper = mnemonic.upper()
        out_of_range = False
        for node in self.children:
            if upper in (node.short, node.long):
                return node, (1 if node.suffix is not None else None)
        split = _SUFFIXED.fullmatch(upper)
        if split is not None:
            number = int(split["digits"])
            for node in self.children:
                if node.suffix is not None and split["name"] in (node.short, node.long):
                    if node.suffix[0] <= number <= node.suffix[1]:
                        return node, number
                    out_of_range = True
        raise ScpiError(-114 if out_of_range else -113, mnemonic)


Path = tuple[tuple[Node, int | None], ...]
"""The nodes walked from the root, each with its numeric suffix."""


@dataclass(frozen=True, slots=True)
class Match:
    """A header found in the tree, and the node from which a following relative header is read."""

    command: Command
    suffixes: tuple[int, ...]
    path: Path


class CommandTree:
    """The commands of one instrument."""

    def __init__(self) -> None:
        self.root = Node()
        self.patterns: list[str] = []
        self._found: dict[str, Match] = {}
        """What headers from the root were found to mean."""
        self.bare: dict[str, Match] = {}
        """What whole commands without parameters, read from the root, were found to mean."""

    def add(self, pattern: str, handler: CommandHandler, *, parameters: int | tuple[int, int] = 0) -> None:
        """Declare a command (or a query, when ``pattern`` ends in ``?``).

        ``parameters`` is how many it takes, or (least, most): fewer give -109, more -108.
        """
        least, most = (parameters, parameters) if isinstance(parameters, int) else parameters
        command = Command(handler, least, most, pattern)
        self.patterns.append(pattern)
        query = pattern.endswith("?")
        self._found.clear()
        self.bare.clear()
        for nodes in _expand(pattern.removesuffix("?").lstrip(":")):
            place = self.root
            for declaration in nodes:
                place = _descend(place, declaration)
            if query:
                place.query = command
            else:
                place.command = command

    def find(self, header: str, path: Path) -> Match:
        """Find ``header`` (``?`` for a query), relative to ``path`` unless it starts with ``:`` or ``*``.

        Raise -113 for an unknown header, -114 for a suffix outside its range.
        """
        if path and not header.startswith(":"):
            return self._search(header, path)
        found = self._found.get(header)
        if found is None:
            found = self._search(header, ())
            if len(self._found) < _KNOWN_MAX:
                self._found[header] = found
        return found

    def remember(self, unit: str, match: Match) -> None:
        """Note what a command without parameters means when it is read from the root."""
        if len(self.bare) < _KNOWN_MAX:
            self.bare[unit] = match

    def _search(self, header: str, path: Path) -> Match:
        text = header.removesuffix("?")
        if text.startswith("*"):
            node, _ = self.root.child(text)
            walked: Path = ()
            new_path = path
        else:
            walked = () if text.startswith(":") else path
            node = walked[-1][0] if walked else self.root
            for mnemonic in text.removeprefix(":").split(":"):
                if not mnemonic:
                    raise ScpiError(-102, header)
                if len(mnemonic) > _MNEMONIC_MAX:
                    raise ScpiError(-112, mnemonic[:20])
                node, number = node.child(mnemonic)
                walked = (*walked, (node, number))
            new_path = walked[:-1]
        command = node.query if header.endswith("?") else node.command
        if command is None:
            raise ScpiError(-113, header)
        suffixes = tuple(number for _, number in walked if number is not None)
        return Match(command, suffixes, new_path)


def _descend(place: Node, declaration: str) -> Node:
    if declaration.startswith("*"):
        name, suffix = declaration, None
    else:
        match = _NODE.fullmatch(declaration)
        if match is None:
            raise ValueError(f"not a mnemonic declaration: {declaration!r}")
        name = match["name"]
        suffix = (int(match["low"]), int(match["high"])) if match["low"] else None
    for node in place.children:
        if node.long == name.upper() and node.suffix == suffix:
            return node
    node = Node(long=name.upper(), short=short_form(name), suffix=suffix)
    place.children.append(node)
    return node


def _expand(pattern: str) -> list[tuple[str, ...]]:
    """Return every way to write ``pattern`` with its optional nodes in or out."""
    ways: list[tuple[str, ...]] = [()]
    for piece in re.findall(r"\[[^\]]*\]|[^\[\]]+", pattern):
        nodes = tuple(node for node in piece.strip("[]").split(":") if node)
        if piece.startswith("[") and any("<" in node for node in nodes):
            raise ValueError(f"an optional node cannot carry a numeric suffix: {pattern!r}")
        with_piece = [(*way, *nodes) for way in ways]
        ways = ways + with_piece if piece.startswith("[") else with_piece
    return ways
