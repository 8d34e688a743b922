"""The ``--meter`` option: how a meter is reached, by the conventions of pyserial and VISA users."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bench.errors import PlanError
from bench.meter.line_options import NOT_STATED, LineOptions, parse_options
from bench.protocols.wrapper import PORT
from bench.record.declaration import Declaration

REFERENCE_PRODUCTS = ("dds722", "dts722")
SCHEMES = (
    "reference, reference:dds722, reference:dts722, /dev/ttyUSB0, COM3, socket://host:port, "
    "rfc2217://host:port, tcp://host:port, udp://host:port"
)


#: DLMS over IP: the wrapper, at the registered port unless another is named.
WRAPPER_SCHEMES = frozenset({"tcp", "udp"})
#: Serial servers: HDLC behind a TCP connection.
SERVER_SCHEMES = frozenset({"socket", "rfc2217"})


class Framing(StrEnum):
    """What travels on the line."""

    HDLC = "hdlc"
    WRAPPER = "wrapper"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUrl:
    """A parsed ``--meter`` value. ``product`` is set for the reference meter, ``address`` for all others."""

    text: str
    product: str = ""
    address: str = ""
    framing: Framing = Framing.HDLC
    options: LineOptions = NOT_STATED

    @property
    def is_reference(self) -> bool:
        """Whether the bench starts its own virtual laboratory for it."""
        return bool(self.product)

    def over(self, declaration: Declaration) -> Declaration:
        """Return the declaration as it holds on this line: scheme and options of the URL win.

        Raises PlanError for options that do not fit.
        """
        said = declaration.communication
        implied: dict[str, str] = {}
        if self.framing is Framing.WRAPPER:
            implied = {"framing": "wrapper", "transport": urlsplit(self.address).scheme}
        elif self.address and said.framing == "wrapper":
            implied = {"framing": "hdlc", "transport": "serial"}
        if all(getattr(said, name) == value for name, value in implied.items()):
            implied = {}
        return self.options.over(declaration, **implied)


def parse_meter_url(text: str) -> MeterUrl:
    """Parse a ``--meter`` value; raise PlanError that lists what is understood."""
    if text == "reference" or text.startswith("reference:"):
        product = text.partition(":")[2] or "dds722"
        if product not in REFERENCE_PRODUCTS:
            raise PlanError(
                f'There is no reference product "{product}".',
                remedy=f"{_meant(product, REFERENCE_PRODUCTS)}Known: {', '.join(REFERENCE_PRODUCTS)}.",
            )
        return MeterUrl(text=text, product=product)
    path, _, query = text.partition("?")
    if re.fullmatch(r"/dev/\S+|COM\d+", path):
        return MeterUrl(text=text, address=path, options=parse_options(text, query, wrapper=False))
    parts = urlsplit(path)
    if parts.scheme in WRAPPER_SCHEMES:
        return MeterUrl(
            text=text,
            address=_with_port(path, parts.scheme),
            framing=Framing.WRAPPER,
            options=parse_options(text, query, wrapper=True),
        )
    if parts.scheme not in SERVER_SCHEMES:
        raise PlanError(
            f'"{text}" is not a meter that can be reached.',
            remedy=f"{_meant_instead(path)}Understood: {SCHEMES}.",
        )
    try:
        complete = parts.hostname is not None and parts.port is not None
    except ValueError:
        complete = False
    if not complete:
        raise PlanError(f'"{text}" lacks a host or a port.', remedy=f"Write {parts.scheme}://host:port.")
    return MeterUrl(text=text, address=path, options=parse_options(text, query, wrapper=False))


def _meant_instead(path: str) -> str:
    """Return a guess at what a mistyped address was meant to be, as a sentence; "" for no guess."""
    scheme, colon, rest = path.partition(":")
    known = sorted(WRAPPER_SCHEMES | SERVER_SCHEMES)
    if colon:
        close = difflib.get_close_matches(scheme.lower(), [*known, "reference"], n=1)
        if close == ["reference"]:
            return _meant(rest, REFERENCE_PRODUCTS, "reference:") or _ask("reference")
        return _ask(f"{close[0]}://{rest.lstrip('/')}") if close else ""
    if re.fullmatch(r"(?i)com\d+", path):
        return _ask(path.upper())
    if re.fullmatch(r"(?i)/?(dev/)?(tty|cu)[\w.-]+", path):
        return _ask("/dev/" + path.rpartition("/")[2])
    if re.fullmatch(r"[\w.-]+", path) and difflib.get_close_matches(path.lower(), ["reference"], n=1):
        return _ask("reference")
    return ""


def _meant(word: str, known: tuple[str, ...], before: str = "") -> str:
    close = difflib.get_close_matches(word.lower(), known, n=1)
    return _ask(before + close[0]) if close else ""


def _ask(guess: str) -> str:
    return f'Did you mean "{guess}"? '


def _with_port(path: str, scheme: str) -> str:
    """Return a wrapper address with its port. Raises PlanError for one without host or with a bad port."""
    parts = urlsplit(path)
    try:
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, 0
    if host is None:
        raise PlanError(
            f'"{path}" lacks a host, or its port is no number.', remedy=f"Write {scheme}://host:port."
        )
    return f"{scheme}://{host}:{port}"
