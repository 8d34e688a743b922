"""The ACCESS service of the meter: several requests of several kinds in one APDU."""

from __future__ import annotations

from bench.protocols.axdr import Data, DataType, null_data
from bench.protocols.cosem import CosemMethod
from bench.protocols.xdlms.access import (
    BREAK_ON_ERROR,
    AccessChoice,
    AccessItem,
    AccessOutcome,
    AccessRequest,
    AccessResponse,
)
from bench.protocols.xdlms.action import ActionOutcome
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.results import ActionResult, DataAccessResult
from reference_meter.dlms.action_service import ActionService
from reference_meter.dlms.get_service import GetService
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.set_service import SetService

_SERVICES = {
    AccessChoice.GET: Conformance.GET,
    AccessChoice.GET_WITH_SELECTION: Conformance.GET,
    AccessChoice.SET: Conformance.SET,
    AccessChoice.SET_WITH_SELECTION: Conformance.SET,
    AccessChoice.ACTION: Conformance.ACTION,
}
_RESULT_CHOICE = {
    AccessChoice.GET: 1,
    AccessChoice.GET_WITH_SELECTION: 1,
    AccessChoice.SET: 2,
    AccessChoice.SET_WITH_SELECTION: 2,
    AccessChoice.ACTION: 3,
}


class AccessService(GetService, SetService, ActionService):
    """Answer ACCESS requests with the functions of the three services."""

    def access(self, current: OpenAssociation, request: AccessRequest) -> bytes:
        """Answer each item; after an error the rest is left undone when the request says so."""
        values: list[Data] = []
        outcomes: list[AccessOutcome] = []
        broken = False
        for item, value in zip(request.items, request.values, strict=True):
            choice = _RESULT_CHOICE[AccessChoice(item.choice)]
            data, result = (null_data(), _NOT_DONE) if broken else self.access_item(current, item, value)
            values.append(data)
            outcomes.append(AccessOutcome(choice=choice, result=result))
            broken = broken or (bool(request.long_invoke & BREAK_ON_ERROR) and result != 0)
        answer = AccessResponse(
            long_invoke=request.long_invoke & _ID_AND_CLASS,
            values=tuple(values),
            outcomes=tuple(outcomes),
        ).to_bytes()
        gbt = self.allowed(current, Conformance.GENERAL_BLOCK_TRANSFER)
        return answer if len(answer) <= self.room(current) or gbt else self.too_long()

    def access_item(
        self, current: OpenAssociation, item: AccessItem, value: Data
    ) -> tuple[Data, DataAccessResult | ActionResult | int]:
        """Do one item and return its data and its result."""
        if not self.allowed(current, _SERVICES[AccessChoice(item.choice)]):
            return null_data(), DataAccessResult.READ_WRITE_DENIED
        if isinstance(item.reference, CosemMethod):
            parameter = None if value.type is DataType.NULL_DATA else value
            outcome: ActionOutcome = self.invoke(current, item.reference, parameter)
            returned = outcome.returned if isinstance(outcome.returned, Data) else null_data()
            return returned, outcome.result
        if _RESULT_CHOICE[AccessChoice(item.choice)] == 1:
            read = self.read(current, item.reference, item.access)
            return (read, DataAccessResult.SUCCESS) if isinstance(read, Data) else (null_data(), read)
        return null_data(), self.write(current, item.reference, item.access, value)


_NOT_DONE = DataAccessResult.OTHER_REASON
_ID_AND_CLASS = 0xD0FFFFFF
"""What an answer repeats of long-invoke-id-and-priority: id, self-descriptive, service class, priority."""
