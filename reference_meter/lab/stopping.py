"""How a laboratory process ends: by a signal, or with the process that started it."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reference_meter.lab.laboratory import Laboratory


@contextmanager
def stopped_by_signals(laboratory: Laboratory) -> Iterator[None]:
    """Stop the laboratory on SIGTERM and SIGINT; the wake-up socket ends a wait for sockets."""
    ours, woken = socket.socketpair()
    with ours, woken:
        ours.setblocking(False)
        woken.setblocking(False)
        before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, lambda _number, _frame: laboratory.stop())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        laboratory.reactor.watch(woken.fileno(), lambda: _swallow(woken))
        try:
            yield
        finally:
            laboratory.reactor.unwatch(woken.fileno())
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def stop_with_stdin(laboratory: Laboratory) -> None:
    """Stop the laboratory when standard input ends; at once where nobody could ever close it."""
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            laboratory.reactor.unwatch(descriptor)
            laboratory.stop()

    if _watchable(descriptor):
        laboratory.reactor.watch(descriptor, readable)
    else:
        laboratory.stop()


def _swallow(woken: socket.socket) -> None:
    woken.recv(64)


def _watchable(descriptor: int) -> bool:
    """Tell a pipe or terminal from a file or the null device, which nobody can wait for."""
    with selectors.DefaultSelector() as probe:
        try:
            probe.register(descriptor, selectors.EVENT_READ)
        except PermissionError:
            return False
    return True
