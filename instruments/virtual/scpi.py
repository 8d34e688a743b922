"""SCPI core of a virtual instrument: several clients, each with its own status and error queue.

Declare commands on ``instrument.tree``, then give each client a ``Session`` and feed it octets::

    instrument = ScpiInstrument("METERBENCH,EXAMPLE,1,0.1")
    instrument.tree.add(":SOURce:VOLTage", set_voltage, parameters=1)
    session = instrument.open_session()
    session.feed(b"*IDN?\\n")  # -> b"METERBENCH,EXAMPLE,1,0.1\\n"

A handler gets a ``Call``, returns a reply (queries) or None, and refuses with ``ScpiError``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from instruments.virtual.scpi_common import add_common_commands
from instruments.virtual.scpi_dialect import SCPI, ZERA, Dialect
from instruments.virtual.scpi_errors import EventStatus, ScpiError
from instruments.virtual.scpi_parameters import Parameters, end_of_message, nr3, quoted, split_outside
from instruments.virtual.scpi_status import ErrorQueue, Status
from instruments.virtual.scpi_tree import Call, CommandTree, Path

__all__ = [
    "SCPI",
    "ZERA",
    "Call",
    "CommandTree",
    "Dialect",
    "Parameters",
    "ScpiError",
    "ScpiInstrument",
    "Session",
    "nr3",
    "quoted",
]

_INPUT_MAX = 1 << 20
"""A message longer than this gives -363 and is dropped."""
_HEADER = re.compile(r"\s*([^\s?]+\??)(.*)", re.DOTALL)
_NO_PARAMETERS = Parameters()
_HEADER_CHARACTERS = re.compile(r"[A-Za-z0-9_:*?\-]+")


class ScpiInstrument:
    """What all clients of one instrument share: identity, command tree, dialect, pending operations."""

    def __init__(self, identity: str, *, dialect: Dialect = SCPI, options: str = "0") -> None:
        self.identity = identity
        self.options = options
        self.dialect = dialect
        self.tree = CommandTree()
        self.sessions: list[Session] = []
        self.on_reset: Callable[[], None] = lambda: None
        self._pending_operations = 0
        add_common_commands(self)

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is pending."""
        return self._pending_operations > 0

    def begin_operation(self) -> None:
        """Note that an overlapped operation has started; ``*OPC`` and ``*WAI`` wait for its end."""
        self._pending_operations += 1

    def end_operation(self) -> None:
        """Note that an overlapped operation has ended, and let waiting clients go on."""
        self._pending_operations -= 1
        if not self.busy:
            for session in tuple(self.sessions):
                session.operations_finished()

    def open_session(self, send: Callable[[bytes], None] | None = None) -> Session:
        """Make the session of a new client; ``send`` takes what comes outside of ``feed`` (after a wait)."""
        session = Session(self, send or (lambda _octets: None))
        self.sessions.append(session)
        return session


class Session:
    """One client's parser, status and waiting commands."""

    def __init__(self, instrument: ScpiInstrument, send: Callable[[bytes], None]) -> None:
        dialect = instrument.dialect
        self.instrument = instrument
        self.status = Status(
            errors=ErrorQueue(dialect.error_queue_length),
            errors_set_event_status=dialect.errors_set_event_status,
        )
        self.waiting = False
        self.operation_complete_armed = False
        self._send = send
        self._input = bytearray()
        self._overrun = False
        self._messages: deque[str] = deque()
        self._units: deque[str] = deque()
        self._in_message = False
        self._replies: list[str] = []
        self._path: Path = ()

    def feed(self, octets: bytes) -> bytes:
        """Take octets from the client, run every complete message, return what the instrument answers."""
        self._input += octets
        while (end := end_of_message(self._input)) >= 0:
            message = self._input[:end].decode("latin-1").rstrip("\r")
            del self._input[: end + 1]
            if self._overrun:
                self._overrun = False
                self.report(ScpiError(-363))
            else:
                self._messages.append(message)
        if len(self._input) > _INPUT_MAX:
            self._overrun = True
            self._input.clear()
        return self._run()

    def report(self, error: ScpiError) -> None:
        """Put an error into this client's queue, with the number this maker uses."""
        number = self.instrument.dialect.error_numbers.get(error.number, error.number)
        self.status.report(ScpiError(number, error.detail))

    def operations_finished(self) -> None:
        """Learn that no operation is pending any more: set OPC, run what was waiting."""
        if self.operation_complete_armed:
            self.operation_complete_armed = False
            self.status.event_status |= EventStatus.OPERATION_COMPLETE
        if self.waiting:
            self.waiting = False
            octets = self._run()
            if octets:
                self._send(octets)

    def close(self) -> None:
        """Forget this client."""
        if self in self.instrument.sessions:
            self.instrument.sessions.remove(self)

    @property
    def message_available(self) -> bool:
        """Whether a reply of the running message is made and not yet sent."""
        return bool(self._replies) and self.instrument.dialect.joined_replies

    @property
    def units_left(self) -> tuple[str, ...]:
        """The commands of the running message that come behind the present one."""
        return tuple(self._units)

    def wait(self) -> None:
        """Hold the commands behind this one until no operation is pending."""
        self.waiting = self.instrument.busy

    def _run(self) -> bytes:
        output = bytearray()
        while not self.waiting:
            if self._units:
                self._run_unit(self._units.popleft())
            elif self._in_message:
                output += self._take_replies()
                self._in_message = False
            elif self._messages:
                self._path = ()
                self._in_message = True
                separator = self.instrument.dialect.command_separator
                self._units.extend(split_outside(self._messages.popleft(), separator))
            else:
                break
        return bytes(output)

    def _take_replies(self) -> bytes:
        if not self._replies:
            return b""
        between = ";" if self.instrument.dialect.joined_replies else "\n"
        text = between.join(self._replies) + "\n"
        self._replies.clear()
        return text.encode("latin-1", errors="replace")

    def _run_unit(self, unit: str) -> None:
        if not unit.strip():
            return
        try:
            reply = self._execute(unit)
        except ScpiError as error:
            self.report(error)
            if -199 <= error.number <= -100 and self.instrument.dialect.stop_after_header_error:
                self._units.clear()
            return
        if reply is not None:
            self._replies.append(reply)

    def _execute(self, unit: str) -> str | None:
        dialect, tree = self.instrument.dialect, self.instrument.tree
        path = self._path if dialect.header_path else ()
        known = None if path else tree.bare.get(unit)
        if known is not None:
            self._path = known.path
            return known.command.handler(Call(self, known.suffixes, _NO_PARAMETERS))
        split = _HEADER.fullmatch(unit)
        if split is None:
            raise ScpiError(-102, unit.strip()[:40])
        header, rest = split.groups()
        rest = rest.strip()
        if dialect.parameter_end:
            if rest.endswith(dialect.parameter_end):
                rest = rest[: -len(dialect.parameter_end)].strip()
            elif header.endswith(dialect.parameter_end):
                header = header[: -len(dialect.parameter_end)]
            elif rest and not header.startswith("*"):
                raise ScpiError(-100)
        if not _HEADER_CHARACTERS.fullmatch(header):
            raise ScpiError(-101, header[:40])
        match = tree.find(header, path)
        self._path = match.path
        parameters = Parameters.parse(rest)
        if len(parameters) < match.command.parameters_min:
            raise ScpiError(-109)
        if len(parameters) > match.command.parameters_max:
            raise ScpiError(-108)
        if not path and not parameters.texts:
            tree.remember(unit, match)
        return match.command.handler(Call(self, match.suffixes, parameters))
