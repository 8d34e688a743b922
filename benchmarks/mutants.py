"""Mutants of a Python file: one small change each, made in its syntax tree, never in its words.

What is not mutated: docstrings and comments, annotations, decorators, ``if TYPE_CHECKING``, and text for people
(f-strings, the arguments of exceptions, ``reason=``, ``remedy=``, ``source=`` and their like): a changed word in a
sentence is no change of behaviour that a test should pin down.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Keyword arguments that hold sentences.
SENTENCES = frozenset({"reason", "remedy", "source", "remark", "what", "words", "title", "name", "message"})

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
Change = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change. ``function``: qualified name of the outermost function around it, "" at module level."""

    path: Path
    line: int
    column: int
    what: str
    function: str
    function_line: int
    place: int
    nth: int

    @property
    def id(self) -> str:
        """Where and what, for people and for the record."""
        return f"{self.path}:{self.line}:{self.column + 1}: {self.what}"


def mutants(path: Path, text: str) -> list[Mutant]:
    """Return every mutant of a file, in the order of its lines."""
    found = []
    for place, (node, function, function_line) in enumerate(_places(ast.parse(text))):
        for nth, (what, _) in enumerate(_changes(node)):
            found.append(
                Mutant(
                    path=path,
                    line=getattr(node, "lineno", 0),
                    column=getattr(node, "col_offset", 0),
                    what=what,
                    function=function,
                    function_line=function_line,
                    place=place,
                    nth=nth,
                )
            )
    return found


def mutated(text: str, mutant: Mutant) -> ast.Module:
    """Return the syntax tree of ``text`` with the mutant's change made."""
    tree = ast.parse(text)
    node = next(node for place, (node, _, _) in enumerate(_places(tree)) if place == mutant.place)
    _, change = list(_changes(node))[mutant.nth]
    change(node)
    return ast.fix_missing_locations(tree)


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int]]:
    """Yield each node that may be changed, with the outermost function around it and that function's line."""
    yield from _inside(tree, (), "", 0)


def _inside(
    node: ast.AST, names: tuple[str, ...], function: str, line: int
) -> Iterator[tuple[ast.AST, str, int]]:
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _silent(node, field, child):
                continue
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = (*names, child.name)
                if isinstance(child, ast.FunctionDef) and not function:
                    # defaults are evaluated where the function is defined, the body when it is called
                    yield from _inside(child.args, inner, "", 0)
                    first = min([child.lineno, *(item.lineno for item in child.decorator_list)])
                    body = ast.Module(body=child.body, type_ignores=[])
                    yield from _inside(body, inner, ".".join(inner), first)
                else:
                    yield from _inside(child, inner, function, line)
                continue
            yield child, function, line
            yield from _inside(child, names, function, line)


def _silent(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Tell whether a part of the tree does nothing that a test should see."""
    if field in {"annotation", "returns", "decorator_list", "type_params"}:
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    if isinstance(child, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
        return True
    return isinstance(parent, ast.keyword) and (parent.arg or "") in SENTENCES


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=operators):
            for index, operator in enumerate(operators):
                for table in (_COMPARE, _OPPOSITE):
                    if other := table.get(type(operator)):
                        yield f"{_word(operator)} becomes {_word(other())}", _set_operator(index, other)
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            other_operator = _ARITHMETIC.get(type(operator))
            if other_operator and not (isinstance(operator, ast.Mod | ast.Add) and _is_text(node)):
                yield f"{_word(operator)} becomes {_word(other_operator())}", _set("op", other_operator())
        case ast.BoolOp(op=boolean):
            other_boolean: ast.boolop = ast.Or() if isinstance(boolean, ast.And) else ast.And()
            yield f"{_word(boolean)} becomes {_word(other_boolean)}", _set("op", other_boolean)
        case ast.UnaryOp(op=ast.Not() | ast.USub() as unary):
            yield f"{_word(unary)} is left out", _drop_unary
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Compare | ast.BoolOp):
            yield "condition negated", _set("test", ast.UnaryOp(op=ast.Not(), operand=copy.deepcopy(test)))
        case ast.Constant(value=bool() as value):
            yield f"{value} becomes {not value}", _set("value", not value)
        case ast.Constant(value=int() | float() as value):
            yield f"{value!r} becomes {value + 1!r}", _set("value", value + 1)
        case ast.Constant(value=str() | bytes() as value) if value and " " not in str(value):
            longer = value + (b"\x00" if isinstance(value, bytes) else "?")
            yield f"{value!r} becomes {longer!r}", _set("value", longer)
        case ast.Break():
            yield "break becomes continue", _become(ast.Continue)
        case ast.Continue():
            yield "continue becomes break", _become(ast.Break)


def _is_text(node: ast.AST) -> bool:
    """Tell formatting and joining of text from arithmetic, as far as constants show it."""
    sides = [getattr(node, "left", None), getattr(node, "right", None), getattr(node, "value", None)]
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in sides
    )


def _set(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


def _set_operator(index: int, other: type[ast.cmpop]) -> Change:
    def change(node: ast.AST) -> None:
        node.ops[index] = other()  # type: ignore[attr-defined]

    return change


def _drop_unary(node: ast.AST) -> None:
    node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()  # type: ignore[attr-defined]
    if isinstance(node.op, ast.Not):  # type: ignore[attr-defined]
        node.operand = ast.UnaryOp(op=ast.Not(), operand=node.operand)  # type: ignore[attr-defined]


def _become(other: type[ast.stmt]) -> Change:
    def change(node: ast.AST) -> None:
        node.__class__ = other  # type: ignore[assignment]

    return change


def _word(operator: ast.AST) -> str:
    words = {
        "Lt": "<",
        "LtE": "<=",
        "Gt": ">",
        "GtE": ">=",
        "Eq": "==",
        "NotEq": "!=",
        "Add": "+",
        "Sub": "-",
    }
    words |= {
        "Mult": "*",
        "Div": "/",
        "FloorDiv": "//",
        "Mod": "%",
        "Pow": "**",
        "LShift": "<<",
        "RShift": ">>",
    }
    words |= {
        "BitAnd": "&",
        "BitOr": "|",
        "BitXor": "^",
        "USub": "minus",
        "NotIn": "not in",
        "IsNot": "is not",
    }
    name = type(operator).__name__
    return words.get(name, name.lower())
