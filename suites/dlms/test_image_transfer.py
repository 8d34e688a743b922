"""Image transfer and its negatives: blocks out of range, of wrong length, missing; an unsound image. Our own."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from typing import Any

from bench.errors import LinkError
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.judgement.image_transfer import DONE, EITHER, REFUSED
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import (
    Data,
    boolean,
    double_long_unsigned,
    integer,
    octet_string,
    structure,
)
from bench.protocols.values import UnexpectedData, as_integer, as_octets
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Kind, Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.image_desk import downgrade, upgrade
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import associated, list_objects, of_the_link, reopen

IMAGE = 18
BLOCK_SIZE, FIRST_MISSING, ENABLED, STATUS = 2, 4, 5, 6
INITIATE, TRANSFER, VERIFY, ACTIVATE = 1, 2, 3, 4
N_BLOCKS = 3
#: Octets in the last block: fewer than any block has.
LAST_OCTETS = 7
#: What runs already says its name here; an image of that name is refused for what is in it, not for its name.
FIRMWARE = (1, "1-0:0.2.0.255", 2)
IDENTIFIER = b"METERBENCH-TEST"
#: A block longer than this is no block that a test needs.
LONGEST_BLOCK = 4096
TEMPORARY_FAILURE, POLLS, POLL_S = 2, 5, 5.0
START_UP_S = 10.0


@case(
    "dlms/image_transfer",
    blue_book_requirement("Image transfer: blocks, verification, activation", Topic.IMAGE),
    alters=[Alters.SETTINGS],
    stage=Stage.LOCK_OUT,
    irreversible=True,
)
def test_image_transfer(bench: CaseBench) -> None:
    """An image of random octets is transferred block by block; it must be neither verified nor activated."""
    bench.energise()
    for association in bench.position.usable_associations:
        if "action" not in association.conformance:
            continue
        with associated(bench, association) as client:
            listed = [row["obis"] for row in list_objects(client) if row["class_id"] == IMAGE]
            if listed:
                transfer = Transfer(client, listed[0], random.Random(bench.run.options.seed))  # noqa: S311  # repeatable by its seed
                data = transfer.play(bench)
                bench.judge("dlms.image/1", bench.observe("image-transfer", {"obis": listed[0], **data}))
                return
    leave(bench, Outcome.INAPPLICABLE, "no association that can be opened lists an image transfer object")


@case(
    "dlms/image_downgrade",
    replace(
        blue_book_requirement("Image transfer: an older version does not replace a newer one", Topic.IMAGE),
        kind=Kind.ADVISORY,
    ),
    alters=[Alters.SETTINGS],
    stage=Stage.LOCK_OUT,
    irreversible=True,
)
def test_image_downgrade(bench: CaseBench) -> None:
    """A sound image of an older version is transferred; it should be refused. One that runs is replaced again."""
    declared = bench.declaration.firmware
    if declared is None or not declared.older_image:
        leave(bench, Outcome.INAPPLICABLE, "the declaration names no firmware.older_image")
        return
    folder = (bench.run.options.declare or bench.position.entry.declaration).parent
    bench.energise()
    for association in bench.position.usable_associations:
        if not {"set", "action"} <= set(association.conformance):
            continue
        with associated(bench, association) as client:
            if not any(row["class_id"] == IMAGE for row in list_objects(client)):
                continue
            before = _version(client, declared.version)
            steps = downgrade(client, declared, folder)
        after = _after_a_restart(bench, association, declared.version)
        if after != before and declared.image:
            with associated(bench, association) as client:
                upgrade(client, declared, folder)
        data = {"before": before, "after": after, "older": declared.older_identifier, "steps": steps}
        bench.judge("dlms.image-downgrade/1", bench.observe("image-downgrade", data))
        return
    leave(bench, Outcome.INAPPLICABLE, "no association that can be opened lists an image transfer object")


def _after_a_restart(bench: CaseBench, association: AssociationDeclaration, version: str) -> str:
    """Return the version that runs once a meter that restarts with new firmware is up again."""
    bench.position.link.close()
    bench.clock.sleep(START_UP_S)
    with associated(bench, association) as client:
        return _version(client, version)


def _version(client: DlmsClient, obis: str) -> str:
    return as_octets(client.get(1, obis, 2)).decode("ascii", "replace")


class Transfer:
    """One transfer of nonsense, and what came of each step."""

    def __init__(self, client: DlmsClient, obis: str, source: random.Random) -> None:
        self._client, self._obis, self._random = client, obis, source
        self._steps: list[dict[str, Any]] = []
        self._first_missing: list[dict[str, Any]] = []

    def play(self, bench: CaseBench) -> dict[str, Any]:
        """Transfer, with what is wrong before what is right; leave the transfer disabled. Returns what was seen."""
        size = as_integer(self._client.get(IMAGE, self._obis, BLOCK_SIZE))
        if not LAST_OCTETS < size <= LONGEST_BLOCK:
            raise UnexpectedData(f"image_block_size reads {size}")
        self._client.set(IMAGE, self._obis, ENABLED, boolean(True))
        if not as_integer(self._client.get(IMAGE, self._obis, ENABLED)):
            raise UnexpectedData("image_transfer_enabled stays false after it was set")
        try:
            self._blocks(size)
            self._finish(bench)
            status = as_integer(self._client.get(IMAGE, self._obis, STATUS))
        finally:
            self._disable()
        return {"steps": self._steps, "first_missing": self._first_missing, "status": status}

    def _disable(self) -> None:
        """Leave the transfer disabled, also where the link broke on the way."""
        with contextlib.suppress(Refused, LinkError):
            try:
                self._client.set(IMAGE, self._obis, ENABLED, boolean(False))
            except LinkError:
                reopen(self._client)
                self._client.set(IMAGE, self._obis, ENABLED, boolean(False))

    def _blocks(self, size: int) -> None:
        length = (N_BLOCKS - 1) * size + LAST_OCTETS
        announced = structure(octet_string(self._identifier()), double_long_unsigned(length))
        self._invoke("initiate", DONE, INITIATE, announced)
        self._missing("initiate", 0)
        self._invoke("a block behind the last", REFUSED, TRANSFER, self._block(N_BLOCKS, size))
        self._invoke("block 0, too short", REFUSED, TRANSFER, self._block(0, size - 1))
        self._missing("two blocks that are none", 0)
        self._invoke("block 1 before block 0", DONE, TRANSFER, self._block(1, size))
        self._missing("block 1", 0)
        self._invoke("block 0", DONE, TRANSFER, self._block(0, size))
        self._missing("blocks 1 and 0", 2)
        self._invoke("verify with a hole", REFUSED, VERIFY, integer(0))
        self._invoke("activate before verify", REFUSED, ACTIVATE, integer(0))
        self._invoke("the last block", DONE, TRANSFER, self._block(N_BLOCKS - 1, LAST_OCTETS))
        self._missing("all blocks", N_BLOCKS)

    def _finish(self, bench: CaseBench) -> None:
        for _ in range(POLLS):  # a meter may take its time to verify, and says so by a temporary failure
            code = self._invoke("verify an image of random octets", EITHER, VERIFY, integer(0))
            if code != TEMPORARY_FAILURE:
                break
            bench.clock.sleep(POLL_S)
        self._steps[-1]["due"] = REFUSED
        self._invoke("activate an image of random octets", REFUSED, ACTIVATE, integer(0))

    def _identifier(self) -> bytes:
        try:
            return as_octets(self._client.get(*FIRMWARE)) or IDENTIFIER
        except (Refused, UnexpectedData):
            return IDENTIFIER

    def _block(self, number: int, size: int) -> Data:
        return structure(double_long_unsigned(number), octet_string(self._random.randbytes(size)))

    def _invoke(self, name: str, due: str, method: int, value: Data) -> object:
        step: dict[str, Any] = {"name": name, "due": due, "came": DONE, "why": "", "link_fault": False}
        self._steps.append(step)
        try:
            self._client.invoke(IMAGE, self._obis, method, value)
        except Refused as refusal:
            step["came"], step["why"] = REFUSED, str(refusal.result)
            return refusal.result
        except LinkError as error:
            step["came"], step["why"], step["link_fault"] = "not answered", error.message, of_the_link(error)
            raise
        return 0

    def _missing(self, after: str, due: int) -> None:
        read = as_integer(self._client.get(IMAGE, self._obis, FIRST_MISSING))
        self._first_missing.append({"after": after, "read": read, "due": due})
