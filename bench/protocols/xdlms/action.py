"""The ACTION service (IEC 62056-5-3): C3 and C7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cosem import CosemMethod
from bench.protocols.cursor import Cursor
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    DEFAULT_INVOKE,
    DataBlock,
    check_same_length,
    data_result_octets,
    list_octets,
    optional_octets,
    read_block,
    read_block_number,
    read_data_result,
    read_flag,
    read_list,
    read_method,
    read_optional_data,
)
from bench.protocols.xdlms.results import ActionResult, DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

_REQUEST = ApduTag.ACTION_REQUEST
_RESPONSE = ApduTag.ACTION_RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestNormal:
    """Invoke one method. ``invoke`` is the whole invoke-id-and-priority octet."""

    invoke: int = DEFAULT_INVOKE
    method: CosemMethod
    parameters: Data | None = None

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        parameters = optional_octets(None if self.parameters is None else encode(self.parameters))
        return bytes([tag, choice, self.invoke]) + self.method.to_bytes() + parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestNextPblock:
    """Acknowledge a block of return parameters and ask for the next."""

    invoke: int = DEFAULT_INVOKE
    block_number: int

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block_number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithList:
    """Invoke several methods; null-data stands for no parameters."""

    invoke: int = DEFAULT_INVOKE
    methods: tuple[CosemMethod, ...]
    parameters: tuple[Data, ...]

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        methods = list_octets(self.methods, CosemMethod.to_bytes)
        return bytes([tag, choice, self.invoke]) + methods + list_octets(self.parameters, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithFirstPblock:
    """Begin to invoke one method with parameters in blocks."""

    invoke: int = DEFAULT_INVOKE
    method: CosemMethod
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 4) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.method.to_bytes() + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithListAndFirstPblock:
    """Begin to invoke several methods with parameters in blocks."""

    invoke: int = DEFAULT_INVOKE
    methods: tuple[CosemMethod, ...]
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 5) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        methods = list_octets(self.methods, CosemMethod.to_bytes)
        return bytes([tag, choice, self.invoke]) + methods + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithPblock:
    """Send a further block of parameters."""

    invoke: int = DEFAULT_INVOKE
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 6) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcome:
    """The result of one method, with what it returned (data, or why none could be had), if anything."""

    result: ActionResult | int
    returned: Data | DataAccessResult | int | None = None

    def to_bytes(self) -> bytes:
        """Return result and optional return parameters."""
        returned = None if self.returned is None else data_result_octets(self.returned)
        return bytes([self.result]) + optional_octets(returned)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseNormal:
    """Answer one method."""

    invoke: int = DEFAULT_INVOKE
    result: ActionResult | int
    returned: Data | DataAccessResult | int | None = None

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        outcome = ActionOutcome(result=self.result, returned=self.returned)
        return bytes([tag, choice, self.invoke]) + outcome.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseWithPblock:
    """Answer with a block of the coded return parameters."""

    invoke: int = DEFAULT_INVOKE
    block: DataBlock

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseWithList:
    """Answer several methods."""

    invoke: int = DEFAULT_INVOKE
    outcomes: tuple[ActionOutcome, ...]

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + list_octets(self.outcomes, ActionOutcome.to_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseNextPblock:
    """Acknowledge a block of parameters and ask for the next."""

    invoke: int = DEFAULT_INVOKE
    block_number: int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 4) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block_number.to_bytes(4, "big")


ActionRequest: TypeAlias = (
    ActionRequestNormal
    | ActionRequestNextPblock
    | ActionRequestWithList
    | ActionRequestWithFirstPblock
    | ActionRequestWithListAndFirstPblock
    | ActionRequestWithPblock
)
ActionResponse: TypeAlias = (
    ActionResponseNormal | ActionResponseWithPblock | ActionResponseWithList | ActionResponseNextPblock
)


def read_action_request(cursor: Cursor) -> ActionRequest:
    """Read what follows the tag C3."""
    at = cursor.offset
    choice = cursor.octet("action-request choice")
    if choice not in range(1, 7):
        raise DecodeError(at, "xdlms.choice", f"action-request {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        method = read_method(cursor)
        parameters = read_optional_data(cursor, "method-invocation-parameters flag")
        return ActionRequestNormal(invoke=invoke, method=method, parameters=parameters)
    if choice == 2:
        return ActionRequestNextPblock(invoke=invoke, block_number=read_block_number(cursor))
    if choice == 4:
        method = read_method(cursor)
        return ActionRequestWithFirstPblock(invoke=invoke, method=method, block=read_block(cursor))
    if choice == 6:
        return ActionRequestWithPblock(invoke=invoke, block=read_block(cursor))
    methods = read_list(cursor, read_method, "method list")
    if choice == 5:
        return ActionRequestWithListAndFirstPblock(invoke=invoke, methods=methods, block=read_block(cursor))
    values_at = cursor.offset
    values = read_list(cursor, read_data, "parameter list")
    check_same_length(cursor, len(methods), len(values), values_at)
    return ActionRequestWithList(invoke=invoke, methods=methods, parameters=values)


def read_action_response(cursor: Cursor) -> ActionResponse:
    """Read what follows the tag C7."""
    at = cursor.offset
    choice = cursor.octet("action-response choice")
    if choice not in range(1, 5):
        raise DecodeError(at, "xdlms.choice", f"action-response {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        outcome = _read_outcome(cursor)
        return ActionResponseNormal(invoke=invoke, result=outcome.result, returned=outcome.returned)
    if choice == 2:
        return ActionResponseWithPblock(invoke=invoke, block=read_block(cursor))
    if choice == 3:
        return ActionResponseWithList(invoke=invoke, outcomes=read_list(cursor, _read_outcome, "result list"))
    return ActionResponseNextPblock(invoke=invoke, block_number=read_block_number(cursor))


def _read_outcome(cursor: Cursor) -> ActionOutcome:
    result = read_result(cursor, ActionResult)
    returned = read_data_result(cursor) if read_flag(cursor, "return-parameters flag") else None
    return ActionOutcome(result=result, returned=returned)
