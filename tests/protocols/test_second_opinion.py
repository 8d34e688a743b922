"""gurux-dlms as second opinion: it must read what we build, and we must read what it builds, alike."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from bench.protocols import axdr
from bench.protocols.acse import (
    Aare,
    Aarq,
    AssociationResult,
    Diagnostic,
    DiagnosticSource,
    Mechanism,
    Rlrq,
    UserDiagnostic,
)
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    LLC_COMMAND,
    Address,
    Control,
    Frame,
    LinkParameters,
    decode_frame,
    decode_parameters,
    i_control,
)
from bench.protocols.wrapper import WrapperFrame, decode_wrapper
from bench.protocols.xdlms.action import ActionRequestNormal, ActionResponseNormal
from bench.protocols.xdlms.apdu import Apdu, decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ConfirmedServiceError, ExceptionResponse, InitiateError
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
)
from bench.protocols.xdlms.initiate import InitiateRequest, InitiateResponse
from bench.protocols.xdlms.notification import DataNotification
from bench.protocols.xdlms.parts import AttributeAccess
from bench.protocols.xdlms.results import ActionResult, DataAccessResult
from bench.protocols.xdlms.set import SetRequestNormal, SetResponseLastDatablock, SetResponseNormal

gurux_dlms = pytest.importorskip("gurux_dlms")
enums = pytest.importorskip("gurux_dlms.enums")
objects = pytest.importorskip("gurux_dlms.objects")

CLOCK = CosemAttribute(8, Obis("0-0:1.0.0"), 2)
ENERGY = CosemAttribute(3, Obis("1-0:1.8.0"), 2)
CLOCK_READ = [
    ("InvokeIdAndPriority", "C1"),
    ("ClassId", "0008"),
    ("InstanceId", "0000010000FF"),
    ("AttributeId", "02"),
]
PROPOSAL = InitiateRequest(conformance=Conformance.GET | Conformance.ACTION, max_pdu=0x0400)


def translated(octets: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Return the root element and all values that gurux' translator finds in an APDU."""
    root = ElementTree.fromstring(gurux_dlms.GXDLMSTranslator().pduToXml(octets.hex()))
    values = [(part.tag, part.get("Name") or part.get("Value") or "") for part in root.iter() if part.attrib]
    return root.tag, values


