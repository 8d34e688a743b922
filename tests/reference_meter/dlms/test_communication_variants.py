"""Legal choices of others: each variant does as its row says, and serves its clients."""

from __future__ import annotations

import pytest

from tests.reference_meter.dlms.defective_bench import LIST, Bench, value
from tests.reference_meter.dlms.test_ciphering import GET_NAME, NAME

VARIANTS = ("N-01", "N-02", "N-03", "N-04", "N-09", "N-11", "N-17")


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_serves_its_clients(variant: str) -> None:
    bench = Bench(variant)
    assert bench.client("reader").request(GET_NAME.hex()) == NAME.hex()
    bench.secure().associate()


def test_the_variants_do_as_their_rows_say() -> None:
    assert Bench("N-02").client().request("6200") == "d80102"
    assert (
        value(Bench("N-03").client(), "0008000001 0000ff0200".replace(" ", "")).octets()[9:11].hex() == "8000"
    )
    assert value(Bench("N-09").client(), LIST[6:]).items()[0] != value(Bench().client(), LIST[6:]).items()[0]
    assert Bench("N-11").client().request(f"c003c101{GET_NAME.hex()[6:]}") == "d80102"
