"""A client from elsewhere, gurux-dlms, associates with the meter over HDLC and reads everything it lists."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from bench.protocols.axdr import decode_all
from reference_meter.board import ElementInput
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.meter import Meter
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import Product
from tests.reference_meter.dlms.fake_board import FakeBoard

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    gurux = pytest.importorskip("gurux_dlms")
    enums = pytest.importorskip("gurux_dlms.enums")
    objects = pytest.importorskip("gurux_dlms.objects")
    object_enums = pytest.importorskip("gurux_dlms.objects.enums")
    secure = pytest.importorskip("gurux_dlms.secure")

SERVER = 1 << 14 | 16  # upper 1, lower 16, four octets
NO_PYTHON_OBJECT = {68, 116}  # gurux-dlms 1.0.203 has no class for arbitrator and IEC 62055-41 attributes
NOT_UNDERSTOOD = {(28, 7)}  # it reads the allowed callers of auto answer, and stumbles over them


class GuruxClient:
    """gurux-dlms makes and takes octets; the pipe is the meter's board."""

    def __init__(self, board: FakeBoard, meter: Meter, sap: int, password: bytes | None, pdu: int) -> None:
        self.board = board
        self.meter = meter
        security = enums.Authentication.NONE if password is None else enums.Authentication.LOW
        self.client: Any = gurux.GXDLMSClient(True, sap, SERVER, security, password, enums.InterfaceType.HDLC)
        self.client.settings.maxPduSize = pdu

    def exchange(self, octets: bytes, reply: Any) -> None:
        received = gurux.GXByteBuffer(bytes(self._line(octets)))
        notify = gurux.GXReplyData()
        assert self.client.getData(received, reply, notify)

    def read(self, requests: Any) -> Any:
        """Send requests and collect the whole answer, over segments and blocks."""
        reply = gurux.GXReplyData()
        for request in requests if isinstance(requests, list) else [requests]:
            reply.clear()
            self.exchange(request, reply)
            while reply.isMoreData():
                self.exchange(self.client.receiverReady(reply), reply)
        assert reply.error == 0, reply.error
        return reply

    def connect(self) -> None:
        reply = self.read(self.client.snrmRequest())
        self.client.parseUAResponse(reply.data)
        reply = self.read(self.client.aarqRequest())
        self.client.parseAareResponse(reply.data)

    def _line(self, octets: bytes) -> bytes:
        del self.board.sent[:]
        self.meter.octets_received("optical", bytes(octets))
        self.board.advance(0.5)
        return b"".join(sent for _, sent in self.board.sent)


class WrapperGuruxClient(GuruxClient):
    """The same over TCP."""

    def __init__(self, board: FakeBoard, meter: Meter, sap: int, password: bytes | None) -> None:
        super().__init__(board, meter, sap, password, 0xFFFF)
        security = enums.Authentication.NONE if password is None else enums.Authentication.LOW
        self.client = gurux.GXDLMSClient(True, sap, 1, security, password, enums.InterfaceType.WRAPPER)
        meter.port_opened("tcp")

    def connect(self) -> None:
        self.client.parseAareResponse(self.read(self.client.aarqRequest()).data)

    def _line(self, octets: bytes) -> bytes:
        return on_tcp(self.board, self.meter, octets)


def on_tcp(board: FakeBoard, meter: Meter, octets: bytes) -> bytes:
    del board.sent[:]
    meter.octets_received("tcp", bytes(octets))
    board.advance(0.5)
    return b"".join(sent for _, sent in board.sent)


