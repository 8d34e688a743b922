"""The associations that every product leaves the factory with: clients, rights, passwords and keys (dlms.md §7).

The management client authenticates with a password; the security client has the same rights and authenticates
with GMAC, everything it sends and receives being authenticated and encrypted.
"""

from __future__ import annotations

import hashlib

from reference_meter.products.product import Association, GlobalKeys

READ = ("get", "block-transfer-with-get-or-read", "selective-access", "multiple-references")
MANAGE = (
    *READ,
    "set",
    "action",
    "block-transfer-with-set-or-write",
    "block-transfer-with-action",
    "general-block-transfer",
    "access",
)
SECURE = (*MANAGE, "general-protection")

AUTHENTICATED_AND_ENCRYPTED = 0x04 | 0x08 | 0x20 | 0x40
"""security_policy of class 64 version 1: requests and responses authenticated and encrypted."""
AUTHENTICATED = 0x04 | 0x20
"""Requests and responses authenticated; encryption is the client's choice."""


def made_at_factory(kind: str, seed: int, position: int, what: str) -> bytes:
    """Return 32 octets that depend on the arguments alone."""
    return hashlib.sha256(f"{kind}/{seed}/{position}/{what}".encode()).digest()


def password(kind: str, seed: int, position: int, role: str) -> bytes:
    """Return the 8-character password given at manufacture."""
    return made_at_factory(kind, seed, position, f"{role} password").hex()[:8].encode()


def global_keys(kind: str, seed: int, position: int, role: str, *, suite: int = 0) -> GlobalKeys:
    """Return the keys given at manufacture: 16 octets each, 32 for suite 2."""
    length = 32 if suite == 2 else 16

    def key(name: str) -> bytes:
        return made_at_factory(kind, seed, position, f"{role} {name} key")[:length]

    return GlobalKeys(
        encryption=key("encryption"),
        authentication=key("authentication"),
        broadcast=key("broadcast"),
        master=key("master"),
    )


def system_title(flag_id: str, serial_number: str) -> bytes:
    """Return the system title of a meter: FLAG id and five octets made of the serial number."""
    return flag_id.encode("ascii") + int(serial_number).to_bytes(5)


def signing_key(kind: str, seed: int, position: int, who: str) -> bytes:
    """Return the private key for signatures given at manufacture: 32 octets, below the order of both curves."""
    return b"\x00" + made_at_factory(kind, seed, position, f"{who} signing key")[1:]


def factory_associations(kind: str, position: int, seed: int) -> tuple[Association, ...]:
    """Return the associations of the meter of ``kind`` at ``position``."""
    return (
        Association(name="public", client_sap=16, conformance=READ),
        Association(
            name="reader",
            client_sap=32,
            mechanism="lls",
            secret_name="reader_password",  # noqa: S106 - the name of a secret
            password=password(kind, seed, position, "reader"),
            conformance=READ,
        ),
        Association(
            name="management",
            client_sap=1,
            mechanism="lls",
            secret_name="management_password",  # noqa: S106 - the name of a secret
            password=password(kind, seed, position, "management"),
            conformance=MANAGE,
        ),
        secure_association("security", 2, kind, position, seed),
        secure_association("firmware", 80, kind, position, seed, setup=1, policy=AUTHENTICATED),
        Association(name="pre-established", client_sap=102, conformance=("get",), pre_established=True),
    )


def secure_association(
    name: str,
    client_sap: int,
    kind: str,
    position: int,
    seed: int,
    *,
    suite: int = 0,
    setup: int = 0,
    policy: int = AUTHENTICATED_AND_ENCRYPTED,
) -> Association:
    """Return an association with HLS by GMAC in a ciphered context, with its own security setup object."""
    return Association(
        name=name,
        client_sap=client_sap,
        context="ln-ciphered",
        mechanism="hls-gmac",
        conformance=SECURE,
        suite=suite,
        policy=policy,
        keys=global_keys(kind, seed, position, name, suite=suite),
        dedicated_key=True,
        security_setup=f"0-0:43.0.{setup}.255",
        invocation_counter=f"0-0:43.1.{setup}.255",
    )
