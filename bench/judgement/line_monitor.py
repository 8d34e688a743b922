"""The passive monitor: every exchange of every case of a run, checked for what no answer may ever do.

It reads the whole recorded traffic of one position: frame format, length, HCS and FCS, segmentation, sequence
numbers and acknowledgements, wrapper headers, the coding of the answers' APDUs, and whether an answer carries
the invoke-id of its request. Whatever a case sends wrong on purpose never counts against the meter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    FLAG,
    LLC_RESPONSE,
    Address,
    DecodedFrame,
    Frame,
    FrameKind,
    FrameReader,
    decode_frame,
    parse_control,
)
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.record.communication_declaration import CommunicationDeclaration
from bench.record.exchange import Direction, Exchange
from bench.record.model import Judgement, Observation, Outcome, Requirement

MODULUS = 8
SHORTEST_FRAME = 9
#: What is wrong with a frame of which the end is missing: nothing that its length alone would break.
UNFINISHED = frozenset({"hdlc.fcs", "hdlc.too-short"})
#: First octets of requests and their answers whose third octet is the invoke-id and priority.
WITH_INVOKE_ID = {0xC0: 0xC4, 0xC1: 0xC5, 0xC3: 0xC7}
INVOKE_ID = 0x0F
FRAMES, APDUS = LAYERS = ("frames", "APDUs")
VERSION_OCTETS = b"\x00\x01"
TOLD = 6


@dataclass(slots=True)
class _Watch:
    """What is known of one direction of the line while it is followed."""

    reader: FrameReader = field(default_factory=FrameReader)
    wrapper: WrapperReader = field(default_factory=WrapperReader)
    information: bytes = b""
    hidden: bool = False
    """Whether a segment of the information was masked."""
    number: int | None = None
    repeated: bytes = b""
    """The frame seen last: the same one again is a repetition, not the next."""


@dataclass(slots=True)
class _Line:
    """One position's line."""

    wrapped: bool
    server: Address
    layer: str
    server_port: int = 0
    recognised: bool = False
    """Whether a wrapped message, sound or not, was one of this meter's; before that, it may be anybody's."""
    client: _Watch = field(default_factory=_Watch)
    meter: _Watch = field(default_factory=_Watch)
    request: bytes = b""
    spoiled: bool = False
    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LAYERS, 0))
    faults: dict[str, list[str]] = field(default_factory=lambda: {layer: [] for layer in LAYERS})


