"""How the meter speaks: ports, ciphering, and the associations it offers."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bench.record.declaration_part import DeclarationPart, did_you_mean

#: Services of the xDLMS conformance block, as the Green Book names them.
CONFORMANCE = (
    "general-protection",
    "general-block-transfer",
    "read",
    "write",
    "unconfirmed-write",
    "delta-value-encoding",
    "attribute0-supported-with-set",
    "priority-mgmt-supported",
    "attribute0-supported-with-get",
    "block-transfer-with-get-or-read",
    "block-transfer-with-set-or-write",
    "block-transfer-with-action",
    "multiple-references",
    "information-report",
    "data-notification",
    "access",
    "parameterized-access",
    "get",
    "set",
    "selective-access",
    "event-notification",
    "action",
)


KEY_OCTETS = {0: 16, 1: 16, 2: 32}
"""Octets of the symmetric keys of each security suite."""
PUBLIC_KEY_OCTETS = {1: 64, 2: 96}
"""Octets of a public key (x and y) of each suite that has such."""
LONGEST_HDLC_CLIENT = 0x7F


class PortDeclaration(DeclarationPart):
    """A further port of the meter, beside the main one that ``[communication]`` describes."""

    name: str
    framing: Literal["hdlc", "wrapper", "mode-e"]
    transport: Literal["serial", "tcp", "udp"]
    inactivity_time_out_s: float = Field(default=120.0, ge=0)


class CommunicationDeclaration(DeclarationPart):
    """How the meter's main port speaks. Lengths in octets, times in seconds."""

    framing: Literal["hdlc", "wrapper", "mode-e"] = "hdlc"
    baud: int = Field(default=9600, gt=0)
    server_upper: int = Field(default=1, ge=0, le=0x3FFF)
    server_lower: int | None = Field(default=None, ge=0, le=0x3FFF)
    address_length: Literal[1, 2, 4] = 1
    max_info_transmit: int = Field(default=128, ge=1, le=2030)
    max_info_receive: int = Field(default=128, ge=1, le=2030)
    window_transmit: int = Field(default=1, ge=1, le=7)
    window_receive: int = Field(default=1, ge=1, le=7)
    inactivity_time_out_s: float = Field(default=120.0, ge=0)
    inter_octet_time_out_s: float = Field(default=0.025, gt=0)
    response_time_out_s: float = Field(default=2.0, gt=0)
    transport: Literal["serial", "tcp", "udp"] = "serial"
    """What carries the framing: a serial line (or a serial server), or TCP or UDP for the wrapper."""
    server_sap: int = Field(default=1, ge=0, le=0xFFFF)
    """wPort of the management logical device, for the wrapper."""
    sign_on_baud: int = Field(default=300, gt=0)
    """Where a mode E sign-on begins; ``baud`` is what it switches to."""
    mode_e_address: str = Field(default="", pattern=r"^[0-9A-Za-z]{0,32}$")
    """Device address of the mode E request message; empty: the meter answers without one."""
    all_station_address: bool = False
    """Whether the meter takes a connection under the all-station address, as one that is alone on its line may."""
    protection: str = ""
    """Object that protects the main port from failed attempts (class 124), a maker's code; empty: none."""
    port: tuple[PortDeclaration, ...] = ()
    """Further ports of the meter; the rig file says where each is reached."""

    @model_validator(mode="after")
    def _server_fits_its_octets(self) -> CommunicationDeclaration:
        if self.framing == "wrapper":
            return self
        limit = 0x3FFF if self.address_length == 4 else 0x7F
        if max(self.server_upper, self.server_lower or 0) > limit:
            raise ValueError(
                f"server address {self.server_upper}/{self.server_lower} does not fit "
                f"{self.address_length} octets, whose parts go to {limit}: say address_length = 4"
            )
        if self.address_length > 1 and self.server_lower is None:
            raise ValueError(
                f"an address of {self.address_length} octets has two parts: add server_lower, "
                "or say address_length = 1"
            )
        return self

    @field_validator("port")
    @classmethod
    def _ports_differ(cls, ports: tuple[PortDeclaration, ...]) -> tuple[PortDeclaration, ...]:
        names = [port.name for port in ports]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"port name used twice: {', '.join(twice)}")
        return ports

    @property
    def silence_allowed_s(self) -> float:
        """How long a client may be silent and keep its association: without end where the time-out is 0."""
        return self.inactivity_time_out_s or math.inf

    def port_named(self, name: str) -> PortDeclaration | None:
        """Return the further port of a name, or None where the meter has none such."""
        return next((port for port in self.port if port.name == name), None)


class SecurityDeclaration(DeclarationPart):
    """What all ciphered associations share. ``system_title`` is the meter's, 16 hexadecimal digits."""

    system_title: str = Field(pattern=r"^[0-9A-Fa-f]{16}$")


