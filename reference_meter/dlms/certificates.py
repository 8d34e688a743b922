"""Key pairs and certificates of a meter of suites 1 and 2 (Blue Book class 64 version 1, methods 4 to 8).

They live in the memory chip. A generated key pair waits until its certificate is imported; until then the one before
stays in force. What of the contents of requests and certificates is demanded here is recalled: uncertain.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.protocols import hls

if TYPE_CHECKING:
    from cryptography import x509

    from reference_meter.meter import Meter

MOST = 12
"""How many certificates the memory has room for."""
_STORED, _WAITING, _IN_FORCE = "security.certificates", "security.waiting_pair", "security.pair"
_HASHES: dict[int, hashes.SHA256 | hashes.SHA384] = {1: hashes.SHA256(), 2: hashes.SHA384()}


class Entity(IntEnum):
    """Whose certificate it is."""

    SERVER = 0
    CLIENT = 1
    CERTIFICATION_AUTHORITY = 2
    OTHER = 3


class Use(IntEnum):
    """What a key pair is for."""

    SIGNATURE = 0
    AGREEMENT = 1
    TLS = 2
    OTHER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One certificate as the meter reads it; ``serial_number`` and names as the object shows them."""

    entity: Entity
    use: Use
    serial_number: bytes
    issuer: bytes
    subject: bytes
    public_key: bytes
    der: bytes


class Certificates:
    """Make key pairs, ask for certificates, keep them, and give them back."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    # --- key pairs --------------------------------------------------------------------------------

    def private_key(self, use: Use, suite: int) -> ec.EllipticCurvePrivateKey | None:
        """Return the key in force, None for the one of the factory."""
        return self._pair(_IN_FORCE, use, suite)

    def generate(self, use: Use, suite: int) -> None:
        """Make a new key pair, which waits for its certificate."""
        key = self.meter.security.ephemeral_key(suite)
        self.meter.memory.put(f"{_WAITING}.{use}", f"{key.private_numbers().private_value:x}")

    def request(self, use: Use, suite: int) -> bytes | None:
        """Return a certificate signing request (PKCS 10, DER) for the waiting key pair, None without one."""
        from cryptography import x509

        key = self._pair(_WAITING, use, suite)
        if key is None:
            return None
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self._own_name())])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        return builder.sign(key, _HASHES[suite]).public_bytes(serialization.Encoding.DER)

    def _pair(self, kind: str, use: Use, suite: int) -> ec.EllipticCurvePrivateKey | None:
        number: str | None = self.meter.memory.get(f"{kind}.{use}")
        return None if number is None else hls.private_key(int(number, 16), suite=suite)

    def _own_name(self) -> str:
        return self.meter.security.system_title().hex().upper()

    # --- certificates -----------------------------------------------------------------------------

    def all(self, suite: int) -> tuple[Entry, ...]:
        """Return the certificates that are stored, in the order of their import."""
        stored: list[str] = self.meter.memory.get(_STORED) or []
        entries = (self.read(bytes.fromhex(text), suite) for text in stored)
        return tuple(entry for entry in entries if entry is not None)

    def read(self, der: bytes, suite: int) -> Entry | None:
        """Return what a certificate says, None for one that cannot be used here."""
        from cryptography import x509

        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # of odd serial numbers and the like, in what anybody may send
                certificate = x509.load_der_x509_certificate(der)
            key = certificate.public_key()
            if not isinstance(key, ec.EllipticCurvePublicKey):
                return None
            public = hls.public_key_octets(key, suite=suite)
            names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            serial = certificate.serial_number
            entity, use = self._entity(certificate, str(names[0].value) if names else ""), _use(certificate)
        except (OverflowError, ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
            return None
        return Entry(
            entity=entity,
            use=use,
            serial_number=serial.to_bytes((serial.bit_length() + 7) // 8 or 1),
            issuer=certificate.issuer.public_bytes(),
            subject=certificate.subject.public_bytes(),
            public_key=public,
            der=der,
        )

    def store(self, entry: Entry, suite: int) -> bool:
        """Keep a certificate in place of one of the same owner and use; False for one that does not belong here."""
        kept = [row for row in self.all(suite) if _place(row) != _place(entry)]
        if len(kept) >= MOST:
            return False
        with self.meter.memory.together():
            if entry.entity is Entity.SERVER and not self._take_pair(entry, suite):
                return False
            self._write([*kept, entry])
        return True

    def remove(self, entry: Entry, suite: int) -> None:
        """Forget a certificate; the key pair behind it stays in force."""
        self._write([row for row in self.all(suite) if row.der != entry.der])

    def _write(self, entries: list[Entry]) -> None:
        self.meter.memory.put(_STORED, [entry.der.hex() for entry in entries])

    def _take_pair(self, entry: Entry, suite: int) -> bool:
        """Put the waiting key pair in force, if the certificate is for it."""
        waiting = self._pair(_WAITING, entry.use, suite)
        if waiting is None or hls.public_key_octets(waiting.public_key(), suite=suite) != entry.public_key:
            return False
        self.meter.memory.put(f"{_IN_FORCE}.{entry.use}", self.meter.memory.get(f"{_WAITING}.{entry.use}"))
        self.meter.memory.put(f"{_WAITING}.{entry.use}", None)
        return True

    def _entity(self, certificate: x509.Certificate, name: str) -> Entity:
        from cryptography import x509

        try:
            if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
                return Entity.CERTIFICATION_AUTHORITY
        except x509.ExtensionNotFound:
            pass
        if name.upper() == self._own_name():
            return Entity.SERVER
        return Entity.CLIENT if len(name) == _NAME_DIGITS and _is_hexadecimal(name) else Entity.OTHER


_NAME_DIGITS = 16


def _is_hexadecimal(text: str) -> bool:
    return all(digit in "0123456789ABCDEFabcdef" for digit in text)


def _use(certificate: x509.Certificate) -> Use:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return Use.OTHER
    if usage.digital_signature:
        return Use.SIGNATURE
    return Use.AGREEMENT if usage.key_agreement else Use.OTHER


def _place(entry: Entry) -> tuple[object, ...]:
    return entry.entity, entry.use, entry.subject
