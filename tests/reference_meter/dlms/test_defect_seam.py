"""Each behaviour stands in a method of its own: one override makes one fault, and a client can see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.protocols.axdr import Data
from bench.protocols.hdlc import Address, Frame, LinkParameters
from bench.protocols.xdlms.conformance import Conformance
from reference_meter.blueprint import Blueprint
from reference_meter.dlms.association import Association, Rejection
from reference_meter.dlms.hdlc_link import HdlcLink
from reference_meter.dlms.hdlc_session import HdlcSession
from reference_meter.dlms.model.cosem_object import CosemObject, Role
from reference_meter.dlms.objects import Objects
from reference_meter.dlms.security import Security
from reference_meter.meter import build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import DISC, RR, SNRM, UA, Client, aarq, frame

GET_LDN = "c001c1000100002a0000ff0200"


class NoAddressFilter(HdlcLink):
    def addressed(self, destination: Address) -> bool:
        return True


class RepeatsExecution(HdlcLink):
    def repeated(self, session: HdlcSession, frame: Frame) -> None:
        self.accept(session, frame)
        super().repeated(session, frame)


class ForgetsToWrap(HdlcLink):
    def next_number(self, number: int) -> int:
        return number + 1 if number < 7 else 1


class LargeLimits(HdlcLink):
    def negotiate(self, proposed: LinkParameters) -> LinkParameters:
        return LinkParameters()


class NeverIdle(HdlcLink):
    def inactivity_time_out_s(self) -> float:
        return 0.0


class AnyContext(Association):
    def check_context(self, settings: Any, aarq: Any) -> Rejection | None:
        return None


class UnaskedServices(Association):
    def negotiate_conformance(self, settings: Any, proposed: Conformance) -> Conformance:
        return self.supported(settings)


class PasswordByPrefix(Security):
    def password_matches(self, settings: Any, presented: bytes) -> bool:
        password = self.password(settings)
        return password is not None and password.startswith(presented)


class OpenToAll(Objects):
    def reachable(self, role: Role) -> tuple[CosemObject, ...]:
        return self.rows

    def may_read(self, attribute: Any, role: Role) -> bool:
        return True


class PromisesWriting(Objects):
    def listed_access(self, row: CosemObject, role: Role) -> Data:
        return super().listed_access(row, Role.MANAGEMENT)


def build(slot: str, mixin: type[Any], name: str = "public") -> Client:
    product, board = dds722(1), FakeBoard()
    manufacture(product, board.memory, datetime(2014, 1, 1, tzinfo=UTC))
    blueprint = Blueprint(product, standard_slots())
    blueprint.override(slot, mixin)
    return Client(board, build_meter(blueprint, board), name)


def password(client: Client, name: str) -> bytes:
    associations = client.meter.product.communication.associations
    return next(row.password for row in associations if row.name == name and row.password is not None)


def address_filter() -> None:
    client = build("hdlc_link", NoAddressFilter)
    assert client.exchange(frame("00040031", "21", SNRM))[8:9] == bytes([UA])


def executed_twice() -> None:
    client = build("hdlc_link", RepeatsExecution, "management")
    client.associate(password(client, "management"))
    before_wh = client.meter.account.reading_wh()
    add = client.to_meter(client.i_control(), bytes.fromhex("e6e600c301c100700000130a00ff010105000f4240"))
    client.exchange(add, wait_s=0.1)
    client.exchange(add, wait_s=0.1)
    assert client.meter.account.reading_wh() > before_wh + 1_999_000


def wrap() -> None:
    client = build("hdlc_link", ForgetsToWrap)
    client.associate()
    for _ in range(6):
        client.request(GET_LDN)
    with pytest.raises(AssertionError):
        client.request(GET_LDN)


def limits() -> None:
    client = build("hdlc_link", LargeLimits)
    ua = client.connect("8180120501400601400704000000010804" + "00000001")
    assert bytes.fromhex("050180060180") in ua


def idle() -> None:
    client = build("hdlc_link", NeverIdle)
    client.connect()
    client.board.advance(1000.0)
    assert client.exchange(client.to_meter(DISC)) == client.from_meter(UA)


def context() -> None:
    client = build("association", AnyContext)
    client.connect()
    assert "a203020100" in client.request(aarq(context=9))


def conformance() -> None:
    client = build("association", UnaskedServices)
    assert "5f1f0400001214" in client.associate(bits="000010")


def prefix() -> None:
    client = build("security", PasswordByPrefix, "reader")
    assert "a203020100" in client.associate(password(client, "reader")[:1])


def rights() -> None:
    client = build("objects", OpenToAll)
    client.associate()
    assert client.request("c001c100030100010800ff0200").startswith("c401c10006")


def promises() -> None:
    client = build("objects", PromisesWriting, "reader")
    client.associate(password(client, "reader"), bits="000014")
    clock_only = client.request("c001c1000f0000280000ff0201" + "02" + "0101120008")
    assert "02030f02160300" in clock_only  # time: read and write


@pytest.mark.parametrize(
    "check",
    [address_filter, executed_twice, wrap, limits, idle, context, conformance, prefix, rights, promises],
)
def test_an_override_shows(check: Callable[[], None]) -> None:
    check()


def test_the_whole_meter_has_none_of_these_faults(public: Client) -> None:
    public.connect()
    assert public.exchange(frame("00040031", "21", RR)) == b""
    assert "5f1f0400000010" in public.associate(bits="000010")
    assert public.request("c001c100030100010800ff0200") == "c401c10104"
