"""The lab port: simulated time as a SCPI instrument, so that a bench moves time like it moves a source.

``:LAB:ADVance?`` and ``:LAB:EXCHange?`` first serve everything that has already arrived on any socket, then
move time at once to the first event that matters, or to the deadline. So "the meter stays silent for two
seconds" is decided exactly, without waiting for two seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib import metadata

from instruments.virtual.reactor import Reactor
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, quoted
from reference_meter.lab.line import Line
from reference_meter.lab.network import UdpLine
from reference_meter.lab.world import World

PATIENCE_S = 5.0
"""Wall-clock wait for octets which the bench says it has sent and which have not come."""
TIME_MAX_S = 3.2e9
"""No bench waits for a century; such a deadline is a mistake of the caller."""

_TIME_OUT = -365
_SETTINGS_CONFLICT = -221
_ILLEGAL_VALUE = -224


class LabPort:
    """The commands of the lab port; the twins and the lines call ``notify`` when something is done."""

    def __init__(
        self,
        world: World,
        reactor: Reactor,
        lines: Mapping[str, Line | UdpLine],
        *,
        instruments: frozenset[str],
        real_time: bool,
        stopping: Callable[[], bool],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._world = world
        self._reactor = reactor
        self._lines = lines
        self._ports = instruments | frozenset(lines)
        self._real_time = real_time
        self._stopping = stopping
        self._patience_s = patience_s
        self._watched: frozenset[str] = frozenset()
        self._fired = ""
        self.instrument = ScpiInstrument(f"METERBENCH,LABORATORY,{world.seed},{software_version()}")
        tree = self.instrument.tree
        tree.add(":LAB:EPOCh?", lambda _call: repr(world.epoch.timestamp()))
        tree.add(":LAB:TIME?", lambda _call: repr(world.now()))
        tree.add(":LAB:ADVance?", self._advance, parameters=2)
        tree.add(":LAB:EXCHange?", self._exchange, parameters=3)
        tree.add(":LAB:BAUD", self._baud, parameters=2)

    def notify(self, port: str) -> None:
        """Take note that something on ``port`` finished; the first one watched ends the advance.

        ``counter:3`` is a channel of a port: whoever watches the port watches all of them.
        """
        if not self._fired:
            self._fired = next((name for name in (port, _port_of(port)) if name in self._watched), "")

    def drain(self) -> None:
        """Serve everything that has arrived on any socket."""
        self._reactor.drain()
        self.settle()

    def settle(self) -> None:
        """Refuse the second client of each line; call after serving the sockets."""
        self._reactor.settle()

    def flush(self) -> None:
        """Hand out every octet that has passed its line by now."""
        for line in self._lines.values():
            line.flush()

    def _advance(self, call: Call) -> str:
        until_s = self._time(call, 0)
        watched = frozenset(name.strip() for name in call.parameters.text(1).split(",") if name.strip())
        if unknown := {_port_of(name) for name in watched} - self._ports:
            raise ScpiError(_ILLEGAL_VALUE, f"no port {', '.join(sorted(unknown))}")
        self._watched, self._fired = watched, ""
        self.drain()
        self._world.run_until(until_s, stop=lambda: bool(self._fired) or self._stopping())
        self.flush()
        fired, self._watched = self._fired, frozenset()
        return f"{self._world.now()!r},{quoted(fired)}"

    def _exchange(self, call: Call) -> str:
        name = call.parameters.text(0)
        n_sent = call.parameters.integer(1, low=0)
        deadline_s = self._time(call, 2)
        line = self._lines.get(name)
        if line is None:
            raise ScpiError(_ILLEGAL_VALUE, f"no meter port {name}")
        if not self._octets_here(line, n_sent):
            call.error(_TIME_OUT, f"{line.n_sent} of {n_sent} octets came on {name}")
            return f"{self._world.now()!r},{line.n_received},1"
        line.flush()
        if line.n_received == line.n_told:
            n_bursts = line.n_bursts
            self._world.run_until(
                deadline_s,
                stop=lambda: line.n_bursts != n_bursts or not line.connected or self._stopping(),
            )
            line.flush()
        line.n_told = line.n_received
        return f"{self._world.now()!r},{line.n_received},{not line.connected:d}"

    def _baud(self, call: Call) -> None:
        """Set the rate of the client's UART on a meter port; a network port has none."""
        line = self._lines.get(call.parameters.text(0))
        if line is None:
            raise ScpiError(_ILLEGAL_VALUE, f"no meter port {call.parameters.text(0)}")
        self.drain()
        if isinstance(line, Line):
            line.client_baud = call.parameters.integer(1, low=1)

    def _octets_here(self, line: Line | UdpLine, n_sent: int) -> bool:
        """Serve the sockets until the line has read ``n_sent`` octets. False when they do not come."""
        self.drain()
        if line.n_sent >= n_sent or not line.connected:
            return True
        give_up = time.monotonic() + self._patience_s
        while line.connected and line.n_sent < n_sent:
            left_s = give_up - time.monotonic()
            if left_s <= 0 or self._stopping():
                return False
            self._reactor.poll(left_s)
        self.drain()
        return True

    def _time(self, call: Call, index: int) -> float:
        if self._real_time:
            raise ScpiError(_SETTINGS_CONFLICT, "this laboratory follows the wall clock")
        return call.parameters.number(index, high=TIME_MAX_S)


def _port_of(name: str) -> str:
    """Return the port of a channel; a port itself as it is."""
    return name.partition(":")[0]


def software_version() -> str:
    """Return the version of the installed distribution, or 0 when it runs from a bare source tree."""
    try:
        return metadata.version("meterbench")
    except metadata.PackageNotFoundError:
        return "0"