OPINIONS: list[tuple[Apdu, str, list[tuple[str, str]]]] = [
    (GetRequestNormal(attribute=CLOCK), "GetRequest", CLOCK_READ),
    (
        GetRequestNext(block_number=7),
        "GetRequest",
        [("InvokeIdAndPriority", "C1"), ("BlockNumber", "00000007")],
    ),
    (
        GetRequestWithList(items=(AttributeAccess(attribute=CLOCK), AttributeAccess(attribute=ENERGY))),
        "GetRequest",
        [
            ("InvokeIdAndPriority", "C1"),
            ("AttributeDescriptorList", ""),
            *CLOCK_READ[1:],
            ("ClassId", "0003"),
            ("InstanceId", "0100010800FF"),
            ("AttributeId", "02"),
        ],
    ),
    (
        GetResponseNormal(invoke=0x81, result=axdr.structure(axdr.integer(-1), axdr.enum(30))),
        "GetResponse",
        [("InvokeIdAndPriority", "81"), ("Structure", ""), ("Int8", "FF"), ("Enum", "1E")],
    ),
    (
        GetResponseNormal(result=axdr.array(axdr.double_long_unsigned(123456), axdr.boolean(True))),
        "GetResponse",
        [("InvokeIdAndPriority", "C1"), ("Array", ""), ("UInt32", "0001E240"), ("Boolean", "True")],
    ),
    (
        GetResponseNormal(result=DataAccessResult.READ_WRITE_DENIED),
        "GetResponse",
        [("InvokeIdAndPriority", "C1"), ("DataAccessError", "ReadWriteDenied")],
    ),
    (
        GetResponseWithDatablock(last=False, block_number=3, result=b"\x11\x05"),
        "GetResponse",
        [
            ("InvokeIdAndPriority", "C1"),
            ("LastBlock", "00"),
            ("BlockNumber", "00000003"),
            ("RawData", "1105"),
        ],
    ),
    (
        SetRequestNormal(attribute=CLOCK, value=axdr.long_unsigned(0x1234)),
        "SetRequest",
        [*CLOCK_READ, ("UInt16", "1234")],
    ),
    (
        SetResponseNormal(result=DataAccessResult.SUCCESS),
        "SetResponse",
        [("InvokeIdAndPriority", "C1"), ("Result", "Success")],
    ),
    (
        SetResponseLastDatablock(result=DataAccessResult.SUCCESS, block_number=2),
        "SetResponse",
        [("InvokeIdAndPriority", "C1"), ("Result", "Success"), ("BlockNumber", "00000002")],
    ),
    (
        ActionRequestNormal(
            method=CosemMethod(115, Obis("0-0:19.40.0"), 1), parameters=axdr.octet_string(b"\x01\x02")
        ),
        "ActionRequest",
        [
            ("InvokeIdAndPriority", "C1"),
            ("ClassId", "0073"),
            ("InstanceId", "0000132800FF"),
            ("MethodId", "01"),
            ("OctetString", "0102"),
        ],
    ),
    (
        ActionResponseNormal(result=ActionResult.SUCCESS, returned=axdr.unsigned(3)),
        "ActionResponse",
        [("InvokeIdAndPriority", "C1"), ("Result", "Success"), ("UInt8", "03")],
    ),
    (
        ExceptionResponse(state_error=1, service_error=2),
        "ExceptionResponse",
        [("StateError", "ServiceNotAllowed"), ("ServiceError", "ServiceNotSupported")],
    ),
    (
        ConfirmedServiceError(value=InitiateError.PDU_SIZE_TOO_SHORT),
        "ConfirmedServiceError",
        [("Service", "01"), ("Initiate", "PduSizeTooShort")],
    ),
    (
        DataNotification(long_invoke=0x1DB, body=axdr.unsigned(1)),
        "DataNotification",
        [("LongInvokeIdAndPriority", "000001DB"), ("DateTime", ""), ("UInt8", "01")],
    ),
    (
        Aarq(user_information=PROPOSAL.to_bytes()),
        "AssociationRequest",
        [
            ("ApplicationContextName", "LN"),
            ("ProposedDlmsVersionNumber", "06"),
            ("ConformanceBit", "Get"),
            ("ConformanceBit", "Action"),
            ("ProposedMaxPduSize", "0400"),
        ],
    ),
    (
        Aarq(
            sender_acse_requirements="1",
            mechanism_name=Mechanism.LLS.object_identifier,
            calling_authentication_value=b"12345678",
            user_information=PROPOSAL.to_bytes(),
        ),
        "AssociationRequest",
        [
            ("ApplicationContextName", "LN"),
            ("SenderACSERequirements", "1"),
            ("MechanismName", "Low"),
            ("CallingAuthentication", "3132333435363738"),
            ("ProposedDlmsVersionNumber", "06"),
            ("ConformanceBit", "Get"),
            ("ConformanceBit", "Action"),
            ("ProposedMaxPduSize", "0400"),
        ],
    ),
    (
        Aare(
            user_information=InitiateResponse(conformance=Conformance.GET, max_pdu=0x01F4).to_bytes(),
        ),
        "AssociationResponse",
        [
            ("ApplicationContextName", "LN"),
            ("AssociationResult", "00"),
            ("ACSEServiceUser", "00"),
            ("NegotiatedDlmsVersionNumber", "06"),
            ("ConformanceBit", "Get"),
            ("NegotiatedMaxPduSize", "01F4"),
            ("VaaName", "0007"),
        ],
    ),
    (
        Aare(
            result=AssociationResult.REJECTED_PERMANENT,
            diagnostic=Diagnostic(DiagnosticSource.USER, UserDiagnostic.AUTHENTICATION_FAILURE),
        ),
        "AssociationResponse",
        [("ApplicationContextName", "LN"), ("AssociationResult", "01"), ("ACSEServiceUser", "0D")],
    ),
    (Rlrq(), "ReleaseRequest", [("Reason", "Normal")]),
]


@pytest.mark.parametrize(
    ("apdu", "root", "values"), OPINIONS, ids=[f"{apdu.to_bytes().hex()[:20]}" for apdu, _, _ in OPINIONS]
)
def test_gurux_reads_what_we_build(apdu: Apdu, root: str, values: list[tuple[str, str]]) -> None:
    assert translated(apdu.to_bytes()) == (root, values)


def test_gurux_reads_our_frame() -> None:
    frame = Frame(
        Address(1, 17, 4),
        Address(16),
        i_control(0, 0),
        LLC_COMMAND + GetRequestNormal(attribute=CLOCK).to_bytes(),
    )

    root = ElementTree.fromstring(gurux_dlms.GXDLMSTranslator().messageToXml(frame.to_bytes()))

    found = {part.tag: part.get("Value") for part in root.iter()}
    assert (found["SourceAddress"], found["FrameType"], found["ClassId"]) == ("10", "10", "0008")


