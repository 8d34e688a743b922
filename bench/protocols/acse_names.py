"""Names and numbers of association: contexts, mechanisms, results, diagnostics (IEC 62056-5-3)."""

from __future__ import annotations

from enum import IntEnum

_OBJECT_IDENTIFIER_ROOT = bytes.fromhex("6085740508")
"""2.16.756.5.8"""


class ApplicationContext(IntEnum):
    """The application contexts 2.16.756.5.8.1.x."""

    LN = 1
    SN = 2
    LN_CIPHERED = 3
    SN_CIPHERED = 4

    @property
    def object_identifier(self) -> bytes:
        """Return the content octets of the object identifier."""
        return _OBJECT_IDENTIFIER_ROOT + bytes([1, self])


class Mechanism(IntEnum):
    """The authentication mechanisms 2.16.756.5.8.2.x."""

    LOWEST = 0
    LLS = 1
    HLS = 2
    HLS_MD5 = 3
    HLS_SHA1 = 4
    HLS_GMAC = 5
    HLS_SHA256 = 6
    HLS_ECDSA = 7

    @property
    def object_identifier(self) -> bytes:
        """Return the content octets of the object identifier."""
        return _OBJECT_IDENTIFIER_ROOT + bytes([2, self])


class AssociationResult(IntEnum):
    """result of an AARE."""

    ACCEPTED = 0
    REJECTED_PERMANENT = 1
    REJECTED_TRANSIENT = 2


class UserDiagnostic(IntEnum):
    """Diagnostics of the ACSE service user."""

    NULL = 0
    NO_REASON_GIVEN = 1
    APPLICATION_CONTEXT_NAME_NOT_SUPPORTED = 2
    CALLING_AP_TITLE_NOT_RECOGNIZED = 3
    CALLING_AP_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 4
    CALLING_AE_QUALIFIER_NOT_RECOGNIZED = 5
    CALLING_AE_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 6
    CALLED_AP_TITLE_NOT_RECOGNIZED = 7
    CALLED_AP_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 8
    CALLED_AE_QUALIFIER_NOT_RECOGNIZED = 9
    CALLED_AE_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 10
    AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNIZED = 11
    AUTHENTICATION_MECHANISM_NAME_REQUIRED = 12
    AUTHENTICATION_FAILURE = 13
    AUTHENTICATION_REQUIRED = 14


class ProviderDiagnostic(IntEnum):
    """Diagnostics of the ACSE service provider."""

    NULL = 0
    NO_REASON_GIVEN = 1
    NO_COMMON_ACSE_VERSION = 2


class ReleaseReason(IntEnum):
    """reason of RLRQ (normal, urgent, user) and of RLRE (normal, not finished, user)."""

    NORMAL = 0
    URGENT = 1
    USER_DEFINED = 30


def application_context(name: bytes | None) -> ApplicationContext | None:
    """Return the application context of an object identifier's content octets, None when unknown."""
    return next((row for row in ApplicationContext if row.object_identifier == name), None)


def mechanism(name: bytes | None) -> Mechanism | None:
    """Return the mechanism of an object identifier's content octets, None when unknown."""
    return next((row for row in Mechanism if row.object_identifier == name), None)
