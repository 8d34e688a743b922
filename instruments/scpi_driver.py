"""What all SCPI drivers share: identity check, commands followed by the error queue, queries, numbers."""

from __future__ import annotations

import math
from typing import ClassVar

from instruments.confidence import CommandConfidence
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.line_settings import SCPI_LINE, LineSettings
from instruments.roles import Identity
from instruments.transport import Transport

ERROR_READS_MAX = 50
"""A queue that is not empty after so many reads is broken."""


class ScpiDriver:
    """A driver over a line transport. The instrument's identity is checked before anything else is sent."""

    ROLE: ClassVar[str]
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence]
    MANUFACTURERS: ClassVar[tuple[str, ...]]
    """Beginnings of the first field of ``*IDN?``, compared without case."""
    MODELS: ClassVar[tuple[str, ...]]
    """Second fields of ``*IDN?`` this driver is for, compared without case."""
    ERROR_QUERY: ClassVar[str] = "SYST:ERR?"
    LINE: ClassVar[LineSettings] = SCPI_LINE

    def __init__(self, transport: Transport, *, expected_serial: str | None = None) -> None:
        self.resource = transport.resource
        self.transport = self._transport = transport
        try:
            self._check_identity(expected_serial)
            self._transport.write("*CLS")
        except InstrumentFault:
            transport.close()
            raise

    def identify(self) -> Identity:
        """Ask for the four fields of ``*IDN?``; missing ones are empty."""
        fields = [part.strip() for part in self._transport.query("*IDN?").split(",", 3)]
        fields += [""] * (4 - len(fields))
        return Identity(manufacturer=fields[0], model=fields[1], serial_number=fields[2], firmware=fields[3])

    def close(self) -> None:
        """End the session; the instrument stays as it is."""
        self._transport.close()

    def _check_identity(self, expected_serial: str | None) -> None:
        found = self.identify()
        if self._fits(found) and expected_serial in (None, found.serial_number):
            return
        wanted = f"{self.MANUFACTURERS[0]} {'/'.join(self.MODELS)}"
        if expected_serial is not None:
            wanted += f" with serial number {expected_serial}"
        raise InstrumentFault(
            f"Expected {wanted}, found {found.manufacturer} {found.model} with serial number "
            f"{found.serial_number}.",
            resource=self.resource,
            remedy="Correct driver, resource or serial_number in the rig file, or connect the right instrument.",
        )

    def _fits(self, found: Identity) -> bool:
        """Return whether maker and model are ones this driver is for."""
        maker = found.manufacturer.upper()
        return any(maker.startswith(name.upper()) for name in self.MANUFACTURERS) and (
            found.model.upper() in (model.upper() for model in self.MODELS)
        )

    def _command(self, line: str, *, shown: str = "") -> None:
        """Send a command, then read the error queue. Raise InstrumentFault with what the queue says.

        ``shown`` stands for the line in errors and transcripts when it holds a secret.
        """
        with self._transport.lock:
            self._transport.write(line, shown=shown)
            errors = self._take_errors()
        if errors:
            raise InstrumentFault(
                f"The instrument refused {shown or line!r}: {'; '.join(errors)}.",
                resource=self.resource,
                remedy="The driver and this instrument's firmware or options may not fit together.",
            )

    def _query(self, line: str) -> str:
        return self._transport.query(line)

    def _query_number(self, line: str) -> float:
        return self._to_number(self._query(line), line)

    def _to_number(self, answer: str, line: str) -> float:
        try:
            return float(answer)
        except ValueError as error:
            raise InstrumentFault(
                f"The answer {answer!r} to {line!r} is not a number.",
                resource=self.resource,
                remedy="Somebody else may be talking on this session; open it again.",
            ) from error

    def _take_errors(self) -> tuple[str, ...]:
        """Read the error queue until it is empty."""
        found: list[str] = []
        for _ in range(ERROR_READS_MAX):
            entry = self._transport.query(self.ERROR_QUERY)
            number = entry.partition(",")[0]
            if self._to_number(number, self.ERROR_QUERY) == 0:
                return tuple(found)
            found.append(entry)
        raise InstrumentFault(
            "The error queue does not get empty.",
            resource=self.resource,
            remedy="Switch the instrument off and on.",
        )

    def _refuse_unless(self, value: float, low: float, high: float, name: str) -> None:
        """Raise SetpointRefused unless ``value`` is a number from ``low`` to ``high``; nothing has been sent."""
        if math.isfinite(value) and low <= value <= high:
            return
        raise SetpointRefused(
            f"{name} = {value!r} is outside of {low:g} to {high:g}; nothing was sent.",
            resource=self.resource,
            remedy="Correct the load point or the plan.",
        )


def number(value: float) -> str:
    """Write a number for a command: nine significant digits, no negative zero."""
    return f"{value + 0.0:.9G}" if value else "0"
