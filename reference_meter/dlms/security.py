"""Who a client is (slot ``security``): passwords, keys, invocation counters, security policy (dlms.md §6.6).

Keys, policy and counters of each security setup live in the memory chip; what it does not hold yet is as the
product left the factory. The counters survive power cuts, so that nothing recorded before one works after it.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from bench.protocols import hls
from bench.protocols.acse_names import Mechanism
from bench.protocols.ciphering import Keys, gmac, unwrap_key, verify_gmac
from bench.protocols.deviation import DecodeError
from reference_meter.dlms.certificates import Certificates, Entity, Use
from reference_meter.dlms.open_association import Handshake, OpenAssociation
from reference_meter.products.product import Association as AssociationSettings

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CHALLENGE_OCTETS = 16
COUNTER_MAX = 0xFFFFFFFF
_POWER_UPS = "security.power_ups"


class KeyId(IntEnum):
    """Which key of a security setup (Blue Book, class 64)."""

    UNICAST_ENCRYPTION = 0
    BROADCAST_ENCRYPTION = 1
    AUTHENTICATION = 2
    MASTER = 3


_KEY_NAMES = {
    KeyId.UNICAST_ENCRYPTION: "encryption",
    KeyId.BROADCAST_ENCRYPTION: "broadcast",
    KeyId.AUTHENTICATION: "authentication",
    KeyId.MASTER: "master",
}
_COUNTED = (KeyId.UNICAST_ENCRYPTION, KeyId.BROADCAST_ENCRYPTION)


class Security:
    """Compare what a client presents with the secrets of this meter; keep its keys and counters."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._n_challenges = 0

    # --- passwords --------------------------------------------------------------------------------

    def password(self, settings: AssociationSettings) -> bytes | None:
        """Return the password or HLS secret of an association, None when it has none."""
        return settings.password

    def password_matches(self, settings: AssociationSettings, presented: bytes) -> bool:
        """Tell whether the whole password was presented; the time taken does not tell how much is right."""
        password = self.password(settings)
        return password is not None and hmac.compare_digest(password, presented)

    # --- keys -------------------------------------------------------------------------------------

    def system_title(self) -> bytes:
        """Return the system title of this meter."""
        return self.meter.product.communication.system_title

    def key(self, settings: AssociationSettings, key_id: KeyId) -> bytes:
        """Return a key of the security setup of an association."""
        name = _KEY_NAMES[key_id]
        stored = self._record(settings).get(name)
        if stored is not None:
            return bytes.fromhex(stored)
        if settings.keys is None:
            raise ValueError(f"association {settings.name} has no keys")
        key: bytes = getattr(settings.keys, name)
        return key

    def global_keys(self, settings: AssociationSettings, *, broadcast: bool = False) -> Keys:
        """Return the encryption key, unicast or broadcast, and the authentication key."""
        key_id = KeyId.BROADCAST_ENCRYPTION if broadcast else KeyId.UNICAST_ENCRYPTION
        return Keys(
            encryption=self.key(settings, key_id), authentication=self.key(settings, KeyId.AUTHENTICATION)
        )

    def candidates(self, settings: AssociationSettings, *, broadcast: bool = False) -> tuple[Keys, ...]:
        """Return the keys with which a received APDU may be protected: the current ones."""
        return (self.global_keys(settings, broadcast=broadcast),)

    def unwrap(self, settings: AssociationSettings, wrapped: bytes) -> bytes | None:
        """Return the key inside a wrapped one, None when it was not wrapped with the master key."""
        master = self.key(settings, KeyId.MASTER)
        if len(wrapped) != len(master) + 8:
            return None
        try:
            return unwrap_key(wrapped, kek=master)
        except DecodeError:
            return None

    def replace_keys(self, settings: AssociationSettings, keys: dict[KeyId, bytes]) -> None:
        """Put new keys in force, all or none; the counters of a new encryption key begin anew."""
        record = self._record(settings)
        record.update({_KEY_NAMES[key_id]: key.hex() for key_id, key in keys.items()})
        for key_id in keys:
            if key_id in _COUNTED:
                record.pop(f"received.{_KEY_NAMES[key_id]}", None)
                record.pop(f"sent.{_KEY_NAMES[key_id]}", None)
        self.meter.memory.put(_name(settings), record)

    # --- policy -----------------------------------------------------------------------------------

    def policy(self, settings: AssociationSettings) -> int:
        """Return the security policy in force (class 64 version 1)."""
        stored: int | None = self._record(settings).get("policy")
        return settings.policy if stored is None else stored

    def raise_policy(self, settings: AssociationSettings, policy: int) -> bool:
        """Put a policy in force that demands at least what the present one does; False otherwise."""
        if self.policy(settings) & ~policy:
            return False
        self.meter.memory.put(_name(settings), {**self._record(settings), "policy": policy})
        return True

    # --- invocation counters ----------------------------------------------------------------------

    def last_received(self, settings: AssociationSettings, *, broadcast: bool = False) -> int:
        """Return the highest counter accepted from a client with the present key, -1 when none was."""
        counter: int = self._record(settings).get(f"received.{_counted(broadcast)}", -1)
        return counter

    def fresh(self, settings: AssociationSettings, counter: int, *, broadcast: bool = False) -> bool:
        """Decide whether a received counter is higher than all before."""
        return counter > self.last_received(settings, broadcast=broadcast)

    def remember(self, settings: AssociationSettings, counter: int, *, broadcast: bool = False) -> None:
        """Keep a counter that was accepted."""
        record = self._record(settings)
        record[f"received.{_counted(broadcast)}"] = counter
        self.meter.memory.put(_name(settings), record)

    def last_carried(self, settings: AssociationSettings) -> int:
        """Return the highest counter accepted with a key that came along, -1 when none was."""
        counter: int = self._record(settings).get("received.carried", -1)
        return counter

    def remember_carried(self, settings: AssociationSettings, counter: int) -> None:
        """Keep a counter that was accepted with a key that came along."""
        self.meter.memory.put(_name(settings), {**self._record(settings), "received.carried": counter})

    def next_counter(self, settings: AssociationSettings) -> int:
        """Return a counter that this meter has never used with the present key."""
        record = self._record(settings)
        counter: int = record.get("sent.encryption", 0) + 1
        record["sent.encryption"] = counter
        self.meter.memory.put(_name(settings), record)
        return counter

    # --- high level security ----------------------------------------------------------------------

    def power_up(self) -> None:
        """Count the power-up, so that no challenge comes twice."""
        self.meter.memory.put(_POWER_UPS, self.power_ups() + 1)

    def power_ups(self) -> int:
        """Return how often the meter was powered up."""
        count: int = self.meter.memory.get(_POWER_UPS) or 0
        return count

    def challenge(self) -> bytes:
        """Return a challenge that nobody can foresee and that never comes again."""
        self._n_challenges += 1
        seed = f"{self.power_ups()}/{self._n_challenges}"
        return self._secret_digest(seed)[:CHALLENGE_OCTETS]

    def proves(self, current: OpenAssociation, handshake: Handshake, answer: bytes) -> bool:
        """Tell whether ``answer`` is the client's f of the challenge that this meter sent."""
        if handshake.mechanism is Mechanism.HLS_GMAC:
            proper = answer[:1] == bytes([0x10 | current.settings.suite])
            return proper and any(
                len(keys.encryption) == len(self.key(current.settings, KeyId.MASTER))
                and verify_gmac(answer, handshake.own_challenge, keys=keys, system_title=current.client_title)
                for keys in self.candidates(current.settings)
            )
        proof = hls.Proof(
            challenge=handshake.own_challenge,
            own_challenge=handshake.client_challenge,
            own_title=current.client_title,
            peer_title=self.system_title(),
        )
        if handshake.mechanism is Mechanism.HLS_ECDSA:
            suite = current.settings.suite
            return hls.signature_holds(answer, proof, self.client_key(current.settings), suite=suite)
        secret = self.password(current.settings) or b""
        return hmac.compare_digest(hls.hashed(handshake.mechanism, proof, secret), answer)

    def proof(self, current: OpenAssociation, handshake: Handshake) -> bytes:
        """Return this meter's f of the challenge that the client sent."""
        if handshake.mechanism is Mechanism.HLS_GMAC:
            return gmac(
                handshake.client_challenge,
                keys=self.global_keys(current.settings),
                system_title=self.system_title(),
                invocation_counter=self.next_counter(current.settings),
                suite=current.settings.suite,
            )
        proof = hls.Proof(
            challenge=handshake.client_challenge,
            own_challenge=handshake.own_challenge,
            own_title=self.system_title(),
            peer_title=current.client_title,
        )
        if handshake.mechanism is Mechanism.HLS_ECDSA:
            suite = current.settings.suite
            return hls.signed(proof, self.signing_key(suite), suite=suite)
        return hls.hashed(handshake.mechanism, proof, self.password(current.settings) or b"")

    def signing_key(self, suite: int) -> ec.EllipticCurvePrivateKey:
        """Return the meter's own private key for signatures on the curve of a suite."""
        own = Certificates(self.meter).private_key(Use.SIGNATURE, suite)
        if own is not None:
            return own
        return hls.private_key(int.from_bytes(self.meter.product.communication.signing_key), suite=suite)

    def client_key(self, settings: AssociationSettings) -> hls.PublicKey:
        """Return the client's public key for signatures: that of its certificate, else the one of the factory.

        Raise ValueError where there is neither.
        """
        current = self.meter.association.current
        name = b"" if current is None else current.client_title.hex().upper().encode()
        for entry in Certificates(self.meter).all(settings.suite):
            known = (entry.entity, entry.use) == (Entity.CLIENT, Use.SIGNATURE)
            if known and name and name in entry.subject.upper():
                return hls.public_key(entry.public_key, suite=settings.suite)
        return hls.public_key(settings.client_public_key, suite=settings.suite)

    def agreement_key(self, suite: int) -> ec.EllipticCurvePrivateKey:
        """Return the meter's own private key for key agreement on the curve of a suite."""
        own = Certificates(self.meter).private_key(Use.AGREEMENT, suite)
        if own is not None:
            return own
        return hls.private_key(int.from_bytes(self.meter.product.communication.agreement_key), suite=suite)

    def ephemeral_key(self, suite: int) -> ec.EllipticCurvePrivateKey:
        """Return a private key that was never used before, on the curve of a suite."""
        self._n_challenges += 1
        number = int.from_bytes(self._secret_digest(f"key {self.power_ups()}/{self._n_challenges}")[1:])
        return hls.private_key(number, suite=suite)

    def _secret_digest(self, what: str) -> bytes:
        """Return 32 octets that only this meter can make: its substitute for a random generator."""
        secrets = [settings.keys.master for settings in self._associations() if settings.keys is not None]
        serial = self.meter.product.identity.serial_number.encode()
        return hashlib.sha256(b"".join(secrets) + serial + what.encode()).digest()

    def _associations(self) -> tuple[AssociationSettings, ...]:
        return self.meter.product.communication.associations

    def _record(self, settings: AssociationSettings) -> dict[str, Any]:
        return self.meter.memory.get(_name(settings)) or {}


def _name(settings: AssociationSettings) -> str:
    return f"security.{settings.name}"


def _counted(broadcast: bool) -> str:
    return _KEY_NAMES[KeyId.BROADCAST_ENCRYPTION if broadcast else KeyId.UNICAST_ENCRYPTION]
