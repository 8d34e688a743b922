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
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu, SecurityControl
from bench.record.declaration import AssociationDeclaration
from bench.record.secrets import SecretStore

#: The system title of this bench where the meter does not expect a certain one: three letters and a number.
OWN_TITLE = b"MTB\x00\x00\x00\x00\x01"
CHALLENGE_OCTETS = 16
BOTH = SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION

_PLAIN_OF: dict[int, int] = {
    ciphered: plain for table in (GLO_TAGS, DED_TAGS) for plain, ciphered in table.items()
}


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
        apdu, _ = decode_apdu(octets)
        if not isinstance(apdu, CipheredApdu | GeneralCipheredApdu):
            return octets
        keys = self._current_keys() if apdu.tag in DED_TAGS.values() else self.keys
        try:
            plain = open_apdu(apdu, keys=keys, system_title=self.meter_title)
        except (DecodeError, ValueError) as error:
            raise BadAnswer(f"The meter's protected answer does not open: {error}.", "not opened") from error
        self.received.append(apdu.protected.invocation_counter)
        due = _PLAIN_OF.get(apdu.tag)
        if due is not None and plain[:1] != bytes([due]):
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


@dataclass(slots=True, kw_only=True)
class Handshake:
    """Passes 3 and 4 of high level security: f of both challenges."""

    mechanism: Mechanism
    own_challenge: bytes
    meter_challenge: bytes = b""
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
        return hls.hashed(self.mechanism, self._proof(protection, ours=True), self.secret)

    def holds(self, answer: bytes, protection: Protection | None) -> bool:
        """Tell whether ``answer`` is the meter's f(CtoS)."""
        if self.mechanism is Mechanism.HLS_GMAC:
            return protection is not None and verify_gmac(
                answer, self.own_challenge, keys=protection.keys, system_title=protection.meter_title
            )
        return answer == hls.hashed(self.mechanism, self._proof(protection, ours=False), self.secret)

    def _proof(self, protection: Protection | None, *, ours: bool) -> hls.Proof:
        own_title = protection.own_title if protection is not None else b""
        meter_title = protection.meter_title if protection is not None else b""
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


MECHANISMS = {
    "none": Mechanism.LOWEST,
    "lls": Mechanism.LLS,
    "hls-md5": Mechanism.HLS_MD5,
    "hls-sha1": Mechanism.HLS_SHA1,
    "hls-gmac": Mechanism.HLS_GMAC,
    "hls-sha256": Mechanism.HLS_SHA256,
}
"""The mechanisms this client speaks; 2 is the maker's own, 7 needs certificates."""


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
        own_title=bytes.fromhex(association.client_system_title) or OWN_TITLE,
        counter=counter(),
    )


def new_handshake(association: AssociationDeclaration, secret: bytes | None) -> Handshake | None:
    """Return the handshake an association asks for, with a fresh challenge; None where it has none."""
    if not association.mechanism.startswith("hls"):
        return None
    challenge = random_source.token_bytes(CHALLENGE_OCTETS)
    return Handshake(
        mechanism=MECHANISMS[association.mechanism], own_challenge=challenge, secret=secret or b""
    )
