"""The supervisor: a process of its own that takes the power away when the bench no longer can.

It is started by ``bench.rig.supervision`` with the sources of the rig as its argument and lives on the wall
clock. Two kinds of source:

* "session": the instrument takes a second session; the supervisor holds one of its own and keeps proving it.
* "port": the instrument takes one session only (a serial line); the supervisor owns the port, and the bench
  talks through it, so that nothing the bench does or leaves undone stands in the way of the off command.

The bench writes one octet every tenth of a second. When the pipe ends, or falls silent for SILENCE_S, or asks
for it, every source is switched off and stays so: the supervisor repeats the off command until the bench is
gone. It is a net below the bench; it is not a safety function.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any, cast

from bench.clock import WallClock
from instruments.errors import InstrumentFault
from instruments.octet_port import OctetPort, open_port
from instruments.port_transport import PortTransport
from instruments.registry import find_driver, open_instrument
from instruments.roles import PowerSource

SILENCE_S = 1.0
"""A bench that has not been heard for so long has stopped."""
PATIENCE_S = 0.4
"""Time-out of the supervisor's own queries: it must be done long before anybody gets hurt."""
REPEAT_S = 0.5
"""How often the off command is repeated, and how often an own session is proven while all is well."""
POLL_S = 0.05
BEAT, TRIP, END = b".", b"!", b"q"


class WatchedSource:
    """One source and the supervisor's own way to it."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.name = str(entry["name"])
        self.relay: Relay | None = None
        self._entry = entry
        if entry["kind"] == "port":
            driver = find_driver(entry["driver"]).driver
            port = open_port(entry["resource"], driver.LINE)
            self._source = cast(
                "PowerSource",
                driver(
                    PortTransport(port, driver.LINE, timeout_s=PATIENCE_S),
                    expected_serial=entry["serial_number"] or None,
                ),
            )
            self.relay = Relay(port)
        else:
            self._source = self._opened()

    def _opened(self) -> PowerSource:
        return cast(
            "PowerSource",
            open_instrument(
                self._entry["driver"],
                self._entry["resource"],
                self._entry["serial_number"] or None,
                timeout_s=PATIENCE_S,
            ),
        )

    def switch_off(self) -> str:
        """Switch the source off and see that it is; return "" or what went wrong."""
        if self.relay is not None:
            self.relay.cut()
        return self.switch_off_at_start()

    def switch_off_at_start(self) -> str:
        """Switch the source off without cutting the bench from it."""
        try:
            self._source.safe_state()
        except InstrumentFault as fault:
            return str(fault)
        return ""

    def prove(self) -> str:
        """Show that the supervisor still reaches the source; return "" or why it does not."""
        if self.relay is not None:
            return ""  # the port is ours, and the bench may be in the middle of an exchange
        try:
            self._source.is_on()
        except InstrumentFault:
            try:
                self._source = self._opened()
            except InstrumentFault as fault:
                return str(fault)
        return ""


class Relay:
    """A loopback socket whose octets go to the port and back, for one client at a time, until it is cut."""

    def __init__(self, port: OctetPort) -> None:
        self._port = port
        self._client: socket.socket | None = None
        self._cut = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)

    @property
    def resource(self) -> str:
        """Return where the bench finds the instrument now."""
        return f"TCPIP::127.0.0.1::{self.listener.getsockname()[1]}::SOCKET"

    def serve(self, selector: selectors.BaseSelector) -> None:
        """Move what is there in both directions."""
        with contextlib.suppress(BlockingIOError):
            client, _ = self.listener.accept()
            if self._cut or self._client is not None:
                client.close()
            else:
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._client = client
                selector.register(client, selectors.EVENT_READ)
        if self._client is None:
            return
        try:
            octets = self._client.recv(65536)
        except BlockingIOError:
            octets = None
        except OSError:
            octets = b""
        if octets == b"":
            self._drop(selector)
            return
        if octets:
            self._port.write(octets)
        if answer := self._port.read(0.0):
            with contextlib.suppress(OSError):
                self._client.sendall(answer)

    def cut(self) -> None:
        """Let nothing of the bench through any more."""
        self._cut = True
        if self._client is not None:
            self._client.close()
            self._client = None

    def _drop(self, selector: selectors.BaseSelector) -> None:
        if self._client is not None:
            selector.unregister(self._client)
            self._client.close()
            self._client = None


class SupervisorProcess:
    """The loop: listen to the bench, relay, prove, and switch off when it is time."""

    def __init__(self, sources: list[WatchedSource]) -> None:
        self._sources = sources
        self._clock = WallClock()
        self._reason = ""
        self._ended = False
        os.set_blocking(0, False)

    def run(self) -> None:
        """Serve until the bench has gone; the sources are off at the end, whatever happened."""
        relays = [source.relay for source in self._sources if source.relay is not None]
        heard_s = proven_s = repeated_s = self._clock.now()
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            for relay in relays:
                selector.register(relay.listener, selectors.EVENT_READ)
            while not self._ended:
                selector.select(0.002 if relays and not self._reason else POLL_S)
                now_s = self._clock.now()
                if self._hear():
                    heard_s = now_s
                if not self._reason and now_s - heard_s > SILENCE_S:
                    self._trip(f"the bench was silent for {SILENCE_S:g} s")
                if self._reason and now_s - repeated_s > REPEAT_S:
                    repeated_s = now_s
                    for source in self._sources:
                        source.switch_off()
                elif not self._reason:
                    for relay in relays:
                        relay.serve(selector)
                    if now_s - proven_s > REPEAT_S:
                        proven_s = now_s
                        self._prove()
        for source in self._sources:
            source.switch_off()

    def stop(self, reason: str) -> None:
        """Trip and end; for signals."""
        self._trip(reason)
        self._ended = True

    def _hear(self) -> bool:
        try:
            said = os.read(0, 4096)
        except BlockingIOError:
            return False
        if not said:
            self._trip("the bench has gone")
            self._ended = True
        elif END in said:
            self._ended = True
        elif TRIP in said:
            self._trip("the bench asked for it")
        return bool(said)

    def _prove(self) -> None:
        for source in self._sources:
            if trouble := source.prove():
                _say(lost=source.name, trouble=trouble)

    def _trip(self, reason: str) -> None:
        if self._reason:
            return
        self._reason = reason
        troubles = [trouble for source in self._sources if (trouble := source.switch_off())]
        _say(tripped=reason, off=not troubles, trouble="; ".join(troubles))


def _say(**data: Any) -> None:
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(data).encode() + b"\n")


def main() -> int:
    """Open every source, switch it off, say so, and watch."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the bench; its end reaches us through the pipe
    try:
        sources = [WatchedSource(entry) for entry in json.loads(sys.argv[1])]
    except InstrumentFault as fault:
        _say(failed=str(fault))
        return 1
    process = SupervisorProcess(sources)
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.stop("the supervisor was told to end"))
    for source in sources:
        if trouble := source.switch_off_at_start():
            _say(failed=trouble)
            return 1
    _say(ready=True, relays={s.name: s.relay.resource for s in sources if s.relay is not None})
    process.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
