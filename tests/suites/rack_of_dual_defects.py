"""A defect from a file of its own: each position of a rack is wrong where token, switch and tariff meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bench.protocols.axdr import Data
from bench.protocols.cosem import CosemAttribute
from bench.protocols.sts.fields import TokenFields
from reference_meter.calendar import plans
from reference_meter.calendar.activity_calendar import PARTS, ActivityCalendar
from reference_meter.calendar.meter_clock import MeterClock
from reference_meter.dlms.broadcast import Broadcasts
from reference_meter.dlms.logical_devices import MANAGEMENT_DEVICE
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.objects import Objects
from reference_meter.dlms.security import Security
from reference_meter.events.conditions import Conditions
from reference_meter.payment.account import Account
from reference_meter.payment.charges import Charges
from reference_meter.payment.token_application import Refusal, TokenApplication
from reference_meter.payment.token_result import TokenResult
from reference_meter.products.product import Association
from reference_meter.supply.arbiter import Arbiter, Latch
from reference_meter.supply.power_limiter import PowerLimiter
from tests.suites.kept_rack import Kept, rack

KNOWN = ("plc-prime", "plc-g3", "rf-mesh", "gprs", "lte")


class OrdersAgain(Security):
    """Obey an order to all stations as often as it is heard."""

    def fresh(self, settings: Association, counter: int, *, broadcast: bool = False) -> bool:
        return broadcast or super().fresh(settings, counter, broadcast=broadcast)


class DeafToAll(Broadcasts):
    """Take no order that goes to all stations."""

    def receive(self, client_sap: int, apdu: bytes) -> None:
        """Leave it."""


class OneName(Objects):
    """Call every logical device by the name of the first, whatever the SAP assignment says."""

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        current = self.meter.association
        device, current.device = current.device, MANAGEMENT_DEVICE
        try:
            return super().read(reference, role, selection)
        finally:
            current.device = device


class TakenForTheFirst(Objects):
    """Show a module that it does not know as the first of those that it knows."""

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        senses = self.meter.board.senses
        there = senses.module
        senses.module = there if there in ("", *KNOWN) else KNOWN[0]
        try:
            return super().read(reference, role, selection)
        finally:
            senses.module = there


class SeasonOfNoWeek(ActivityCalendar):
    """Activate a calendar whose season names a week that is not there."""

    def activate_passive(self) -> bool:
        named = plans.weeks_of(self.part("passive", "weeks"))
        try:
            listed = plans.seasons_of(self.part("passive", "seasons"))
        except (ValueError, TypeError):
            return super().activate_passive()
        if all(season.week in named for season in listed):
            return super().activate_passive()
        for name in PARTS:
            self.keep(f"active {name}", self.part("passive", name))
        return True


class WaitsForAHand(Arbiter):
    """Let a token give the credit back and leave the switch to the button, in every mode."""

    def credit_restored(self) -> None:
        self.latches.discard(Latch.CREDIT)
        self._save("released", "credit")


class ReversalAlone(Conditions):
    """Do nothing but record a reversed current, whatever is configured for it."""

    def respond(self, name: str) -> None:
        if name != "current reversed":
            super().respond(name)


class Dearer(Charges):
    """Take a tenth more than the price for every kWh that has one."""

    def weight(self) -> float:
        return super().weight() * (1.1 if self.active else 1.0)


class NeverLocks(PowerLimiter):
    """Count no trips: the limiter gives the supply back after its usual time for ever."""

    def hold_s(self) -> float:
        self._trips.clear()
        return super().hold_s()


class Forgives(Account):
    """Begin with the next token at nothing, whatever was used before it."""

    def add_wh(self, amount_wh: float) -> None:
        super().add_wh(amount_wh - min(0.0, self.balance_wh()))


class DebitsByClock(MeterClock):
    """Take the power for as long as the clock says: also for an hour that was only set."""

    def set_utc(self, utc: datetime, *, actor: str = "remote") -> None:
        hours = max(0.0, (utc - self.utc()).total_seconds()) / 3600
        super().set_utc(utc, actor=actor)
        self.meter.account.debit_wh(hours * self.meter.registers.import_power_w())


class NothingFromTomorrow(TokenApplication):
    """Refuse a token that was issued later than the clock says."""

    def validate(self, fields: TokenFields) -> Refusal:
        tid = getattr(fields, "tid", None)
        if tid is not None:
            base = datetime(self.meter.decoder_key.base_date, 1, 1, tzinfo=UTC)
            if base + timedelta(minutes=tid, days=-1) > self.meter.clock.utc():
                return TokenResult.OLD_ERROR
        return super().validate(fields)


class AnyVend(TokenApplication):
    """Take whatever is bought at once."""

    def too_much_at_once(self, _amount_wh: float) -> bool:
        return False


class AnyCredit(Account):
    """Take what the register can hold, whatever limit is set."""

    def overflows(self, amount_wh: float) -> bool:
        return self.balance_wh() + amount_wh > self.meter.product.payment.credit_limit_wh


HOUSEHOLD = "test_household.py::"
KEPT = (
    Kept("power_limiter", NeverLocks, "dual/limiter_lockout", f"{HOUSEHOLD}test_limiter_lockout"),
    Kept("account", Forgives, "dual/friendly_debt", f"{HOUSEHOLD}test_friendly_debt"),
    Kept("clock", DebitsByClock, "dual/clock_set_under_load", f"{HOUSEHOLD}test_clock_set_under_load"),
    Kept(
        "token_application",
        NothingFromTomorrow,
        "dual/clock_set_under_load",
        f"{HOUSEHOLD}test_clock_set_under_load",
    ),
    Kept(
        "security", OrdersAgain, "dual/broadcast_protection", "test_broadcast.py::test_broadcast_protection"
    ),
    Kept(
        "broadcasts", DeafToAll, "dual/scenario/S16", "test_scenarios.py::test_s16", "left the switch where"
    ),
    Kept("objects", OneName, "dual/logical_devices", "test_logical_devices.py::test_logical_devices"),
    Kept("objects", TakenForTheFirst, "dual/module_unknown", "test_modules.py::test_module_unknown"),
    Kept("calendar", SeasonOfNoWeek, "dual/tariff_refusals", "test_calendar.py::test_tariff_refusals"),
    Kept(
        "conditions", ReversalAlone, "dual/tamper_responses", "test_tamper_matrix.py::test_tamper_responses"
    ),
    Kept("token_application", AnyVend, "dual/vend_limits/vend", "test_vend_limits.py::test_vend_limits"),
    Kept("account", AnyCredit, "dual/vend_limits/credit", "test_vend_limits.py::test_vend_limits"),
    Kept("charges", Dearer, "dual/charge/steps/one_price", "test_charges.py::test_steps"),
)
RACK = rack("DUAL", KEPT)

#: A file of tests that need each other: the credit is used up by the first of them.
SUPPLY = (Kept("arbiter", WaitsForAHand, "dual/token_closes", "test_supply.py"),)
SUPPLY_RACK = rack("SUPPLY", SUPPLY)
