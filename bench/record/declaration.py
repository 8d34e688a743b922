"""The declaration: what the manufacturer states of one meter. It selects and parametrises the tests.

One TOML file a position; secrets are named here and live elsewhere (see ``secrets``). Every error names
the file, the line and what to do.
"""

from __future__ import annotations

import datetime
import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bench.record.toml_model import load_toml
from bench.standards.currents import Connection, Currents
from bench.standards.limits import classes, editions, standards
from bench.standards.tables import canonical_edition

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

#: Base dates the token identifier may count its minutes from.
BASE_YEARS = (1993, 2014, 2035)

#: What a token application may be able to do. "credit-kwh" and "credit-currency" are the utility of the meter
#: itself; "key-change-2" to "-4" the sets by their number of tokens; "roll-over" obeys the RO bit.
StsFunction = Literal[
    "credit-kwh",
    "credit-currency",
    "maximum-power-limit",
    "phase-unbalance-limit",
    "clear-credit",
    "clear-tamper",
    "key-change-2",
    "key-change-3",
    "key-change-4",
    "key-expiry",
    "roll-over",
    "extended-token-set",
    "test-and-display",
]

#: Results of token processing in the words of IEC 62055-41, with those of the token interface.
StsResult = Literal[
    "Accept",
    "1stKCT",
    "2ndKCT",
    "3rdKCT",
    "4thKCT",
    "OverflowError",
    "KeyTypeError",
    "FormatError",
    "RangeError",
    "FunctionError",
    "OldError",
    "UsedError",
    "KeyExpiredError",
    "DDTKError",
    "CRCError",
    "MfrCodeError",
    "Lockout",
    "NotReady",
]

_ARBITRATION_RULE = re.compile(r"^(followed|not applicable|other(:.*)?)$")


def _text(value: Any) -> Any:
    """Accept ``class = 1`` for ``class = "1"``: the number is what everybody writes first."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class IdentityDeclaration(_Part):
    """Who made the meter, and which one it is."""

    manufacturer: str
    flag_id: str = Field(pattern=r"^[A-Z]{3}$")
    type: str
    serial_number: Text
    logical_device_name: str = Field(default="", max_length=16)
    sacrificial: bool = False
    """Whether the meter of this serial number may be altered beyond recovery."""


class NameplateDeclaration(_Part):
    """What stands on the meter. ``basic_current_a`` is Ib, for a transformer meter its rated current In.

    Itr, Imin and Ist follow from it unless they are stated.
    """

    connection: Connection
    elements: int = Field(default=1, ge=1, le=3)
    voltage_v: float = Field(gt=0, le=1000)
    basic_current_a: float = Field(gt=0)
    maximum_current_a: float = Field(gt=0)
    transitional_current_a: float | None = Field(default=None, gt=0)
    minimum_current_a: float | None = Field(default=None, gt=0)
    starting_current_a: float | None = Field(default=None, gt=0)
    frequency_hz: float = Field(gt=0, le=400)
    meter_constant_imp_per_kwh: float = Field(gt=0)
    measurement_mode: Literal["vector", "absolute"] | None = None
    """How a polyphase meter sums its elements: with their signs, or each as import; None: not declared."""

    @field_validator("connection", mode="before")
    @classmethod
    def _either_case(cls, connection: Any) -> Any:
        return "CT" if connection == "ct" else connection

    @field_validator("maximum_current_a")
    @classmethod
    def _above_basic(cls, maximum: float, info: ValidationInfo) -> float:
        basic = info.data.get("basic_current_a")
        if basic is not None and maximum <= basic:
            raise ValueError(f"Imax must be greater than Ib ({basic:g} A); on a 5(60) A meter it is 60")
        return maximum

    @property
    def currents(self) -> Currents:
        """The currents, ready to resolve words such as ``0.05 Ib``."""
        return Currents.of(
            connection=self.connection,
            rated_a=self.basic_current_a,
            maximum_a=self.maximum_current_a,
            transitional_a=self.transitional_current_a,
            minimum_a=self.minimum_current_a,
            starting_a=self.starting_current_a,
        )


class AccuracyDeclaration(_Part):
    """Standard, edition and class the meter claims. ``edition`` is as the tables write it after loading."""

    standard: str
    edition: Text
    accuracy_class: Text = Field(alias="class")

    @field_validator("standard")
    @classmethod
    def _known_standard(cls, standard: str) -> str:
        known = standards()
        if standard not in known:
            raise ValueError(f'no limits for "{standard}"{_did_you_mean(standard, known)}')
        return standard

    @field_validator("edition")
    @classmethod
    def _known_edition(cls, edition: str, info: ValidationInfo) -> str:
        standard = info.data.get("standard")
        if standard is None:
            return edition
        canonical = canonical_edition(standard, edition)
        if canonical not in editions(standard):
            raise ValueError(
                f'{standard} has no edition "{edition}" here; write one of {", ".join(editions(standard))}'
            )
        return canonical

    @field_validator("accuracy_class")
    @classmethod
    def _class_of_edition(cls, accuracy_class: str, info: ValidationInfo) -> str:
        standard, edition = info.data.get("standard"), info.data.get("edition")
        if standard is None or edition is None:
            return accuracy_class
        known = classes(standard, edition)
        if accuracy_class not in known:
            others = [other for other in editions(standard) if accuracy_class in classes(standard, other)]
            elsewhere = f', or edition = "{others[-1]}", which has class {accuracy_class}' if others else ""
            raise ValueError(
                f"class {accuracy_class} does not exist in {standard}:{edition}; "
                f"write one of {', '.join(known)}{elsewhere}"
            )
        return accuracy_class


class PortDeclaration(_Part):
    """A further port of the meter, beside the main one that ``[communication]`` describes."""

    name: str
    framing: Literal["hdlc", "wrapper", "mode-e"]
    transport: Literal["serial", "tcp", "udp"]
    inactivity_time_out_s: float = Field(default=120.0, ge=0)


class CommunicationDeclaration(_Part):
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
    port: tuple[PortDeclaration, ...] = ()
    """Further ports of the meter; the rig file says where each is reached."""

    @field_validator("port")
    @classmethod
    def _ports_differ(cls, ports: tuple[PortDeclaration, ...]) -> tuple[PortDeclaration, ...]:
        names = [port.name for port in ports]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"port name used twice: {', '.join(twice)}")
        return ports

    def port_named(self, name: str) -> PortDeclaration | None:
        """Return the further port of a name, or None where the meter has none such."""
        return next((port for port in self.port if port.name == name), None)


class SecurityDeclaration(_Part):
    """What all ciphered associations share. ``system_title`` is the meter's, 16 hexadecimal digits."""

    system_title: str = Field(pattern=r"^[0-9A-Fa-f]{16}$")


