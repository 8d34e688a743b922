"""Defects of layer AR: contact, limiter, tamper latch and scripts; and what a switch may do otherwise (layer N)."""

from __future__ import annotations

from dataclasses import replace

from bench.protocols.axdr import Data
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.sts.fields import ClearTamperCondition
from bench.protocols.sts.opener import OpenedToken
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.blueprint import Blueprint
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.model.credit_objects import EMERGENCY_CREDIT
from reference_meter.dlms.model.tariff_objects import DISCONNECT_SCRIPTS
from reference_meter.dlms.objects import Objects
from reference_meter.meter import Meter
from reference_meter.payment.token_application import TokenApplication
from reference_meter.payment.token_result import TokenResult
from reference_meter.supply.arbiter import Arbiter, Latch
from reference_meter.supply.power_limiter import PowerLimiter
from reference_meter.supply.switch import Switch

_CHARGING_S = 10.0
_ACTUATION_S = 12.0
_INVOKE_CREDIT = 3


class OutputMirrorsCommand(Arbiter):
    """Show where the contact was told to be."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._told = self.switch.closed()

    def output_state(self) -> bool:
        return self._told

    def _open(self) -> None:
        super()._open()
        self._told = self._told and self.control_mode == 0

    def _close(self) -> None:
        super()._close()
        self._told = True


class OverloadAtOnce(PowerLimiter):
    """Do not wait for the least time over the threshold."""

    def over_s(self) -> float:
        return 0.0


class OverloadNever(PowerLimiter):
    """Keep the threshold and let every load run."""

    def object_exceeded(self) -> bool:
        return False


class TokenEndsOverload(TokenApplication):
    """Let a credit token end the hold of the limiter."""

    def book(self, tid: int, amount_wh: float) -> TokenResult:
        result = super().book(tid, amount_wh)
        if result is TokenResult.ACCEPT:
            self.meter.memory.once_written(self.meter.arbiter.limiter_released)
        return result


class ClearTamperCloses(TokenApplication):
    """Take a clear-tamper token for permission to close."""

    def clear_tamper(self, opened: OpenedToken, fields: ClearTamperCondition) -> TokenResult:
        result = super().clear_tamper(opened, fields)
        if result is TokenResult.ACCEPT:
            self.meter.memory.once_written(lambda: self.meter.switch.drive(closed=True))
        return result


class TamperForgotten(Arbiter):
    """Lose the tamper latch at power-up."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.latches.discard(Latch.TAMPER)


class ScriptPastTheArbiter(Objects):
    """Let the script table move the contact itself."""

    def invoke(self, reference: CosemMethod, parameter: Data | None, role: Role) -> Data | None:
        if reference.obis == Obis(DISCONNECT_SCRIPTS) and parameter is not None and parameter.number() == 1:
            self.meter.switch.drive(closed=False)
            return None
        return super().invoke(reference, parameter, role)


class ClosesLate(Switch):
    """Charge the actuator before the contact closes."""

    def drive(self, closed: bool) -> None:
        if not closed:
            super().drive(closed)
            return
        self._wanted = True
        self._attempts = 0
        if self._check is not None:
            self._check.cancel()
        self._check = self.board.at(self.board.now() + _CHARGING_S, self._pulse)


class SlowSwitch:
    """A relay that closes 10 s after the command, as it is declared."""

    id = "N-14"
    title = "Relay closes 10 s after command"

    def apply(self, blueprint: Blueprint) -> None:
        """Slow the switch down, and declare it."""
        blueprint.override("switch", ClosesLate)
        supply = replace(blueprint.product.supply, actuation_time_s=_ACTUATION_S)
        blueprint.product = replace(blueprint.product, supply=supply)


class EmergencyRefusedAlreadyUsed(Objects):
    """Refuse emergency credit that was used already with a result of the maker's choice."""

    def invoke(self, reference: CosemMethod, parameter: Data | None, role: Role) -> Data | None:
        try:
            return super().invoke(reference, parameter, role)
        except AccessError:
            if reference.obis == Obis(EMERGENCY_CREDIT) and reference.method == _INVOKE_CREDIT:
                raise AccessError(DataAccessResult.TEMPORARY_FAILURE) from None
            raise


DEFECTS = (
    SlotDefect(
        id="AR-10",
        title="output_state mirrors the command, not the contact",
        slot="arbiter",
        mixin=OutputMirrorsCommand,
    ),
    SlotDefect(id="AR-14", title="Overload trips at once", slot="power_limiter", mixin=OverloadAtOnce),
    SlotDefect(id="AR-15", title="Overload never trips", slot="power_limiter", mixin=OverloadNever),
    SlotDefect(
        id="AR-17",
        title="Overload lockout released by a credit token",
        slot="token_application",
        mixin=TokenEndsOverload,
    ),
    SlotDefect(
        id="AR-28",
        title="Clear-tamper token closes although credit is zero or remote-disconnected",
        slot="token_application",
        mixin=ClearTamperCloses,
    ),
    SlotDefect(id="AR-29", title="Tamper latch lost at power cycle", slot="arbiter", mixin=TamperForgotten),
    SlotDefect(
        id="AR-39",
        title="Script opens the relay without the disconnect control",
        slot="objects",
        mixin=ScriptPastTheArbiter,
    ),
    SlowSwitch(),
    SlotDefect(
        id="N-19",
        title="Emergency credit refused with 'already used'",
        slot="objects",
        mixin=EmergencyRefusedAlreadyUsed,
    ),
)
