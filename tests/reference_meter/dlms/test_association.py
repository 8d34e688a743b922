"""Opening and releasing associations; expected octets from dlms.md §1.4, §6.4 and the vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reference_meter.meter import Meter
from reference_meter.products.product import Product
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import AARQ_NO_SECURITY, Client, aarq

GET_LDN = "c001c1000100002a0000ff0200"
ACCEPTED = "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400{bits}04000007"
CONTEXT_NOT_SUPPORTED = "6117a109060760857405080101a203020101a305a103020102"
AUTHENTICATION_FAILURE = "6117a109060760857405080101a203020101a305a10302010d"
NO_COMMON_VERSION = "6117a109060760857405080101a203020101a305a203020102"
INITIATE_ERROR = "611fa109060760857405080101a203020101a305a103020101be0604040e0106{code}"

READ_BITS = "001214"  # get, block transfer with get, multiple references, selective access
MANAGEMENT_BITS = "201e5d"


def _requests(client: Client, apdu: str) -> str:
    client.connect()
    return client.request(apdu)


def _is_idle(client: Client) -> bool:
    return client.request(GET_LDN) == "d80102"


def test_public_client_needs_no_password(public: Client) -> None:
    assert _requests(public, AARQ_NO_SECURITY) == ACCEPTED.format(bits=READ_BITS)
    assert public.request(GET_LDN) == "c401c1000910" + b"MBR0072272200001".hex()


@pytest.mark.parametrize(("name", "bits"), [("reader", READ_BITS), ("management", MANAGEMENT_BITS)])
def test_password_opens_the_association(
    name: str, bits: str, request: pytest.FixtureRequest, passwords: dict[str, bytes]
) -> None:
    client: Client = request.getfixturevalue(name)
    assert _requests(client, aarq(passwords[name], bits="ffffff")) == ACCEPTED.format(bits=bits)
    assert client.request(GET_LDN).startswith("c401c100")


def test_a_service_before_any_association_is_refused(public: Client) -> None:
    public.connect()
    assert public.request(GET_LDN) == "d80102"
    assert public.request("6200") == "d80102"


def test_the_password_of_another_client_is_refused(reader: Client, passwords: dict[str, bytes]) -> None:
    assert _requests(reader, aarq(passwords["management"])) == AUTHENTICATION_FAILURE
    assert _is_idle(reader)


@pytest.mark.parametrize("password", [b"", b"wrong-pw", "first", "all but last", "one more", "zero appended"])
def test_a_wrong_short_or_long_password_is_refused(
    reader: Client, passwords: dict[str, bytes], password: bytes | str
) -> None:
    right = passwords["reader"]
    variants = {
        "first": right[:1],
        "all but last": right[:-1],
        "one more": right + right[:1],
        "zero appended": right + b"\x00",
    }
    tried = variants[password] if isinstance(password, str) else password
    assert _requests(reader, aarq(tried)) == AUTHENTICATION_FAILURE
    assert _is_idle(reader)


@pytest.mark.parametrize(
    "authentication",
    [
        "",
        "8a020780",
        "8a0207808b0760857405080201",
        "8a020780{value}",
        "8b0760857405080201{value}",
        "8a0207008b0760857405080201{value}",
        "8a0207808b0760857405080200{value}",
        "8a0207808b0760857405080202{value}",
        "8a0207808b0760857405080205{value}",
        "8a0207808b0760857405080301{value}",
    ],
    ids=[
        "nothing",
        "requirements only",
        "no password",
        "no mechanism",
        "no requirements",
        "requirements without authentication",
        "mechanism lowest",
        "mechanism HLS",
        "mechanism GMAC",
        "mechanism unknown",
    ],
)
def test_authentication_must_be_complete_and_lls(
    reader: Client, passwords: dict[str, bytes], authentication: str
) -> None:
    value = "ac0a8008" + passwords["reader"].hex()
    sent = aarq(authentication=authentication.format(value=value))
    assert _requests(reader, sent) == AUTHENTICATION_FAILURE
    assert _is_idle(reader)


@pytest.mark.parametrize(
    "authentication",
    ["8a020780", "8a0207808b0760857405080200", "8a0207808b0760857405080201ac0a80083132333435363738"],
)
def test_authentication_fields_of_a_public_client_are_refused(public: Client, authentication: str) -> None:
    assert _requests(public, aarq(authentication=authentication)) == AUTHENTICATION_FAILURE


@pytest.mark.parametrize("context", [0, 2, 3, 4, 9])
def test_other_application_contexts_are_refused(public: Client, context: int) -> None:
    assert _requests(public, aarq(context=context)) == CONTEXT_NOT_SUPPORTED
    assert _is_idle(public)


@pytest.mark.parametrize("version", ["80020780", "80020284"])
def test_protocol_version_with_version1_is_accepted(public: Client, version: str) -> None:
    assert _requests(public, aarq(before=version)) == ACCEPTED.format(bits=READ_BITS)


@pytest.mark.parametrize("version", ["80020700", "80020640"])
def test_protocol_version_without_version1_is_refused(public: Client, version: str) -> None:
    assert _requests(public, aarq(before=version)) == NO_COMMON_VERSION
    assert _is_idle(public)


@pytest.mark.parametrize(
    ("initiate", "code"),
    [
        ("01000000055f1f0400007e1fffff", "01"),
        ("01000000005f1f0400007e1fffff", "01"),
        ("01000000065f1f0400180180ffff", "02"),
        ("01000000065f1f0400000000ffff", "02"),
        ("01000000065f1f0400007e1f000b", "03"),
        ("01000000065f1f0400007e1f0001", "03"),
        ("01011000112233445566778899aabbccddeeff0000065f1f0400007e1fffff", "00"),
    ],
    ids=["version 5", "version 0", "only unsupported", "none", "PDU 11", "PDU 1", "dedicated key"],
)
def test_initiate_errors(public: Client, initiate: str, code: str) -> None:
    assert _requests(public, aarq(initiate=initiate)) == INITIATE_ERROR.format(code=code)
    assert _is_idle(public)


@pytest.mark.parametrize(
    ("initiate", "bits"),
    [
        ("01000000075f1f0400007e1fffff", READ_BITS),
        ("0100000100065f1f0400007e1fffff", READ_BITS),
        ("01000000065f1f0400ffffffffff", READ_BITS),
        ("01000000065f1f0400000010ffff", "000010"),
        ("01000000065f1f0400007e1f000c", READ_BITS),
        ("01000000065f1f0400007e1f0000", READ_BITS),
    ],
    ids=["version 7", "quality of service", "all ones", "GET only", "PDU 12", "PDU without limit"],
)
def test_what_is_negotiated(public: Client, initiate: str, bits: str) -> None:
    assert _requests(public, aarq(initiate=initiate)) == ACCEPTED.format(bits=bits)


def test_unused_fields_are_accepted(public: Client) -> None:
    """Called and calling titles, qualifiers and invocation ids with dummy values (APPL_OPEN_6 S1)."""
    a1 = "a109060760857405080101"
    called = "a20a04084d4d4d0000000001" + "a30404020000" + "a403020101" + "a503020101"
    calling = "a60a04084d4d4d0000bc614e" + "a70404020000" + "a803020101" + "a903020101"
    initiate = "be10040e01000000065f1f0400007e1fffff"
    content = a1 + called + calling + initiate
    sent = f"60{len(content) // 2:02x}{content}"
    assert _requests(public, sent) == ACCEPTED.format(bits=READ_BITS)


def test_an_undeclared_client_gets_no_association(board: FakeBoard, meter: Meter) -> None:
    stranger = Client(board, meter, "public")
    stranger.address = "23"
    assert _requests(stranger, AARQ_NO_SECURITY) == "6117a109060760857405080101a203020101a305a103020101"
    assert _is_idle(stranger)


@pytest.mark.parametrize(
    "apdu",
    ["60", "6000", AARQ_NO_SECURITY[:-2], AARQ_NO_SECURITY + "00", "60ff" + AARQ_NO_SECURITY[4:]],
)
def test_an_aarq_that_cannot_be_decoded_changes_nothing(public: Client, apdu: str) -> None:
    public.associate()
    answer = public.request(apdu)
    assert answer in ("d80102", CONTEXT_NOT_SUPPORTED)
    if answer == "d80102":
        assert public.request(GET_LDN).startswith("c401c100")


def test_a_refused_aarq_ends_the_association_there_was(public: Client) -> None:
    public.associate()
    assert public.request(aarq(context=2)) == CONTEXT_NOT_SUPPORTED
    assert _is_idle(public)


@pytest.mark.parametrize("rlrq", ["6200", "6203800100", "6203800101", "620380011e"])
def test_release(public: Client, rlrq: str) -> None:
    public.associate()
    assert public.request(rlrq) == "6303800100"
    assert _is_idle(public)
    assert public.request(AARQ_NO_SECURITY) == ACCEPTED.format(bits=READ_BITS)


def test_a_broken_release_request_does_not_release(public: Client) -> None:
    public.associate()
    assert public.request("62038001") == "d80102"
    assert public.request(GET_LDN).startswith("c401c100")


def test_the_password_is_not_in_any_representation(meter: Meter, passwords: dict[str, bytes]) -> None:
    for settings in meter.product.communication.associations:
        assert passwords.get(settings.name, b"?").decode() not in repr(settings)


def test_a_product_may_offer_less(
    product: Product, power_up: Callable[[Product], Meter], board: FakeBoard
) -> None:
    public = replace(product.communication.associations[0], conformance=("get",))
    communication = replace(product.communication, associations=(public,))
    client = Client(board, power_up(replace(product, communication=communication)), "public")
    assert _requests(client, aarq(bits="ffffff")) == ACCEPTED.format(bits="000010")
