"""Write a draft declaration of a meter that was found: what the public association shows, the rest to be filled in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.errors import LinkError
from bench.meter.dlms_client import DlmsClient, Refused
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.link import Link
from bench.meter.opening import ModeEOpening
from bench.meter.session import Session
from bench.meter.sweep import Found
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.acse import Aare
from bench.protocols.hdlc import Address, LinkParameters
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.initiate import InitiateResponse
from bench.record.declaration import CONFORMANCE, AssociationDeclaration, CommunicationDeclaration

SERIAL_NUMBERS = ("0-0:96.1.0.255", "0-0:96.1.1.255")
HDLC_SETUP = "0-0:22.0.0.255"
RESPONSE_TIME_OUT_S = 2.0


@dataclass(slots=True, kw_only=True)
class Shown:
    """What the meter showed of itself; "" and None where it did not."""

    device_name: str = ""
    serial_number: str = ""
    conformance: tuple[str, ...] = ()
    max_pdu: int = 1024
    inactivity_time_out_s: int | None = None
    inter_octet_time_out_s: float | None = None
    saps: tuple[int, ...] = ()
    refusals: list[str] = field(default_factory=list)


def read_public(link: Link, found: Found) -> Shown:
    """Associate without security and read what a public client may. Raises LinkError for a broken line.

    A refused association is no error: it stands in ``refusals``.
    """
    shown = Shown()
    session = _session(link, found)
    if session is None:
        return shown
    association = AssociationDeclaration(name="public", client_sap=found.client, conformance=CONFORMANCE)
    client = DlmsClient(session, association, None)
    try:
        _read(client, shown)
    except Refused as refusal:
        shown.refusals.append(f"the public association is refused: {refusal.result}")
    with contextlib.suppress(LinkError):
        client.close()
    return shown


def _session(link: Link, found: Found) -> Session | None:
    """Return a session with the meter that was found, None where none was."""
    if found.server_sap is not None:
        ports = WrapperEndpoints(
            client=found.client,
            server=found.server_sap,
            response_time_out_s=RESPONSE_TIME_OUT_S,
        )
        return WrapperSession(link, ports)
    if found.server is None:
        return None
    ends = HdlcEndpoints(
        client=Address(found.client),
        server=found.server,
        response_time_out_s=RESPONSE_TIME_OUT_S,
        proposed=LinkParameters(),
    )
    opening = None
    if found.line is not None and found.line.mode_e:
        said = CommunicationDeclaration(framing="mode-e", baud=found.line.baud)
        opening = ModeEOpening(link, said)
    return HdlcSession(link, ends, opening)


def _read(client: DlmsClient, shown: Shown) -> None:
    _negotiated(client.open(), shown)
    shown.device_name = _text(client, shown, 1, "0-0:42.0.0.255")
    for obis in SERIAL_NUMBERS:
        shown.serial_number = shown.serial_number or _text(client, shown, 1, obis)
    with _refusing(shown, "HDLC setup"):
        shown.inter_octet_time_out_s = as_integer(client.get(23, HDLC_SETUP, 7)) / 1000.0
        shown.inactivity_time_out_s = as_integer(client.get(23, HDLC_SETUP, 8))
    with _refusing(shown, "SAP assignment"):
        rows = as_elements(client.get(17, "0-0:41.0.0.255", 2))
        shown.saps = tuple(as_integer(as_elements(row)[0]) for row in rows)


def _negotiated(aare: Aare, shown: Shown) -> None:
    initiate, _ = decode_apdu(aare.user_information or b"")
    if isinstance(initiate, InitiateResponse):
        shown.conformance = tuple(name for name in initiate.conformance.names() if name in CONFORMANCE)
        shown.max_pdu = initiate.max_pdu


def _text(client: DlmsClient, shown: Shown, class_id: int, obis: str) -> str:
    with _refusing(shown, obis):
        octets = as_octets(client.get(class_id, obis, 2))
        return "".join(chr(octet) for octet in octets if 0x20 <= octet < 0x7F and octet not in b'"\\')
    return ""


@contextlib.contextmanager
def _refusing(shown: Shown, what: str) -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        shown.refusals.append(f"{what}: refused ({refusal.result})")
    except UnexpectedData as error:
        shown.refusals.append(f"{what}: {error}")


def draft(found: Found, shown: Shown, *, transport: str = "") -> str:
    """Return the TOML text of a draft. What the meter did not show is marked ``# fill in``.

    ``transport``: what carries the wrapper, for a meter that answers in it.
    """
    flag = shown.device_name[:3] if shown.device_name[:3].isalpha() else ""
    lines = [
        "# Draft, written from what the meter showed to a client without security.",
        "# Lines marked with `fill in` are guesses: replace them by what the nameplate and the maker say.",
        *(f"# {refusal}" for refusal in shown.refusals),
        "",
        "[identity]",
        'manufacturer = "unknown"  # fill in',
        _line("flag_id", flag.upper() or "XXX", known=bool(flag)),
        'type = "unknown"  # fill in',
        _line("serial_number", shown.serial_number or "unknown", known=bool(shown.serial_number)),
        _line("logical_device_name", shown.device_name or "XXX", known=bool(shown.device_name)),
        "",
        "[nameplate]  # fill in: all of it",
        'connection = "direct"',
        "elements = 1",
        "voltage_v = 230.0",
        "basic_current_a = 5.0",
        "maximum_current_a = 60.0",
        "frequency_hz = 50.0",
        "meter_constant_imp_per_kwh = 1000.0",
        "",
        "[accuracy]  # fill in",
        'standard = "IEC 62053-21"',
        'edition = "2003+A1:2016"',
        'class = "1"',
        "",
        "[communication]",
        *_place(found, transport),
    ]
    if found.agreed is not None:
        lines += [
            f"max_info_transmit = {found.agreed.max_info_transmit}",
            f"max_info_receive = {found.agreed.max_info_receive}",
        ]
    if shown.inactivity_time_out_s is not None:
        lines.append(f"inactivity_time_out_s = {float(shown.inactivity_time_out_s)}")
    if shown.inter_octet_time_out_s:
        lines.append(f"inter_octet_time_out_s = {shown.inter_octet_time_out_s}")
    services = ", ".join(f'"{name}"' for name in shown.conformance)
    lines += [
        "",
        "[[association]]",
        'name = "public"',
        f"client_sap = {found.client or 16}",
        'context = "ln"',
        'mechanism = "none"',
        f"conformance = [{services}]",
        f"max_pdu = {shown.max_pdu}",
        "",
    ]
    return "\n".join(lines)


def _place(found: Found, transport: str) -> list[str]:
    """Return where the meter was found, as lines of the draft."""
    if found.server_sap is not None:
        return [
            'framing = "wrapper"',
            f'transport = "{transport if transport == "udp" else "tcp"}"',
            f"server_sap = {found.server_sap}",
        ]
    server = found.server or Address(1)
    return [
        f'framing = "{"mode-e" if found.line is not None and found.line.mode_e else "hdlc"}"',
        f"baud = {found.line.baud if found.line is not None else 9600}",
        f"server_upper = {server.upper}",
        *([f"server_lower = {server.lower}"] if server.lower is not None else []),
        f"address_length = {server.length}",
    ]


def _line(name: str, value: str, *, known: bool) -> str:
    return f'{name} = "{value}"' + ("" if known else "  # fill in")
