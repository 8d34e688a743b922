"""The declaration: what the manufacturer states of one meter. It selects and parametrises the tests.

One TOML file a position; secrets are named here and live elsewhere (see ``secrets``). Every error names
the file, the line and what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from bench.record.communication_declaration import (
    CONFORMANCE,
    LONGEST_HDLC_CLIENT,
    AssociationDeclaration,
    CommunicationDeclaration,
    PortDeclaration,
    SecurityDeclaration,
)
from bench.record.declaration_part import DeclarationPart
from bench.record.functions_declaration import (
    ClockDeclaration,
    EventsDeclaration,
    FirmwareDeclaration,
    FunctionControlDeclaration,
    ModulesDeclaration,
    PanelDeclaration,
    ProfilesDeclaration,
    TariffsDeclaration,
)
from bench.record.nameplate_declaration import (
    AccuracyDeclaration,
    IdentityDeclaration,
    NameplateDeclaration,
)
from bench.record.sts_declaration import (
    BASE_YEARS,
    StsDeclaration,
    StsFunction,
    StsResult,
    luhn_digit,
    luhn_holds,
)
from bench.record.supply_declaration import (
    ChargesDeclaration,
    PaymentDeclaration,
    SupplyDeclaration,
)
from bench.record.toml_model import load_toml
from bench.standards.limits import classes

__all__ = [
    "BASE_YEARS",
    "CONFORMANCE",
    "AccuracyDeclaration",
    "AssociationDeclaration",
    "ChargesDeclaration",
    "CommunicationDeclaration",
    "Declaration",
    "IdentityDeclaration",
    "NameplateDeclaration",
    "PaymentDeclaration",
    "PortDeclaration",
    "SecurityDeclaration",
    "StsDeclaration",
    "StsFunction",
    "StsResult",
    "SupplyDeclaration",
    "load_declaration",
    "luhn_digit",
    "luhn_holds",
]


class Declaration(DeclarationPart):
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
    clock: ClockDeclaration | None = None
    tariffs: TariffsDeclaration | None = None
    profiles: ProfilesDeclaration | None = None
    events: EventsDeclaration | None = None
    panel: PanelDeclaration | None = None
    modules: ModulesDeclaration | None = None
    firmware: FirmwareDeclaration | None = None
    function_control: FunctionControlDeclaration | None = None
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

    @field_validator("association")
    @classmethod
    def _clients_fit_the_line(
        cls, associations: tuple[AssociationDeclaration, ...], info: ValidationInfo
    ) -> tuple[AssociationDeclaration, ...]:
        said = info.data.get("communication")
        if said is None or said.framing == "wrapper":
            return associations
        for association in associations:
            if association.client_sap > LONGEST_HDLC_CLIENT:
                raise ValueError(
                    f'association "{association.name}": client_sap {association.client_sap} is no HDLC address; '
                    f"those of clients go from 1 to {LONGEST_HDLC_CLIENT}"
                )
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
