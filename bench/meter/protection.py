"""The client's side of message security: keys by secret name, titles, invocation counters, one association long."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.errors import PlanError
from bench.meter.session import BadAnswer
from bench.protocols import hls
from bench.protocols.acse import Mechanism
from bench.protocols.ciphering import (
    DED_TAGS,
    GLO_TAGS,
    Keys,
    gmac,
    open_apdu,
    protect,
    verify_gmac,
)
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import (
    CipheredApdu,
    GeneralCipheredApdu,
    ProtectedText,
    SecurityControl,
)
from bench.record.declaration import AssociationDeclaration
from bench.record.secrets import SecretStore

#: The system title of this bench where the meter does not expect a certain one: three letters and a number.
OWN_TITLE = b"MTB\x00\x00\x00\x00\x01"
CHALLENGE_OCTETS = 16
#: With signatures a challenge has at least 32 octets (recalled, uncertain).
SIGNED_CHALLENGE_OCTETS = 32
#: As a plain number: the enumeration's operators cost more than a request does.
BOTH = int(SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION)

_PLAIN_OF: dict[int, int] = {
    ciphered: plain for table in (GLO_TAGS, DED_TAGS) for plain, ciphered in table.items()
}
_DEDICATED = frozenset(DED_TAGS.values())
_OPENED = (CipheredApdu, GeneralCipheredApdu)
_HEADER_OCTETS = 7
"""Tag, length, security control and invocation counter."""
_SHORT_OCTETS = 2 + 0x80


@dataclass(slots=True, kw_only=True)
class Protection:
    """What protects the APDUs of one association.

    ``counter`` is the invocation counter of the next APDU; ``control`` the bits that requests carry. ``received``
    keeps the counters of the meter's answers, in order, for those who check that they grow.
    """

    keys: Keys
    suite: int = 0
    control: int = BOTH
    own_title: bytes = OWN_TITLE
    meter_title: bytes = b""
    counter: int = 1
    dedicated: bytes | None = field(default=None, repr=False)
    dedicated_counter: int = 1
    received: list[int] = field(default_factory=list)
    signing_key: bytes = field(default=b"", repr=False)
    """The client's private key for signatures, of associations with ECDSA."""
    meter_public_key: bytes = b""
    """x and y of the meter's key for signatures."""
    agreement_key: bytes = field(default=b"", repr=False)
    meter_agreement_key: bytes = b""
    """The same for key agreement."""
    master_key: bytes = field(default=b"", repr=False)
    """The key that wraps others."""
    repeats_counter: bool = False
    """Whether GMAC of pass 3 carries the counter of the AARQ once more: a habit of some meters."""

    def seal(self, plain: bytes, *, control: int | None = None, counter: int | None = None) -> bytes:
        """Protect a request with the global key, or the dedicated one where there is one.

        ``control`` and ``counter`` replace the bits and the number that would be due (the number is then not
        used up). An APDU without ciphered form stays as it is.
        """
        tags = GLO_TAGS if self.dedicated is None else DED_TAGS
        if plain[0] not in tags:
            return plain
        bits = self.control if control is None else control
        if not bits:
            return plain
        return CipheredApdu(
            tag=tags[plain[0]],
            protected=protect(
                plain,
                keys=self._current_keys(),
                system_title=self.own_title,
                invocation_counter=self._next() if counter is None else counter,
                security_control=bits | self.suite,
            ),
        ).to_bytes()

    def seal_initiate(self, plain: bytes) -> bytes:
        """Protect the InitiateRequest, always with the global key."""
        dedicated, self.dedicated = self.dedicated, None
        sealed = self.seal(plain)
        self.dedicated = dedicated
        return sealed

    def open(self, octets: bytes) -> bytes:
        """Return the plain answer. Raises LinkError when it does not open; a plain one comes back as it is."""
        apdu = _short_ciphered(octets) or decode_apdu(octets)[0]
        if not isinstance(apdu, _OPENED):
            return octets
        keys = self._current_keys() if apdu.tag in _DEDICATED else self.keys
        try:
            plain = open_apdu(apdu, keys=keys, system_title=self.meter_title)
        except (DecodeError, ValueError) as error:
            raise BadAnswer(f"The meter's protected answer does not open: {error}.", "not opened") from error
        self.received.append(apdu.protected.invocation_counter)
        due = _PLAIN_OF.get(apdu.tag)
        if due is not None and (not plain or plain[0] != due):
            raise BadAnswer(
                "The meter's protected answer holds another service than its tag says.", "not opened"
            )
        return plain

    def _current_keys(self) -> Keys:
        if self.dedicated is None:
            return self.keys
        return Keys(encryption=self.dedicated, authentication=self.keys.authentication)

    def _next(self) -> int:
        if self.dedicated is None:
            self.counter += 1
            return self.counter - 1
        self.dedicated_counter += 1
        return self.dedicated_counter - 1


def _short_ciphered(octets: bytes) -> CipheredApdu | None:
    """Return a service-specific ciphered APDU of less than 128 octets, None for anything else or anything odd.

    Nearly all answers are such, and taking this one apart needs no decoder.
    """
    count = len(octets)
    if not _HEADER_OCTETS <= count < _SHORT_OCTETS or octets[1] != count - 2 or octets[0] not in _PLAIN_OF:
        return None
    text = ProtectedText(
        security_control=octets[2], invocation_counter=int.from_bytes(octets[3:7], "big"), payload=octets[7:]
    )
    return CipheredApdu(tag=octets[0], protected=text)