class AssociationDeclaration(_Part):
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
    pre_established: bool = False
    """Whether it is open without an AARQ."""
    dedicated_key: bool = False
    """Whether the meter takes a dedicated key with the AARQ."""
    client_system_title: str = Field(default="", pattern=r"^([0-9A-Fa-f]{16})?$")
    """The title the meter expects of this client; empty: any."""
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
                    f'"{name}" is no service of the conformance block{_did_you_mean(name, CONFORMANCE)}'
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


class StsDeclaration(_Part):
    """The token side of the meter. ``vending_key`` names an entry of the secrets file."""

    meter_pan: Text
    supply_group_code: Text = Field(pattern=r"^[0-9]{6}$")
    tariff_index: int = Field(ge=0, le=99)
    key_revision_number: int = Field(ge=1, le=9)
    key_type: int = Field(ge=0, le=3)
    base_date: int
    key_expiry_number: int = Field(default=255, ge=0, le=255)
    encryption_algorithm: Literal["EA07", "EA11"] = "EA07"
    dkga: Literal["DKGA01", "DKGA02", "DKGA03", "DKGA04"] = "DKGA04"
    vending_key: str | None = None
    tid_memory: int = Field(default=50, ge=1)
    carriers: tuple[str, ...] = ()
    token_encoding: Literal["ascii", "bcd", "binary"] = "ascii"
    supports: tuple[StsFunction, ...] | None = None
    """What the token application can do; None where the manufacturer does not say."""
    result_codes: dict[StsResult, int] = Field(default_factory=dict)
    """Number of each result in ``token_status.data_value``; several results may share one. Empty: not known."""
    result_texts: dict[StsResult, str] = Field(default_factory=dict)
    """What the display shows for each result. Empty: not known."""
    key_change_time_limit_s: float | None = Field(default=None, gt=0)
    """How long the sections of an incomplete key change set are held; None: not declared."""
    lock_out_after: int = Field(default=0, ge=0)
    """Rejected tokens in a row after which entry locks; 0: the meter has no lock-out."""
    lock_out_s: float = Field(default=0.0, ge=0)
    """Length of the first lock; each further rejected token doubles it."""
    lock_out_max_s: float = Field(default=0.0, ge=0)
    """Where the doubling ends; 0: every lock is as long as the first."""
    lock_out_resets_on_good_token: bool = False
    lock_out_resets_on_power_cycle: bool = False
    lock_out_carriers: tuple[str, ...] = ()
    """The carriers that count wrong tokens and are locked, together; empty: all of ``carriers``."""
    digit_time_out_s: float | None = Field(default=None, gt=0)
    """Pause between two keys after which the digits entered so far are dropped; None: not declared."""

    @field_validator("meter_pan")
    @classmethod
    def _check_digits(cls, pan: str) -> str:
        if not re.fullmatch(r"[0-9]{18}", pan):
            raise ValueError(
                f'a meter PAN has 18 digits, "{pan}" has {len(pan)} characters; write it as text'
            )
        if not luhn_holds(pan):
            raise ValueError(
                f"the check digit of the meter PAN should be {luhn_digit(pan[:17])}, not {pan[-1]}"
            )
        drn = pan[6:17] if not pan.startswith("0000") else pan[4:17]
        if not luhn_holds(drn):
            raise ValueError(
                f"the meter number {drn} inside the PAN has a wrong check digit: "
                f"it should be {luhn_digit(drn[:-1])}, not {drn[-1]}"
            )
        return pan

    @field_validator("base_date", mode="before")
    @classmethod
    def _base_year(cls, value: Any) -> Any:
        year = value.year if isinstance(value, datetime.date) else value
        if isinstance(year, str) and re.fullmatch(r"[0-9]{4}(-01-01)?", year):
            year = int(year[:4])
        if year not in BASE_YEARS:
            raise ValueError(f"base date {value}: write one of {', '.join(map(str, BASE_YEARS))}")
        return year

    @field_validator("dkga")
    @classmethod
    def _algorithm_has_key(cls, dkga: str, info: ValidationInfo) -> str:
        if info.data.get("encryption_algorithm") == "EA11" and dkga != "DKGA04":
            raise ValueError("EA11 needs a 128-bit decoder key, which only DKGA04 makes; write DKGA04")
        return dkga


