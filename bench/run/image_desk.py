"""A firmware image on its way into the meter (class 18): initiate, blocks, verify, activate."""

from __future__ import annotations

from pathlib import Path

from bench.errors import PlanError
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import boolean, double_long_unsigned, integer, octet_string, structure
from bench.protocols.data import Data
from bench.protocols.values import as_integer
from bench.record.functions_declaration import FirmwareDeclaration

IMAGE_TRANSFER = 18
BLOCK_SIZE, ENABLED = 2, 5
INITIATE, BLOCK, VERIFY, ACTIVATE = 1, 2, 3, 4


def downgrade(client: DlmsClient, declared: FirmwareDeclaration, folder: Path) -> dict[str, str]:
    """Transfer and activate the older image declared in ``folder``, as ``upgrade`` does the newer one."""
    older = {"image": declared.older_image, "identifier": declared.older_identifier}
    return upgrade(client, declared.model_copy(update=older), folder)


def upgrade(client: DlmsClient, declared: FirmwareDeclaration, folder: Path) -> dict[str, str]:
    """Transfer and activate the image declared in ``folder``; return what each step was answered.

    Stops at the first refusal.

    Raises PlanError where the file cannot be read.
    """
    try:
        image = (folder / declared.image).read_bytes()
    except OSError as error:
        raise PlanError(f"The image {declared.image} cannot be read: {error.strerror}.") from error
    steps: dict[str, str] = {}
    size = as_integer(client.get(IMAGE_TRANSFER, declared.transfer, BLOCK_SIZE))
    blocks = [image[start : start + size] for start in range(0, len(image), size)]
    identifier = octet_string(declared.identifier.encode("ascii"))
    orders: list[tuple[str, int, Data]] = [
        ("initiate", INITIATE, structure(identifier, double_long_unsigned(len(image)))),
        *(
            (f"block {number}", BLOCK, structure(double_long_unsigned(number), octet_string(block)))
            for number, block in enumerate(blocks)
        ),
        ("verify", VERIFY, integer(0)),
        ("activate", ACTIVATE, integer(0)),
    ]
    try:
        client.set(IMAGE_TRANSFER, declared.transfer, ENABLED, boolean(True))
        for step, method, parameter in orders:
            steps[step] = "success"
            client.invoke(IMAGE_TRANSFER, declared.transfer, method, parameter)
    except Refused as refusal:
        steps[next(reversed(steps), "enable")] = str(refusal.result)
    return steps
