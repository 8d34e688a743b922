"""Defects of layer AR: who may move the supply switch."""

from __future__ import annotations

from typing import Any

from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.opener import OpenedToken
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.payment.account import Account
from reference_meter.payment.token_application import TokenApplication
from reference_meter.payment.token_result import TokenResult
from reference_meter.supply.arbiter import Arbiter, Latch
from reference_meter.supply.control_modes import Trigger, transition

_EARLY_WH = 500.0


class ZeroCreditIgnored(Arbiter):
    """Let supply go on when the credit runs out."""

    def credit_exhausted(self) -> None:
        """Do nothing."""


def opens_at(cut_off_wh: float) -> type[Account]:
    """Return an account whose credit runs out at ``cut_off_wh`` instead of zero."""

    class OpensElsewhere(Account):
        def cut_off_wh(self) -> float:
            return cut_off_wh

    return OpensElsewhere


class TokenOverridesRemote(TokenApplication):
    """Take a credit token for permission to reconnect."""

    def transfer_credit(self, opened: OpenedToken, fields: TransferCredit) -> TokenResult:
        result = super().transfer_credit(opened, fields)
        if result is TokenResult.ACCEPT:
            self.meter.memory.once_written(self._reconnect)
        return result

    def _reconnect(self) -> None:
        self.meter.arbiter.remote_reconnect()


class RemoteOverridesCredit(Arbiter):
    """Close on remote_reconnect without a look at the credit."""

    def remote_reconnect(self, *, actor: str = "remote") -> bool:
        moved = super().remote_reconnect(actor=actor)
        if Latch.CREDIT not in self.latches:
            return moved
        self._release(Latch.CREDIT, actor=actor, direct=True)
        return True


class ClosesAtPowerUp(Arbiter):
    """Drive the contact closed at each power-up, whatever the latches say."""

    def power_up(self) -> None:
        super().power_up()
        self.switch.drive(closed=True)


class ButtonClosesDisconnected(Arbiter):
    """Let the button close a switch that was disconnected remotely."""

    def manual_reconnect(self) -> bool:
        if Latch.REMOTE not in self.latches:
            return super().manual_reconnect()
        self._release(Latch.REMOTE, actor="manual", direct=True)
        return True


class ButtonAlwaysOpens(Arbiter):
    """Obey the button in modes that keep it from opening."""

    def manual_disconnect(self) -> bool:
        self._hold(Latch.MANUAL, actor="manual", event="disconnected")
        return True


class RemoteOnlyArms(Arbiter):
    """Arm on remote_reconnect where the mode closes directly (mode 3 behaviour in mode 4)."""

    def remote_reconnect(self, *, actor: str = "remote") -> bool:
        moved = transition(self.control_mode, Trigger.REMOTE_RECONNECT, self.control_state) is not None
        if moved:
            self._release(Latch.REMOTE, actor=actor, direct=False, otherwise="armed")
        return moved


class ArmedClosesAtPowerUp(Arbiter):
    """Turn Ready for reconnection into Connected at power-up."""

    def power_up(self) -> None:
        armed = Latch.REMOTE not in self.latches and not self.switch.closed()
        super().power_up()
        if armed:
            self.latches.clear()
            self.switch.drive(closed=True)


class LastWriterWins(Arbiter):
    """Let whoever asks last within a second of a remote disconnect decide."""

    _window_s = 1.0

    def remote_disconnect(self, *, actor: str = "remote") -> bool:
        self._disconnected_s = self.meter.board.now()
        return super().remote_disconnect(actor=actor)

    def credit_changed(self) -> None:
        super().credit_changed()
        since_s = self.meter.board.now() - getattr(self, "_disconnected_s", float("-inf"))
        if since_s < self._window_s and not self.meter.account.exhausted():
            self.switch.drive(closed=True)


def _early(_: Any) -> type[Account]:
    return opens_at(_EARLY_WH)


def _late(_: Any) -> type[Account]:
    return opens_at(-_EARLY_WH)


DEFECTS = (
    SlotDefect(
        id="AR-01", title="Zero credit does not open the switch", slot="arbiter", mixin=ZeroCreditIgnored
    ),
    SlotDefect(id="AR-02", title="Opens early, 0.5 kWh left", slot="account", mixin=_early),
    SlotDefect(id="AR-02-LATE", title="Opens late, at -0.5 kWh", slot="account", mixin=_late),
    SlotDefect(
        id="AR-03",
        title="Credit token closes the switch although remote_disconnect is in force",
        slot="token_application",
        mixin=TokenOverridesRemote,
    ),
    SlotDefect(
        id="AR-04",
        title="remote_reconnect closes the switch although credit is exhausted",
        slot="arbiter",
        mixin=RemoteOverridesCredit,
    ),
    SlotDefect(
        id="AR-12", title="Power-up closes the relay by default", slot="arbiter", mixin=ClosesAtPowerUp
    ),
    SlotDefect(
        id="AR-06",
        title="Push button closes from Disconnected",
        slot="arbiter",
        mixin=ButtonClosesDisconnected,
    ),
    SlotDefect(
        id="AR-07",
        title="Manual disconnect obeyed where the mode forbids it",
        slot="arbiter",
        mixin=ButtonAlwaysOpens,
    ),
    SlotDefect(
        id="AR-08", title="remote_reconnect only arms in mode 4", slot="arbiter", mixin=RemoteOnlyArms
    ),
    SlotDefect(
        id="AR-13",
        title="Power-up turns Ready for reconnection into Connected",
        slot="arbiter",
        mixin=ArmedClosesAtPowerUp,
    ),
    SlotDefect(
        id="AR-30",
        title="Last writer wins between token and remote_disconnect",
        slot="arbiter",
        mixin=LastWriterWins,
    ),
)
