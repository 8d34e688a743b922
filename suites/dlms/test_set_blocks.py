"""Long values written in blocks, at once and with a pause between the blocks. Our own."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.access_rights import readable, writable
from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import encode
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.parts import DataBlock
from bench.protocols.xdlms.set import (
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetResponseDatablock,
    SetResponseLastDatablock,
)
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, list_objects, of_the_link, reopen

BLOCKS = "block-transfer-with-set-or-write"
#: Tables that stand for themselves: writing back what was read changes nothing.
WRITE_BACK = ((20, 9), (20, 8), (20, 7), (11, 2), (40, 2), (20, 6))
PAUSES_S = (0.0, 2.5)
BLOCK_OCTETS, FEWEST_BLOCKS = 8, 3
MOST_OCTETS = 2048


@case(
    "dlms/set_blocks",
    protocol_requirement("a long SET stores every block", Topic.SERVICE, "V1"),
    alters=[Alters.SETTINGS],
)
def test_set_blocks(bench: CaseBench) -> None:
    """A table is written back as it was read, in blocks of a few octets; with a pause, too, it stays what it was."""
    bench.energise()
    declared = [item for item in bench.declaration.association if BLOCKS in item.conformance]
    if not declared:
        leave(bench, Outcome.INAPPLICABLE, f"no association declares {BLOCKS}")
    usable = [item for item in declared if not bench.position.cannot_open(item)]
    if not usable:
        leave(bench, Outcome.NOT_RUN, bench.position.cannot_open(declared[0]))
    for association in usable:
        with associated(bench, association) as client:
            place = _long_table(client)
            if place is None:
                continue
            writes = [_write_back(bench, client, place, pause_s) for pause_s in PAUSES_S]
        bench.judge("dlms.stored/2", bench.observe("writes", {"writes": writes}))
        return
    leave(
        bench,
        Outcome.INCONCLUSIVE,
        "WRITE DATA NOT AVAILABLE: no table that may be written back is long enough",
    )


def _long_table(client: DlmsClient) -> tuple[int, str, int] | None:
    """Return the first table that can be read and written and is longer than a few blocks."""
    reader = Reader(client)
    rows = [row for row in list_objects(client) if readable(row) and writable(row)]
    for class_id, attribute in WRITE_BACK:
        for row in rows:
            if (row["class_id"], row["attribute"]) != (class_id, attribute):
                continue
            value = reader.read(class_id, row["obis"], attribute)["value"]
            if value is not None and FEWEST_BLOCKS * BLOCK_OCTETS <= len(value) // 2 <= MOST_OCTETS:
                return class_id, row["obis"], attribute
    return None


def _write_back(
    bench: CaseBench, client: DlmsClient, place: tuple[int, str, int], pause_s: float
) -> dict[str, Any]:
    target = "/".join(map(str, place)) + (f", {pause_s:g} s between the blocks" if pause_s else "")
    found: dict[str, Any] = {"target": target, "trouble": "", "link_fault": False}
    found |= dict.fromkeys(("before", "written", "after", "restored"), "")
    try:
        before = encode(client.get(*place))
        found["before"] = found["written"] = before.hex()
        found["trouble"] = _in_blocks(bench, client, place, before, pause_s)
        found["after"] = found["restored"] = encode(client.get(*place)).hex()
    except (Refused, LinkError) as error:
        found["trouble"], found["link_fault"] = str(error), of_the_link(error)
        if isinstance(error, LinkError):
            reopen(client)
    return found


def _in_blocks(
    bench: CaseBench, client: DlmsClient, place: tuple[int, str, int], octets: bytes, pause_s: float
) -> str:
    """Send a value in blocks; return what went wrong, or ""."""
    class_id, obis, attribute = place
    pieces = [octets[start : start + BLOCK_OCTETS] for start in range(0, len(octets), BLOCK_OCTETS)]
    for number, piece in enumerate(pieces, start=1):
        last = number == len(pieces)
        block = DataBlock(last=last, number=number, raw=piece)
        if number == 1:
            target = CosemAttribute(class_id, Obis(obis), attribute)
            apdu = SetRequestWithFirstDatablock(attribute=target, block=block).to_bytes()
        else:
            bench.clock.sleep(pause_s)
            apdu = SetRequestWithDatablock(block=block).to_bytes()
        answer, _ = decode_apdu(client.ask(apdu))
        if last and isinstance(answer, SetResponseLastDatablock):
            if int(answer.result) != 0:
                return f"the last block was answered with result {int(answer.result)}"
        elif last or not isinstance(answer, SetResponseDatablock):
            return f"block {number} of {len(pieces)} was answered with {type(answer).__name__}"
        if answer.block_number != number:
            return f"block {number} was acknowledged as {answer.block_number}"
    return ""
