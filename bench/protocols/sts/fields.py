"""What a token says: one dataclass per kind of token (IEC 62055-41 6.2).

Amounts and limits are whole numbers in least units (0.1 kWh, 0.1 m3, 0.1 min, 0.00001 currency units, 1 W).
Making a token rounds an amount to what the token can carry; a token taken apart gives the rounded amount.
``rnd`` is the 4-bit random number; it has no meaning for the meter, and all published vectors use 5.
Key material never shows in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from bench.protocols.sts.errors import FieldError

#: Random number of every published vector.
DEFAULT_RND = 5
ALL_REGISTERS = 0xFFFF


class Commodity(IntEnum):
    """What a credit token buys; the number is the subclass of class 0 (plus 4 for currency tokens)."""

    ELECTRICITY = 0
    WATER = 1
    GAS = 2
    TIME = 3

    @property
    def unit(self) -> str:
        """The unit people use; the least unit is a tenth of it."""
        return _UNITS[self]


_UNITS: dict[int, str] = {0: "kWh", 1: "m3", 2: "m3", 3: "min"}

#: Power of ten of the least unit: 0.1 kWh, m3 or min; 0.00001 currency units.
CREDIT_EXPONENT = -1
CURRENCY_EXPONENT = -5
_WH_PER_LEAST_UNIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCredit:
    """Credit for energy, volume or time: class 0, subclass 0 to 3."""

    commodity: Commodity = Commodity.ELECTRICITY
    tid: int
    least_units: int
    rnd: int = DEFAULT_RND

    @property
    def amount(self) -> Decimal:
        """Amount in kWh, m3 or min."""
        return Decimal(f"{self.least_units}E{CREDIT_EXPONENT}")

    @property
    def energy_wh(self) -> int:
        """Energy bought, in Wh; raises `FieldError` unless the token is for electricity."""
        if self.commodity is not Commodity.ELECTRICITY:
            raise FieldError("commodity", f"{self.commodity.name.lower()} is not energy")
        return self.least_units * _WH_PER_LEAST_UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCurrency:
    """Credit in money: class 0, subclass 4 to 7. Negative amounts take credit away."""

    commodity: Commodity = Commodity.ELECTRICITY
    tid: int
    least_units: int

    @property
    def amount(self) -> Decimal:
        """Amount in units of the base currency."""
        return Decimal(f"{self.least_units}E{CURRENCY_EXPONENT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateTest:
    """Request to test or display something: class 1, subclass 0 or 1; not encrypted.

    ``manufacturer_digits`` 2 makes subclass 0 (36 control bits), 4 makes subclass 1 (28 control bits).
    ``manufacturer_code`` is binary; vectors exist for 0 only.
    """

    control: int
    manufacturer_code: int = 0
    manufacturer_digits: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExtended:
    """Request to display a control value or flag of the extended token set: class 1, subclass 2."""

    index: int
    value: int = 0
    pad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMaximumPowerLimit:
    """Maximum power limit in W: class 2, subclass 0."""

    tid: int
    limit_w: int
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCredit:
    """Set a credit register to zero: class 2, subclass 1.

    ``register`` 0 to 3 is the credit of a commodity, 4 to 7 its currency credit, 0xFFFF all of them.
    """

    tid: int
    register: int = ALL_REGISTERS
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTariffRate:
    """Tariff rate: class 2, subclass 2. Reserved by the STSA; layout without public vector."""

    tid: int
    rate: int
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeFirst:
    """First section of a new decoder key: class 2, subclass 3. ``key_part`` is NKHO, 32 bits."""

    ken_high: int
    key_revision_number: int
    roll_over: bool
    third_section_follows: bool
    key_type: int
    key_part: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeSecond:
    """Second section of a new decoder key: class 2, subclass 4. ``key_part`` is NKLO, 32 bits."""

    ken_low: int
    tariff_index: int
    key_part: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeSupplyGroup:
    """Supply group code, third token of a set for a 64-bit key: class 2, subclass 8 under EA07."""

    supply_group_code: int
    pad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeThird:
    """Third section of a 128-bit key: class 2, subclass 8 under EA11. ``key_part`` is NKMO2."""

    supply_group_low: int
    key_part: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeFourth:
    """Fourth section of a 128-bit key: class 2, subclass 9 under EA11. ``key_part`` is NKMO1."""

    supply_group_high: int
    key_part: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTamperCondition:
    """Clear the tamper condition: class 2, subclass 5. ``pad`` is zero in a proper token."""

    tid: int
    pad: int = 0
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMaximumPhasePowerUnbalanceLimit:
    """Maximum difference of power between phases, in W: class 2, subclass 6."""

    tid: int
    limit_w: int
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWaterMeterFactor:
    """Water meter factor: class 2, subclass 7. Reserved by the STSA; layout without public vector."""

    tid: int
    factor: int
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteExtended:
    """Write a control value or flag of the extended token set (STS 202-5): class 2, subclass 10.

    Index 0 to 62: ``value`` is the 10-bit value. Index 63: its lowest bit is the flag, the rest its number.
    """

    tid: int
    index: int
    value: int
    rnd: int = DEFAULT_RND


@dataclass(frozen=True, slots=True, kw_only=True)
class RawToken:
    """A token of any class and subclass with its 44 bits as they are, for reserved and proprietary ones."""

    token_class: int
    subclass: int
    payload44: int


KeyChangeSection = KeyChangeFirst | KeyChangeSecond | KeyChangeSupplyGroup | KeyChangeThird | KeyChangeFourth
TokenFields = (
    TransferCredit
    | TransferCurrency
    | InitiateTest
    | ReadExtended
    | SetMaximumPowerLimit
    | ClearCredit
    | SetTariffRate
    | KeyChangeSection
    | ClearTamperCondition
    | SetMaximumPhasePowerUnbalanceLimit
    | SetWaterMeterFactor
    | WriteExtended
    | RawToken
)