@judge("dlms.monitor", version=5)
def judge_traffic(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Follow all traffic named in the observation; tell every kind of fault once, with where and how often."""
    data = observations[0].data
    first, last = int(data["first"]), int(data["last"])
    numbers = range(first, last + 1)
    exchanges = [context.recorded[f"T{number}"] for number in numbers if f"T{number}" in context.recorded]
    layer = text(data, "layer")
    checked, faults = 0, []
    for port in dict.fromkeys(exchange.port for exchange in exchanges):
        line = _line(context.declaration.communication, port, layer)
        _follow_all(line, [exchange for exchange in exchanges if exchange.port == port])
        checked += line.checked[layer]
        faults += line.faults[layer]
    if not checked:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter sent nothing that could be checked")
    if not faults:
        return Judgement(outcome=Outcome.PASSED, reason=f"{checked} {layer} of the meter are sound")
    kinds = Counter(fault.split(": ", 1)[1] for fault in faults)
    places = {fault.split(": ", 1)[1]: fault.split(": ", 1)[0] for fault in reversed(faults)}
    told = [f"{kind} ({count} times, first at {places[kind]})" for kind, count in kinds.most_common(TOLD)]
    return Judgement(
        outcome=Outcome.FAILED,
        reason="; ".join(told),
        measured=float(len(faults)),
        limit=0.0,
        unit="faults",
    )


def _line(said: CommunicationDeclaration, port: str, layer: str) -> _Line:
    """Return the line of a port of the meter, "" for the one it is tested at."""
    further = said.port_named(port) if port else None
    return _Line(
        wrapped=(further.framing if further is not None else said.framing) == "wrapper",
        server=Address(
            said.server_upper, None if said.address_length == 1 else said.server_lower, said.address_length
        ),
        layer=layer,
        server_port=said.server_sap,
    )


def _follow_all(line: _Line, exchanges: Sequence[Exchange]) -> None:
    for exchange, following in zip_longest(exchanges, exchanges[1:]):
        if exchange.direction is Direction.SENT:
            _sent(line, exchange)
        else:
            _received(line, exchange, last=following is None or following.direction is Direction.SENT)


def _sent(line: _Line, exchange: Exchange) -> None:
    """Note what the meter is asked. A frame that is wrong on purpose makes the numbers unknown until SNRM."""
    if line.wrapped:
        # What is no beginning of a message is not waited for: the next answer stands for itself.
        if line.meter.wrapper.pending[:2] not in {b"", VERSION_OCTETS[:1], VERSION_OCTETS}:
            line.meter.wrapper.reset()
        decoded = decode_wrapper(exchange.octets)
        line.request = decoded.frame.payload if decoded.frame is not None else b""
        line.spoiled = bool(violations(decoded.deviations))
        return
    for raw in FrameReader().feed(exchange.octets):
        _client_frame(
            line,
            decode_frame(raw),
            raw,
            f"{exchange.id} in {exchange.case or 'no case'}",
            bool(exchange.secrets),
        )


def _client_frame(line: _Line, decoded: DecodedFrame, raw: bytes, where: str, masked: bool) -> None:
    frame = decoded.frame
    # A masked secret leaves zeros where octets stood, so check sums cannot be right there.
    broken = violations(decoded.deviations) and not masked
    if frame is None or broken:
        line.spoiled = True
        return
    if frame.destination != line.server:
        return  # not for this meter, which therefore knows nothing of it
    control = parse_control(frame.control)
    if control.kind in (FrameKind.SNRM, FrameKind.DISC):
        line.client, line.meter, line.request = _Watch(), _Watch(), b""
        line.spoiled = False
    elif control.kind is FrameKind.I:
        if raw == line.client.repeated:
            return
        line.client.repeated = raw
        if control.ns != _next(line.client.number):
            line.spoiled = True
        if line.meter.information and not line.spoiled:
            line.faults[FRAMES].append(f"{where}: the answer before has no last segment")
            line.meter.information = b""
        line.client.number = control.ns
        line.client.information += frame.information
        if not frame.segmented:
            line.request, line.client.information = line.client.information[3:], b""
    elif control.kind not in (FrameKind.RR, FrameKind.RNR, FrameKind.UI):
        line.spoiled = True


def _received(line: _Line, exchange: Exchange, *, last: bool) -> None:
    """Check what the meter sent; ``last``: after these octets it was the bench's turn."""
    masked = bool(exchange.secrets)  # zeros stand where octets were: its numbers can be followed, no more
    where = f"{exchange.id} in {exchange.case or 'no case'}"
    if line.wrapped:
        if masked:
            return
        for raw in line.meter.wrapper.feed(exchange.octets):
            wrapped = decode_wrapper(raw)
            line.recognised |= raw[:2] == VERSION_OCTETS or _of_the_meter(line, wrapped.frame)
            if not line.recognised:
                continue
            line.checked[FRAMES] += 1
            line.faults[FRAMES] += [
                f"{where}: {fault.rule}: {fault.text}" for fault in violations(wrapped.deviations)
            ]
            if wrapped.frame is not None:
                _apdu(line, where, wrapped.frame.payload)
        return
    raws = line.meter.reader.feed(exchange.octets)
    if last:  # before, the line may have been cut at an octet 7E inside a frame, and the rest is on its way
        raws += _between_flags(line.meter.reader)
    for raw in raws:
        decoded = decode_frame(raw)
        broken = [] if masked else violations(decoded.deviations)
        line.checked[FRAMES] += not masked
        line.faults[FRAMES] += [f"{where}: {fault.rule}: {fault.text}" for fault in broken]
        if decoded.frame is not None and not broken:
            _follow(line, decoded.frame)
            found = _meter_frame(line, where, decoded.frame, raw, masked=masked)
            line.faults[FRAMES] += [f"{where}: {fault}" for fault in found]
    line.meter.reader.garbage = b""


def _follow(line: _Line, frame: Frame) -> None:
    """Go on with the logical device that confirms a connection: what is sent to another is not for it."""
    served, device = line.server, frame.source
    if not isinstance(device, Address) or device == served:
        return
    if parse_control(frame.control).kind is not FrameKind.UA:
        return
    if (device.lower, device.length) == (served.lower, served.length):
        line.server, line.client, line.request, line.spoiled = device, _Watch(), b"", False
        line.meter.number, line.meter.information, line.meter.repeated = None, b"", b""


def _of_the_meter(line: _Line, frame: WrapperFrame | None) -> bool:
    return frame is not None and frame.source == line.server_port


def _between_flags(reader: FrameReader) -> list[bytes]:
    """Return the frame at the end of a burst whose length says that more is to come, though its FCS is right."""
    pending = reader.pending
    if pending[-1:] != bytes([FLAG]) or len(pending) < SHORTEST_FRAME:
        return []
    if any(deviation.rule in UNFINISHED for deviation in decode_frame(pending).deviations):
        return []
    reader.reset()
    return [pending]


def _meter_frame(line: _Line, where: str, frame: Frame, raw: bytes, *, masked: bool) -> Iterable[str]:
    control = parse_control(frame.control)
    if control.kind is not FrameKind.I:
        return
    watch = line.meter
    if raw == watch.repeated:
        return  # the same answer again, because the same frame was sent again
    watch.repeated = raw
    if not line.spoiled:
        due = _next(watch.number)
        if control.ns != due:
            yield f"N(S)={control.ns} where {due} was due"
        acknowledged = _next(line.client.number)
        if control.nr != acknowledged:
            yield f"N(R)={control.nr} where {acknowledged} was due"
    watch.number = control.ns
    watch.information += frame.information
    watch.hidden |= masked
    if frame.segmented:
        return
    information, watch.information = watch.information, b""
    hidden, watch.hidden = watch.hidden, False
    if hidden:
        return
    if not information.startswith(LLC_RESPONSE):
        if not line.spoiled:
            yield "an answer without the LLC header E6 E7 00"
        return
    _apdu(line, where, information[3:])


def _apdu(line: _Line, where: str, apdu: bytes) -> None:
    if line.layer != APDUS:
        return  # each layer is judged by itself
    line.checked[APDUS] += 1
    line.faults[APDUS] += [
        f"{where}: {fault.rule}: {fault.text}" for fault in violations(decode_apdu(apdu)[1])
    ]
    request = line.request
    if len(request) < 3 or len(apdu) < 3 or WITH_INVOKE_ID.get(request[0]) != apdu[0]:
        return
    # A request that cannot be decoded has no invoke-id that an answer could be held to.
    if violations(decode_apdu(request)[1]):
        return
    if request[2] & INVOKE_ID != apdu[2] & INVOKE_ID:
        line.faults[APDUS].append(f"{where}: the answer carries another invoke-id than its request")


def _next(number: int | None) -> int:
    return 0 if number is None else (number + 1) % MODULUS