class PaymentDeclaration(_Part):
    """How the meter accounts for energy."""

    mode: Literal["prepayment", "credit"] = "prepayment"
    accounting: Literal["kwh", "weighted-kwh", "currency"] = "kwh"
    credit_resolution_wh: float = Field(default=1.0, gt=0)


class SupplyDeclaration(_Part):
    """The supply switch. ``rules`` A1 to A8: each "followed", "not applicable" or "other: ..."."""

    control_mode: int = Field(ge=0, le=7)
    actuation_time_s: float = Field(default=1.0, gt=0)
    limiter_trip_s: float | None = Field(default=None, gt=0)
    """How long the maximum power limit may be exceeded before the switch opens; None: not declared."""
    limiter_hold_s: float | None = Field(default=None, gt=0)
    """How long the limiter then holds it open."""
    rules: dict[Literal["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"], str] = Field(default_factory=dict)

    @field_validator("rules")
    @classmethod
    def _rule_words(cls, rules: dict[str, str]) -> dict[str, str]:
        for name, word in rules.items():
            if not _ARBITRATION_RULE.match(word):
                raise ValueError(
                    f'rule {name} is "{word}"; write "followed", "not applicable" or "other: what it does"'
                )
        return rules


class Declaration(_Part):
    """The whole declaration of one meter."""

    identity: IdentityDeclaration
    nameplate: NameplateDeclaration
    accuracy: AccuracyDeclaration
    communication: CommunicationDeclaration = CommunicationDeclaration()
    security: SecurityDeclaration | None = None
    association: tuple[AssociationDeclaration, ...] = ()
    sts: StsDeclaration | None = None
    payment: PaymentDeclaration | None = None
    supply: SupplyDeclaration | None = None
    options: dict[str, bool] = Field(default_factory=dict)

    @field_validator("accuracy")
    @classmethod
    def _class_of_connection(cls, accuracy: AccuracyDeclaration, info: ValidationInfo) -> AccuracyDeclaration:
        nameplate = info.data.get("nameplate")
        if nameplate is None:
            return accuracy
        known = classes(accuracy.standard, accuracy.edition, nameplate.connection)
        if accuracy.accuracy_class not in known:
            raise ValueError(
                f"{accuracy.standard}:{accuracy.edition} has no class {accuracy.accuracy_class} for "
                f"{nameplate.connection} connected meters; it has {', '.join(known) or 'none'}"
            )
        return accuracy

    @field_validator("association")
    @classmethod
    def _names_differ(
        cls, associations: tuple[AssociationDeclaration, ...]
    ) -> tuple[AssociationDeclaration, ...]:
        names = [association.name for association in associations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"association name used twice: {', '.join(twice)}")
        return associations

    def association_named(self, name: str) -> AssociationDeclaration | None:
        """Return the association of a name, or None where the meter does not offer it."""
        return next((association for association in self.association if association.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values under the keys of the TOML file; ``from_json`` reads them back."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_json(cls, data: Any) -> Declaration:
        """Rebuild a declaration from a session's record of it."""
        return cls.model_validate(data)


def load_declaration(path: Path) -> Declaration:
    """Read a declaration file. Raises PlanError: one ``file:line: field: what to do`` line a problem."""
    return load_toml(path, Declaration)


def luhn_digit(payload: str) -> int:
    """Return the check digit (mod 10, rightmost payload digit doubled) of a string of digits."""
    total = 0
    for place, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def luhn_holds(number: str) -> bool:
    """Return whether the last digit of ``number`` is its check digit."""
    return luhn_digit(number[:-1]) == int(number[-1])


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f', did you mean "{close[0]}"?' if close else f"; known here: {', '.join(known)}"
