"""Slot ``arbiter``: who may close the supply switch. Rules A1 to A8 of dual_standard_meter.md 3.4.

Every actor owns one inhibit latch; the contact may be closed only while no latch is set. The COSEM state is
derived: the REMOTE latch means Disconnected, otherwise the sensed contact says Connected or Ready for
reconnection. So the state can never claim a contact that is not there (A8), and only ``remote_reconnect``
leaves Disconnected (A1).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from reference_meter.supply.control_modes import ControlState, Trigger, allows, transition

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "latches"
MODE_RECORD = "control_mode"


class Latch(StrEnum):
    """Who holds the switch open."""

    REMOTE = "REMOTE"
    CREDIT = "CREDIT"
    LIMITER = "LIMITER"
    OVERLOAD = "OVERLOAD"
    TAMPER = "TAMPER"
    PROTECTION = "PROTECTION"
    MANUAL = "MANUAL"


class Arbiter:
    """Non-volatile latches and the control mode. Requests return whether they changed the control state."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.switch = meter.switch
        stored = meter.memory.get(MODE_RECORD)
        self.control_mode: int = meter.product.supply.control_mode if stored is None else stored
        self.latches: set[Latch] = {Latch(name) for name in meter.memory.get(RECORD) or ()}

    def power_up(self) -> None:
        """Compare the contact with the restored latches (A7) and finish what a power cut interrupted."""
        self.credit_changed()
        if self.latches:
            self._open()
        elif self._may_close(direct=False):
            self._close()

    @property
    def control_state(self) -> ControlState:
        """The state of the disconnect control object."""
        if Latch.REMOTE in self.latches:
            return ControlState.DISCONNECTED
        return ControlState.CONNECTED if self.switch.closed() else ControlState.READY_FOR_RECONNECTION

    def output_state(self) -> bool:
        """Return the sensed position of the contact (A8)."""
        return self.switch.closed()

    def set_control_mode(self, control_mode: int) -> bool:
        """Change the control mode. Only a connected switch changes it: no mode change undoes what holds it open."""
        if self.control_state is not ControlState.CONNECTED or self.latches:
            return False
        self.control_mode = control_mode
        self.meter.memory.put(MODE_RECORD, control_mode)
        return True

    def remote_disconnect(self, *, actor: str = "remote") -> bool:
        """Open and hold open until ``remote_reconnect`` (transitions b and c)."""
        if transition(self.control_mode, Trigger.REMOTE_DISCONNECT, self.control_state) is None:
            return False
        self._hold(Latch.REMOTE, actor=actor, event="disconnected")
        return True

    def remote_reconnect(self, *, actor: str = "remote") -> bool:
        """Take back ``remote_disconnect`` (a, d or i); the contact closes only if no other latch is set (A2)."""
        arrow = transition(self.control_mode, Trigger.REMOTE_RECONNECT, self.control_state)
        if arrow is None:
            return False
        self._release(
            Latch.REMOTE, actor=actor, direct=arrow.end is ControlState.CONNECTED, otherwise="armed"
        )
        return True

    def manual_disconnect(self) -> bool:
        """Open by the button (f)."""
        if transition(self.control_mode, Trigger.MANUAL_DISCONNECT, self.control_state) is None:
            return False
        self._hold(Latch.MANUAL, actor="manual", event="disconnected")
        return True

    def manual_reconnect(self) -> bool:
        """Close by the button (e), if no latch of another actor is set."""
        arrow = transition(self.control_mode, Trigger.MANUAL_RECONNECT, self.control_state)
        if arrow is None or self.latches - {Latch.MANUAL}:
            return False
        self._release(Latch.MANUAL, actor="manual", direct=True)
        return True

    def button_pressed(self) -> bool:
        """Take the supply button: it opens a closed switch and closes an open one, where the mode lets a hand."""
        if self.control_state is ControlState.CONNECTED:
            return self.manual_disconnect()
        return self.manual_reconnect()

    def credit_changed(self) -> None:
        """Look at the account: no credit sets the CREDIT latch (g), credit clears it (h); it touches no other."""
        exhausted = self.meter.account.exhausted()
        if exhausted and Latch.CREDIT not in self.latches:
            self.credit_exhausted()
        elif not exhausted and Latch.CREDIT in self.latches:
            self.credit_restored()

    def credit_exhausted(self) -> None:
        """Open for want of credit."""
        self._hold_here(Latch.CREDIT, actor="credit")

    def credit_restored(self) -> None:
        """Stop holding open for want of credit, and close if nobody else holds (A1 to A5)."""
        self._release(Latch.CREDIT, actor="credit")

    def limiter_tripped(self) -> None:
        """Open because the load exceeds a limit (g)."""
        self._hold_here(Latch.LIMITER, actor="limiter")

    def limiter_released(self) -> None:
        """Stop holding open for the load (A4)."""
        if Latch.LIMITER in self.latches:
            self._release(Latch.LIMITER, actor="limiter")

    def tamper_detected(self) -> None:
        """Open because somebody meddles with the meter, and hold open until that is cleared by authority (A5)."""
        if Latch.TAMPER not in self.latches:
            self._hold_here(Latch.TAMPER, actor="tamper")

    def clear_tamper(self, *, actor: str = "token") -> None:
        """Stop holding open for a tamper condition, by authority of a token, once the condition is gone (A5).

        It touches no other latch.
        """
        if Latch.TAMPER in self.latches and not self.meter.conditions.holds_open():
            self._release(Latch.TAMPER, actor=actor)

    def _hold_here(self, latch: Latch, *, actor: str) -> None:
        """Set a latch of the meter itself (g)."""
        moves = transition(self.control_mode, Trigger.LOCAL_DISCONNECT, self.control_state) is not None
        self._hold(latch, actor=actor, event="disconnected" if moves else "inhibited")

    def _hold(self, latch: Latch, *, actor: str, event: str) -> None:
        """Set a latch, and open once it is in the memory chip (A7)."""
        self.latches.add(latch)
        self._save(event, actor)
        self.meter.memory.once_written(self._open)

    def _release(
        self, latch: Latch, *, actor: str, direct: bool = False, otherwise: str = "released"
    ) -> None:
        """Clear a latch, and close if the mode says so and no other latch is set."""
        self.latches.discard(latch)
        closes = self._may_close(direct=direct)
        self._save("reconnected" if closes else otherwise, actor)
        if closes:
            self.meter.memory.once_written(self._close)

    def _may_close(self, *, direct: bool) -> bool:
        """Return whether the contact is open and may close now without a hand (h), or at all when ``direct``."""
        if self.latches or self.switch.heading_closed():
            return False
        return direct or allows(self.control_mode, Trigger.LOCAL_RECONNECT)

    def _open(self) -> None:
        """Drive the contact open, in every mode but 0 (which cannot open)."""
        if allows(self.control_mode, Trigger.LOCAL_DISCONNECT) and self.switch.heading_closed():
            self.switch.drive(closed=False)

    def _close(self) -> None:
        self.switch.drive(closed=True)

    def _save(self, event: str, actor: str) -> None:
        """Write latches and event together."""
        with self.meter.memory.together():
            self.meter.memory.put(RECORD, sorted(self.latches))
            self.meter.events.record(event, actor=actor)