@dataclass(slots=True, kw_only=True)
class Handshake:
    """Passes 3 and 4 of high level security: f of both challenges."""

    mechanism: Mechanism
    own_challenge: bytes
    meter_challenge: bytes = b""
    meter_title: bytes = b""
    """What the AARE says, where there is no protection to know it."""
    secret: bytes = field(default=b"", repr=False)

    def answer(self, protection: Protection | None) -> bytes:
        """Return f(StoC)."""
        if self.mechanism is Mechanism.HLS_GMAC:
            if protection is None:
                raise PlanError(
                    "HLS with GMAC needs keys.", remedy="Declare authentication_key and encryption_key."
                )
            protection.counter += not protection.repeats_counter
            return gmac(
                self.meter_challenge,
                keys=protection.keys,
                system_title=protection.own_title,
                invocation_counter=protection.counter - 1,
                suite=protection.suite,
            )
        proof = self._proof(protection, ours=True)
        if self.mechanism is Mechanism.HLS_ECDSA:
            return sign(proof, protection)
        return hls.hashed(self.mechanism, proof, self.secret)

    def holds(self, answer: bytes, protection: Protection | None) -> bool:
        """Tell whether ``answer`` is the meter's f(CtoS)."""
        if self.mechanism is Mechanism.HLS_GMAC:
            return protection is not None and verify_gmac(
                answer, self.own_challenge, keys=protection.keys, system_title=protection.meter_title
            )
        proof = self._proof(protection, ours=False)
        if self.mechanism is Mechanism.HLS_ECDSA:
            return signed_by_meter(answer, proof, protection)
        return answer == hls.hashed(self.mechanism, proof, self.secret)

    def _proof(self, protection: Protection | None, *, ours: bool) -> hls.Proof:
        own_title = protection.own_title if protection is not None else b""
        meter_title = protection.meter_title if protection is not None else self.meter_title
        if ours:
            return hls.Proof(
                challenge=self.meter_challenge,
                own_challenge=self.own_challenge,
                own_title=own_title,
                peer_title=meter_title,
            )
        return hls.Proof(
            challenge=self.own_challenge,
            own_challenge=self.meter_challenge,
            own_title=meter_title,
            peer_title=own_title,
        )


def sign(proof: hls.Proof, protection: Protection | None) -> bytes:
    """Return f of the meter's challenge by ECDSA. Raises PlanError without a usable key."""
    suite = 0 if protection is None else protection.suite
    number = 0 if protection is None else int.from_bytes(protection.signing_key)
    try:
        return hls.signed(proof, hls.private_key(number, suite=suite), suite=suite)
    except (KeyError, ValueError) as error:
        raise PlanError(
            "HLS with ECDSA needs the client's private key for signatures of suite 1 or 2.",
            remedy='Declare signing_key = "name in the secrets file" and the suite.',
        ) from error


def signed_by_meter(answer: bytes, proof: hls.Proof, protection: Protection | None) -> bool:
    """Tell whether ``answer`` is the meter's f of our challenge by ECDSA."""
    if protection is None:
        return False
    try:
        key = hls.public_key(protection.meter_public_key, suite=protection.suite)
    except (KeyError, ValueError) as error:
        raise PlanError(
            "HLS with ECDSA needs the meter's public key for signatures.",
            remedy="Declare meter_public_key, x and y in hexadecimal digits.",
        ) from error
    return hls.signature_holds(answer, proof, key, suite=protection.suite)


MECHANISMS = {
    "none": Mechanism.LOWEST,
    "lls": Mechanism.LLS,
    "hls-md5": Mechanism.HLS_MD5,
    "hls-sha1": Mechanism.HLS_SHA1,
    "hls-gmac": Mechanism.HLS_GMAC,
    "hls-sha256": Mechanism.HLS_SHA256,
    "hls-ecdsa": Mechanism.HLS_ECDSA,
}
"""The mechanisms this client speaks; 2 is the maker's own."""


def protection_of(
    association: AssociationDeclaration, store: SecretStore, counter: Callable[[], int]
) -> Protection | None:
    """Return the protection of an association whose keys are at hand, None where it has no keys."""
    encryption = store.find(association.encryption_key) if association.encryption_key else None
    authentication = store.find(association.authentication_key) if association.authentication_key else None
    if encryption is None or authentication is None:
        return None
    return Protection(
        keys=Keys(encryption=encryption, authentication=authentication),
        suite=association.suite,
        signing_key=_found(store, association.signing_key),
        agreement_key=_found(store, association.agreement_key),
        meter_agreement_key=bytes.fromhex(association.meter_agreement_key),
        master_key=_found(store, association.master_key),
        meter_public_key=bytes.fromhex(association.meter_public_key),
        own_title=bytes.fromhex(association.client_system_title) or OWN_TITLE,
        counter=counter(),
    )


def _found(store: SecretStore, name: str | None) -> bytes:
    return (store.find(name) or b"") if name else b""


def new_handshake(association: AssociationDeclaration, secret: bytes | None) -> Handshake | None:
    """Return the handshake an association asks for, with a fresh challenge; None where it has none."""
    if not association.mechanism.startswith("hls"):
        return None
    long = association.mechanism == "hls-ecdsa"
    challenge = random_source.token_bytes(SIGNED_CHALLENGE_OCTETS if long else CHALLENGE_OCTETS)
    return Handshake(
        mechanism=MECHANISMS[association.mechanism], own_challenge=challenge, secret=secret or b""
    )
