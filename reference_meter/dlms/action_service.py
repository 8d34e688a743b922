"""The ACTION service of the meter: one method or a list, whole or in blocks, both ways (dlms.md §6.5)."""

from __future__ import annotations

from bench.protocols.axdr import Data, DataType, decode_all, read_data
from bench.protocols.cosem import CosemMethod
from bench.protocols.cursor import Cursor
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.action import (
    ActionOutcome,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
)
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.parts import DataBlock, list_octets, read_list
from bench.protocols.xdlms.results import ActionResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.long_get import LongGet, raw_octets_fitting
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.service_base import ServiceBase
from reference_meter.dlms.set_service import LONGEST_VALUE_OCTETS
from reference_meter.dlms.transfers import Incoming

_LIST_HEAD = 4
_OUTCOME = 2
"""Octets of a response with list before its results (tag, choice, invoke-id, count), and of each outcome."""


class ActionService(ServiceBase):
    """Answer ACTION requests."""

    def action(self, current: OpenAssociation, request: ActionRequestNormal) -> bytes:
        """Answer ACTION-request-normal."""
        outcome = self.invoke(current, request.method, request.parameters)
        return self.answer_one(current, request.invoke, outcome)

    def action_list(self, current: OpenAssociation, request: ActionRequestWithList) -> bytes:
        """Answer ACTION-request-with-list; null-data stands for no parameters."""
        if _LIST_HEAD + _OUTCOME * len(request.methods) > self.room(current):
            return self.too_long()
        outcomes = tuple(
            self.invoke(current, method, None if parameter.type is DataType.NULL_DATA else parameter)
            for method, parameter in zip(request.methods, request.parameters, strict=True)
        )
        return self.answer_list(current, request.invoke, outcomes)

    def invoke(self, current: OpenAssociation, method: CosemMethod, parameter: Data | None) -> ActionOutcome:
        """Invoke one method."""
        try:
            returned = self.meter.objects.invoke(method, parameter, current.role)
        except AccessError as error:
            return ActionOutcome(result=ActionResult(error.result))
        return ActionOutcome(result=ActionResult.SUCCESS, returned=returned)

    # --- answers ----------------------------------------------------------------------------------

    def answer_one(self, current: OpenAssociation, invoke: int, outcome: ActionOutcome) -> bytes:
        """Return the outcome of one method, in blocks when it is too long for one APDU."""
        answer = ActionResponseNormal(
            invoke=invoke, result=outcome.result, returned=outcome.returned
        ).to_bytes()
        if len(answer) <= self.room(current) or outcome.returned is None:
            return answer
        if not self.allowed(current, Conformance.BLOCK_TRANSFER_WITH_ACTION):
            return ActionResponseNormal(invoke=invoke, result=ActionResult.LONG_ACTION_ABORTED).to_bytes()
        return self.start_result(current, invoke, outcome.to_bytes())

    def answer_list(
        self, current: OpenAssociation, invoke: int, outcomes: tuple[ActionOutcome, ...]
    ) -> bytes:
        """Return the outcomes of a list, in blocks when they are too long for one APDU."""
        answer = ActionResponseWithList(invoke=invoke, outcomes=outcomes).to_bytes()
        if len(answer) <= self.room(current):
            return answer
        if not self.allowed(current, Conformance.BLOCK_TRANSFER_WITH_ACTION):
            bare = tuple(ActionOutcome(result=outcome.result) for outcome in outcomes)
            return ActionResponseWithList(invoke=invoke, outcomes=bare).to_bytes()
        return self.start_result(current, invoke, list_octets(outcomes, ActionOutcome.to_bytes))

    def start_result(self, current: OpenAssociation, invoke: int, raw: bytes) -> bytes:
        """Begin a long result and return its first block."""
        transfer = LongGet(raw=raw)
        current.transfers.long_result = transfer
        return self.result_block(current, invoke, transfer)

    def action_next(self, current: OpenAssociation, request: ActionRequestNextPblock) -> bytes:
        """Answer the request for the block after the one that the client acknowledges."""
        transfer = current.transfers.long_result
        if transfer is None or request.block_number != transfer.number:
            current.transfers.long_result = None
            return self.no_action(request.invoke)
        return self.result_block(current, request.invoke, transfer)

    def result_block(self, current: OpenAssociation, invoke: int, transfer: LongGet) -> bytes:
        """Return the next block of a result; the transfer ends with the last one."""
        raw = transfer.next_block(raw_octets_fitting(self.room(current)))
        if transfer.finished:
            current.transfers.long_result = None
        block = DataBlock(last=transfer.finished, number=transfer.number, raw=raw)
        return ActionResponseWithPblock(invoke=invoke, block=block).to_bytes()

    # --- parameters in blocks ---------------------------------------------------------------------

    def action_first(
        self,
        current: OpenAssociation,
        request: ActionRequestWithFirstPblock | ActionRequestWithListAndFirstPblock,
    ) -> bytes:
        """Begin a long ACTION."""
        current.transfers.long_action = Incoming(first=request)
        return self.action_block(current, current.transfers.long_action, request.invoke, request.block)

    def action_continued(self, current: OpenAssociation, request: ActionRequestWithPblock) -> bytes:
        """Go on with a long ACTION."""
        transfer = current.transfers.long_action
        if transfer is None:
            return self.no_action(request.invoke)
        return self.action_block(current, transfer, request.invoke, request.block)

    def action_block(
        self, current: OpenAssociation, transfer: Incoming, invoke: int, block: DataBlock
    ) -> bytes:
        """Take one block: acknowledge it, or invoke with what is now complete."""
        too_many = len(transfer.raw) + len(block.raw) > LONGEST_VALUE_OCTETS
        if block.number != transfer.number + 1 or too_many:
            current.transfers.long_action = None
            result = ActionResult.LONG_ACTION_ABORTED
            return ActionResponseNormal(invoke=invoke, result=result).to_bytes()
        transfer.number = block.number
        transfer.raw += block.raw
        if not block.last:
            return ActionResponseNextPblock(invoke=invoke, block_number=block.number).to_bytes()
        current.transfers.long_action = None
        return self.action_complete(current, transfer, invoke)

    def action_complete(self, current: OpenAssociation, transfer: Incoming, invoke: int) -> bytes:
        """Invoke with the parameters that came in blocks."""
        first, raw = transfer.first, bytes(transfer.raw)
        if isinstance(first, ActionRequestWithListAndFirstPblock):
            cursor = Cursor(raw)
            try:
                parameters = read_list(cursor, read_data, "parameter list")
                cursor.finish()
            except DecodeError:
                parameters = ()
            if len(parameters) != len(first.methods):
                outcomes = tuple(ActionOutcome(result=ActionResult.TYPE_UNMATCHED) for _ in first.methods)
                return self.answer_list(current, invoke, outcomes)
            request = ActionRequestWithList(invoke=invoke, methods=first.methods, parameters=parameters)
            return self.action_list(current, request)
        try:
            parameter = decode_all(raw)
        except DecodeError:
            return ActionResponseNormal(invoke=invoke, result=ActionResult.TYPE_UNMATCHED).to_bytes()
        return self.answer_one(current, invoke, self.invoke(current, first.method, parameter))

    def no_action(self, invoke: int) -> bytes:
        """Answer a block that belongs to nothing."""
        result = ActionResult.NO_LONG_ACTION_IN_PROGRESS
        return ActionResponseNormal(invoke=invoke, result=result).to_bytes()
