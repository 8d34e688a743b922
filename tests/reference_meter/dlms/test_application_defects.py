"""Each defect of layer AP shows where its row says, and nowhere on a clean meter."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import DataType
from tests.reference_meter.dlms.defective_bench import (
    IMAGE,
    LIST,
    Bench,
    Probe,
    assert_only_the_defect_shows,
    firmware,
    transferred,
    value,
)
from tests.reference_meter.dlms.octet_client import Client, aarq
from tests.reference_meter.dlms.test_ciphering import GET_NAME, NAME
from tests.reference_meter.dlms.test_profile_object import by_entry, by_range, moment

ENERGY = "00030100010800ff"
LOAD = "00070100630100ff"
DAILY = "00070100630200ff"


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


def first_missing(bench: Bench) -> bool:
    management = transferred(bench, b"DDS722-1.1.0", firmware(b"DDS722-1.1.0"))
    return value(management, f"{IMAGE}0400").number() == 5


def available(bench: Bench) -> bool:
    account = value(bench.client("reader"), "006f0000130000ff0500").number()
    return abs(account - bench.meter.account.reading_wh()) < 10


PROBES: dict[str, Probe] = {
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
}


@pytest.mark.parametrize("defect", PROBES)
def test_the_defect_shows_and_the_clean_meter_does_not_have_it(defect: str) -> None:
    assert_only_the_defect_shows(defect, PROBES[defect])
