"""What may stand behind the "?" of a meter's URL: how this line is set and the meter on it is called.

It overrides the declaration's ``[communication]``, which is the maker's word on the meter as delivered: the meter
at hand may have another address, and whether an optical head echoes is nothing a declaration can know.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from bench.errors import PlanError
from bench.record.declaration import Declaration

YES, NO = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off"})
#: Address length that fits a server of two levels where nobody states one: four octets hold every address.
TWO_LEVELS_LENGTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """The options of one URL. ``communication`` holds fields of the declaration's table of that name.

    ``echo``: the line sends back every octet it is given, as many optical heads do.
    """

    communication: tuple[tuple[str, Any], ...] = ()
    echo: bool = False

    def over(self, declaration: Declaration, **by_scheme: Any) -> Declaration:
        """Return the declaration with what the URL states instead; ``by_scheme`` is what its scheme implies.

        Raises PlanError for what does not fit.
        """
        stated, here = declaration.communication, {**by_scheme, **dict(self.communication)}
        if not here:
            return declaration
        fields = {**stated.model_dump(), **here}
        if "server_upper" in here and "address_length" not in here:
            fields["address_length"] = _length(fields, stated.address_length)
        try:
            changed = type(stated).model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise PlanError(f"The options of the meter's URL do not fit: {name}: {first['msg']}.") from error
        return declaration.model_copy(update={"communication": changed})


NOT_STATED = LineOptions()


def parse_options(text: str, query: str, *, wrapper: bool) -> LineOptions:
    """Parse what follows the "?" of the URL ``text``. Raises PlanError that names the known options."""
    known = WRAPPER_OPTIONS if wrapper else SERIAL_OPTIONS
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f'Did you mean "{close[0]}"? ' if close else ""
            raise PlanError(
                f'"{text}": there is no option "{name}".',
                remedy=f"{meant}Known: {', '.join(f'{key}={known[key][0]}' for key in known)}.",
            )
        example, read = known[name]
        try:
            found.update(read(value))
        except ValueError as error:
            raise PlanError(
                f'"{text}": the option {name} does not take "{value}".', remedy=f"Write {name}={example}."
            ) from error
    echo = found.pop("echo", False)
    return LineOptions(communication=tuple(found.items()), echo=echo)


def _length(fields: dict[str, Any], stated: int) -> int:
    if fields["server_lower"] is None:
        return 1 if fields["server_upper"] < 0x80 else 2
    return stated if stated > 1 else TWO_LEVELS_LENGTH


def _server(value: str) -> dict[str, Any]:
    found = re.fullmatch(r"(\d+)(?:/(\d+))?", value)
    if found is None:
        raise ValueError(value)
    upper, lower = found.groups()
    return {"server_upper": int(upper), "server_lower": None if lower is None else int(lower)}


def _number(field: str) -> Callable[[str], dict[str, Any]]:
    def read(value: str) -> dict[str, Any]:
        return {field: int(value)}

    return read


def _word(field: str, *words: str) -> Callable[[str], dict[str, Any]]:
    def read(value: str) -> dict[str, Any]:
        if value not in words:
            raise ValueError(value)
        return {field: value}

    return read


def _seconds(value: str) -> dict[str, Any]:
    return {"response_time_out_s": float(value)}


def _echo(value: str) -> dict[str, Any]:
    if value.lower() not in YES | NO:
        raise ValueError(value)
    return {"echo": value.lower() in YES}


def _identity(value: str) -> dict[str, Any]:
    return {"mode_e_address": value}


#: Option: an example of its value, and what it says in the words of the declaration.
Options = dict[str, tuple[str, Callable[[str], dict[str, Any]]]]

SERIAL_OPTIONS: Options = {
    "baud": ("9600", _number("baud")),
    "server": ("1/16", _server),
    "address-length": ("4", _number("address_length")),
    "framing": ("mode-e", _word("framing", "hdlc", "mode-e")),
    "sign-on-baud": ("300", _number("sign_on_baud")),
    "mode-e-address": ("12345678", _identity),
    "time-out": ("2", _seconds),
    "echo": ("yes", _echo),
}
WRAPPER_OPTIONS: Options = {"server": ("1", _number("server_sap")), "time-out": ("2", _seconds)}
