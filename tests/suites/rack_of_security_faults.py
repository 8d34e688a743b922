"""Faults of message security that no catalogue lists, one for each case that none of it breaks."""

from __future__ import annotations

from typing import Any

from bench.protocols.axdr import enum
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.ciphering import Protection
from reference_meter.dlms.security import KeyId
from tests.suites.kept_rack import Kept

SECURITY_SETUP, POLICY, KEY_TRANSFER = 64, 2, 2
_WRAP_OCTETS = 8
_TRIES = 3
_REQUESTS, _RESPONSES = 0x0C, 0x60


class AnyDedicatedKey:
    """A dedicated key is taken as it comes: short, or in the clear."""

    def check_dedicated_key(self: Any, *_words: Any) -> None:
        """Find nothing wrong."""


class KeyInTheClear:
    """Protection is asked of requests, not of the InitiateRequest that brings a key."""

    def check_protection(self: Any, *_words: Any) -> None:
        """Find nothing wrong."""

    def check_dedicated_key(self: Any, settings: Any, initiate: Any, _protection: Any) -> Any:
        """Look at the key as if it had come protected."""
        as_due = Protection(security_control=0x30)
        return super().check_dedicated_key(settings, initiate, as_due)  # type: ignore[misc]


class CounterBeginsAnew:
    """The meter's own counter lives in memory that each new association clears."""

    def challenge(self: Any) -> bytes:
        """Forget the counters of all keys with each challenge."""
        for settings in self._associations():
            record = self._record(settings)
            record.pop("sent.encryption", None)
            self.meter.memory.put(f"security.{settings.name}", record)
        made: bytes = super().challenge()  # type: ignore[misc]
        return made


class UnknownKeysSkipped:
    """A key of an id that the meter does not know is left out without a word."""

    def invoke(self: Any, reference: Any, parameter: Any, role: Any) -> Any:
        """Confirm a transfer of nothing but such keys."""
        if (reference.class_id, reference.method) == (SECURITY_SETUP, KEY_TRANSFER):
            known = set(map(int, KeyId))
            if not any(item.items()[0].number() in known for item in parameter.items()):
                return None
        return super().invoke(reference, parameter, role)  # type: ignore[misc]


class WrappingUnchecked:
    """What comes out of unwrapping is taken for a key, whether its integrity holds or not."""

    def unwrap(self: Any, settings: Any, wrapped: bytes) -> bytes:
        """Return something of the length of a key."""
        key: bytes | None = super().unwrap(settings, wrapped)  # type: ignore[misc]
        return wrapped[_WRAP_OCTETS:] if key is None else key


class ReleasedByAnybody:
    """An RLRQ in the clear releases a protected association."""

    def release_protection(self: Any, *_words: Any) -> Protection:
        """Ask for no protection."""
        return Protection()


class PolicyHeldBack:
    """A raised policy is stored, and the one of the factory is obeyed."""

    def satisfies(self: Any, settings: Any, control: int) -> bool:
        """Compare with what the product demands."""
        return not (settings.policy << 2 & 0x30) & ~control


class PolicyOfTheFactoryShown:
    """security_policy reads what the meter was delivered with."""

    def read(self: Any, reference: Any, *words: Any) -> Any:
        """Read the policy from the product."""
        value = super().read(reference, *words)  # type: ignore[misc]
        if (reference.class_id, reference.attribute) != (SECURITY_SETUP, POLICY):
            return value
        current = self.meter.association.current
        return enum(current.settings.policy)


class AnswersCannotBeRaised:
    """The policy of requests can be raised, that of answers cannot."""

    def raise_policy(self: Any, settings: Any, policy: int) -> bool:
        """Refuse new bits for answers."""
        if policy & _RESPONSES & ~self.policy(settings):
            return False
        raised: bool = super().raise_policy(settings, policy)  # type: ignore[misc]
        return raised


class AnswersHiddenInPolicy:
    """security_policy shows the bits of requests alone."""

    def read(self: Any, reference: Any, *words: Any) -> Any:
        """Leave the bits of answers out."""
        value = super().read(reference, *words)  # type: ignore[misc]
        if (reference.class_id, reference.attribute) != (SECURITY_SETUP, POLICY):
            return value
        return enum(value.number() & _REQUESTS)


