"""Check the codec against test vectors that come from elsewhere.

A vector names its kind, its octets (``hex``, or ``frames``) and what is expected of it (``expect``):
roundtrip, decipher, mac, unwrap, structure or deviation. What is not covered fails; it never passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.protocols.acse import Aare, Aarq, Rlre, Rlrq
from bench.protocols.ciphering import Keys, open_apdu, protect, unwrap_key, verify_gmac, wrap_key
from bench.protocols.deviation import DecodeError, Deviation
from bench.protocols.hdlc import LLC_COMMAND, LLC_RESPONSE, FrameKind, decode_frame, decode_parameters
from bench.protocols.wrapper import decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu, GeneralCiphering
from bench.protocols.xdlms.signed import GatewayApdu, GeneralSigning

Vector = Mapping[str, Any]
_LINK_KINDS = ("hdlc", "wrapper")


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorResult:
    """Whether a vector gave what it expects, and why not."""

    name: str
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Return whether nothing was found against it."""
        return not self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What decoding and rebuilding gave: deviations of the layer in question and of what it carries."""

    deviations: tuple[Deviation, ...]
    rebuilt: bytes
    inner_deviations: tuple[Deviation, ...] = ()
    inner_differs: bool = False


def check_vector(vector: Vector) -> VectorResult:
    """Check one vector; a malformed one fails with the reason."""
    name = str(vector.get("name", "?"))
    check = _CHECKS.get(str(vector.get("expect")))
    if check is None:
        return VectorResult(name=name, reason=f"expectation {vector.get('expect')!r} is not covered")
    try:
        return VectorResult(name=name, reason=check(vector))
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        return VectorResult(name=name, reason=f"{type(error).__name__}: {error}")


def _octet_strings(vector: Vector) -> list[bytes]:
    """Return the frames of a vector, or its one octet string."""
    texts = vector["frames"] if "frames" in vector else [vector["hex"]]
    return [bytes.fromhex(text) for text in texts]


def _read(kind: str, octets: bytes) -> _Reading:
    if kind.startswith("hdlc"):
        return _read_hdlc(octets)
    if kind.startswith("wrapper"):
        return _read_wrapper(octets)
    return _read_apdu(octets)


def _read_hdlc(octets: bytes) -> _Reading:
    decoded = decode_frame(octets)
    frame = decoded.frame
    if frame is None:
        return _Reading(deviations=decoded.deviations, rebuilt=b"")
    rebuilt, information = frame.to_bytes(), frame.information
    kind = frame.control_field.kind
    if kind in (FrameKind.SNRM, FrameKind.UA) and information:
        parameters, deviations = decode_parameters(information)
        differs = not deviations and parameters.to_bytes() != information
        all_deviations = decoded.deviations + deviations
        return _Reading(deviations=all_deviations, rebuilt=rebuilt, inner_differs=differs)
    has_apdu = information.startswith((LLC_COMMAND, LLC_RESPONSE)) and not frame.segmented
    inner = _read_apdu(information[len(LLC_COMMAND) :]) if has_apdu else None
    return _with_inner(decoded.deviations, rebuilt, inner, information[len(LLC_COMMAND) :])


def _read_wrapper(octets: bytes) -> _Reading:
    decoded = decode_wrapper(octets)
    if decoded.frame is None:
        return _Reading(deviations=decoded.deviations, rebuilt=b"")
    payload = decoded.frame.payload
    return _with_inner(decoded.deviations, decoded.frame.to_bytes(), _read_apdu(payload), payload)


def _read_apdu(octets: bytes) -> _Reading:
    apdu, deviations = decode_apdu(octets)
    if apdu is None:
        return _Reading(deviations=deviations, rebuilt=b"")
    information = _information(apdu)
    inner = _read_apdu(information) if information else None
    return _with_inner(deviations, apdu.to_bytes(), inner, information or b"")


def _information(apdu: object) -> bytes | None:
    """Return the APDU that another one carries in the clear."""
    if isinstance(apdu, Aarq | Aare | Rlrq | Rlre):
        return apdu.user_information
    if isinstance(apdu, GeneralSigning):
        return apdu.content
    return apdu.apdu if isinstance(apdu, GatewayApdu) else None


def _with_inner(
    deviations: tuple[Deviation, ...], rebuilt: bytes, inner: _Reading | None, octets: bytes
) -> _Reading:
    if inner is None:
        return _Reading(deviations=deviations, rebuilt=rebuilt)
    found = inner.deviations + inner.inner_deviations
    differs = inner.inner_differs or (not found and inner.rebuilt != octets)
    return _Reading(deviations=deviations, rebuilt=rebuilt, inner_deviations=found, inner_differs=differs)


def _check_roundtrip(vector: Vector) -> str:
    """A frame vector speaks of its frame: what its APDU deviates in is that APDU's affair."""
    kind = str(vector["kind"])
    for octets in _octet_strings(vector):
        reading = _read(kind, octets)
        found = reading.deviations
        if not kind.startswith(_LINK_KINDS):
            found += reading.inner_deviations
        if found:
            return "; ".join(str(deviation) for deviation in found)
        if reading.rebuilt != octets:
            return f"rebuilt as {reading.rebuilt.hex()}"
        if reading.inner_differs:
            return "what it carries is rebuilt with other octets"
    return ""


