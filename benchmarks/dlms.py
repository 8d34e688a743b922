"""What reading a meter costs the client, beside gurux-dlms's client on the same reference meter over loopback.

Run ``PYTHONPATH=. python benchmarks/dlms.py``. CPU time of the client alone; the meter is another process. Each
line: our time, theirs, the ratio, and the ratio that is required. Exit code 1 when one is missed.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.clock import WallClock
from bench.meter.dlms_client import DlmsClient
from bench.meter.link import Link, SocketTransport
from bench.meter.protection import protection_of
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.axdr import array, decode_all, double_long_unsigned, encode, octet_string, structure
from bench.protocols.hdlc import LLC_RESPONSE, Address, Frame, decode_frame, i_control
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.get import GetResponseNormal
from bench.record.declaration import Declaration, load_declaration
from bench.record.secrets import SecretStore

N_GETS = 150
N_ROUNDS = 8
N_ROWS = 10_000
NAME = (1, "0.0.42.0.0.255", 2)
LOAD_PROFILE = (7, "1.0.99.1.0.255", 2)
PLAIN, CIPHERED = "management", "security"
HEADER = 8
READY_S = 3.0
"""When the meter has started up, by its own time."""


# --- the meter ----------------------------------------------------------------------------------------------


def serve(ready: Connection, directory: Path) -> None:
    """Be the meter: without response time, its load profile full."""
    from instruments.virtual.plant import PhaseOutput
    from reference_meter.lab.laboratory import PRODUCTS, Laboratory
    from reference_meter.lab.line import Line
    from reference_meter.lab.rig_files import write_declaration
    from reference_meter.products.configurations import with_framing
    from reference_meter.products.product import Delivery, Product

    def make(position: int, seed: int) -> Product:
        product = with_framing("wrapper")(PRODUCTS["dds722"](position, seed))
        link = replace(product.communication, response_time_s=0.001)
        return replace(product, communication=link, delivery=Delivery(load_profile_rows=N_ROWS))

    laboratory = Laboratory(make, seed=0, real_time=True)
    write_declaration(directory, make(1, 0))
    line = laboratory.ports["meter1-tcp"]
    if not isinstance(line, Line):
        raise TypeError("the meter has no TCP port")
    laboratory.circuit.drive([PhaseOutput(voltage_v=230.0)], 50.0)
    laboratory.world.at(READY_S, lambda: ready.send(line.tcp_port))
    laboratory.run()


@contextmanager
def served() -> Iterator[tuple[int, Declaration, SecretStore]]:
    """Start the meter and give its port, declaration and secrets; end it afterwards."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as name:
        process = context.Process(target=serve, args=(theirs, Path(name)), daemon=True)
        process.start()
        try:
            port = int(ours.recv())
            declaration = load_declaration(Path(name) / "meter.toml")
            yield port, declaration, SecretStore(Path(name) / "meter.secrets.toml")
        finally:
            process.terminate()
            process.join()


# --- the two clients ----------------------------------------------------------------------------------------


class Ours:
    """The working client of this project."""

    def __init__(self, port: int, declaration: Declaration, secrets: SecretStore, name: str) -> None:
        association = next(row for row in declaration.association if row.name == name)
        clock = WallClock()
        address = f"tcp://127.0.0.1:{port}"
        self._link = Link(lambda: SocketTransport(address, clock), clock, lambda _direction, _octets: None)
        ends = WrapperEndpoints(client=association.client_sap, server=1, response_time_out_s=10.0)
        secret = secrets.get(association.secret) if association.secret else None
        counter = iter(range(1, 2))

        def protection() -> Any:
            return protection_of(association, secrets, lambda: next(counter))

        self._client = DlmsClient(WrapperSession(self._link, ends), association, secret, protection)
        self._client.open()

    def get(self, what: tuple[int, str, int]) -> object:
        return self._client.get(*what)

    def close(self) -> None:
        self._link.close()