class ProtectedWritesLost:
    """What is written with protection is confirmed and not stored."""

    def write(self: Any, *words: Any) -> Any:
        """Write only what came in the clear."""
        if self.protection.security_control:
            return DataAccessResult.SUCCESS
        return super().write(*words)  # type: ignore[misc]


class OneChallengeForAll:
    """The challenge is made once in the factory."""

    def challenge(self: Any) -> bytes:
        """Return it."""
        return bytes(range(1, 17))


class ShortChallenge:
    """Four octets of challenge are found to be enough."""

    def challenge(self: Any) -> bytes:
        """Cut it."""
        made: bytes = super().challenge()  # type: ignore[misc]
        return made[:4]


class LocksForGood:
    """After three wrong passwords no password is right any more."""

    def password_matches(self: Any, settings: Any, presented: bytes) -> bool:
        """Count the wrong ones."""
        right = super().password_matches(settings, presented)  # type: ignore[misc]
        self.n_wrong = getattr(self, "n_wrong", 0) + (not right)
        return bool(right and self.n_wrong < _TRIES)


SECURITY = "test_security.py"
POLICIES = "test_security_policy.py"
IDENTITY = "test_security_identity.py"
KEPT = (
    Kept(
        "association",
        AnyDedicatedKey,
        "dlms/SYMSEC_0_DedKey_N1",
        f"{SECURITY}::test_dedicated_key_n1",
        "dedicated key of wrong length",
    ),
    Kept(
        "association",
        KeyInTheClear,
        "dlms/SYMSEC_0_DedKey_N1",
        f"{SECURITY}::test_dedicated_key_n1",
        "dedicated key unprotected: not associated",
    ),
    Kept(
        "security",
        CounterBeginsAnew,
        "dlms/SYMSEC_0_FraCount_3",
        f"{SECURITY}::test_frame_counter_3",
        "an answer with counter 3 came after one with 7",
    ),
    Kept(
        "objects",
        UnknownKeysSkipped,
        "dlms/SYMSEC_0_Key_Tx_N1",
        f"{SECURITY}::test_key_transfer_n1",
        "bad key transfer",
    ),
    Kept(
        "security",
        WrappingUnchecked,
        "dlms/SYMSEC_0_Key_Tx_N2",
        f"{SECURITY}::test_key_transfer_n2",
        "bad key transfer",
    ),
    Kept(
        "association",
        ReleasedByAnybody,
        "dlms/SYMSEC_0_REL_N1",
        f"{SECURITY}::test_release_n1",
        "RLRQ in the clear",
    ),
    Kept(
        "ciphering",
        PolicyHeldBack,
        "dlms/SYMSEC_0_SecPol_1",
        f"{POLICIES}::test_policy_1",
        "raised, GET with authentication: ",
    ),
    Kept(
        "objects",
        PolicyOfTheFactoryShown,
        "dlms/SYMSEC_0_SecPol_1/in force",
        f"{POLICIES}::test_policy_1",
        "security_policy reads 24 after 2C was put in force",
    ),
    Kept(
        "security",
        AnswersCannotBeRaised,
        "dlms/SYMSEC_0_SecPol_2",
        f"{POLICIES}::test_policy_2",
        "raised, raising: done was due",
    ),
    Kept(
        "objects",
        AnswersHiddenInPolicy,
        "dlms/SYMSEC_0_SecPol_2/in force",
        f"{POLICIES}::test_policy_2",
        "security_policy reads 0C after 6C was put in force",
    ),
    Kept(
        "services",
        ProtectedWritesLost,
        "dlms/SYMSEC_0_SecDataX_P1/write",
        f"{SECURITY}::test_data_exchange_p1",
        "was confirmed",
    ),
    Kept(
        "security",
        OneChallengeForAll,
        "dlms/hls_challenges",
        f"{IDENTITY}::test_hls_challenges",
        "came again at once",
    ),
    Kept(
        "security",
        ShortChallenge,
        "dlms/hls_challenges",
        f"{IDENTITY}::test_hls_challenges",
        "a challenge has 4 octets",
    ),
    Kept(
        "security",
        LocksForGood,
        "dlms/lock_out",
        "test_lock_out.py::test_lock_out",
        "right password after",
    ),
)
