"""ACCESS and the unconfirmed services with short names: forms of IEC 62056-5-3 written out by hand."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import null_data, octet_string, unsigned
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.xdlms.access import (
    AccessChoice,
    AccessItem,
    AccessOutcome,
    AccessRequest,
    AccessResponse,
)
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.short_name import (
    InformationReportRequest,
    UnconfirmedWriteRequest,
    VariableAccess,
)

NAME = CosemAttribute(1, Obis("0-0:42.0.0"), 2)
SWITCH = CosemMethod(70, Obis("0-0:96.3.10"), 1)


def test_a_request_is_read_and_written_back() -> None:
    octets = bytes.fromhex("d940000001000201000100002a0000ff02030046000060030aff010200" + "1105")
    request, deviations = decode_apdu(octets)
    assert deviations == ()
    assert request == AccessRequest(
        long_invoke=0x40000001,
        items=(
            AccessItem(choice=AccessChoice.GET, reference=NAME),
            AccessItem(choice=AccessChoice.ACTION, reference=SWITCH),
        ),
        values=(null_data(), unsigned(5)),
    )
    assert request.to_bytes() == octets


def test_a_response_is_read_and_written_back() -> None:
    octets = bytes.fromhex("da4000000100000209024142000201000303")
    response, deviations = decode_apdu(octets)
    assert deviations == ()
    assert response == AccessResponse(
        long_invoke=0x40000001,
        values=(octet_string(b"AB"), null_data()),
        outcomes=(AccessOutcome(choice=1, result=0), AccessOutcome(choice=3, result=3)),
    )
    assert response.to_bytes() == octets


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        ("d9400000010001 06".replace(" ", ""), "xdlms.choice"),
        ("d940000001000101000100002a0000ff0200", "xdlms.list-length"),
        ("da40000001000001000104 00".replace(" ", ""), "xdlms.choice"),
        ("d94000000105", "truncated"),
    ],
)
def test_faults_are_named(octets: str, rule: str) -> None:
    _, deviations = decode_apdu(bytes.fromhex(octets))
    assert rule in {found.rule for found in deviations}


@pytest.mark.parametrize(
    ("octets", "apdu"),
    [
        (
            "160102fa0001110 5".replace(" ", ""),
            UnconfirmedWriteRequest(variables=(VariableAccess(name=0xFA00),), values=(unsigned(5),)),
        ),
        (
            "18000102fa00011105",
            InformationReportRequest(variables=(VariableAccess(name=0xFA00),), values=(unsigned(5),)),
        ),
    ],
)
def test_unconfirmed_services_with_short_names(octets: str, apdu: object) -> None:
    decoded, deviations = decode_apdu(bytes.fromhex(octets))
    assert deviations == ()
    assert decoded == apdu
    assert decoded is not None
    assert decoded.to_bytes().hex() == octets
