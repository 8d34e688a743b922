"""What SCPI sources share: refusing before a byte is sent, and an off that is proven."""

from __future__ import annotations

from typing import ClassVar

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.roles import LoadSetting, SourceLimits
from instruments.scpi_driver import ScpiDriver

FULL_TURN_DEG = 360.0


class ScpiSource(ScpiDriver):
    """A source of sinusoids. Subclasses say how it is set and switched, and what it can deliver."""

    ROLE: ClassVar[str] = "source"
    OFF: ClassVar[tuple[str, ...]] = (":OUTP OFF",)
    IS_ON: ClassVar[str] = ":OUTP?"

    def limits(self) -> SourceLimits:
        """Return what the source can deliver."""
        raise NotImplementedError

    def switch_off(self) -> None:
        """Switch the output off."""
        for line in self.OFF:
            self._command(line)

    def is_on(self) -> bool:
        """Return whether the output is on."""
        return self._query(self.IS_ON).strip().upper() in ("1", "ON")

    def safe_state(self) -> None:
        """Switch the output off and see that it is; whatever happened before, as often as one likes.

        A session that does not answer is opened anew once. Raise InstrumentFault when the output cannot be
        proven off.
        """
        try:
            self._force_off()
        except InstrumentFault:
            self._transport.reopen()
            self._force_off()

    def _force_off(self) -> None:
        with self._transport.lock:
            self._transport.clear()
            for line in self.OFF:
                self._transport.write(line)
            still_on = self.is_on()
            # errors left in the queue belong to what went wrong before, not to the next command
            self._transport.write("*CLS")
        if still_on:
            raise InstrumentFault(
                "The source stays on although it was switched off.",
                resource=self.resource,
                remedy="Switch it off at its front panel or remove its mains now.",
            )

    def _check(self, setting: LoadSetting) -> None:
        """Raise SetpointRefused for what this source does not deliver; nothing has been sent."""
        can = self.limits()
        if not 1 <= len(setting.phases) <= can.phases:
            raise SetpointRefused(
                f"The load setting has {len(setting.phases)} phases, the source {can.phases}.",
                resource=self.resource,
                remedy="Choose a load point for the phases this rig has.",
            )
        self._refuse_unless(setting.frequency_hz, can.frequency_min_hz, can.frequency_max_hz, "frequency_hz")
        for phase in setting.phases:
            self._refuse_unless(phase.voltage_v, 0.0, can.voltage_max_v, "voltage_v")
            self._refuse_unless(phase.current_a, 0.0, can.current_max_a, "current_a")
            for name in ("voltage_angle_deg", "current_lag_deg"):
                self._refuse_unless(getattr(phase, name), -FULL_TURN_DEG, FULL_TURN_DEG, name)
            if phase.voltage_harmonics or phase.current_harmonics:
                raise SetpointRefused(
                    "This driver sets sinusoids only; nothing was sent.",
                    resource=self.resource,
                    remedy="Use a source whose harmonics are known to meterbench.",
                )
