"""Lines over VISA: one session, one lock, both terminations, and errors that name the resource and a remedy."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from instruments.errors import InstrumentFault
from instruments.line_settings import SCPI_LINE, LineSettings
from instruments.socket_session import SocketSession, straight

if TYPE_CHECKING:
    from pyvisa.resources import MessageBasedResource

    Session: TypeAlias = MessageBasedResource | SocketSession

DEFAULT_LIBRARY = "@py"
TIMEOUT_S = 2.0
"""No longer: pyvisa-py spins at full load until the time-out when the peer has closed its socket."""
TRANSCRIPT_LENGTH = 1000
DRAIN_S = 0.05
DRAIN_READS_MAX = 1000
LATE_ANSWERS_MAX = 20

_Result = TypeVar("_Result")
Trace = Callable[[str, str], None]
"""Takes (direction, text); the direction is ``">"`` for sent and ``"<"`` for received."""


class Transport(Protocol):
    """What a driver needs of a line to its instrument."""

    resource: str
    lock: threading.RLock

    def write(self, line: str, *, shown: str = "") -> None:
        """Send one line. ``shown`` stands for it in transcripts and errors when it holds a secret."""

    def read(self) -> str:
        """Return the next line of the instrument. Raise InstrumentFault when none comes in time."""

    def query(self, line: str) -> str:
        """Send one line and return the next line of the instrument."""

    def clear(self) -> None:
        """Drop what the instrument still has to say."""

    def reopen(self) -> None:
        """Open a new session after a lost one."""

    def close(self) -> None:
        """End the session; closing twice is allowed."""

    def write_octets(self, octets: bytes) -> None:
        """Send octets as they are, for instruments that do not speak lines."""

    def read_octets(self, count: int) -> bytes:
        """Return exactly ``count`` octets. Raise InstrumentFault when they do not come in time."""


class VisaTransport:
    """A VISA session that speaks lines.

    ``library`` is the VISA library (``@py``, ``@ivi``, ``file@sim``); without it PYVISA_LIBRARY, else ``@py``.
    The session is opened and probed at once, because opening a SOCKET to a closed port succeeds.
    """

    def __init__(
        self,
        resource: str,
        *,
        library: str | None = None,
        timeout_s: float = TIMEOUT_S,
        line: LineSettings = SCPI_LINE,
        trace: Trace | None = None,
    ) -> None:
        self.resource = resource
        self.lock = threading.RLock()
        self.transcript: deque[tuple[str, str]] = deque(maxlen=TRANSCRIPT_LENGTH)
        self._library = library or os.environ.get("PYVISA_LIBRARY") or DEFAULT_LIBRARY
        self._timeout_s = timeout_s
        self.exchange = 0
        """Odd while an exchange is under way; every exchange adds two, so a watcher sees one that hangs."""
        self._line = line
        self._trace = trace
        self._last_line = ""
        self._session: Session | None = None
        self._identity = ""
        self._late_answer_due = False
        self.reopen()

    def write(self, line: str, *, shown: str = "") -> None:
        """Send one line. Raise InstrumentFault when the connection is gone.

        After a time-out the session first catches up, so that a late answer is nobody's.
        """
        with self.lock:
            if self._late_answer_due:
                self._catch_up()
            self._last_line = shown or line
            self._note(">", self._last_line)
            self._guarded(lambda session: session.write(line), self._last_line)

    def read(self) -> str:
        """Return the next line without its end. Raise InstrumentFault after the time-out."""
        with self.lock:
            text = self._guarded(lambda session: session.read(), self._last_line)
            answer = text.rstrip("\r\n")
            self._note("<", answer)
            return answer

    def write_octets(self, octets: bytes) -> None:
        """Send octets as they are. Raise InstrumentFault when the connection is gone."""
        with self.lock:
            self._last_line = octets.hex(" ")
            self._note(">", self._last_line)
            self._guarded(lambda session: session.write_raw(octets), self._last_line)

    def read_octets(self, count: int) -> bytes:
        """Return exactly ``count`` octets. Raise InstrumentFault after the time-out."""
        with self.lock:
            octets = self._guarded(
                lambda session: session.read_bytes(count, break_on_termchar=False), self._last_line
            )
            self._note("<", octets.hex(" "))
            return octets

    def query(self, line: str) -> str:
        """Send one line and return the answer."""
        with self.lock:
            self.write(line)
            return self.read()

    def clear(self) -> None:
        """Drop what is still unread, or the next query would take it for its own; open a closed session."""
        with self.lock:
            if self._session is None:
                self.reopen()
            else:
                self._drain(self._session)

    def reopen(self) -> None:
        """Close the session if there is one, open a new one, probe it with ``*IDN?``."""
        with self.lock:
            self.close()
            self._session = self._open()
            self._late_answer_due = False
            try:
                if self._line.probe:
                    self._probe()
            except InstrumentFault:
                self.close()
                raise

    def _catch_up(self) -> None:
        """Get past an answer that is still to come: instruments answer in order, so the probe's comes after it."""
        self._late_answer_due = False
        if self._line.probe and self._session is not None:
            try:
                self._probe()
            except InstrumentFault:
                self._note("!", "no answer to the probe either; opening anew")
            else:
                return
        self.reopen()

    def _probe(self) -> None:
        """See that the instrument is there, and that what comes next answers what is asked next.

        An answer that comes late, to a query that was given up, could otherwise be taken for another's.
        """
        answer = self.query(self._line.probe)
        for _ in range(LATE_ANSWERS_MAX):
            if not self._identity or answer == self._identity:
                break
            answer = self.read()
        self._identity = answer

    def close(self) -> None:
        """End the session. Trouble while closing a dead one is of no interest to anybody."""
        from pyvisa.errors import Error as VisaError

        with self.lock:
            session, self._session = self._session, None
            if session is not None:
                try:
                    session.close()
                except (VisaError, OSError):
                    self._note("!", "closing failed")

    def _open(self) -> Session:
        import pyvisa
        from pyvisa.constants import ControlFlow, StopBits
        from pyvisa.errors import Error as VisaError
        from pyvisa.resources import MessageBasedResource, SerialInstrument

        try:
            # pyvisa keeps one resource manager per library; closing it would close every session
            opened = pyvisa.ResourceManager(self._library).open_resource(
                self.resource, open_timeout=int(self._timeout_s * 1000)
            )
        except Exception as error:
            # pyvisa-py raises a bare Exception when a host does not answer
            if not isinstance(error, VisaError | OSError | ValueError) and type(error) is not Exception:
                raise
            raise InstrumentFault(
                f"The VISA library {self._library} cannot open the instrument: {error}.",
                resource=self.resource,
                remedy="Check the resource string in the rig file, cables and power.",
            ) from error
        if not isinstance(opened, MessageBasedResource):
            opened.close()
            raise InstrumentFault(
                "This VISA resource does not carry messages.",
                resource=self.resource,
                remedy="Name a SOCKET, INSTR or serial resource in the rig file.",
            )
        opened.timeout = self._timeout_s * 1000.0
        opened.write_termination = self._line.write_termination
        opened.read_termination = self._line.read_termination
        if isinstance(opened, SerialInstrument):
            opened.baud_rate = self._line.baud
            opened.stop_bits = StopBits.two if self._line.stop_bits == 2 else StopBits.one
            opened.flow_control = ControlFlow.rts_cts if self._line.rts_cts else ControlFlow.none
        return straight(opened)

    def _guarded(self, action: Callable[[Session], _Result], doing: str) -> _Result:
        """Do something with the session and translate what goes wrong."""
        session = self._session
        if session is None:
            raise InstrumentFault(
                f"The session is closed ({doing}).", resource=self.resource, remedy="Open it again."
            )
        self.exchange += 1
        try:
            return action(session)
        except Exception as error:
            fault = self._fault(session, error, doing)
            if fault is None:
                raise
            raise fault from error
        finally:
            self.exchange += 1

    def _fault(self, session: Session, error: Exception, doing: str) -> InstrumentFault | None:
        """Return what an error means for whoever asked; None for one that is not the line's."""
        from pyvisa.constants import StatusCode
        from pyvisa.errors import Error as VisaError
        from pyvisa.errors import VisaIOError

        if isinstance(error, VisaIOError) and error.error_code == StatusCode.error_timeout:
            self._note("!", f"no answer within {self._timeout_s:g} s")
            self._late_answer_due = True
            self._drain(session)
            return InstrumentFault(
                f"The instrument did not answer within {self._timeout_s:g} s ({doing}).",
                resource=self.resource,
                remedy="Check that it is on, in remote mode, and that nobody else holds its connection.",
            )
        return self._lost(doing, error) if isinstance(error, VisaError | OSError) else None

    def _lost(self, doing: str, error: Exception) -> InstrumentFault:
        self._note("!", str(error))
        return InstrumentFault(
            f"The connection to the instrument failed ({doing}): {error}.",
            resource=self.resource,
            remedy="Check address, port, cable and power.",
        )

    def _drain(self, session: Session) -> None:
        """Drop late answers.

        A SOCKET session is read until nothing comes for a moment: pyvisa-py's own clear never ends when the
        peer has closed the connection.
        """
        from pyvisa.errors import Error as VisaError

        with contextlib.suppress(VisaError, OSError):
            if not self.resource.upper().endswith("::SOCKET"):
                session.clear()
                return
            session.timeout = DRAIN_S * 1000.0
            try:
                for _ in range(DRAIN_READS_MAX):
                    session.read_raw()
            finally:
                session.timeout = self._timeout_s * 1000.0

    def _note(self, direction: str, text: str) -> None:
        self.transcript.append((direction, text))
        if self._trace is not None:
            self._trace(direction, text)
