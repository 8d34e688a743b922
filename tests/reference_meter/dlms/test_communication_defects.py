"""Each defect of layers HD, AP and SE shows where its row says, and nowhere on a clean meter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bench.protocols.axdr import Data, DataType, decode_all
from bench.protocols.ciphering import DED_TAGS, Keys
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import by_id
from reference_meter.meter import Meter, build_meter
from reference_meter.products.calendar_rules import CalendarRules
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import deliver, manufacture
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.cipher_client import AUTHENTICATED, CipherClient
from tests.reference_meter.dlms.fake_board import START, FakeBoard
from tests.reference_meter.dlms.octet_client import DISC, DM, RR, SNRM, UA, Client, aarq, frame
from tests.reference_meter.dlms.test_ciphering import GET_NAME, NAME, NEW_KEY, master, transfer
from tests.reference_meter.dlms.test_profile_object import by_entry, by_range, moment

LIST = "c001c1000f0000280000ff0200"
ENERGY = "000301000108 00ff".replace(" ", "")
LOAD = "00070100630100ff"
DAILY = "00070100630200ff"
IMAGE = "001200002c0000ff"


class Bench:
    """A meter on a board, with or without a defect, and clients of it."""

    def __init__(self, *defects: str, framing: str = "hdlc") -> None:
        product = replace(dds722(1), calendar=CalendarRules(time_zone_min=0, daylight_enabled=False))
        product = replace(product, communication=replace(product.communication, framing=framing))
        self.board = FakeBoard()
        manufacture(product, self.board.memory, datetime(2014, 1, 1, tzinfo=UTC))
        deliver(product, self.board.memory, START)
        self.blueprint = Blueprint(product, standard_slots())
        for defect in defects:
            by_id(defect).apply(self.blueprint)
        self.meter: Meter = build_meter(self.blueprint, self.board)

    def power_cycle(self) -> None:
        self.meter.power_failing()
        self.meter = build_meter(self.blueprint, self.board)

    def client(self, name: str = "public", *, pdu: int = 0xFFFF, bits: str = "ffffff") -> Client:
        client = Client(self.board, self.meter, name)
        settings = {row.name: row for row in self.meter.product.communication.associations}
        assert client.associate(settings[name].password, pdu=pdu, bits=bits).startswith("6129")
        return client

    def secure(self, keys: Keys | None = None) -> CipherClient:
        return CipherClient(self.meter, keys=keys)


Probe = Callable[[Bench], bool]


def value(client: Client, reference: str) -> Data:
    answer = bytes.fromhex(client.request(f"c001c1{reference}"))
    raw = answer[4:]
    if answer[1] == 2:
        raw = b""
        while True:
            raw += answer[10 + (answer[9] & 0x7F if answer[9] & 0x80 else 0) :]
            if answer[3]:
                break
            answer = bytes.fromhex(client.request(f"c002c1{answer[4:8].hex()}"))
    return decode_all(raw)


# --- layer HD -------------------------------------------------------------------------------------


def wrong_fcs(bench: Bench) -> bool:
    octets = bytearray(Client(bench.board, bench.meter, "public").to_meter(SNRM))
    octets[-2] ^= 1
    return Client(bench.board, bench.meter, "public").exchange(bytes(octets)) == b""


def repetition(bench: Bench) -> bool:
    client = bench.client("management")
    before_wh = bench.meter.account.reading_wh()
    add = client.to_meter(client.i_control(), bytes.fromhex("e6e600c301c100700000130a00ff010105000f4240"))
    client.exchange(add, 0.1)
    client.exchange(add, 0.1)
    return bench.meter.account.reading_wh() < before_wh + 1_500_000


def wrapping(bench: Bench) -> bool:
    client = bench.client()
    try:
        return all(client.request(GET_NAME.hex()) == NAME.hex() for _ in range(20))
    except AssertionError:
        return False


def frames_of_list(client: Client) -> list[bytes]:
    """Read the object list; return every raw frame of the meter."""
    frames = []
    answer = client.exchange(client.to_meter(client.i_control(), bytes.fromhex("e6e600" + LIST)))
    for number in range(1, 40):
        frames.append(answer)
        if not answer[1] & 8:
            break
        answer = client.exchange(client.to_meter((number + 1) % 8 << 5 | RR))
        if answer[8] & 1:
            break
    return frames


def information_length(bench: Bench) -> bool:
    return max(len(raw) for raw in frames_of_list(bench.client("reader"))) <= 128 + 15


def last_segment(bench: Bench) -> bool:
    return not frames_of_list(bench.client("reader"))[-1][1] & 8


def inactivity(bench: Bench) -> bool:
    client = bench.client()
    bench.board.advance(130.0)
    return client.exchange(client.to_meter(DISC)) == client.from_meter(DM)


def proposal(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    return bytes.fromhex("050140060140") in client.connect("8180120501400601400704000000010804" + "00000001")


def addresses(bench: Bench) -> bool:
    return Client(bench.board, bench.meter, "public").exchange(frame("00040031", "21", SNRM)) == b""


def not_connected(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    information = bytes.fromhex("e6e600" + aarq())
    return client.exchange(client.to_meter(0x10, information)) == client.from_meter(DM)


def frame_length(bench: Bench) -> bool:
    answer = Client(bench.board, bench.meter, "public").connect()
    return int.from_bytes(answer[1:3]) & 0x7FF == len(answer) - 2


def partial_frame(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    client.exchange(client.to_meter(SNRM)[:7], 5.0)
    return client.exchange(client.to_meter(SNRM)[7:]) == b""


def flag_inside(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    client.connect()
    # 7E stands in the value of an unknown attribute's OBIS code
    request = "c001c100017e7e7e7e7e7e0200"
    return client.exchange(client.to_meter(0x10, bytes.fromhex("e6e600" + request)))[:1] == b"\x7e"


def shared_flag(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    both = client.to_meter(SNRM) + client.to_meter(0x11)[1:]
    return len(client.exchange(both, 1.0)) > 35


# --- layer AP -------------------------------------------------------------------------------------


def opens(bench: Bench, request: str) -> bool:
    client = Client(bench.board, bench.meter, "public")
    client.connect()
    return "a203020100" in client.request(request)


def context(bench: Bench) -> bool:
    return not opens(bench, aarq(context=9))


def conformance(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "public")
    return "5f1f0400000010" in client.associate(bits="000010")


def services(bench: Bench) -> bool:
    return (
        bench.client("management", bits="000010").request("c301c100460000 60030aff0201 0f00".replace(" ", ""))
        == "d80102"
    )


def pdu_size(bench: Bench) -> bool:
    return len(bench.client("reader", pdu=100).request(LIST)) <= 200


def small_pdu(bench: Bench) -> bool:
    return not opens(bench, aarq(pdu=11))


def first_block(bench: Bench) -> bool:
    return bench.client("reader", pdu=100).request(LIST)[8:16] == "00000001"


def blocks_join(bench: Bench) -> bool:
    reader = bench.client("reader", pdu=200)
    try:
        return len(value(reader, LIST[6:-2] + "00").items()) == len(
            bench.meter.objects.visible(bench.meter.association.current.role)  # type: ignore[union-attr]
        )
    except (ValueError, AssertionError):
        return False


def undefined(bench: Bench) -> bool:
    return bench.client().request("c001c100010000630000ff0200") == "c401c10104"


def rights(bench: Bench) -> bool:
    return bench.client("reader").request(f"c001c1{ENERGY}0300").startswith("c401c100")


def decade(bench: Bench) -> bool:
    return value(bench.client("reader"), "0003010020 0700ff0300".replace(" ", "")).items()[0].number() == -1


def wide_enough(bench: Bench) -> bool:
    return value(bench.client("reader"), f"{ENERGY}0200").type is DataType.DOUBLE_LONG_UNSIGNED


def ranges(bench: Bench) -> bool:
    selection = by_range(moment(10, 0), moment(10, 30))
    return len(value(bench.client("reader"), f"{LOAD}02{selection}").items()) == 3


def entries(bench: Bench) -> bool:
    reader = bench.client("reader")
    everything = value(reader, f"{LOAD}0200").items()
    return value(reader, f"{LOAD}02{by_entry(1, 2)}").items() == everything[:2]


def empty_range(bench: Bench) -> bool:
    selection = by_range(moment(10, 0, day=6), moment(10, 30, day=6))
    return bench.client("reader").request(f"c001c1{LOAD}02{selection}") == "c401c1000100"


def wrap_daily(bench: Bench) -> Client:
    management = bench.client("management")
    for _ in range(60):
        bench.board.advance(1.0)
        assert management.request(f"c301c1{DAILY}02010f00") == "c701c10000"
    return management


def in_use(bench: Bench) -> bool:
    management = wrap_daily(bench)
    return value(management, f"{DAILY}0700").number() <= value(management, f"{DAILY}0800").number()


def sorted_rows(bench: Bench) -> bool:
    times = [row.items()[0].octets()[:8] for row in value(wrap_daily(bench), f"{DAILY}0200").items()]
    return len(times) == 62 and times == sorted(times)


def stored(bench: Bench) -> bool:
    management = bench.client("management")
    assert management.request("c101c1001400000d0000ff0600090141") == "c501c100"
    return management.request("c001c1001400000d0000ff0600") == "c401c100090141"


def has_result(bench: Bench) -> bool:
    return len(bench.client().request("c001c100010000630000ff0200")) == 10


def list_items(bench: Bench) -> bool:
    items = "00010000630000ff020000010000 2a0000ff0200".replace(" ", "")
    return bench.client().request(f"c003c102{items}").startswith("c403c1020104000910")


def echo(bench: Bench) -> bool:
    return bench.client().request("c001c500010000 2a0000ff0200".replace(" ", ""))[4:6] == "c5"


def device_name(bench: Bench) -> bool:
    return bench.client().request(GET_NAME.hex()) == NAME.hex()


def class_of_frequency(bench: Bench) -> bool:
    return bench.client("reader").request("c001c1000301000e0700ff0200").startswith("c401c100")


def unknown_tag(bench: Bench) -> bool:
    client = bench.client()
    client.exchange(client.to_meter(client.i_control(), bytes.fromhex("e6e6005500")))
    return bench.meter.association.current is not None


def pause(bench: Bench) -> bool:
    management = bench.client("management")
    management.request("c102c1001400000d0000ff060000000000010309054e")
    bench.board.advance(2.5)
    return management.request("c103c101000000020445575f31") == "c503c10000000002"


def seasons(bench: Bench) -> bool:
    (first,) = value(bench.client("reader"), "001400000d0000ff0300").items()
    return len(first.items()[1].octets()) == 12


def firmware(identifier: bytes, *, right: bool = True) -> bytes:
    code = identifier * 20
    return code + (hashlib.sha256(code).digest() if right else bytes(32))


def transferred(bench: Bench, identifier: bytes, image: bytes) -> Client:
    management = bench.client("management")
    assert management.request(f"c101c1{IMAGE}05000301") == "c501c100"
    announced = f"0202 09{len(identifier):02x}{identifier.hex()}06{len(image):08x}".replace(" ", "")
    assert management.request(f"c301c1{IMAGE}0101{announced}") == "c701c10000"
    for number in range(0, len(image), 64):
        part = image[number : number + 64]
        block = f"020206{number // 64:08x}09{len(part):02x}{part.hex()}"
        assert management.request(f"c301c1{IMAGE}0201{block}") == "c701c10000"
    return management


def first_missing(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-1.1.0", firmware(b"DDS722-1.1.0"))
    return value(management, f"{IMAGE}0400").number() == 5


def available(bench: Bench) -> bool:
    account = value(bench.client("reader"), "006f0000130000ff0500").number()
    return abs(account - bench.meter.account.reading_wh()) < 10


# --- layer SE -------------------------------------------------------------------------------------


def replay(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    recorded = client.seal(GET_NAME)
    client.send(recorded)
    return client.send(recorded)[:3].hex() == "d80106"


def counter_kept(bench: Bench) -> bool:
    client = bench.secure()
    recorded = client.aarq()
    client.send(recorded)
    bench.power_cycle()
    bench.secure().send(recorded)
    bench.meter.association.channel = "tcp/2"
    return bench.meter.association.current is None


def tag_checked(bench: Bench) -> bool:
    client = bench.secure()
    memory = bench.meter.memory
    memory.put("security.security", {**(memory.get("security.security") or {}), "policy": 0x04})
    client.associate()
    sealed = bytearray(client.seal(GET_NAME, AUTHENTICATED))
    sealed[-1] ^= 1
    return client.send(bytes(sealed)).hex() == "d80105"


def plain(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    return client.send(GET_NAME).hex() == "d80102"


def half(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    return client.send(client.seal(GET_NAME, AUTHENTICATED)).hex() == "d80105"


def proof(bench: Bench) -> bool:
    client = bench.secure()
    client.begin()
    return client.prove(bytes(17))[:4].hex() == "c701c1fa"


def challenges(bench: Bench) -> bool:
    seen = set()
    for counter in (0, 100):
        client = bench.secure()
        client.counter = counter
        client.begin()
        seen.add(client.challenge)
        bench.power_cycle()
    return len(seen) == 2


def prefix(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "reader")
    password = bench.meter.product.communication.associations[1].password
    assert password is not None
    return "a203020100" not in client.associate(password[:1])


def private(bench: Bench) -> bool:
    return bench.client().request(f"c001c1{ENERGY}0200") == "c401c10104"


def old_key(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    client.request(transfer(master(client), (0, NEW_KEY)))
    return client.send(client.seal(GET_NAME)).hex() == "d80105"


def title(bench: Bench) -> bool:
    return bench.meter.security.system_title()[:3] == b"MBR"


def defaults(bench: Bench) -> bool:
    client = Client(bench.board, bench.meter, "reader")
    by_password = "a203020100" in client.associate(b"00000000")
    keys = Keys(encryption=bytes(range(16)), authentication=bytes(range(16)))
    by_key = bench.secure(keys).begin() == 0
    return not by_password and not by_key


def digest(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-1.1.0", firmware(b"DDS722-1.1.0", right=False))
    return management.request(f"c301c1{IMAGE}03010f00") == "c701c1fa00"


def downgrade(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-0.9.0", firmware(b"DDS722-0.9.0"))
    return management.request(f"c301c1{IMAGE}03010f00") == "c701c1fa00"


def dedicated(bench: Bench) -> bool:
    client = bench.secure()
    client.dedicated = NEW_KEY
    client.associate()
    return client.send(client.seal(GET_NAME, tags=DED_TAGS)).hex() != "d80105"


def length_field(bench: Bench) -> bool:
    client = bench.secure()
    client.associate()
    overflow = bytes.fromhex("c8ff") + client.seal(GET_NAME)[2:]
    answer = bench.meter.services.handle(2, overflow, "tcp/2")
    return answer is not None and bench.meter.association.current is not None


def incremented(bench: Bench) -> bool:
    client = bench.secure()
    client.begin()
    return client.prove()[:4].hex() == "c701c100"


PROBES: dict[str, Probe] = {
    "HD-01": wrong_fcs,
    "HD-03": repetition,
    "HD-04": wrapping,
    "HD-05": information_length,
    "HD-07": last_segment,
    "HD-09": inactivity,
    "HD-11": proposal,
    "HD-12": addresses,
    "HD-14": not_connected,
    "HD-16": frame_length,
    "HD-17": partial_frame,
    "HD-20": flag_inside,
    "HD-21": shared_flag,
    "AP-01": context,
    "AP-02": conformance,
    "AP-03": services,
    "AP-05": pdu_size,
    "AP-06": small_pdu,
    "AP-07": first_block,
    "AP-09": blocks_join,
    "AP-10": undefined,
    "AP-11": rights,
    "AP-13": decade,
    "AP-15": wide_enough,
    "AP-17": ranges,
    "AP-19": entries,
    "AP-20": empty_range,
    "AP-22": in_use,
    "AP-23": sorted_rows,
    "AP-24": stored,
    "AP-26": has_result,
    "AP-27": list_items,
    "AP-28": echo,
    "AP-29": device_name,
    "AP-31": class_of_frequency,
    "AP-32": unknown_tag,
    "AP-33": pause,
    "AP-35": seasons,
    "AP-37": first_missing,
    "AP-39": available,
    "SE-01": replay,
    "SE-03": counter_kept,
    "SE-05": tag_checked,
    "SE-07": plain,
    "SE-08": half,
    "SE-09": proof,
    "SE-10": challenges,
    "SE-12": prefix,
    "SE-14": private,
    "SE-15": old_key,
    "SE-17": title,
    "SE-19": defaults,
    "SE-20": digest,
    "SE-21": downgrade,
    "SE-23": dedicated,
    "SE-24": length_field,
    "SE-26": incremented,
}
VARIANTS = ("N-01", "N-02", "N-03", "N-04", "N-09", "N-11", "N-17")


@pytest.mark.parametrize("defect", PROBES)
def test_the_defect_shows_and_the_clean_meter_does_not_have_it(defect: str) -> None:
    probe = PROBES[defect]
    assert probe(Bench())
    assert not probe(Bench(defect))


def test_after_a_bad_hand_over_the_port_stays_at_300_baud() -> None:
    for defects, rate in (((), 9600), (("HD-18",), 300)):
        bench = Bench(*defects, framing="mode-e")
        client = Client(bench.board, bench.meter, "public")
        client.exchange(b"/?!\r\n")
        client.exchange(b"\x06252\r\n")
        assert bench.board.rates[-1] == rate


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_serves_its_clients(variant: str) -> None:
    bench = Bench(variant)
    assert bench.client("reader").request(GET_NAME.hex()) == NAME.hex()
    bench.secure().associate()


def test_the_variants_do_as_their_rows_say() -> None:
    assert bench_of("N-02").client().request("6200") == "d80102"
    assert (
        value(bench_of("N-03").client(), "0008000001 0000ff0200".replace(" ", "")).octets()[9:11].hex()
        == "8000"
    )
    assert (
        value(bench_of("N-09").client(), LIST[6:]).items()[0] != value(Bench().client(), LIST[6:]).items()[0]
    )
    assert bench_of("N-11").client().request(f"c003c101{GET_NAME.hex()[6:]}") == "d80102"


def bench_of(variant: str) -> Bench:
    return Bench(variant)


def test_a_silent_meter_sends_no_frmr() -> None:
    for defects, silent in (((), False), (("N-04",), True)):
        bench = Bench(*defects)
        client = bench.client()
        assert (client.exchange(client.to_meter(0xFF)) == b"") == silent
        assert client.exchange(client.to_meter(SNRM))[8:9] == bytes([UA])
