"""The second opinion: gurux-dlms's client over our own link and clock. The only module that imports it (GPL-2.0).

It makes and takes octets only. The library prints to standard output and warns while it is imported; both are
kept away from the user.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints
from bench.meter.link import Link
from bench.meter.wrapper_session import WrapperEndpoints
from bench.protocols.hdlc import FrameReader
from bench.protocols.wrapper import WrapperReader
from bench.record.declaration import AssociationDeclaration


class GuruxClient:
    """One association, opened and read by gurux-dlms over HDLC or the wrapper. Raises LinkError for silence."""

    def __init__(
        self,
        link: Link,
        ends: HdlcEndpoints | WrapperEndpoints,
        association: AssociationDeclaration,
        secret: bytes | None,
    ) -> None:
        self._link, self._ends = link, ends
        with _quiet():
            import gurux_dlms
            from gurux_dlms.enums import Authentication, InterfaceType

        self._library: Any = gurux_dlms
        mechanism = Authentication.LOW if association.mechanism == "lls" else Authentication.NONE
        wrapped = isinstance(ends, WrapperEndpoints)
        framing = InterfaceType.WRAPPER if wrapped else InterfaceType.HDLC
        self._reader: Callable[[], WrapperReader | FrameReader] = WrapperReader if wrapped else FrameReader
        self._client: Any = gurux_dlms.GXDLMSClient(
            True, association.client_sap, _server_address(ends), mechanism, secret, framing
        )

    def open(self) -> None:
        """Connect and associate."""
        with _quiet():
            if isinstance(self._ends, HdlcEndpoints):
                self._client.parseUAResponse(self._read(self._client.snrmRequest()).data)
            self._client.parseAareResponse(self._read(self._client.aarqRequest()).data)

    def close(self) -> None:
        """Disconnect."""
        if isinstance(self._ends, WrapperEndpoints):
            self._link.close()
            return
        with _quiet():
            self._read(self._client.disconnectRequest())

    def get(self, class_id: int, logical_name: str, attribute: int) -> Any:
        """Read one attribute and return the library's reading of it. ``logical_name`` as "1.0.1.8.0.255"."""
        with _quiet():
            target = self._library.objects.GXDLMSObject(class_id, logical_name, 0)
            return self._read(self._client.read(target, attribute)).value

    def _read(self, requests: Any) -> Any:
        reply = self._library.GXReplyData()
        for request in requests if isinstance(requests, list) else [requests]:
            reply.clear()
            self._exchange(bytes(request), reply)
            while reply.isMoreData():
                self._exchange(bytes(self._client.receiverReady(reply)), reply)
        if reply.error:
            raise LinkError(f"gurux-dlms reports error {reply.error}.")
        return reply

    def _exchange(self, octets: bytes, reply: Any) -> None:
        self._link.send(octets)
        reader, received = self._reader(), b""
        deadline_s = self._link.clock.now() + self._ends.response_time_out_s
        while True:
            arrived = self._link.receive(deadline_s)
            if not arrived:
                raise LinkError("The meter did not answer gurux-dlms.", last_octets=received)
            received += arrived
            if reader.feed(arrived):
                break
        self._client.getData(self._library.GXByteBuffer(received), reply, self._library.GXReplyData())


def _server_address(ends: HdlcEndpoints | WrapperEndpoints) -> int:
    """Return the server address as gurux-dlms counts it: upper part above the lower part's bits."""
    if isinstance(ends, WrapperEndpoints):
        return ends.server
    lower = ends.server.lower
    if lower is None:
        return ends.server.upper
    return ends.server.upper << (14 if ends.server.length == 4 else 7) | lower


#: What the library raises over answers it does not expect, besides errors of its own.
_TROUBLES = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's prints and warnings away; its crash over an answer says nothing of the meter."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        except _TROUBLES as error:
            raise LinkError(
                f"gurux-dlms stumbled over an answer: {type(error).__name__}: {error}."
            ) from error