class Theirs:
    """gurux-dlms's client, with the plainest socket that serves it."""

    def __init__(self, port: int, declaration: Declaration, secrets: SecretStore, name: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import gurux_dlms
            from gurux_dlms import enums, secure

        self._library: Any = gurux_dlms
        association = next(row for row in declaration.association if row.name == name)
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secret = secrets.get(association.secret) if association.secret else None
        sap, wrapper = association.client_sap, enums.InterfaceType.WRAPPER
        if association.encryption_key is None or association.authentication_key is None:
            low = enums.Authentication.LOW
            self._client: Any = gurux_dlms.GXDLMSClient(True, sap, 1, low, secret, wrapper)
        else:
            gmac = enums.Authentication.HIGH_GMAC
            self._client = secure.GXDLMSSecureClient(True, sap, 1, gmac, None, wrapper)
            ciphering = self._client.ciphering
            ciphering.systemTitle = bytearray(b"GRXCLIEN")
            ciphering.blockCipherKey = bytearray(secrets.get(association.encryption_key))
            ciphering.authenticationKey = bytearray(secrets.get(association.authentication_key))
            ciphering.security = enums.Security.AUTHENTICATION_ENCRYPTION
            ciphering.invocationCounter = 100_000
            self._client.proposedConformance |= enums.Conformance.GENERAL_PROTECTION
        self._client.parseAareResponse(self._read(self._client.aarqRequest()).data)
        if association.encryption_key is not None:
            reply = self._read(self._client.getApplicationAssociationRequest())
            self._client.parseApplicationAssociationResponse(reply.data)

    def get(self, what: tuple[int, str, int]) -> object:
        target = self._library.objects.GXDLMSObject(what[0], what[1], 0)
        return self._read(self._client.read(target, what[2])).value

    def close(self) -> None:
        self._socket.close()

    def _read(self, requests: Any) -> Any:
        reply = self._library.GXReplyData()
        for request in requests if isinstance(requests, list) else [requests]:
            reply.clear()
            self._exchange(bytes(request), reply)
            while reply.isMoreData():
                self._exchange(bytes(self._client.receiverReady(reply)), reply)
        if reply.error:
            raise RuntimeError(f"gurux-dlms reports error {reply.error}")
        return reply

    def _exchange(self, octets: bytes, reply: Any) -> None:
        self._socket.sendall(octets)
        received = b""
        while len(received) < HEADER or len(received) < HEADER + int.from_bytes(received[6:8]):
            received += self._socket.recv(65536)
        self._client.getData(self._library.GXByteBuffer(received), reply, self._library.GXReplyData())


# --- measuring ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison. ``required``: how many times faster we must be."""

    what: str
    ours_s: float
    theirs_s: float
    required: float

    @property
    def ratio(self) -> float:
        return self.theirs_s / self.ours_s

    def __str__(self) -> str:
        return (
            f"{self.what:<36} ours {self.ours_s * 1e6:10.0f} us   gurux-dlms {self.theirs_s * 1e6:10.0f} us   "
            f"ratio {self.ratio:6.1f}   required {self.required:4.1f}"
        )


def cpu_s(action: Callable[[], object], times: int) -> float:
    """Return the CPU time of one call in this process: the best of three rounds."""
    return min(round_s(action, times) for _ in range(3))


def round_s(action: Callable[[], object], times: int) -> float:
    """Return the CPU time of one call in this process, the mean of ``times``."""
    gc.collect()
    begun = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - begun) / times


def compare(what: str, name: str, target: tuple[int, str, int], times: int, required: float) -> Result:
    """Read the same attribute with both clients, in turns, each from a meter of its own: the best round of each.

    In turns, because another program on the machine slows both down, and not one of them alone.
    """
    with (
        contextlib.redirect_stdout(io.StringIO()),
        served() as (port, declaration, secrets),
        served() as (other_port, other_declaration, other_secrets),
    ):
        ours = Ours(port, declaration, secrets, name)
        theirs = Theirs(other_port, other_declaration, other_secrets, name)
        found = [
            (round_s(lambda: ours.get(target), times), round_s(lambda: theirs.get(target), times))
            for _ in range(N_ROUNDS)
        ]
        ours.close()
        theirs.close()
    return Result(what, min(row[0] for row in found), min(row[1] for row in found), required)


def decoding_mb_a_minute() -> dict[str, float]:
    """Return how many million raw octets a minute the strict decoder takes, by what they are."""
    moment = bytes.fromhex("07ea0504010a1e00ff800000")
    rows = array(*(structure(octet_string(moment), double_long_unsigned(n)) for n in range(2000)))
    buffer = encode(rows)
    answer = GetResponseNormal(result=double_long_unsigned(1)).to_bytes()
    frame = Frame(Address(16), Address(1, 16, 4), i_control(0, 1), LLC_RESPONSE + answer).to_bytes()

    def whole() -> None:
        found = decode_frame(frame).frame
        if found is None or decode_apdu(found.information[3:])[0] is None:
            raise RuntimeError("the frame does not decode")

    def rate(action: Callable[[], object], octets: int, times: int) -> float:
        return octets / cpu_s(action, times) * 60.0 / 1e6

    return {
        "a profile buffer": rate(lambda: decode_all(buffer), len(buffer), 3),
        "short frames with an answer each": rate(whole, len(frame), 3000),
    }


def main() -> int:
    """Print all comparisons; exit code 1 when a required one is missed."""
    results = [
        compare("GET, plain", PLAIN, NAME, N_GETS, 1.5),
        compare("GET, ciphered", CIPHERED, NAME, N_GETS, 20.0),
        compare(f"profile of {N_ROWS} rows", PLAIN, LOAD_PROFILE, 1, 1.0),
    ]
    for result in results:
        print(result)
    missed = any(result.ratio < result.required for result in results)
    for what, rate in decoding_mb_a_minute().items():
        print(f"strict decoder, {what:<36} {rate:6.0f} million octets a minute   required 20")
        missed = missed or rate < 20.0
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
