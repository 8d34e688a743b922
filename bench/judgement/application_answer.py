"""Read what a meter answered to one APDU: which kind of answer it is, strictly decoded, with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.protocols.acse import Aare, AssociationResult, DiagnosticSource, Rlre
from bench.protocols.axdr import Data
from bench.protocols.deviation import violations
from bench.protocols.xdlms.access import AccessResponse
from bench.protocols.xdlms.action import ActionResponseNormal
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ConfirmedServiceError, ExceptionResponse
from bench.protocols.xdlms.get import GetResponseNormal, GetResponseWithDatablock, GetResponseWithList
from bench.protocols.xdlms.initiate import InitiateResponse
from bench.protocols.xdlms.set import SetResponseNormal


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer in one word, its numbers, and how a person reads it.

    Words: accepted, rejected, exception, service-error, data, refused, done, released, other, broken, and those
    of ``session.answer_word`` for what the link layer did instead.
    """

    word: str
    text: str
    numbers: tuple[int, ...] = ()
    user: int | None = None
    provider: int | None = None
    result: int | None = None
    initiate_error: int | None = None
    granted: InitiateResponse | None = None
    apdu: object = None


def read_answer(step: Mapping[str, Any]) -> Answer:
    """Read the answer of one recorded step."""
    if step["received"] is None:
        word = str(step["answer"]) or "silence"
        return Answer(word=word, text="the line closed" if word == "closed" else word)
    octets = bytes.fromhex(step["received"])
    apdu, deviations = decode_apdu(octets)
    broken = violations(deviations)
    if apdu is None or broken:
        found = "; ".join(map(str, broken or deviations))
        return Answer(word="broken", text=f"{octets[:24].hex(' ').upper()} ({found})")
    reader = _READERS.get(type(apdu))
    if reader is None:
        return Answer(word="other", text=octets[:24].hex(" ").upper(), apdu=apdu)
    return reader(apdu)


def _aare(apdu: Aare) -> Answer:
    if apdu.result == AssociationResult.ACCEPTED:
        granted, deviations = decode_apdu(apdu.user_information or b"")
        if not isinstance(granted, InitiateResponse):
            return Answer(
                word="accepted", text="accepted, with a ciphered InitiateResponse or none", apdu=apdu
            )
        broken = violations(deviations)
        if broken:
            found = "; ".join(map(str, broken))
            return Answer(
                word="broken", text=f"accepted, with an InitiateResponse that breaks rules ({found})"
            )
        names = ", ".join(granted.conformance.names())
        return Answer(word="accepted", text=f"accepted ({names})", granted=granted, apdu=apdu)
    diagnostic = apdu.diagnostic
    user = provider = None
    if diagnostic is not None and diagnostic.source is DiagnosticSource.USER:
        user = int(diagnostic.code)
    elif diagnostic is not None:
        provider = int(diagnostic.code)
    error, _ = decode_apdu(apdu.user_information or b"\xff")
    initiate_error = error.value if isinstance(error, ConfirmedServiceError) else None
    words = [f"rejected, result {apdu.result}"]
    words += [f"user {user}"] if user is not None else []
    words += [f"provider {provider}"] if provider is not None else []
    words += [f"initiate error {initiate_error}"] if initiate_error is not None else []
    return Answer(
        word="rejected",
        text=", ".join(words),
        user=user,
        provider=provider,
        result=None if apdu.result is None else int(apdu.result),
        initiate_error=initiate_error,
        apdu=apdu,
    )


def _exception(apdu: ExceptionResponse) -> Answer:
    numbers = (int(apdu.state_error), int(apdu.service_error))
    return Answer(
        word="exception", text=f"exception-response {numbers[0]} {numbers[1]}", numbers=numbers, apdu=apdu
    )


def _service_error(apdu: ConfirmedServiceError) -> Answer:
    numbers = (int(apdu.service), int(apdu.error_type), int(apdu.value))
    return Answer(word="service-error", text=f"confirmedServiceError {numbers}", numbers=numbers, apdu=apdu)


def _get(apdu: GetResponseNormal | GetResponseWithDatablock) -> Answer:
    if isinstance(apdu.result, Data | bytes):
        return Answer(word="data", text="data", apdu=apdu)
    return _refused(int(apdu.result), apdu)


def _get_list(apdu: GetResponseWithList) -> Answer:
    return Answer(word="list", text=f"{len(apdu.results)} results", apdu=apdu)


def _result(apdu: SetResponseNormal | ActionResponseNormal) -> Answer:
    if int(apdu.result) == 0:
        return Answer(word="done", text="success", apdu=apdu)
    return _refused(int(apdu.result), apdu)


def _refused(code: int, apdu: object) -> Answer:
    return Answer(word="refused", text=f"result {code}", numbers=(code,), apdu=apdu)


def _rlre(apdu: Rlre) -> Answer:
    numbers = () if apdu.reason is None else (int(apdu.reason),)
    return Answer(word="released", text=f"RLRE, reason {apdu.reason}", numbers=numbers, apdu=apdu)


def _access(apdu: AccessResponse) -> Answer:
    return Answer(
        word="access",
        text=f"ACCESS with {len(apdu.outcomes)} results",
        numbers=(len(apdu.values) if len(apdu.values) == len(apdu.outcomes) else 0,),
        apdu=apdu,
    )


def _block(apdu: GeneralBlockTransfer) -> Answer:
    numbers = (apdu.block_number, apdu.block_number_ack)
    return Answer(
        word="block", text=f"general block {numbers[0]}, block {numbers[1]} taken", numbers=numbers, apdu=apdu
    )


_READERS: dict[type, Callable[[Any], Answer]] = {
    Aare: _aare,
    ExceptionResponse: _exception,
    ConfirmedServiceError: _service_error,
    GetResponseNormal: _get,
    GetResponseWithDatablock: _get,
    GetResponseWithList: _get_list,
    SetResponseNormal: _result,
    ActionResponseNormal: _result,
    Rlre: _rlre,
    AccessResponse: _access,
    GeneralBlockTransfer: _block,
}


def more_than(granted: Conformance, proposed: Conformance) -> str:
    """Return the services that were granted without having been proposed, or ""."""
    return ", ".join((granted & ~proposed).names())
