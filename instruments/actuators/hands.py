"""The bench's own SCPI instrument for what an operator's hands do: supply, bypass, keypad, display."""

from __future__ import annotations

from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.scpi_driver import ScpiDriver
from instruments.transport import Transport

KEYS_ALLOWED = frozenset("0123456789ECB<")


class Hands(ScpiDriver):
    """Drives a relay board or a laboratory that speaks the METERBENCH HANDS commands."""

    ROLE: ClassVar[str] = "actuators"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("METERBENCH",)
    MODELS: ClassVar[tuple[str, ...]] = ("HANDS",)
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(summary=Confidence.A)

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        super().__init__(transport, expected_serial=expected_serial)
        self.positions = int(self._query_number(":POS:COUN?"))

    def supply(self, position: int, *, on: bool) -> None:
        """Close or cut the voltage supply of one position (its isolating contactor)."""
        self._check(position)
        self._command(f":POS{position}:SUPP {'ON' if on else 'OFF'}")

    def bypass(self, position: int, *, automatic: bool) -> None:
        """Arm the position's bypass, which closes when the meter opens the current loop, or disarm it."""
        self._check(position)
        self._command(f":POS{position}:BYP {'AUTO' if automatic else 'OFF'}")

    def load_side_live(self, position: int) -> bool:
        """Return whether voltage stands on the load side of the meter's supply switch."""
        self._check(position)
        return self._query_number(f":POS{position}:LOAD:LIVE?") != 0

    def keypad(self, position: int, keys: str) -> None:
        """Press keys in order: digits, ``E`` enter, ``C`` clear, ``<`` backspace, ``B`` the supply button."""
        self._check(position)
        wrong = sorted(set(keys) - KEYS_ALLOWED)
        if wrong or not keys:
            # the keys may be a token: name the wrong ones only
            raise SetpointRefused(
                f"A keypad has no keys {wrong}." if wrong else "There are no keys to press.",
                resource=self.resource,
                remedy="Send digits, and E for enter.",
            )
        # a token is a secret until its meter has taken it
        shown = f':POS{position}:KEYP "<{len(keys)} keys>"'
        self._command(f':POS{position}:KEYP "{keys}"', shown=shown)

    def display(self, position: int) -> str:
        """Read what the display shows."""
        self._check(position)
        answer = self._query(f":POS{position}:DISP?")
        if len(answer) < 2 or answer[0] != '"' or answer[-1] != '"':
            raise InstrumentFault(
                f"The display answer {answer!r} is not a quoted text.",
                resource=self.resource,
                remedy="Somebody else may be talking on this session; open it again.",
            )
        return answer[1:-1].replace('""', '"')

    def cover(self, position: int, name: str, *, opened: bool) -> None:
        """Open or close the "meter" or the "terminal" cover."""
        self._check(position)
        self._command(f':POS{position}:COV "{name}",{"OPEN" if opened else "CLOS"}')

    def magnet(self, position: int, field_mt: float) -> None:
        """Bring a magnet of this flux density (mT) to the case; 0 takes it away."""
        self._check(position)
        self._command(f":POS{position}:MAGN {field_mt:g}")

    def neutral(self, position: int, *, connected: bool) -> None:
        """Connect or open the neutral of the voltage circuit."""
        self._check(position)
        self._command(f":POS{position}:NEUT {'ON' if connected else 'OFF'}")

    def neutral_current(self, position: int, share: float) -> None:
        """Lead this share of the line's current through the neutral terminals; 1 is a healthy circuit."""
        self._check(position)
        self._command(f":POS{position}:NEUT:CURR {share:g}")

    def battery(self, position: int, voltage_v: float) -> None:
        """Put a battery of this voltage in place; 0 takes it out."""
        self._check(position)
        self._command(f":POS{position}:BATT {voltage_v:g}")

    def module(self, position: int, name: str) -> None:
        """Plug in the communication module of this name; an empty name pulls it out."""
        self._check(position)
        self._command(f':POS{position}:MOD "{name}"')

    def customer_unit(self, position: int, *, connected: bool) -> None:
        """Connect or pull out the customer interface unit."""
        self._check(position)
        self._command(f":POS{position}:CUST:UNIT {'ON' if connected else 'OFF'}")

    def bridge(self, position: int, *, closed: bool) -> None:
        """Bridge the meter's supply switch from terminal to terminal, as a welded contact does; or take it away."""
        self._check(position)
        self._command(f":POS{position}:BRID {'ON' if closed else 'OFF'}")

    def interrupt_cycles(self, on: int, off: int) -> None:
        """Lead the current around standard and meters for ``off`` whole cycles after each ``on``."""
        self._command(f":INT:CYCL {on},{off}")

    def interrupt_seconds(self, on_s: float, off_s: float) -> None:
        """Lead the current around standard and meters for ``off_s`` after each ``on_s``."""
        self._command(f":INT:SEC {on_s:g},{off_s:g}")

    def interrupt_end(self) -> None:
        """Let the current flow through standard and meters all the time."""
        self._command(":INT:OFF")

    def chamber(self, temperature_c: float) -> None:
        """Give the air around all meters this temperature."""
        self._command(f":CHAM:TEMP {temperature_c:g}")

    def _check(self, position: int) -> None:
        if not 1 <= position <= self.positions:
            raise SetpointRefused(
                f"There are positions 1 to {self.positions}, not {position}.",
                resource=self.resource,
                remedy="Correct the position's actuators in the rig file.",
            )
