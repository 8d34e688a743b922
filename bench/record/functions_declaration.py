"""What the meter remembers and tells: its clock, tariffs, profiles, events, panel and modules.

Every part is optional: what is not declared is not tested (INAPPLICABLE). OBIS codes are written with six groups.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bench.record.declaration_part import DeclarationPart

#: Conditions a meter may watch.
ConditionName = Literal[
    "cover",
    "terminal cover",
    "magnet",
    "current reversed",
    "neutral missing",
    "bypass",
    "over-voltage",
    "under-voltage",
    "over-current",
    "battery low",
    "module",
    "customer unit",
]
LogName = Literal["standard", "fraud", "supply", "quality", "communication"]
#: Motions of the switch by who asked, and one that failed. What the limiter does is local where it has no code.
SwitchRecord = Literal[
    "remote-disconnect",
    "remote-reconnect",
    "armed",
    "local-disconnect",
    "local-reconnect",
    "limiter-disconnect",
    "limiter-reconnect",
    "switch-failed",
]


class ClockDeclaration(DeclarationPart):
    """The clock (class 8). Daylight saving is read from the object itself."""

    drift_limit_s_per_day: float = Field(default=0.5, gt=0)
    last_year: int = Field(default=2099, ge=2025, le=2199)
    time_zone_min: int | None = Field(default=None, ge=-840, le=720)
    """UTC minus local standard time in minutes; None: as the clock says."""
    hold_up_s: float | None = Field(default=None, gt=0)
    """How long the clock goes on without supply and without battery; None: not declared."""


class TariffsDeclaration(DeclarationPart):
    """Activity calendar (class 20), special days (class 11) and the registers of the rates."""

    rates: int = Field(default=1, ge=1, le=8)
    calendar: str = "0-0:13.0.0.255"
    special_days: str = "0-0:11.0.0.255"
    active_rate: str = "0-0:96.14.0.255"
    script_table: str = "0-0:10.0.100.255"


class ProfilesDeclaration(DeclarationPart):
    """Load, daily and billing profile (class 7), their status, and the maximum demand (class 4)."""

    load: str = ""
    daily: str = ""
    billing: str = ""
    status: str = ""
    """Object of the status column of the load profile; empty: it has none."""
    status_bits: dict[Literal["clock-invalid", "daylight-saving", "clock-adjusted", "power-down"], int] = (
        Field(default_factory=dict)
    )
    """Value of each bit of the status."""
    maximum_demand: str = ""
    demand_window: Literal["block", "sliding"] = "block"
    demand_period_s: int = Field(default=900, gt=0)
    demand_reset_at_billing: bool = True


class ConditionDeclaration(DeclarationPart):
    """One condition: the log and codes of its begin and end, and after how long each is recorded."""

    name: ConditionName
    log: LogName
    begins: int = Field(ge=0)
    ends: int | None = Field(default=None, ge=0)
    """Code of the end; None where the meter records none."""
    begins_by_phase: tuple[int, ...] = ()
    """Codes of its begin in one phase alone, by phase; none: not declared that one phase is enough."""
    ends_by_phase: tuple[int, ...] = ()
    """Codes of its end in one phase alone, by phase; none: the meter records none."""
    after_s: float = Field(default=0.0, ge=0)
    threshold: float | None = Field(default=None, ge=0)
    """Voltage as a factor of Un, current of Imax, field in mT, difference of two currents as a share, battery in V."""
    counter: str = ""
    """Object that counts how often it began."""
    without_supply: bool = False
    """Whether it is detected with the supply off."""


class EventsDeclaration(DeclarationPart):
    """The logs (class 7), and the conditions whose begin and end they record."""

    logs: dict[LogName, str] = Field(default_factory=dict)
    entries: int = Field(default=100, ge=1)
    power_up: int | None = Field(default=None, ge=0)
    power_down: int | None = Field(default=None, ge=0)
    clock_set: int | None = Field(default=None, ge=0)
    log_cleared: int | None = Field(default=None, ge=0)
    switch: dict[SwitchRecord, int] = Field(default_factory=dict)
    """Codes in the log "supply" for motions of the switch, by who asked; none: not declared."""
    responses: str = ""
    """Object of the configurable responses: an array of {code, response}; empty: they cannot be configured."""
    alarms: str = ""
    """Alarm register (class 1) that management may clear by writing 0; empty: none."""
    tamper_alarm: int = Field(default=0, ge=0)
    """Its bits that a tamper condition with the response "alarm" sets."""
    condition: tuple[ConditionDeclaration, ...] = ()

    def condition_named(self, name: str) -> ConditionDeclaration | None:
        """Return the condition of a name, or None where the meter does not watch it."""
        return next((row for row in self.condition if row.name == name), None)


class PanelDeclaration(DeclarationPart):
    """Display and keypad. ``credit`` and ``total_energy`` are told in kWh."""

    credit_resolution_kwh: float = Field(default=0.01, gt=0)
    energy_resolution_kwh: float = Field(default=0.001, gt=0)
    low_credit_text: str = ""
    """What the display shows while the credit is low; empty: no such sign."""
    short_codes: dict[Literal["total-energy", "credit", "serial-number", "active-rate"], str] = Field(
        default_factory=dict
    )
    customer_unit: bool = False
    """Whether display and keypad are a unit of their own on a link."""


class FirmwareDeclaration(DeclarationPart):
    """Image transfer (class 18): an image that this meter takes, for the test of an upgrade."""

    transfer: str = "0-0:44.0.0.255"
    version: str = "1-0:0.2.0.255"
    image: str = ""
    """File of the image, beside the declaration or by its whole path; empty: none is at hand."""
    identifier: str = ""
    """image_identifier that belongs to it."""
    older_image: str = ""
    """File of a sound image of an older version, which should not replace a newer one; empty: none is at hand."""
    older_identifier: str = ""
    """image_identifier that belongs to the older image."""


class FunctionControlDeclaration(DeclarationPart):
    """Function control (class 122): functions that can be switched off and are then seen to be off."""

    object: str = "0-0:44.1.0.255"
    functions: dict[Literal["load-profile", "token-gateway"], str] = Field(default_factory=dict)
    """What the meter calls each of them: rows of the load profile, and tokens at the gateway (class 115)."""


class ModulesDeclaration(DeclarationPart):
    """Communication modules that can be swapped while the meter runs."""

    names: tuple[str, ...] = ()
    identity: str = ""
    """Object that shows which module is there; empty: none."""