class AssociationDeclaration(DeclarationPart):
    """One association the meter offers. ``secret`` and the keys name entries of the secrets file.

    ``suite``, ``policy`` and the keys are those of the security setup that the association uses.
    """

    name: str
    client_sap: int = Field(ge=1, le=0xFFFF)
    context: Literal["ln", "sn", "ln-ciphered", "sn-ciphered"] = "ln"
    mechanism: Literal[
        "none", "lls", "hls-2", "hls-md5", "hls-sha1", "hls-gmac", "hls-sha256", "hls-ecdsa"
    ] = "none"
    secret: str | None = None
    conformance: tuple[str, ...] = ()
    max_pdu: int = Field(default=1024, ge=11, le=0xFFFF)
    suite: Literal[0, 1, 2] = 0
    policy: int = Field(default=0, ge=0, le=0xFF)
    """security_policy: 0 to 3 where the security setup is version 0, else the bits of version 1."""
    security_version: Literal[0, 1] = 1
    authentication_key: str | None = None
    encryption_key: str | None = None
    broadcast_key: str | None = None
    master_key: str | None = None
    """The key that wraps new ones (KEK)."""
    signing_key: str | None = None
    """The client's private key for signatures (ECDSA), of suites 1 and 2."""
    agreement_key: str | None = None
    """The client's private key for key agreement, of suites 1 and 2."""
    meter_public_key: str = Field(default="", pattern=r"^([0-9A-Fa-f]{128}|[0-9A-Fa-f]{192})?$")
    """x and y of the meter's public key for signatures; no secret."""
    meter_agreement_key: str = Field(default="", pattern=r"^([0-9A-Fa-f]{128}|[0-9A-Fa-f]{192})?$")
    """x and y of the meter's public key for key agreement; no secret."""
    pre_established: bool = False
    """Whether it is open without an AARQ."""
    dedicated_key: bool = False
    """Whether the meter takes a dedicated key with the AARQ."""
    client_system_title: str = Field(default="", pattern=r"^([0-9A-Fa-f]{16})?$")
    """The title the meter expects of this client; empty: any."""
    lock_out_after: int = Field(default=0, ge=0)
    """Wrong passwords in a row after which the association is locked; 0: nothing is stated of a lock."""
    lock_out_s: float = Field(default=0.0, ge=0)
    """How long it is locked then."""
    security_setup: str = ""
    """OBIS code of the security setup object of this association."""
    invocation_counter: str = ""
    """OBIS code of the object that shows the client's invocation counter to the public client."""

    @field_validator("conformance", mode="before")
    @classmethod
    def _known_services(cls, names: Any) -> Any:
        if not isinstance(names, list | tuple):
            return names
        canonical = {name.replace("attribute-0", "attribute0"): name for name in CONFORMANCE}
        read = [str(name).replace("_", "-").replace("attribute-0", "attribute0") for name in names]
        for name in read:
            if name not in canonical:
                raise ValueError(
                    f'"{name}" is no service of the conformance block{did_you_mean(name, CONFORMANCE)}'
                )
        return tuple(read)

    @model_validator(mode="after")
    def _secret_fits_mechanism(self) -> AssociationDeclaration:
        if self.mechanism in ("hls-gmac", "hls-ecdsa"):
            if self.secret:
                raise ValueError(
                    f'association "{self.name}" authenticates with keys ({self.mechanism}): remove its secret'
                )
        elif self.mechanism != "none" and not self.secret:
            raise ValueError(
                f'association "{self.name}" authenticates with {self.mechanism}: '
                'add secret = "name in the secrets file"'
            )
        if self.mechanism == "none" and self.secret:
            raise ValueError(f'association "{self.name}" has mechanism "none": remove its secret')
        return self

    @model_validator(mode="after")
    def _lock_is_whole(self) -> AssociationDeclaration:
        if bool(self.lock_out_after) != bool(self.lock_out_s):
            raise ValueError(
                f'association "{self.name}": say after how many wrong passwords it locks (lock_out_after) '
                "and for how long (lock_out_s), or neither"
            )
        if self.lock_out_after and self.mechanism != "lls":
            raise ValueError(f'association "{self.name}" has no password: remove lock_out_after, lock_out_s')
        return self

    @model_validator(mode="after")
    def _public_keys_fit_suite(self) -> AssociationDeclaration:
        used = any((self.signing_key, self.agreement_key, self.meter_public_key, self.meter_agreement_key))
        if self.suite == 0 and (used or self.mechanism == "hls-ecdsa"):
            raise ValueError(
                f'association "{self.name}" has public keys, and suite 0 has none: say suite = 1 or suite = 2'
            )
        digits = PUBLIC_KEY_OCTETS.get(self.suite, 0) * 2
        for name in ("meter_public_key", "meter_agreement_key"):
            if getattr(self, name) and len(getattr(self, name)) != digits:
                raise ValueError(
                    f'association "{self.name}": {name} has {len(getattr(self, name))} digits, '
                    f"a key of suite {self.suite} has {digits}"
                )
        return self

    @model_validator(mode="after")
    def _keys_fit_context(self) -> AssociationDeclaration:
        missing = [key for key in ("authentication_key", "encryption_key") if getattr(self, key) is None]
        if missing and (self.ciphered or self.mechanism == "hls-gmac"):
            raise ValueError(
                f'association "{self.name}" is ciphered or authenticates with GMAC: '
                f'add {", ".join(missing)} = "name in the secrets file"'
            )
        return self

    @property
    def ciphered(self) -> bool:
        """Whether the application context has ciphering."""
        return self.context.endswith("-ciphered")
