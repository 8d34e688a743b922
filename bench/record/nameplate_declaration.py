"""What stands on the meter: who made it, its values, and the class it claims."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from bench.record.declaration_part import DeclarationPart, Text, did_you_mean
from bench.standards.currents import Connection, Currents
from bench.standards.limits import classes, editions, standards
from bench.standards.tables import canonical_edition
from bench.standards.temperature_bands import NARROWEST_K


class IdentityDeclaration(DeclarationPart):
    """Who made the meter, and which one it is."""

    manufacturer: str
    flag_id: str = Field(pattern=r"^[A-Z]{3}$")
    type: str
    serial_number: Text
    logical_device_name: str = Field(default="", max_length=16)
    sacrificial: bool = False
    """Whether the meter of this serial number may be altered beyond recovery."""


class NameplateDeclaration(DeclarationPart):
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
    operating_temperature_c: tuple[float, float] | None = None
    """Lowest and highest temperature of the specified operating range; None: not declared."""

    @field_validator("operating_temperature_c")
    @classmethod
    def _rising(cls, span: tuple[float, float] | None) -> tuple[float, float] | None:
        if span is not None and span[1] - span[0] < NARROWEST_K:
            raise ValueError(
                f"write the lowest temperature first, as in [-25, 55], and a range of at least {NARROWEST_K:g} K"
            )
        return span

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
        return _currents(
            self.connection,
            self.basic_current_a,
            self.maximum_current_a,
            self.transitional_current_a,
            self.minimum_current_a,
            self.starting_current_a,
        )


@lru_cache(maxsize=64)
def _currents(
    connection: Connection,
    rated_a: float,
    maximum_a: float,
    transitional_a: float | None,
    minimum_a: float | None,
    starting_a: float | None,
) -> Currents:
    """Return the currents of a nameplate; the meters of a rack have the same."""
    return Currents.of(
        connection=connection,
        rated_a=rated_a,
        maximum_a=maximum_a,
        transitional_a=transitional_a,
        minimum_a=minimum_a,
        starting_a=starting_a,
    )


class AccuracyDeclaration(DeclarationPart):
    """Standard, edition and class the meter claims. ``edition`` is as the tables write it after loading."""

    standard: str
    edition: Text
    accuracy_class: Text = Field(alias="class")
    reactive_standard: str = "IEC 62053-23"
    reactive_edition: Text = "2003"
    reactive_class: Text = ""
    """Class of reactive energy; empty: the meter does not measure it, or claims no class for it."""

    @field_validator("reactive_class")
    @classmethod
    def _known_reactive_class(cls, reactive_class: str, info: ValidationInfo) -> str:
        standard, edition = info.data.get("reactive_standard", ""), info.data.get("reactive_edition", "")
        known = classes(standard, edition)
        if reactive_class and reactive_class not in known:
            raise ValueError(
                f"{standard}:{edition} has no class {reactive_class} here; it has {', '.join(known) or 'none'}"
            )
        return reactive_class

    @field_validator("standard")
    @classmethod
    def _known_standard(cls, standard: str) -> str:
        known = standards()
        if standard not in known:
            raise ValueError(f'no limits for "{standard}"{did_you_mean(standard, known)}')
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
