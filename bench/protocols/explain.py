"""Say in words what octets hold: HDLC frames, wrapped APDUs, or one APDU, ciphered or not."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.acse import Aare, Aarq, Rlre, Rlrq
from bench.protocols.apdu_tree import INDENT, Row, Tree, text_of, value_rows
from bench.protocols.cursor import TracingCursor
from bench.protocols.deviation import Deviation
from bench.protocols.hdlc import (
    FLAG,
    LLC_COMMAND,
    LLC_RESPONSE,
    Frame,
    FrameKind,
    FrameReader,
    decode_frame,
    decode_parameters,
)
from bench.protocols.hdlc_reader import is_one_frame
from bench.protocols.keyring import Keyring
from bench.protocols.wrapper import HEADER_LENGTH, WrapperReader, decode_wrapper
from bench.protocols.xdlms.action import ActionResponseWithPblock
from bench.protocols.xdlms.apdu import Apdu, read_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu, GeneralCiphering
from bench.protocols.xdlms.get import GetResponseWithDatablock
from bench.protocols.xdlms.signed import GatewayApdu, GeneralSigning
from bench.protocols.xdlms.tags import ApduTag

_WRAPPER_START = bytes([0, 1])
_DEEPEST = 8
"""How many APDUs inside one another are taken apart."""
_MAY_HOLD_SECRETS = (bytes([ApduTag.AARQ]), bytes([ApduTag.INITIATE_REQUEST]))
_CIPHERED = CipheredApdu | GeneralCipheredApdu | GeneralCiphering


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What octets hold, row by row, and every deviation, both counted from the first octet given."""

    rows: tuple[Row, ...]
    deviations: tuple[Deviation, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the rows without their offsets."""
        return tuple(row.text for row in self.rows)


def explain(octets: bytes, keyring: Keyring | None = None) -> Explanation:
    """Explain octets: those that begin with 7E as HDLC frames, with 0001 as wrapped APDUs, else as APDU.

    Ciphered APDUs are opened with the keys of ``keyring``. Never raises. Secret fields (passwords, dedicated
    keys) are counted, not shown.
    """
    return Explainer(keyring or Keyring({})).explain(octets)


def explain_apdu(octets: bytes, offset: int = 0) -> Explanation:
    """Explain one APDU; ``offset`` is added to its offsets."""
    return Explainer(Keyring({})).apdu(octets, offset)


class Explainer:
    """Explain the messages of one conversation: titles of its AARQ and AARE serve to open what follows."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._segments: dict[tuple[str, str], bytes] = {}
        self._blocks: dict[type[Apdu], bytes] = {}
        self._depth = 0

    def explain(self, octets: bytes) -> Explanation:
        """Explain octets of one direction or of both, one after the other."""
        if octets[:1] == bytes([FLAG]):
            found = self._stream(octets)
        elif octets.startswith(_WRAPPER_START):
            found = self._wrapped(octets)
        else:
            found = self.apdu(octets)
        if not self._keyring.holds_secrets:
            return found
        rows = tuple(
            Row(text=self._keyring.masked(row.text), offset=row.offset, inside=row.inside)
            for row in found.rows
        )
        return Explanation(rows=rows, deviations=found.deviations)

    # --- application layer ------------------------------------------------------------------------

    def apdu(self, octets: bytes, offset: int = 0) -> Explanation:
        """Explain one APDU; ``offset`` is added to its offsets."""
        if self._depth > _DEEPEST:
            return _one(f"nested too deeply: {octets.hex()}", offset)
        self._depth += 1
        try:
            return self._apdu(octets, offset)
        finally:
            self._depth -= 1

    def _apdu(self, octets: bytes, offset: int) -> Explanation:
        cursor = TracingCursor(octets)
        apdu = read_apdu(cursor)
        deviations = [deviation.shifted(offset) for deviation in cursor.deviations]
        if apdu is None:
            if octets[:1] in _MAY_HOLD_SECRETS:
                text = f"no APDU: {octets[:1].hex()} and {len(octets) - 1} octets, not shown"
                return _one(text, offset, deviations)
            head = Row(text=f"no APDU: {octets.hex()}", offset=offset)
            read = _as_far_as_read(octets, cursor.steps)
            rows = [head, *(row.indented().shifted(offset) for row in read)]
            return Explanation(rows=tuple(rows), deviations=tuple(deviations))
        rows = [row.shifted(offset) for row in Tree(octets, cursor.steps).rows(apdu)]
        if isinstance(apdu, Aarq | Aare | Rlrq | Rlre):
            more, found = self._association(apdu, octets, offset)
            rows = [row for row in rows if not (more and row.text.startswith(f"{INDENT}user-information:"))]
            rows += more
            deviations += found
        elif isinstance(apdu, _CIPHERED):
            rows += self._opened(apdu)
        else:
            rows += self._carried(apdu)
        return Explanation(rows=tuple(rows), deviations=tuple(deviations))

    def _association(
        self, apdu: Aarq | Aare | Rlrq | Rlre, octets: bytes, offset: int
    ) -> tuple[list[Row], list[Deviation]]:
        """User-information may carry a key: it is shown decoded, not raw."""
        if isinstance(apdu, Aarq):
            self._keyring.learn_title(apdu.calling_ap_title)
        elif isinstance(apdu, Aare):
            self._keyring.learn_title(apdu.responding_ap_title)
        if not apdu.user_information:
            return [], []
        at = offset + max(octets.rfind(apdu.user_information), 0)
        inner = self.apdu(apdu.user_information, at)
        head = Row(text="user-information holds", offset=at)
        return [head, *(row.indented() for row in inner.rows)], list(inner.deviations)

    def _opened(self, apdu: _CIPHERED) -> list[Row]:
        found = self._keyring.open(apdu)
        if found is None:
            return []
        plain, name = found
        return self._put_together(f"deciphered with {name}, {len(plain)} octets", plain)

    def _carried(self, apdu: Apdu) -> list[Row]:
        """Return what stands in blocks, once they are complete, and in signed APDUs."""
        if isinstance(apdu, GeneralSigning):
            return self._put_together(f"signed content, {len(apdu.content)} octets", apdu.content)
        if isinstance(apdu, GatewayApdu):
            return self._put_together(f"behind the gateway, {len(apdu.apdu)} octets", apdu.apdu)
        if isinstance(apdu, GeneralBlockTransfer):
            number, last, raw = apdu.block_number, apdu.last, apdu.data
        elif isinstance(apdu, GetResponseWithDatablock) and isinstance(apdu.result, bytes):
            number, last, raw = apdu.block_number, apdu.last, apdu.result
        elif isinstance(apdu, ActionResponseWithPblock):
            number, last, raw = apdu.block.number, apdu.block.last, apdu.block.raw
        else:
            return []
        before = b"" if number <= 1 else self._blocks.get(type(apdu))
        if before is None:
            return []
        self._blocks[type(apdu)] = before + raw
        if not last:
            return []
        whole = self._blocks.pop(type(apdu))
        if isinstance(apdu, GeneralBlockTransfer):
            return self._put_together(f"blocks hold an APDU of {len(whole)} octets", whole)
        value = value_rows(whole)
        head = Row(text=f"blocks hold a value of {len(whole)} octets")
        return [head, *(row.indented().within() for row in value)] if value else []

    def _put_together(self, title: str, octets: bytes) -> list[Row]:
        """Return an APDU that stands nowhere on the line, its deviations among the rows."""
        inner = self.apdu(octets)
        rows = [row.indented().within() for row in inner.rows]
        rows += [Row(text=f"{INDENT}deviation: {deviation}", inside=True) for deviation in inner.deviations]
        return [Row(text=title), *rows]

    # --- links ------------------------------------------------------------------------------------

    def _stream(self, octets: bytes) -> Explanation:
        if is_one_frame(octets):  # as nearly all are
            return self._frame(octets, 0)
        reader = FrameReader()
        raw_frames = reader.feed(octets)
        rest = reader.pending
        if not raw_frames or len(rest) > 1:
            raw_frames.append(rest)
        parts = []
        at = 0
        for raw in raw_frames:
            at = max(octets.find(raw, at), at)
            parts.append(self._frame(raw, at))
            at += max(len(raw) - 1, 0)
        return _joined(parts)

    def _frame(self, octets: bytes, offset: int) -> Explanation:
        decoded = decode_frame(octets)
        deviations = [deviation.shifted(offset) for deviation in decoded.deviations]
        frame = decoded.frame
        if frame is None:
            return _one(f"no HDLC frame: {octets.hex()}", offset, deviations)
        rows = [Row(text=_frame_line(frame), offset=offset)]
        if frame.information:
            inner = self._information(frame, offset + decoded.information_offset)
            rows += [row.indented() for row in inner.rows]
            deviations += inner.deviations
        return Explanation(rows=tuple(rows), deviations=tuple(deviations))

    def _information(self, frame: Frame, offset: int) -> Explanation:
        information, kind = frame.information, frame.control_field.kind
        if kind in (FrameKind.SNRM, FrameKind.UA):
            parameters, found = decode_parameters(information)
            rows = [Row(text=row.text) for row in Tree(information, []).rows(parameters, 0, None)]
            rows[0] = Row(text=rows[0].text, offset=offset)
            return Explanation(rows=tuple(rows), deviations=tuple(one.shifted(offset) for one in found))
        if kind not in (FrameKind.I, FrameKind.UI):
            return _one(f"information {information.hex()}", offset)
        return self._message(frame, offset)

    def _message(self, frame: Frame, offset: int) -> Explanation:
        """Explain LLC and APDU of one I or UI frame, or collect the segments of several."""
        information = frame.information
        way = (str(frame.destination), str(frame.source))
        before = self._segments.pop(way, None)
        llc = information[: len(LLC_COMMAND)]
        if before is None and llc not in (LLC_COMMAND, LLC_RESPONSE):
            return _one(f"information {information.hex()}", offset)
        if before is not None:
            if frame.segmented:
                self._segments[way] = before + information
                return _one(f"segment: {information.hex()}", offset)
            whole = before + information
            rows = self._put_together(f"last segment; the APDU has {len(whole)} octets", whole)
            rows[0] = Row(text=rows[0].text, offset=offset)
            return Explanation(rows=tuple(rows))
        direction = "command" if llc == LLC_COMMAND else "response"
        rest = information[len(llc) :]
        if frame.segmented:
            self._segments[way] = rest
            return _one(f"LLC {direction}, first segment: {rest.hex()}", offset)
        inner = self.apdu(rest, offset + len(llc))
        head = Row(text=f"LLC {direction}", offset=offset)
        return Explanation(rows=(head, *inner.rows), deviations=inner.deviations)

    def _wrapped(self, octets: bytes) -> Explanation:
        reader = WrapperReader()
        messages = reader.feed(octets)
        follows = len(messages) > 1 and messages[1].startswith(_WRAPPER_START)
        if not follows and not (len(messages) == 1 and reader.pending.startswith(_WRAPPER_START)):
            messages = [octets]
        elif reader.pending:
            messages.append(reader.pending)
        parts = []
        at = 0
        for raw in messages:
            parts.append(self._wrapper(raw, at))
            at += len(raw)
        return _joined(parts)

    def _wrapper(self, octets: bytes, offset: int) -> Explanation:
        decoded = decode_wrapper(octets)
        deviations = [deviation.shifted(offset) for deviation in decoded.deviations]
        frame = decoded.frame
        if frame is None:
            return _one(f"no wrapped APDU: {octets.hex()}", offset, deviations)
        head = Row(
            text=f"wrapper version {frame.version} from {frame.source} to {frame.destination}", offset=offset
        )
        if not frame.payload:
            return Explanation(rows=(head,), deviations=tuple(deviations))
        inner = self.apdu(frame.payload, offset + HEADER_LENGTH)
        rows = (head, *(row.indented() for row in inner.rows))
        return Explanation(rows=rows, deviations=(*deviations, *inner.deviations))


def _as_far_as_read(octets: bytes, steps: list[tuple[int, str]]) -> list[Row]:
    """Return the fields in front of the place where reading stopped."""
    ends = [*(offset for offset, _ in steps[1:]), len(octets)][: len(steps)]
    return [
        Row(text=f"{what}: {octets[offset:end].hex()}", offset=offset)
        for (offset, what), end in zip(steps, ends, strict=True)
        if end > offset
    ]


def _frame_line(frame: Frame) -> str:
    field = frame.control_field
    numbers = [f"N(S)={field.ns}"] if field.ns is not None else []
    numbers += [f"N(R)={field.nr}"] if field.nr is not None else []
    numbers += ["P/F"] if field.poll else []
    numbers += ["segmented"] if frame.segmented else []
    parts = (_address(frame.destination), _address(frame.source), f"{field.kind.value} {frame.control:02X}")
    return " ".join(("HDLC to {} from {}, {}".format(*parts), *numbers))


def _address(address: object) -> str:
    return f"{text_of(address)} (invalid)" if isinstance(address, bytes) else str(address)


def _one(text: str, offset: int, deviations: list[Deviation] | None = None) -> Explanation:
    return Explanation(rows=(Row(text=text, offset=offset),), deviations=tuple(deviations or ()))


def _joined(parts: list[Explanation]) -> Explanation:
    return Explanation(
        rows=tuple(row for part in parts for row in part.rows),
        deviations=tuple(deviation for part in parts for deviation in part.deviations),
    )
