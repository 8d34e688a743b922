"""The bench's end of the supervisor: start it, let it hear that the bench lives, notice when it does not.

The beat comes from a thread of its own, so that a long computation does not trip the rig. The same thread
watches the sessions: an exchange that does not end, a watchdog relay that cannot be fed, or a supervisor that
has gone make it call for the off command itself. It moves no time and decides nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.clock import WallClock
from bench.errors import BenchFault
from bench.rig.supervisor import BEAT, END, TRIP
from instruments.errors import InstrumentFault

BEAT_S = 0.1
HUNG_EXCHANGE_S = 0.9
"""An exchange with an instrument that takes longer hangs: no driver sends a query that waits for bench time."""
START_TIME_OUT_S = 15.0
STOP_TIME_OUT_S = 5.0


class Supervision:
    """A running supervisor and the beat. ``alarm`` is what it, or the beat, found; "" while all is well."""

    def __init__(
        self,
        sources: Sequence[Mapping[str, Any]],
        *,
        emergency_off: Callable[[], Sequence[str]],
        exchanges: Callable[[], Mapping[str, int]],
        energised: Callable[[], bool],
        feed: Callable[[], None] | None = None,
    ) -> None:
        self._emergency_off, self._exchanges = emergency_off, exchanges
        self._energised, self._feed = energised, feed
        self.alarm = ""
        self._clock = WallClock()
        self._ended = threading.Event()
        self._unread = b""
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "bench.rig.supervisor", json.dumps(list(sources))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is meant for the bench alone
        )
        said = self._first_words()
        if not said.get("ready"):
            self._stop_process()
            raise BenchFault(
                f"The supervisor could not reach a source: {said.get('failed', 'it said nothing')}.",
                remedy="Nothing is energised without it; mend the connection first.",
            )
        self.relays: dict[str, str] = dict(said["relays"])
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Return the supervisor's process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise BenchFault if the supervisor or the beat has found something."""
        if self.alarm:
            raise BenchFault(
                f"The source was switched off: {self.alarm}.", remedy="Find the cause before you start again."
            )

    def stop(self) -> None:
        """End beat and supervisor; it switches the sources off once more before it goes."""
        self._ended.set()
        self._thread.join(timeout=STOP_TIME_OUT_S)
        self._send(END)
        self._stop_process()

    # the thread

    def _beat(self) -> None:
        seen: dict[str, tuple[int, float]] = {}
        while not self._ended.wait(BEAT_S):
            if not self._send(BEAT):
                self._raise_alarm("the supervisor has gone")
                return
            for word in self._words(0.0):
                if word is None:
                    self._raise_alarm("the supervisor has gone")
                    return
                self._heed(word)
            hung = self._hung(seen)
            if hung and self._energised():
                self._send(TRIP)
                self._raise_alarm(f"an exchange with {hung} did not end within {HUNG_EXCHANGE_S:g} s")
            self._feed_watchdog()

    def _heed(self, word: Mapping[str, Any]) -> None:
        if "tripped" in word:
            trouble = f" ({word['trouble']})" if word["trouble"] else ""
            self.alarm = self.alarm or f"the supervisor tripped, {word['tripped']}{trouble}"
        elif "lost" in word and self._energised():
            self._raise_alarm(f"the supervisor lost {word['lost']} ({word['trouble']})")

    def _hung(self, seen: dict[str, tuple[int, float]]) -> str:
        """Return the instrument whose exchange has been under way too long; "" if there is none."""
        now_s = self._clock.now()
        for name, exchange in self._exchanges().items():
            before = seen.get(name)
            if before is None or before[0] != exchange:
                seen[name] = (exchange, now_s)
            elif exchange % 2 and now_s - before[1] > HUNG_EXCHANGE_S:
                return name
        return ""

    def _feed_watchdog(self) -> None:
        if self._feed is None or self.alarm:
            return  # the relay then falls by itself
        try:
            self._feed()
        except InstrumentFault as fault:
            self._raise_alarm(f"the watchdog relay cannot be fed ({fault})")

    def _raise_alarm(self, reason: str) -> None:
        if self.alarm:
            return
        self.alarm = reason
        troubles = self._emergency_off()
        if troubles:
            self.alarm = f"{reason}; AND IT MAY STILL BE ON: {'; '.join(troubles)}"

    # the pipes

    def _send(self, octet: bytes) -> bool:
        if self._process.stdin is None:
            return False
        try:
            os.write(self._process.stdin.fileno(), octet)
        except OSError:
            return False
        return True

    def _words(self, timeout_s: float) -> list[dict[str, Any] | None]:
        """Return what the supervisor has said; None stands for its end."""
        if self._process.stdout is None or not select.select([self._process.stdout], [], [], timeout_s)[0]:
            return []
        octets = os.read(self._process.stdout.fileno(), 65536)
        if not octets:
            return [None]
        *lines, self._unread = (self._unread + octets).split(b"\n")
        return [json.loads(line) for line in lines]

    def _first_words(self) -> dict[str, Any]:
        deadline_s = self._clock.now() + START_TIME_OUT_S
        while (left_s := deadline_s - self._clock.now()) > 0:
            for word in self._words(left_s):
                return word or {}
        return {}

    def _stop_process(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=STOP_TIME_OUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=STOP_TIME_OUT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
