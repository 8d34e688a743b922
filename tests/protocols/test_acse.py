"""Association APDUs: fields, overrides, and deviations at the right octet."""

from __future__ import annotations

import pytest

from bench.protocols.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociationResult,
    Diagnostic,
    DiagnosticSource,
    Mechanism,
    ProviderDiagnostic,
    ReleaseReason,
    Rlre,
    Rlrq,
    UserDiagnostic,
    authentication_span,
    decode_acse,
)

INITIATE = bytes.fromhex("01000000065f1f0400007e1f04b0")
AARQ = Aarq(user_information=INITIATE)
AARQ_LLS = Aarq(
    sender_acse_requirements="1",
    mechanism_name=Mechanism.LLS.object_identifier,
    calling_authentication_value=b"12345678",
    user_information=INITIATE,
)


def found(octets: bytes) -> list[tuple[int, str]]:
    return [(deviation.offset, deviation.rule) for deviation in decode_acse(octets)[1]]


def test_aarq_without_authentication() -> None:
    """Vector aarq-none."""
    octets = bytes.fromhex("601da109060760857405080101be10040e01000000065f1f0400007e1f04b0")

    assert AARQ.to_bytes() == octets
    assert Aarq.decode(octets) == (AARQ, ())
    assert AARQ.context is ApplicationContext.LN
    assert AARQ.mechanism is None


def test_aarq_with_password_hides_it_and_tells_where_it_stands() -> None:
    octets = AARQ_LLS.to_bytes()
    span = authentication_span(octets)

    assert "12345678" not in repr(AARQ_LLS)
    assert span is not None
    assert octets[span[0] : sum(span)] == b"12345678"
    assert authentication_span(AARQ.to_bytes()) is None
    assert AARQ_LLS.mechanism is Mechanism.LLS


def test_every_element_of_an_aarq_is_kept() -> None:
    full = Aarq(
        protocol_version="100001",
        application_context_name=ApplicationContext.SN_CIPHERED.object_identifier,
        called_ap_title=b"called",
        called_ae_qualifier=b"q",
        called_ap_invocation_id=0,
        called_ae_invocation_id=127,
        calling_ap_title=b"MMM\x00\x00\xbca\x4e",
        calling_ae_qualifier=b"cert",
        calling_ap_invocation_id=128,
        calling_ae_invocation_id=-1,
        sender_acse_requirements="1",
        mechanism_name=Mechanism.HLS_GMAC.object_identifier,
        calling_authentication_value=b"K56iVagY",
        implementation_information=bytes.fromhex("0400"),
        user_information=INITIATE,
    )

    assert Aarq.decode(full.to_bytes()) == (full, ())
    assert full.to_bytes()[2:6].hex() == "80020284"


def test_rejections_as_seen_from_meters() -> None:
    """Result 1 with user 13, and with provider 2 (no common ACSE version)."""
    failure = Aare(
        result=AssociationResult.REJECTED_PERMANENT,
        diagnostic=Diagnostic(DiagnosticSource.USER, UserDiagnostic.AUTHENTICATION_FAILURE),
    )
    version = Aare(
        result=AssociationResult.REJECTED_PERMANENT,
        diagnostic=Diagnostic(DiagnosticSource.PROVIDER, ProviderDiagnostic.NO_COMMON_ACSE_VERSION),
    )

    assert failure.to_bytes().hex() == "6117a109060760857405080101a203020101a305a10302010d"
    assert version.to_bytes().hex() == "6117a109060760857405080101a203020101a305a203020102"
    assert Aare.decode(version.to_bytes()) == (version, ())


def test_release() -> None:
    assert Rlrq(reason=None).to_bytes().hex() == "6200"
    assert Rlrq().to_bytes().hex() == "6203800100"
    assert Rlre(reason=ReleaseReason.USER_DEFINED).to_bytes().hex() == "630380011e"
    assert Rlrq.decode(bytes.fromhex("6200")) == (Rlrq(reason=None), ())


def test_another_apdu_than_asked_for() -> None:
    apdu, deviations = Aare.decode(AARQ.to_bytes())

    assert apdu is None
    assert [(deviation.offset, deviation.rule) for deviation in deviations] == [(0, "acse.tag")]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (AARQ.to_bytes(length=b"\x1e"), [(1, "acse.length")]),
        (AARQ.to_bytes() + b"\x00", [(31, "trailing")]),
        (AARQ.to_bytes(elements={0xA1: b""}), [(0, "acse.element-missing")]),
        (AARQ.to_bytes(elements={0xBB: b"\xbb\x00"}), [(13, "acse.element-unknown")]),
        (
            AARQ.to_bytes(elements={0x8B: b"\x8b\x00"}),
            [(13, "acse.authentication-without-unit"), (15, "acse.object-identifier")],
        ),
        (
            AARQ.to_bytes(elements={0xA1: bytes.fromhex("a1090507608574050801" + "01")}),
            [(4, "acse.inner-tag")],
        ),
        (AARQ.to_bytes(elements={0x80: bytes.fromhex("800208" + "80")}), [(4, "acse.bit-string")]),
        (AARQ.to_bytes(elements={0x80: bytes.fromhex("80020781")}), [(5, "acse.bits-unused")]),
        (AARQ.to_bytes(elements={0xA9: bytes.fromhex("a9020200")}), [(17, "acse.integer")]),
        (AARQ.to_bytes(elements={0xA9: bytes.fromhex("a90402020001")}), [(17, "acse.integer-not-shortest")]),
        (AARQ.to_bytes(elements={0xBE: bytes.fromhex("be0304" + "0201")}), [(16, "acse.length")]),
        (
            AARQ.to_bytes(elements={0xBE: bytes.fromhex("be0404" + "020100")[:5]}),
            [(14, "acse.length"), (16, "acse.length")],
        ),
        (bytes.fromhex("6203800105"), [(2, "acse.reason")]),
        (bytes.fromhex("62068001008001" + "00"), [(5, "acse.element-repeated")]),
        (bytes.fromhex("6209be040402aabb800100"), [(8, "acse.element-order")]),
        (bytes.fromhex("628103800100"), [(1, "length.not-shortest")]),
        (bytes.fromhex("6280800100"), [(1, "length.indefinite")]),
        (Aare(result=3).to_bytes(), [(13, "acse.result")]),
        (Aare(diagnostic=Diagnostic(DiagnosticSource.USER, 15)).to_bytes(), [(18, "acse.diagnostic")]),
        (Aare(diagnostic=Diagnostic(DiagnosticSource.PROVIDER, 3)).to_bytes(), [(18, "acse.diagnostic")]),
        (b"", [(0, "acse.tag")]),
        (b"\x60", [(1, "truncated")]),
        (b"\x64\x00", [(0, "acse.tag")]),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: bytes, expected: list[tuple[int, str]]) -> None:
    assert sorted(found(octets)) == expected


def test_what_can_be_read_of_a_broken_aarq_is_kept() -> None:
    apdu, deviations = decode_acse(AARQ_LLS.to_bytes(elements={0x8A: bytes.fromhex("8a0109")}))

    assert [deviation.rule for deviation in deviations] == ["acse.bit-string"]
    assert isinstance(apdu, Aarq)
    assert apdu.sender_acse_requirements is None
    assert apdu.calling_authentication_value == b"12345678"
