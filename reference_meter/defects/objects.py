"""Defects of layer AP in the object model: what objects say of themselves, their values, their profiles."""

from __future__ import annotations

from datetime import datetime

from bench.protocols.axdr import (
    Data,
    array,
    double_long,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import Attribute, CosemObject, Role
from reference_meter.dlms.objects import Objects
from reference_meter.profiles.profile import Period, Profile
from reference_meter.profiles.profiles import Profiles
from reference_meter.profiles.rows import Row

VOLTAGE_SCALER = CosemAttribute(3, Obis("1-0:32.7.0"), 3)
ENERGY_VALUE = CosemAttribute(3, Obis("1-0:1.8.0"), 2)
AVAILABLE_CREDIT = CosemAttribute(111, Obis("0-0:19.0.0"), 5)
DEVICE_NAME = CosemAttribute(1, Obis("0-0:42.0.0"), 2)
ACTIVE_SEASONS = CosemAttribute(20, Obis("0-0:13.0.0"), 3)
FREQUENCY = Obis("1-0:14.7.0")
_WORD = 0xFFFF
_CREDIT_OFF_BY_WH = 1000


class _ValueReplaced(Objects):
    """Show another value than the right one at ``wrong``."""

    wrong: CosemAttribute

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        data = super().read(reference, role, selection)
        return self.shown(data) if reference == self.wrong else data

    def shown(self, right: Data) -> Data:
        """Return what is shown instead."""
        raise NotImplementedError


class PromisesMoreThanItGives(Objects):
    """List the scaler of every register as readable and refuse to read it."""

    def may_read(self, attribute: Attribute, role: Role) -> bool:
        return attribute.name != "scaler_unit" and super().may_read(attribute, role)


class DecadeWrong(_ValueReplaced):
    """Say that voltages come in volts; they come in tenths."""

    wrong = VOLTAGE_SCALER

    def shown(self, right: Data) -> Data:
        scaler, unit = right.items()
        return structure(integer(scaler.number() + 1), enum(unit.number()))


class EnergyInSixteenBits(_ValueReplaced):
    """Show the energy register modulo 65536."""

    wrong = ENERGY_VALUE

    def shown(self, right: Data) -> Data:
        return long_unsigned(right.number() & _WORD)


class CreditDiffers(_ValueReplaced):
    """Show 1 kWh more in the account than the token side has."""

    wrong = AVAILABLE_CREDIT

    def shown(self, right: Data) -> Data:
        return double_long(right.number() + _CREDIT_OFF_BY_WH)


class SameNameForAll(_ValueReplaced):
    """Show the same logical device name in every meter, without a registered FLAG id."""

    wrong = DEVICE_NAME

    def shown(self, right: Data) -> Data:
        return octet_string(b"0" * len(right.octets()))


class SeasonStartIsTime(_ValueReplaced):
    """Give season starts as time of day, four octets."""

    wrong = ACTIVE_SEASONS

    def shown(self, right: Data) -> Data:
        return array(
            *(
                structure(name, octet_string(start.octets()[5:9]), week)
                for name, start, week in (row.items() for row in right.items())
            )
        )


class ClassMismatch(Objects):
    """Present the frequency as class 1, data: a value without a unit."""

    def build(self) -> tuple[CosemObject, ...]:
        return tuple(_as_data(row) if row.obis == FREQUENCY else row for row in super().build())


def _as_data(row: CosemObject) -> CosemObject:
    return CosemObject(
        class_id=1, version=0, obis=row.obis, name=row.name, attributes=row.attributes[:2], methods=()
    )


class WritesNothing(Objects):
    """Check a SET, say success, keep nothing."""

    def write(self, reference: CosemAttribute, value: Data, role: Role) -> None:
        attribute = self.attribute(reference, role)
        if attribute.write is None or not self.may_write(attribute, role):
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        if value.type not in attribute.types:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)


class RangeIgnored(Profiles):
    """Return the whole buffer for any range."""

    def in_range(self, profile: Profile, from_s: float, to_s: float) -> list[Row]:  # noqa: ARG002
        return self.rows(profile)


class EntriesFromZero(Profiles):
    """Count entries from 0."""

    def of_entries(self, profile: Profile, first: int, last: int) -> list[Row]:
        rows = self.rows(profile)
        return rows[first : (last + 1 if last else len(rows))]


class EmptyRangeIsAnError(Profiles):
    """Refuse a range without rows."""

    def in_range(self, profile: Profile, from_s: float, to_s: float) -> list[Row]:
        rows = super().in_range(profile, from_s, to_s)
        if not rows:
            raise AccessError(DataAccessResult.OTHER_REASON)
        return rows


class CountsForEver(Profiles):
    """Count every row ever captured as in use."""

    def append(self, profile: Profile, at: datetime, cells: tuple[bytes, ...]) -> None:
        full = super().entries_in_use(profile) == profile.entries_max
        super().append(profile, at, cells)
        if full:
            self.meter.memory.put(_lost(profile), self._lost(profile) + 1)

    def entries_in_use(self, profile: Profile) -> int:
        return super().entries_in_use(profile) + self._lost(profile)

    def _lost(self, profile: Profile) -> int:
        count: int = self.meter.memory.get(_lost(profile)) or 0
        return count


def _lost(profile: Profile) -> str:
    return f"profile.{profile.name}.lost"


class RingOrder(Profiles):
    """Give the rows in the order of their places in the ring: after a wrap the oldest is not first."""

    def rows(self, profile: Profile) -> list[Row]:
        rows = super().rows(profile)
        if profile.period is Period.EVENT:
            return rows
        first = self._rows[profile.name].first_place
        return rows[-first:] + rows[:-first] if first else rows


def _objects(defect_id: str, title: str, mixin: type[Objects]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="objects", mixin=mixin)


def _profiles(defect_id: str, title: str, mixin: type[Profiles]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="profiles", mixin=mixin)


DEFECTS = (
    _objects("AP-11", "object_list promises access that is refused", PromisesMoreThanItGives),
    _objects("AP-13", "scaler_unit wrong by a decade for one register", DecadeWrong),
    _objects("AP-15", "16 bits where the value can exceed 65535", EnergyInSixteenBits),
    _profiles("AP-17", "Range selector ignored", RangeIgnored),
    _profiles("AP-19", "Entry selector counts from 0", EntriesFromZero),
    _profiles("AP-20", "Empty range answered by an error", EmptyRangeIsAnError),
    _profiles("AP-22", "entries_in_use exceeds profile_entries after wrap", CountsForEver),
    _profiles("AP-23", "FIFO buffer unsorted after wrap", RingOrder),
    _objects("AP-24", "SET answers success, value not stored", WritesNothing),
    _objects("AP-29", "Logical device name without FLAG id, identical for all", SameNameForAll),
    _objects("AP-31", "Class and OBIS code do not match", ClassMismatch),
    _objects("AP-35", "Season start given as time instead of date-time", SeasonStartIsTime),
    _objects("AP-39", "Account.available_credit differs from the balance", CreditDiffers),
)