def _check_deviation(vector: Vector) -> str:
    readings = [_read(str(vector["kind"]), octets) for octets in _octet_strings(vector)]
    if any(reading.deviations or reading.inner_deviations for reading in readings):
        return ""
    return "no deviation reported"


def _check_decipher(vector: Vector) -> str:
    octets = bytes.fromhex(vector["hex"])
    apdu, deviations = decode_apdu(octets)
    if deviations or not isinstance(apdu, CipheredApdu | GeneralCipheredApdu | GeneralCiphering):
        return "; ".join(str(deviation) for deviation in deviations) or "no ciphered APDU"
    if apdu.to_bytes() != octets:
        return f"rebuilt as {apdu.to_bytes().hex()}"
    keys, title = _keys(vector), _title(vector)
    counter = vector.get("invocation_counter", apdu.protected.invocation_counter)
    if counter != apdu.protected.invocation_counter:
        return f"invocation counter {apdu.protected.invocation_counter}, expected {counter}"
    plain = open_apdu(apdu, keys=keys, system_title=title)
    own_title = getattr(apdu, "system_title", b"") or getattr(apdu, "originator_system_title", b"")
    again = protect(
        plain,
        keys=keys,
        system_title=own_title or title,
        invocation_counter=counter,
        security_control=apdu.protected.security_control,
        head=apdu.head.to_bytes() if isinstance(apdu, GeneralCiphering) else b"",
    )
    if again != apdu.protected:
        return "sealed again it gives other octets"
    if "plain" in vector:
        return "" if plain == bytes.fromhex(vector["plain"]) else f"deciphered as {plain.hex()}"
    inner = _read_apdu(plain)
    found = inner.deviations + inner.inner_deviations
    return "; ".join(f"inside: {deviation}" for deviation in found)


def _check_mac(vector: Vector) -> str:
    answer, challenge = bytes.fromhex(vector["hex"]), bytes.fromhex(vector["challenge"])
    if int.from_bytes(answer[1:5], "big") != vector.get("invocation_counter"):
        return "the invocation counter is another"
    verified = verify_gmac(answer, challenge, keys=_keys(vector), system_title=_title(vector))
    return "" if verified else "computes to other octets"


def _check_unwrap(vector: Vector) -> str:
    wrapped, kek, key = (bytes.fromhex(vector[name]) for name in ("hex", "kek", "key"))
    try:
        unwrapped = unwrap_key(wrapped, kek=kek)
    except DecodeError as error:
        return str(error)
    if unwrapped != key:
        return "unwraps to another key"
    return "" if wrap_key(key, kek=kek) == wrapped else "wraps to other octets"


def _keys(vector: Vector) -> Keys:
    authentication = bytes.fromhex(vector.get("ak", ""))
    return Keys(encryption=bytes.fromhex(vector["ek"]), authentication=authentication)


def _title(vector: Vector) -> bytes:
    return bytes.fromhex(vector["system_title"])


_CHECKS: dict[str, Callable[[Vector], str]] = {
    "roundtrip": _check_roundtrip,
    "structure": _check_roundtrip,
    "deviation": _check_deviation,
    "decipher": _check_decipher,
    "mac": _check_mac,
    "unwrap": _check_unwrap,
}
