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

    def _check(self, position: int) -> None:
        if not 1 <= position <= self.positions:
            raise SetpointRefused(
                f"There are positions 1 to {self.positions}, not {position}.",
                resource=self.resource,
                remedy="Correct the position's actuators in the rig file.",
            )