def test_gurux_accepts_our_answer_to_its_snrm() -> None:
    client = client_of(enums.Authentication.NONE)
    client.snrmRequest()
    ours = LinkParameters(max_info_transmit=100, max_info_receive=200)

    client.parseUAResponse(gurux_dlms.GXByteBuffer(ours.to_bytes()))

    # What the meter receives is what the client may send, and the other way about.
    assert (client.hdlcSettings.maxInfoTX, client.hdlcSettings.maxInfoRX) == (200, 100)


def client_of(authentication: Any, *, wrapper: bool = False, password: str = "12345678") -> Any:
    interface = enums.InterfaceType.WRAPPER if wrapper else enums.InterfaceType.HDLC
    return gurux_dlms.GXDLMSClient(True, 16, 1, authentication, password, interface)


def apdu_of(frame: bytes) -> Apdu:
    decoded = decode_frame(frame)
    assert decoded.clean
    assert decoded.frame is not None
    assert decoded.frame.information.startswith(LLC_COMMAND)
    apdu, deviations = decode_apdu(decoded.frame.information[len(LLC_COMMAND) :])
    assert deviations == ()
    assert apdu is not None
    return apdu


def test_we_read_the_snrm_of_gurux() -> None:
    client = client_of(enums.Authentication.NONE)
    client.hdlcSettings.maxInfoTX = client.hdlcSettings.maxInfoRX = 512

    decoded = decode_frame(bytes(client.snrmRequest()))

    assert decoded.clean
    assert decoded.frame is not None
    assert decoded.frame.control == Control.SNRM
    parameters, deviations = decode_parameters(decoded.frame.information)
    # It leaves the windows out, which the standard permits.
    assert violations(deviations) == ()
    assert (parameters.max_info_transmit, parameters.max_info_receive) == (512, 512)


def test_we_read_the_aarq_of_gurux() -> None:
    (frame,) = client_of(enums.Authentication.LOW).aarqRequest()

    apdu = apdu_of(bytes(frame))

    assert isinstance(apdu, Aarq)
    assert apdu.mechanism is Mechanism.LLS
    assert apdu.calling_authentication_value == b"12345678"
    assert apdu.user_information is not None
    proposal, deviations = decode_apdu(apdu.user_information)
    assert deviations == ()
    assert isinstance(proposal, InitiateRequest)
    assert proposal.conformance & Conformance.GET


@pytest.mark.parametrize("upper_and_lower", [(1, 17, 2), (1, 17, 4)])
def test_we_read_the_server_address_of_gurux(upper_and_lower: tuple[int, int, int]) -> None:
    upper, lower, length = upper_and_lower
    client = client_of(enums.Authentication.NONE)
    client.serverAddress = (
        client.getServerAddress(upper, lower, length) if length == 2 else upper << 14 | lower
    )
    client.serverAddressSize = length

    decoded = decode_frame(bytes(client.snrmRequest()))

    assert decoded.frame is not None
    assert decoded.frame.destination == Address(upper, lower, length)
    assert decoded.frame.source == Address(16)


def test_we_read_the_requests_of_gurux() -> None:
    client = client_of(enums.Authentication.NONE)
    client.negotiatedConformance = enums.Conformance(0xFFFFFF)
    clock, register = objects.GXDLMSClock("0.0.1.0.0.255"), objects.GXDLMSRegister("1.0.1.8.0.255")

    (read,) = client.read(clock, 2)
    ((read_list,),) = client.readList([(clock, 2), (register, 2)])

    assert apdu_of(bytes(read)) == GetRequestNormal(attribute=CLOCK)
    items = (AttributeAccess(attribute=CLOCK), AttributeAccess(attribute=ENERGY))
    assert apdu_of(bytes(read_list)) == GetRequestWithList(items=items)


def test_we_read_the_wrapper_of_gurux() -> None:
    (message,) = client_of(enums.Authentication.NONE, wrapper=True).read(
        objects.GXDLMSClock("0.0.1.0.0.255"), 2
    )

    decoded = decode_wrapper(bytes(message))

    assert decoded.deviations == ()
    assert decoded.frame == WrapperFrame(16, 1, GetRequestNormal(attribute=CLOCK).to_bytes())


def test_gurux_reads_our_date_time() -> None:
    moment = DateTime(
        year=2026, month=3, day=4, weekday=3, hour=5, minute=6, second=7, hundredths=0, deviation_min=-60
    )

    value = gurux_dlms.GXDLMSClient.changeType(bytearray(moment.to_bytes()), enums.DataType.DATETIME)

    assert (value.value.year, value.value.hour, value.value.second) == (2026, 5, 7)
