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


class CommunicationDeclaration(_Part):
    """How the meter's port speaks. Lengths in octets, times in seconds."""

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
    response_time_out_s: float = Field(default=2.0, gt=0)


class AssociationDeclaration(_Part):
    """One association the meter offers. ``secret`` names an entry of the secrets file."""

    name: str
    client_sap: int = Field(ge=1, le=0xFFFF)
    context: Literal["ln", "sn", "ln-ciphered", "sn-ciphered"] = "ln"
    mechanism: Literal[
        "none", "lls", "hls-2", "hls-md5", "hls-sha1", "hls-gmac", "hls-sha256", "hls-ecdsa"
    ] = "none"
    secret: str | None = None
    conformance: tuple[str, ...] = ()
    max_pdu: int = Field(default=1024, ge=11, le=0xFFFF)

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
        if self.mechanism != "none" and not self.secret:
            raise ValueError(
                f'association "{self.name}" authenticates with {self.mechanism}: '
                'add secret = "name in the secrets file"'
            )
        if self.mechanism == "none" and self.secret:
            raise ValueError(f'association "{self.name}" has mechanism "none": remove its secret')
        return self


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
