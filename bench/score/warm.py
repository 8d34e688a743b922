"""An interpreter that has done its imports, and starts each command as a fork of itself.

``python -m bench.score.warm MODULE ...`` imports the modules once, then reads commands from standard input, one JSON
object a line: ``{"start": ID, "argv": [MODULE, WORD, ...], "out": FILE, "err": FILE}`` does ``python -m MODULE WORD``
in a forked child, ``{"stop": ID, "signal": N}`` signals one. It answers ``{"ended": ID, "exit": CODE}`` a line. Every
child is as fresh as a new process: nothing has happened in the parent but imports. When standard input closes, all
children are stopped.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from typing import Any

_GRACE_S = 10
_PR_SET_PDEATHSIG = 1


class WarmInterpreter:
    """The parent of all commands. One thread, one loop: forking is safe."""

    def __init__(self) -> None:
        self._children: dict[int, str] = {}
        self._rest = b""

    def serve(self) -> None:
        """Serve standard input until it closes."""
        ours, woken = socket.socketpair()
        for end in (ours, woken):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us; our input then closes
        signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as waiting:
            waiting.register(sys.stdin.fileno(), selectors.EVENT_READ)
            waiting.register(woken, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in waiting.select()}
                if woken.fileno() in ready:
                    woken.recv(4096)
                    self._reap()
                if sys.stdin.fileno() in ready and not self._read():
                    self._end()
                    return

    def _read(self) -> bool:
        octets = os.read(sys.stdin.fileno(), 65536)
        *lines, self._rest = (self._rest + octets).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(octets)

    def _obey(self, command: dict[str, Any]) -> None:
        if "start" in command:
            self._start(command)
            return
        for child, name in self._children.items():
            if name == command["stop"]:
                os.kill(child, command["signal"])

    def _start(self, command: dict[str, Any]) -> None:
        child = os.fork()
        if child:
            self._children[child] = command["start"]
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.setpgid(0, 0)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # no child outlives us, however we end
            _redirect(os.devnull, os.O_RDONLY, 0)
            _redirect(command["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 1)
            _redirect(command["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 2)
            sys.argv = list(command["argv"])
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:  # noqa: BLE001  # the last frame of a process: whatever it was, it is said
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                if not stream.closed:
                    stream.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            name = self._children.pop(child, None)
            if name is not None:
                said = {"ended": name, "exit": os.waitstatus_to_exitcode(status)}
                print(json.dumps(said), flush=True)

    def _end(self) -> None:
        """Ask every child to end; those that do not, within the alarm, are killed."""
        for child in self._children:
            os.kill(child, signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda _number, _frame: self._kill())
        signal.alarm(_GRACE_S)
        for child in list(self._children):
            os.waitpid(child, 0)

    def _kill(self) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)


def _redirect(path: str, flags: int, descriptor: int) -> None:
    opened = os.open(path, flags, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)


if __name__ == "__main__":
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is there stays shared between parent and children
    WarmInterpreter().serve()
