"""Services on the line, and deviations at the right octet."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import null_data, octet_string, structure, unsigned
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.xdlms.action import (
    ActionOutcome,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
)
from bench.protocols.xdlms.apdu import Apdu, decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import (
    ConfirmedServiceError,
    ExceptionResponse,
    InitiateError,
    ServiceError,
    StateError,
)
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from bench.protocols.xdlms.initiate import InitiateRequest, InitiateResponse
from bench.protocols.xdlms.notification import DataNotification, EventNotificationRequest
from bench.protocols.xdlms.parts import AttributeAccess, DataBlock, SelectiveAccess, invoke_octet
from bench.protocols.xdlms.results import ActionResult, DataAccessResult
from bench.protocols.xdlms.set import (
    SetRequestNormal,
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithList,
    SetRequestWithListAndFirstDatablock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from bench.protocols.xdlms.short_name import (
    BlockAccess,
    BlockNumber,
    BlockResult,
    InformationReportRequest,
    ReadRequest,
    ReadResponse,
    UnconfirmedWriteRequest,
    VariableAccess,
    WriteRequest,
    WriteResponse,
)
from bench.protocols.xdlms.signed import GatewayApdu, GeneralSigning

CLOCK = CosemAttribute(8, Obis("0-0:1.0.0"), 2)
CLOCK_OCTETS = "00080000010000ff02"
ENTER = CosemMethod(115, Obis("0-0:19.40.0"), 1)
ENTER_OCTETS = "00730000132800ff01"
ITEMS = (AttributeAccess(attribute=CLOCK), AttributeAccess(attribute=CLOCK))
BLOCK = DataBlock(last=False, number=1, raw=b"\xaa\xbb")
BLOCK_OCTETS = "000000000102aabb"
SELECTION = SelectiveAccess(selector=2, parameters=structure(unsigned(1)))

# Octets by the ASN.1 of IEC 62056-5-3 as the vectors and dlms.md section 6.5 show it.
APDUS: list[tuple[Apdu, str]] = [
    (GetRequestNormal(attribute=CLOCK), f"c001c1{CLOCK_OCTETS}00"),
    (GetRequestNormal(attribute=CLOCK, access=SELECTION), f"c001c1{CLOCK_OCTETS}010202011101"),
    (GetRequestNext(block_number=2), "c002c100000002"),
    (GetRequestWithList(items=ITEMS), f"c003c102{CLOCK_OCTETS}00{CLOCK_OCTETS}00"),
    (GetResponseNormal(result=unsigned(5)), "c401c1001105"),
    (GetResponseNormal(result=DataAccessResult.OBJECT_UNDEFINED), "c401c10104"),
    (
        GetResponseWithDatablock(last=True, block_number=3, result=b"\x11\x05"),
        "c402c10100000003" + "00021105",
    ),
    (
        GetResponseWithDatablock(last=False, block_number=3, result=DataAccessResult.LONG_GET_ABORTED),
        "c402c10000000003010f",
    ),
    (GetResponseWithList(results=(unsigned(5), DataAccessResult(4))), "c403c1020011050104"),
    (SetRequestNormal(attribute=CLOCK, value=null_data()), f"c101c1{CLOCK_OCTETS}0000"),
    (SetRequestWithFirstDatablock(attribute=CLOCK, block=BLOCK), f"c102c1{CLOCK_OCTETS}00{BLOCK_OCTETS}"),
    (SetRequestWithDatablock(block=BLOCK), f"c103c1{BLOCK_OCTETS}"),
    (
        SetRequestWithList(items=ITEMS, values=(unsigned(1), unsigned(2))),
        f"c104c102{CLOCK_OCTETS}00{CLOCK_OCTETS}000211011102",
    ),
    (
        SetRequestWithListAndFirstDatablock(items=ITEMS[:1], block=BLOCK),
        f"c105c101{CLOCK_OCTETS}00{BLOCK_OCTETS}",
    ),
    (SetResponseNormal(result=DataAccessResult.READ_WRITE_DENIED), "c501c103"),
    (SetResponseDatablock(block_number=1), "c502c100000001"),
    (SetResponseLastDatablock(result=DataAccessResult.SUCCESS, block_number=2), "c503c10000000002"),
    (
        SetResponseLastDatablockWithList(results=(DataAccessResult(0), DataAccessResult(3)), block_number=2),
        "c504c102000300000002",
    ),
    (SetResponseWithList(results=(DataAccessResult(0), DataAccessResult(3))), "c505c1020003"),
    (ActionRequestNormal(method=ENTER), f"c301c1{ENTER_OCTETS}00"),
    (ActionRequestNormal(method=ENTER, parameters=octet_string(b"12")), f"c301c1{ENTER_OCTETS}0109023132"),
    (ActionRequestNextPblock(block_number=1), "c302c100000001"),
    (ActionRequestWithList(methods=(ENTER,), parameters=(null_data(),)), f"c303c101{ENTER_OCTETS}0100"),
    (ActionRequestWithFirstPblock(method=ENTER, block=BLOCK), f"c304c1{ENTER_OCTETS}{BLOCK_OCTETS}"),
    (
        ActionRequestWithListAndFirstPblock(methods=(ENTER,), block=BLOCK),
        f"c305c101{ENTER_OCTETS}{BLOCK_OCTETS}",
    ),
    (ActionRequestWithPblock(block=BLOCK), f"c306c1{BLOCK_OCTETS}"),
    (ActionResponseNormal(result=ActionResult.SUCCESS), "c701c10000"),
    (ActionResponseNormal(result=ActionResult.SUCCESS, returned=unsigned(3)), "c701c10001001103"),
    (
        ActionResponseNormal(result=ActionResult.OTHER_REASON, returned=DataAccessResult(250)),
        "c701c1fa0101fa",
    ),
    (ActionResponseWithPblock(block=BLOCK), f"c702c1{BLOCK_OCTETS}"),
    (
        ActionResponseWithList(outcomes=(ActionOutcome(result=ActionResult(3)),)),
        "c703c1010300",
    ),
    (ActionResponseNextPblock(block_number=1), "c704c100000001"),
    (
        ExceptionResponse(
            state_error=StateError.SERVICE_NOT_ALLOWED, service_error=ServiceError.SERVICE_NOT_SUPPORTED
        ),
        "d80102",
    ),
    (ExceptionResponse(state_error=2, service_error=6, invocation_counter=256), "d8020600000100"),
    (ConfirmedServiceError(value=InitiateError.PDU_SIZE_TOO_SHORT), "0e010603"),
    (InitiateRequest(conformance=Conformance(0x007E1F), max_pdu=1200), "01000000065f1f0400007e1f04b0"),
    (
        InitiateRequest(
            dedicated_key=bytes.fromhex("00112233445566778899aabbccddeeff"),
            response_allowed=False,
            quality_of_service=-1,
            version=7,
            conformance=Conformance.GET,
            max_pdu=0,
        ),
        "01011000112233445566778899aabbccddeeff010001ff075f1f04000000100000",
    ),
    (InitiateResponse(conformance=Conformance(0x00501F), max_pdu=500), "0800065f1f040000501f01f40007"),
    (DataNotification(long_invoke=0x1DB, body=unsigned(1)), "0f000001db001101"),
    (
        EventNotificationRequest(attribute=CLOCK, value=unsigned(1)),
        f"c200{CLOCK_OCTETS}1101",
    ),
    (
        GeneralBlockTransfer(last=True, window=1, block_number=1, block_number_ack=0, data=b"\xc0"),
        "e0810001000001c0",
    ),
    (ReadRequest(variables=(VariableAccess(name=0xFA00),)), "050102fa00"),
    (ReadResponse(results=(unsigned(1), DataAccessResult(3))), "0c020011010103"),
    (WriteRequest(variables=(VariableAccess(name=8),), values=(unsigned(1),)), "0601020008011101"),
    (WriteResponse(results=(DataAccessResult(0), DataAccessResult(3))), "0d02000103"),
    (
        ReadRequest(variables=(VariableAccess(name=8, access=SELECTION), BlockAccess(number=2))),
        "05020400080202011101050002",
    ),
    (ReadRequest(variables=(BlockAccess(number=1, last=False, raw=b"\xaa"),)), "050106000001" + "01aa"),
    (
        WriteRequest(variables=(BlockAccess(number=1, last=True),), values=(octet_string(b"\xaa"),)),
        "060107010001010901aa",
    ),
    (
        ReadResponse(results=(BlockResult(last=True, number=3, raw=b"\xaa"), BlockNumber(number=1))),
        "0c020201000301aa030001",
    ),
    (WriteResponse(results=(BlockNumber(number=1),)), "0d01020001"),
    (
        UnconfirmedWriteRequest(variables=(VariableAccess(name=8),), values=(unsigned(1),)),
        "1601020008011101",
    ),
    (
        InformationReportRequest(
            time=b"20260101000000Z", variables=(VariableAccess(name=8),), values=(unsigned(1),)
        ),
        "18010f32303236303130313030303030305a01020008011101",
    ),
    (
        GeneralSigning(
            transaction_id=b"\x01",
            originator_system_title=b"",
            recipient_system_title=b"",
            content=b"\xd8\x01\x02",
            signature=b"\x09",
        ),
        "df01010000000003d801020109",
    ),
    (GatewayApdu(network_id=1, physical_address=b"\x05", apdu=b"\xd8\x01\x02"), "e6010105d80102"),
]


@pytest.mark.parametrize(("apdu", "octets"), APDUS, ids=[octets[:16] for _, octets in APDUS])
def test_service_on_the_line(apdu: Apdu, octets: str) -> None:
    assert apdu.to_bytes().hex() == octets
    assert decode_apdu(bytes.fromhex(octets)) == (apdu, ())


def test_result_codes_come_back_as_their_enumeration() -> None:
    apdu, _ = decode_apdu(bytes.fromhex("c401c10103"))

    assert isinstance(apdu, GetResponseNormal)
    assert apdu.result is DataAccessResult.READ_WRITE_DENIED


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        ("", 0, "xdlms.empty"),
        ("ff", 0, "xdlms.tag"),
        ("df00", 2, "truncated"),
        ("0c010201", 4, "truncated"),
        ("0c010401", 2, "xdlms.choice"),
        ("0c0102000000021122", 4, "xdlms.block-number"),
        ("e60001aa", 4, "xdlms.empty"),
        ("c0", 1, "truncated"),
        (f"c004c1{CLOCK_OCTETS}00", 1, "xdlms.choice"),
        (f"c001c1{CLOCK_OCTETS}", 12, "truncated"),
        (f"c001c1{CLOCK_OCTETS}02", 12, "axdr.flag"),
        (f"c001c1{CLOCK_OCTETS}0000", 13, "trailing"),
        ("c002c100000000", 3, "xdlms.block-number"),
        ("c401c10105", 4, "xdlms.result"),
        ("c401c1020304", 3, "axdr.flag"),
        ("c402c10200000001000111", 3, "axdr.boolean"),
        (f"c106c1{CLOCK_OCTETS}00", 1, "xdlms.choice"),
        (f"c101c1{CLOCK_OCTETS}00", 13, "truncated"),
        (f"c104c101{CLOCK_OCTETS}000211011102", 14, "xdlms.list-length"),
        ("c501c1ff", 3, "xdlms.result"),
        ("c701c10000" + "00", 5, "trailing"),
        ("c701c10d", 4, "truncated"),
        ("d80302", 1, "xdlms.exception"),
        ("d80107", 2, "xdlms.exception"),
        ("d8010200", 3, "trailing"),
        ("0e010605", 3, "xdlms.service-error"),
        ("0e010b00", 2, "xdlms.service-error"),
        ("0e000600", 1, "xdlms.service-error"),
        ("01000000055f1f0400007e1f04b0", 4, "xdlms.version"),
        ("01000000065e1f0400007e1f04b0", 5, "xdlms.conformance-tag"),
        ("01000000065f1f0300007e1f04b0", 7, "xdlms.conformance-tag"),
        ("01000000065f1f0400807e1f04b0", 9, "xdlms.conformance-reserved"),
        ("0800065f1f040000501f01f40008", 12, "xdlms.vaa-name"),
        ("0f00000001030102031101", 5, "xdlms.date-time"),
        ("c8042001234567", 1, "truncated"),
        ("c80533012345679a", 2, "security.suite"),
        ("db0701020304050607053000000001", 1, "security.title-length"),
        ("c80630000000019a", 7, "security.tag"),
        ("0d010100", 3, "xdlms.result"),
        ("050103fa00", 2, "xdlms.choice"),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: str, offset: int, rule: str) -> None:
    _, deviations = decode_apdu(bytes.fromhex(octets))

    assert (offset, rule) in [(deviation.offset, deviation.rule) for deviation in deviations]


def test_malformed_services_are_written_plainly() -> None:
    """APPL_DATA_LN_N1: an unknown choice, and a truncated request."""
    request = GetRequestNormal(attribute=CLOCK)

    assert request.to_bytes(choice=4).hex() == f"c004c1{CLOCK_OCTETS}00"
    assert request.to_bytes(tag=0x05).hex() == f"0501c1{CLOCK_OCTETS}00"
    assert request.to_bytes()[:-2].hex() == f"c001c1{CLOCK_OCTETS[:-2]}"
    assert InitiateRequest(conformance=Conformance.GET).to_bytes(conformance=b"").hex() == "0100000006ffff"


def test_invoke_octet() -> None:
    assert invoke_octet(1) == 0xC1
    assert invoke_octet(15, confirmed=False) == 0x8F
    assert invoke_octet(2, high_priority=False) == 0x42


def test_conformance_by_the_names_of_a_declaration() -> None:
    """The block of vector jdlms-dialog-02: 00301D."""
    names = (
        "attribute0-supported-with-get",
        "block-transfer-with-get-or-read",
        "get",
        "set",
        "selective-access",
        "action",
    )

    assert Conformance.from_names(names) == Conformance(0x00301D)
    assert Conformance(0x00301D).names() == names
    with pytest.raises(ValueError, match="telepathy"):
        Conformance.from_names(["telepathy"])