class SecureGuruxClient(GuruxClient):
    """The same with a ciphered context and GMAC."""

    def __init__(self, board: FakeBoard, meter: Meter, association: Any, *, dedicated: bool = False) -> None:
        self.board = board
        self.meter = meter
        self.client = secure.GXDLMSSecureClient(
            True,
            association.client_sap,
            SERVER,
            enums.Authentication.HIGH_GMAC,
            None,
            enums.InterfaceType.HDLC,
        )
        ciphering = self.client.ciphering
        ciphering.systemTitle = bytearray(b"GRXCLIEN")
        ciphering.blockCipherKey = bytearray(association.keys.encryption)
        ciphering.authenticationKey = bytearray(association.keys.authentication)
        ciphering.security = enums.Security.AUTHENTICATION_ENCRYPTION
        ciphering.invocationCounter = 1
        if dedicated:
            ciphering.dedicatedKey = bytearray(range(16))
        self.client.proposedConformance |= enums.Conformance.GENERAL_PROTECTION

    def connect(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            super().connect()
            reply = self.read(self.client.getApplicationAssociationRequest())
            self.client.parseApplicationAssociationResponse(reply.data)

    def read(self, requests: Any) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return super().read(requests)


@pytest.fixture(
    params=[("public", 16, 0xFFFF), ("reader", 32, 0xFFFF), ("management", 1, 0xFFFF), ("reader", 32, 100)]
)
def session(
    request: pytest.FixtureRequest, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> GuruxClient:
    name, sap, pdu = request.param
    session = GuruxClient(board, meter, sap, passwords.get(name), pdu)
    session.connect()
    return session


def test_gurux_reads_every_readable_attribute_of_the_object_list(session: GuruxClient) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        reply = session.read(session.client.getObjectsRequest())
        listed = session.client.parseObjects(reply.data, True, False)
    number_read = 0
    for item in listed:
        if int(item.objectType) in NO_PYTHON_OBJECT:
            continue
        access = {row: int(item.getAccess(row)) for row in range(1, item.getAttributeCount() + 1)}
        order = sorted(access, key=lambda index: index != 3)  # a buffer needs its capture objects
        for index, mode in ((index, access[index]) for index in order):
            if not mode & 1:
                continue
            reply = session.read(session.client.read(item, index))
            number_read += 1
            if (int(item.objectType), index) in NOT_UNDERSTOOD:
                continue
            with contextlib.redirect_stdout(io.StringIO()):
                session.client.updateValue(item, index, reply.value)
    assert session.meter.association.current is not None
    role = session.meter.association.current.role
    known = [row for row in session.meter.objects.visible(role) if row.class_id not in NO_PYTHON_OBJECT]
    assert [item.logicalName for item in listed if int(item.objectType) not in NO_PYTHON_OBJECT] == [
        ".".join(map(str, row.obis.to_bytes())) for row in known
    ]
    assert number_read == sum(attribute.readable(role) for row in known for attribute in row.attributes)


@pytest.mark.parametrize(("name", "dedicated"), [("security", True), ("firmware", False)])
def test_gurux_reads_the_whole_meter_in_ciphered_associations(
    board: FakeBoard, meter: Meter, name: str, dedicated: bool
) -> None:
    settings = next(row for row in meter.product.communication.associations if row.name == name)
    session = SecureGuruxClient(board, meter, settings, dedicated=dedicated)
    session.connect()
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


@pytest.mark.parametrize("kind", ["dts722", "cellular", "prime", "g3"])
def test_gurux_reads_the_whole_of_other_meters(
    board: FakeBoard, power_up: Callable[[Product], Meter], product: Product, kind: str
) -> None:
    ordered = dts722(1) if kind == "dts722" else CONFIGURATIONS[kind](product)
    if kind == "dts722":
        board.inputs = [ElementInput(voltage_v=230.0)] * ordered.nameplate.elements
    settings = next(row for row in ordered.communication.associations if row.name == "management")
    session = GuruxClient(board, power_up(ordered), settings.client_sap, settings.password, 0xFFFF)
    session.connect()
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


def test_gurux_reads_what_the_pre_established_association_shows(board: FakeBoard, meter: Meter) -> None:
    session = WrapperGuruxClient(board, meter, 102, None)
    shown = meter.objects.visible(Role.PRE_ESTABLISHED)
    assert shown
    for row in shown:
        item = gurux.objects.GXDLMSObject(row.class_id, ".".join(map(str, row.obis.to_bytes())), 0)
        for attribute in row.attributes:
            if attribute.readable(Role.PRE_ESTABLISHED):
                session.read(session.client.read(item, attribute.index))


@pytest.mark.parametrize("name", ["public", "reader", "management"])
def test_gurux_reads_the_whole_meter_over_the_wrapper(
    board: FakeBoard, meter: Meter, passwords: dict[str, bytes], name: str
) -> None:
    settings = next(row for row in meter.product.communication.associations if row.name == name)
    session = WrapperGuruxClient(board, meter, settings.client_sap, passwords.get(name))
    session.connect()
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


def test_gurux_reads_the_whole_meter_ciphered_over_the_wrapper(
    board: FakeBoard, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = next(row for row in meter.product.communication.associations if row.name == "security")
    session = SecureGuruxClient(board, meter, settings)
    session.client.interfaceType = enums.InterfaceType.WRAPPER
    session.client.serverAddress = 1
    monkeypatch.setattr(session, "_line", lambda octets: on_tcp(board, meter, octets))
    meter.port_opened("tcp")
    with contextlib.redirect_stdout(io.StringIO()):
        session.client.parseAareResponse(session.read(session.client.aarqRequest()).data)
        reply = session.read(session.client.getApplicationAssociationRequest())
        session.client.parseApplicationAssociationResponse(reply.data)
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


@pytest.mark.parametrize(("name", "sap"), [("HIGH_MD5", 3), ("HIGH_SHA1", 4), ("HIGH_SHA256", 6)])
def test_gurux_proves_itself_with_a_secret_that_is_hashed_and_reads_the_whole_meter(
    board: FakeBoard, power_up: Callable[[Product], Meter], product: Product, name: str, sap: int
) -> None:
    meter = power_up(CONFIGURATIONS["every-mechanism"](product))
    settings = meter.product.communication.association(sap)
    assert settings is not None
    session = GuruxClient(board, meter, sap, settings.password, 0xFFFF)
    mechanism = enums.Authentication[name]
    session.client = secure.GXDLMSSecureClient(
        True, sap, SERVER, mechanism, settings.password, enums.InterfaceType.HDLC
    )
    session.client.ciphering.systemTitle = bytearray(b"GRXCLIEN")
    with contextlib.redirect_stdout(io.StringIO()):
        session.connect()
        reply = session.read(session.client.getApplicationAssociationRequest())
        session.client.parseApplicationAssociationResponse(reply.data)
    assert meter.association.current is not None
    assert not meter.association.current.pending
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


@pytest.mark.parametrize("suite", [1, 2])
def test_gurux_reads_the_whole_meter_with_the_larger_suites(
    board: FakeBoard, power_up: Callable[[Product], Meter], product: Product, suite: int
) -> None:
    meter = power_up(CONFIGURATIONS[f"suite-{suite}"](product))
    settings = meter.product.communication.association(2)
    session = SecureGuruxClient(board, meter, settings)
    session.client.ciphering.securitySuite = object_enums.SecuritySuite(suite)
    session.connect()
    test_gurux_reads_every_readable_attribute_of_the_object_list(session)


def _object(session: GuruxClient, kind: Any, logical_name: str) -> Any:
    item = kind(logical_name)
    for index in range(2, item.getAttributeCount() + 1):
        if index == 7 and kind is objects.GXDLMSAssociationLogicalName:
            continue
        session.client.updateValue(item, index, session.read(session.client.read(item, index)).value)
    return item


@pytest.fixture
def managing(board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> GuruxClient:
    session = GuruxClient(board, meter, 1, passwords["management"], 0xFFFF)
    session.connect()
    return session


def test_gurux_understands_account_and_credit(managing: GuruxClient) -> None:
    account = _object(managing, objects.GXDLMSAccount, "0.0.19.0.0.255")
    assert int(account.paymentMode) == 2
    assert account.creditReferences == ["0.0.19.10.0.255", "0.0.19.10.1.255"]
    managing.board.inputs = [ElementInput(voltage_v=230.0)]
    managing.meter.inputs_changed()
    credit = _object(managing, objects.GXDLMSCredit, "0.0.19.10.0.255")
    assert credit.currentCreditAmount == managing.meter.account.reading_wh()
    assert int(credit.type_) == 0


def test_gurux_understands_register_and_clock(managing: GuruxClient) -> None:
    voltage = objects.GXDLMSRegister("1.0.32.7.0.255")
    for index in (3, 2):
        managing.client.updateValue(voltage, index, managing.read(managing.client.read(voltage, index)).value)
    assert voltage.value == pytest.approx(230.0)
    clock = _object(managing, objects.GXDLMSClock, "0.0.1.0.0.255")
    assert clock.time.value.astimezone(UTC).isoformat().startswith("2026-05-04T10:30:0")


def test_gurux_sets_and_acts(managing: GuruxClient, board: FakeBoard) -> None:
    control = objects.GXDLMSDisconnectControl("0.0.96.3.10.255")
    managing.read(control.remoteDisconnect(managing.client))
    assert not board.closed
    managing.read(control.remoteReconnect(managing.client))
    assert board.closed
    gateway = objects.GXDLMSTokenGateway("0.0.19.40.0.255")
    managing.read(managing.client.method(gateway, 1, b"08609861427895583861", enums.DataType.OCTET_STRING))
    assert managing.meter.gateway.token == b"08609861427895583861"


def test_gurux_sees_that_a_wrong_password_is_refused(
    board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    session = GuruxClient(board, meter, 32, passwords["management"], 0xFFFF)
    with pytest.raises(Exception, match=r"(?i)authentication"):
        session.connect()


def test_gurux_block_transfer_gives_the_same_object_list(
    board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    lists = []
    for pdu in (0xFFFF, 100, 27):
        session = GuruxClient(board, meter, 32, passwords["reader"], pdu)
        session.connect()
        assert meter.association.current is not None
        assert meter.association.current.max_send_pdu == min(pdu, 1024)
        reply = session.read(session.client.getObjectsRequest())
        lists.append(bytes(reply.data.array()))
    assert lists[0] == lists[1] == lists[2]
    listed = len(decode_all(lists[0][lists[0].index(b"\x01") :]).items())
    assert listed == len(meter.objects.visible(Role.READER))
