"""The ``--meter`` option: how a meter is reached, by the conventions of pyserial and VISA users."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from bench.errors import PlanError
from bench.protocols.wrapper import PORT

REFERENCE_PRODUCTS = ("dds722", "dts722")
SCHEMES = (
    "reference, reference:dds722, reference:dts722, /dev/ttyUSB0, COM3, socket://host:port, "
    "rfc2217://host:port, tcp://host:port, udp://host:port"
)


#: DLMS over IP: the wrapper, at the registered port unless another is named.
WRAPPER_SCHEMES = frozenset({"tcp", "udp"})


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
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_reference(self) -> bool:
        """Whether the bench starts its own virtual laboratory for it."""
        return bool(self.product)


def parse_meter_url(text: str) -> MeterUrl:
    """Parse a ``--meter`` value; raise PlanError that lists what is understood."""
    if text == "reference" or text.startswith("reference:"):
        product = text.partition(":")[2] or "dds722"
        if product not in REFERENCE_PRODUCTS:
            raise PlanError(
                f'There is no reference product "{product}".',
                remedy=f"Known: {', '.join(REFERENCE_PRODUCTS)}.",
            )
        return MeterUrl(text=text, product=product)
    path, _, query = text.partition("?")
    options = tuple(parse_qsl(query))
    if query:
        raise PlanError(
            f'"{text}": options after "?" are not understood here, so they would be ignored.',
            remedy="State baud rate and addresses in the declaration, under [communication].",
        )
    if re.fullmatch(r"/dev/\S+|COM\d+", path):
        return MeterUrl(text=text, address=path, options=options)
    parts = urlsplit(path)
    if parts.scheme in WRAPPER_SCHEMES:
        return MeterUrl(
            text=text,
            address=_with_port(path, parts.scheme),
            framing=Framing.WRAPPER,
            options=options,
        )
    if parts.scheme not in {"socket", "rfc2217"}:
        raise PlanError(f'"{text}" is not a meter that can be reached.', remedy=f"Understood: {SCHEMES}.")
    try:
        complete = parts.hostname is not None and parts.port is not None
    except ValueError:
        complete = False
    if not complete:
        raise PlanError(f'"{text}" lacks a host or a port.', remedy=f"Write {parts.scheme}://host:port.")
    return MeterUrl(text=text, address=path, options=options)


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
