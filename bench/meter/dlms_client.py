"""The working DLMS client: associate, read, write, invoke, on our own codec over an HDLC session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcSession
from bench.protocols.acse import Aare, Aarq, Mechanism, Rlre, Rlrq, decode_acse
from bench.protocols.axdr import decode_all
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.data import Data
from bench.protocols.deviation import Deviation, violations
from bench.protocols.values import as_elements, as_integer
from bench.protocols.xdlms.action import ActionRequestNormal, ActionResponseNormal
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithDatablock,
)
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.protocols.xdlms.set import SetRequestNormal, SetResponseNormal
from bench.record.declaration import AssociationDeclaration


class Refused(Exception):
    """The meter answered a service properly, with a refusal. ``result`` is the code it gave."""

    def __init__(self, what: str, result: object) -> None:
        super().__init__(f"{what}: {result}")
        self.what, self.result = what, result


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register as read: raw value, scaler and unit, and the scaled value."""

    raw: int
    scaler: int
    unit: int

    @property
    def value(self) -> float:
        return self.raw * 10.0**self.scaler

    @property
    def resolution(self) -> float:
        return 10.0**self.scaler


class DlmsClient:
    """One association of one client with the meter."""

    def __init__(
        self, session: HdlcSession, association: AssociationDeclaration, secret: bytes | None
    ) -> None:
        self._session, self._declared, self._secret = session, association, secret
        self._invoke_id = 0
        self.aare: Aare | None = None

    def open(self) -> Aare:
        """Connect and associate. Raises Refused if the meter rejects the association."""
        self._session.connect()
        request = association_request(self._declared, self._secret)
        answer, deviations = decode_acse(self._session.exchange(request.to_bytes()))
        self._note(deviations)
        if not isinstance(answer, Aare):
            raise LinkError("The meter did not answer the AARQ with an AARE.")
        self.aare = answer
        if answer.result != 0:
            raise Refused("association", f"result {answer.result}, diagnostic {answer.diagnostic}")
        return answer

    def close(self) -> None:
        """Release where the meter can, then disconnect."""
        self._session.disconnect()

    def release(self) -> Rlre | None:
        """Send RLRQ; return the RLRE, or None where the meter answers otherwise."""
        answer, deviations = decode_acse(self._session.exchange(Rlrq(reason=0).to_bytes()))
        self._note(deviations)
        return answer if isinstance(answer, Rlre) else None

    def get(self, class_id: int, obis: str, attribute: int) -> Data:
        """Read one attribute, over blocks if the meter wants. Raises Refused with the data-access-result."""
        target = CosemAttribute(class_id, Obis(obis), attribute)
        response = self._ask(GetRequestNormal(invoke=self._next_id(), attribute=target).to_bytes())
        if isinstance(response, GetResponseNormal):
            if not isinstance(response.result, Data):
                raise Refused(f"GET {target}", response.result)
            return response.result
        blocks = b""
        while isinstance(response, GetResponseWithDatablock):
            if not isinstance(response.result, bytes):
                raise Refused(f"GET {target}", response.result)
            blocks += response.result
            if response.last:
                return decode_all(blocks)
            request = GetRequestNext(invoke=response.invoke, block_number=response.block_number)
            response = self._ask(request.to_bytes())
        raise Refused(f"GET {target}", response)

    def set(self, class_id: int, obis: str, attribute: int, value: Data) -> None:
        """Write one attribute. Raises Refused with the data-access-result."""
        target = CosemAttribute(class_id, Obis(obis), attribute)
        request = SetRequestNormal(invoke=self._next_id(), attribute=target, value=value)
        response = self._ask(request.to_bytes())
        if not isinstance(response, SetResponseNormal) or response.result != 0:
            raise Refused(f"SET {target}", getattr(response, "result", response))

    def invoke(self, class_id: int, obis: str, method: int, value: Data) -> None:
        """Invoke one method. Raises Refused with the action-result."""
        target = CosemMethod(class_id, Obis(obis), method)
        request = ActionRequestNormal(invoke=self._next_id(), method=target, parameters=value)
        response = self._ask(request.to_bytes())
        if not isinstance(response, ActionResponseNormal) or response.result != 0:
            raise Refused(f"ACTION {target}", getattr(response, "result", response))

    def register(self, obis: str, class_id: int = 3) -> Register:
        """Read value and scaler_unit of a register."""
        try:
            raw = as_integer(self.get(class_id, obis, 2))
            scaler, unit = map(as_integer, as_elements(self.get(class_id, obis, 3)))
        except ValueError as error:
            raise LinkError(f"The register {obis} does not read as a register: {error}.") from error
        return Register(raw=raw, scaler=scaler, unit=unit)

    def ask(self, apdu: bytes) -> bytes:
        """Send any APDU and return the answer's octets."""
        return self._session.exchange(apdu)

    def _ask(self, apdu: bytes) -> object:
        answer, deviations = decode_apdu(self._session.exchange(apdu))
        self._note(deviations)
        if answer is None:
            raise LinkError(f"The meter's answer cannot be decoded: {'; '.join(map(str, deviations))}.")
        return answer

    def _next_id(self) -> int:
        self._invoke_id = self._invoke_id % 15 + 1
        return 0xC0 | self._invoke_id

    def _note(self, deviations: tuple[Deviation, ...]) -> None:
        self._session.deviations.extend(str(deviation) for deviation in violations(deviations))


def association_request(association: AssociationDeclaration, secret: bytes | None) -> Aarq:
    """Return the AARQ that the declaration of an association asks for."""
    initiate = InitiateRequest(
        conformance=Conformance.from_names(association.conformance), max_pdu=association.max_pdu
    )
    if association.mechanism == "none":
        return Aarq(user_information=initiate.to_bytes())
    return Aarq(
        sender_acse_requirements="1",
        mechanism_name=Mechanism.LLS.object_identifier,
        calling_authentication_value=secret,
        user_information=initiate.to_bytes(),
    )


@contextmanager
def opened(client: DlmsClient) -> Iterator[DlmsClient]:
    """Open a client for a ``with`` block and disconnect at its end, whatever happens."""
    try:
        client.open()
        yield client
    finally:
        client.close()
