"""A defect from a file of its own: each position of a rack carries a fault that stands next to one of the catalogue."""

from __future__ import annotations

from dataclasses import replace

from bench.protocols.axdr import Data, enum, structure
from bench.protocols.cosem import CosemAttribute
from bench.protocols.xdlms.get import GetRequestNext
from bench.protocols.xdlms.results import DataAccessResult
from bench.protocols.xdlms.set import SetRequestWithList, SetResponseWithList
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.hdlc_link import HdlcLink
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.objects import Objects
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.security import Security
from reference_meter.dlms.services import Services
from reference_meter.meter import Meter
from reference_meter.products.product import Association as AssociationSettings
from tests.suites.kept_rack import Kept, rack

VOLT, CURRENT = 35, "1-0:31.7.0.255"


class IdleWhileInUse(HdlcLink):
    """Let the inactivity time-out run from the connection on, whatever the client sends."""

    def start_idle_timer(self) -> None:
        if self._idle_timer is None:
            super().start_idle_timer()


class CounterInRam(Security):
    """Begin the meter's own invocation counter anew at each power-up."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._sent: dict[str, int] = {}

    def next_counter(self, settings: AssociationSettings) -> int:
        self._sent[settings.name] = self._sent.get(settings.name, 0) + 1
        return self._sent[settings.name]


class GoesOnRegardless(Services):
    """Send the next block, whichever one the client acknowledges."""

    def get_next(self, current: OpenAssociation, request: GetRequestNext) -> bytes:
        transfer = current.transfers.long_get
        number = request.block_number if transfer is None else transfer.number
        return super().get_next(current, replace(request, block_number=number))


class DropsWrongTypes(Objects):
    """Confirm a value of a wrong type, and drop it."""

    def write(self, reference: CosemAttribute, value: Data, role: Role) -> None:
        try:
            super().write(reference, value, role)
        except AccessError as refusal:
            if refusal.result is not DataAccessResult.TYPE_UNMATCHED:
                raise


class FirstOfAList(Services):
    """Write the first of a list, and confirm the others with it."""

    def set_list(self, current: OpenAssociation, request: SetRequestWithList) -> bytes:
        item, value = request.items[0], request.values[0]
        result = self.write(current, item.attribute, item.access, value)
        results = (result,) * len(request.items)
        return SetResponseWithList(invoke=request.invoke, results=results).to_bytes()


class CurrentInVolts(Objects):
    """Give the current the unit of a voltage."""

    def read(self, reference: CosemAttribute, role: Role, selection: tuple[int, Data] | None = None) -> Data:
        value = super().read(reference, role, selection)
        if str(reference.obis) == CURRENT and reference.attribute == 3:
            scaler, _ = value.items()
            return structure(scaler, enum(VOLT))
        return value


KEPT = (
    Kept("hdlc_link", IdleWhileInUse, "dlms/HDLC_FRAME_P3", "test_hdlc_frames.py::test_hdlc_frame_p3"),
    Kept(
        "security",
        CounterInRam,
        "dlms/counter_power_cut/meter",
        "test_security_identity.py::test_counter_power_cut",
    ),
    Kept("services", GoesOnRegardless, "dlms/get_next_number", "test_get_blocks.py::test_get_next_number"),
    Kept("objects", DropsWrongTypes, "dlms/set_wrong_type", "test_set_answers.py::test_set_wrong_type"),
    Kept("services", FirstOfAList, "dlms/set_list", "test_set_answers.py::test_set_list"),
    Kept(
        "objects",
        CurrentInVolts,
        "dlms/measured_values/units",
        "test_measured_values.py::test_measured_values",
    ),
)
RACK = rack("NEXT", KEPT)
