"""The working DLMS client: associate, read, write, invoke, on our own codec over an HDLC session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

from bench.meter.general_protection import open_general, open_signed, seal_general, sign_general
from bench.meter.long_requests import PROTECTION, action_requests, set_requests
from bench.meter.protection import MECHANISMS, Handshake, Protection, new_handshake
from bench.meter.session import BadAnswer, Session
from bench.protocols.acse import Aare, Aarq, ApplicationContext, Mechanism, Rlre, Rlrq, decode_acse
from bench.protocols.axdr import decode_all, encode, octet_string
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.data import Data
from bench.protocols.deviation import DecodeError, Deviation, violations
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.protocols.xdlms.action import (
    ActionRequestNormal,
    ActionResponseNextPblock,
    ActionResponseNormal,
)
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import KeyInfoChoice
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ExceptionResponse
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from bench.protocols.xdlms.initiate import InitiateRequest, InitiateResponse
from bench.protocols.xdlms.parts import AttributeAccess, SelectiveAccess, access_octets
from bench.protocols.xdlms.set import (
    SetRequestNormal,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseNormal,
)
from bench.record.declaration import AssociationDeclaration
from bench.record.secrets import SecretStore

CURRENT_ASSOCIATION = "0-0:40.0.0.255"
GET_RESPONSE, WITH_LIST = 0xC4, 3
SET_BLOCKS, ACTION_BLOCKS = "block-transfer-with-set-or-write", "block-transfer-with-action"
#: Octets of a GET with a list beside its attributes, and of each attribute.
LIST_HEAD, LISTED = 6, 10
SIGNED = b"\xdf"
"""Tag of general-signing."""
#: A value longer than this is no value; the largest profiles stay far below.
LONGEST_VALUE = 1 << 24


class Refused(Exception):
    """The meter answered a service properly, with a refusal. ``result`` is the code it gave."""

    def __init__(self, what: str, result: object) -> None:
        super().__init__(f"{what}: {_in_words(result)}")
        self.what, self.result = what, result


def _in_words(result: object) -> str:
    """Return a code or words as they are, and what came instead of an answer in short."""
    if isinstance(result, int | str):
        return str(result)
    if isinstance(result, ExceptionResponse):
        return f"exception-response {result.state_error} {result.service_error}"
    return f"{type(result).__name__} came"


class NotProven(Refused):
    """The meter took our proof of identity, and its own is wrong: it lets us in, and we must not trust it."""

    def __init__(self) -> None:
        super().__init__("HLS", "the meter's own answer to our challenge is wrong")


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
        self,
        session: Session,
        association: AssociationDeclaration,
        secret: bytes | None,
        protection: Callable[[], Protection | None] | None = None,
    ) -> None:
        """``protection`` makes the keys and counters of one opening; it may speak to the meter before."""
        self.session, self._declared, self._secret = session, association, secret
        self._make_protection = protection
        self.protection: Protection | None = None
        self.handshake: Handshake | None = None
        self._invoke_id = 0
        self._longest = association.max_pdu
        self.aare: Aare | None = None
        self.carried: KeyInfoChoice | None = None
        """How general-ciphering names its key, for those who want requests in it; None: not in it."""
        self.signing = False
        """Whether requests are signed."""
        self.strict_proof = False
        """Whether GMAC with a higher counter is the only proof to be tried."""

    def declares(self, service: str) -> bool:
        """Tell whether the meter declares a service of the conformance block for this client."""
        return service in self._declared.conformance

    def open(self) -> Aare:
        """Connect, associate, and prove who we are. Raises Refused if the meter rejects the association."""
        self.prepare()
        answer = self.associate()
        if self.handshake is None:
            return answer
        try:
            self.prove()
        except NotProven:
            raise
        except Refused:
            if self.strict_proof or self.handshake.mechanism is not Mechanism.HLS_GMAC:
                raise
            answer = self._open_repeating()
        return answer

    def _open_repeating(self) -> Aare:
        """Open again for a meter that wants the counter of the AARQ once more in GMAC. Raises Refused."""
        self.prepare()
        if self.protection is not None:
            self.protection.repeats_counter = True
        answer = self.associate()
        self.prove()
        self.session.deviations.append("GMAC of pass 3 is taken with the counter of the AARQ only")
        return answer

    def prepare(self) -> None:
        """Make keys, counters and challenge of one opening, and connect."""
        self.protection = self._make_protection() if self._make_protection is not None else None
        self.handshake = new_handshake(self._declared, self._secret)
        self.session.connect()

    def associate(self) -> Aare:
        """Send the AARQ. Raises Refused if the meter rejects it."""
        request = association_request(
            self._declared, self._secret, protection=self.protection, handshake=self.handshake
        )
        answer, deviations = decode_acse(self.session.exchange(request.to_bytes()))
        self._note(deviations)
        if not isinstance(answer, Aare):
            raise BadAnswer("The meter did not answer the AARQ with an AARE.")
        self.aare = answer
        if answer.result != 0:
            raise Refused("association", f"result {answer.result}, diagnostic {answer.diagnostic}")
        self._longest = self._granted_pdu(answer)
        if self.protection is not None:
            self.protection.meter_title = answer.responding_ap_title or b""
        return answer

    def prove(self) -> None:
        """Send f(StoC) and check f(CtoS). Raises Refused, or LinkError for a meter that proves nothing."""
        if self.handshake is None or self.aare is None:
            return
        self.handshake.meter_challenge = self.aare.responding_authentication_value or b""
        self.handshake.meter_title = self.aare.responding_ap_title or b""
        answer = self.handshake.answer(self.protection)
        proof = self.action(15, CURRENT_ASSOCIATION, 1, octet_string(answer))
        if proof is None or not self.handshake.holds(as_octets(proof), self.protection):
            raise NotProven

    def close(self) -> None:
        """Disconnect."""
        self.session.disconnect()

    def release(self) -> Rlre | None:
        """Send RLRQ; return the RLRE, or None where the meter answers otherwise."""
        answer, deviations = decode_acse(self.session.exchange(Rlrq(reason=0).to_bytes()))
        self._note(deviations)
        return answer if isinstance(answer, Rlre) else None

    def get(self, class_id: int, obis: str, attribute: int, access: SelectiveAccess | None = None) -> Data:
        """Read one attribute, over blocks if the meter wants. Raises Refused with the data-access-result."""
        head, tail = _get_request(class_id, obis, attribute)
        if access is not None:
            tail = tail[:-1] + access_octets(access)
        response = self._ask(head + bytes((self._next_id(),)) + tail)
        if isinstance(response, GetResponseNormal) and isinstance(response.result, Data):
            return response.result
        target = CosemAttribute(class_id, Obis(obis), attribute)
        if isinstance(response, GetResponseNormal):
            raise Refused(f"GET {target}", response.result)
        octets = self._blocks(f"GET {target}", response)
        try:
            return decode_all(octets)
        except DecodeError as error:
            raise BadAnswer(
                f"The blocks of {target} make no value: {error}.", last_octets=octets[-64:]
            ) from error

    def get_list(self, targets: Sequence[CosemAttribute]) -> tuple[Data | int, ...]:
        """Read several attributes with one request; a refused one comes back as its result code."""
        at_once = (self._longest - LIST_HEAD) // LISTED
        if 0 < at_once < len(targets):
            return (*self.get_list(targets[:at_once]), *self.get_list(targets[at_once:]))
        items = tuple(AttributeAccess(attribute=target) for target in targets)
        what = f"GET of {len(items)} attributes"
        response = self._ask(GetRequestWithList(invoke=self._next_id(), items=items).to_bytes())
        if isinstance(response, GetResponseWithList):
            return response.results
        octets = self._blocks(what, response)
        listed, deviations = decode_apdu(bytes([GET_RESPONSE, WITH_LIST, 0]) + octets)
        if not isinstance(listed, GetResponseWithList) or violations(deviations):
            raise BadAnswer(f"The blocks of a {what} do not make a list.", last_octets=octets[:64])
        return listed.results

    def _blocks(self, what: str, response: object) -> bytes:
        """Fetch all blocks of a long answer. Raises Refused for anything else."""
        octets = b""
        while isinstance(response, GetResponseWithDatablock):
            if not isinstance(response.result, bytes):
                raise Refused(what, response.result)
            octets += response.result
            if response.last:
                return octets
            if len(octets) > LONGEST_VALUE:
                raise BadAnswer(f"The blocks of {what} have no end.")
            request = GetRequestNext(invoke=response.invoke, block_number=response.block_number)
            response = self._ask(request.to_bytes())
        raise Refused(what, response)

    def set(self, class_id: int, obis: str, attribute: int, value: Data) -> None:
        """Write one attribute. Raises Refused with the data-access-result."""
        target = CosemAttribute(class_id, Obis(obis), attribute)
        request = SetRequestNormal(invoke=self._next_id(), attribute=target, value=value).to_bytes()
        if len(request) <= self._longest:
            response = self._ask(request)
        else:
            octets = encode(value)
            parts = set_requests(self._next_id(), target, octets, self._longest)
            response = self._ask_in_blocks(f"SET {target}", SET_BLOCKS, parts, SetResponseDatablock)
        if not isinstance(response, SetResponseNormal | SetResponseLastDatablock) or response.result != 0:
            raise Refused(f"SET {target}", getattr(response, "result", response))

    def invoke(self, class_id: int, obis: str, method: int, value: Data) -> None:
        """Invoke one method. Raises Refused with the action-result."""
        self.action(class_id, obis, method, value)

    def action(self, class_id: int, obis: str, method: int, value: Data | None) -> Data | None:
        """Invoke one method and return its value, if it has one. Raises Refused with the action-result."""
        target = CosemMethod(class_id, Obis(obis), method)
        request = ActionRequestNormal(invoke=self._next_id(), method=target, parameters=value).to_bytes()
        if value is None or len(request) <= self._longest:
            response = self._ask(request)
        else:
            octets = encode(value)
            parts = action_requests(self._next_id(), target, octets, self._longest)
            response = self._ask_in_blocks(f"ACTION {target}", ACTION_BLOCKS, parts, ActionResponseNextPblock)
        if not isinstance(response, ActionResponseNormal) or response.result != 0:
            raise Refused(f"ACTION {target}", getattr(response, "result", response))
        return response.returned if isinstance(response.returned, Data) else None

    def _granted_pdu(self, answer: Aare) -> int:
        """Return the longest APDU in octets, before it is protected, that the meter receives."""
        if self._declared.ciphered:
            return self._declared.max_pdu - PROTECTION
        granted, _ = decode_apdu(answer.user_information or b"")
        said = granted.max_pdu if isinstance(granted, InitiateResponse) else 0
        return said or self._declared.max_pdu

    def _ask_in_blocks(
        self, what: str, service: str, parts: Iterator[bytes], acknowledgement: type[object]
    ) -> object:
        """Send a request in blocks and return the answer to the last. Raises Refused where it cannot be sent so."""
        if not self.declares(service):
            raise Refused(what, f"it is longer than the meter receives, and {service} is not declared")
        response: object = None
        for apdu in parts:
            if response is not None and not isinstance(response, acknowledgement):
                break  # the meter has refused
            response = self._ask(apdu)
        return response

    def register(self, obis: str, class_id: int = 3) -> Register:
        """Read value and scaler_unit of a register."""
        try:
            raw = as_integer(self.get(class_id, obis, 2))
            scaler, unit = map(as_integer, as_elements(self.get(class_id, obis, 3)))
        except ValueError as error:
            raise BadAnswer(f"The register {obis} does not read as a register: {error}.") from error
        return Register(raw=raw, scaler=scaler, unit=unit)

    def ask(self, apdu: bytes) -> bytes:
        """Send any APDU, protected as the association asks, and return the answer's octets in the clear."""
        if self.protection is None or not self._declared.ciphered:
            return self.session.exchange(apdu)
        if self.signing or self.carried is not None:
            return self._ask_general(self.protection, apdu)
        answer = self.session.exchange(self.protection.seal(apdu))
        if answer[:1] == SIGNED:
            answer = open_signed(self.protection, answer)
        return self.protection.open(answer)

    def _ask_general(self, protection: Protection, apdu: bytes) -> bytes:
        choice = self.carried
        sealed = protection.seal(apdu) if choice is None else seal_general(protection, apdu, choice)
        if not self.signing:
            return open_general(protection, self.session.exchange(sealed))
        answer = self.session.exchange(sign_general(protection, sealed))
        return open_general(protection, open_signed(protection, answer))

    def _ask(self, apdu: bytes) -> object:
        answer, deviations = decode_apdu(self.ask(apdu))
        self._note(deviations)
        if answer is None:
            raise BadAnswer(f"The meter's answer cannot be decoded: {'; '.join(map(str, deviations))}.")
        return answer

    def _next_id(self) -> int:
        self._invoke_id = self._invoke_id % 15 + 1
        return 0xC0 | self._invoke_id

    def _note(self, deviations: tuple[Deviation, ...]) -> None:
        if not deviations:
            return
        self.session.deviations.extend(str(deviation) for deviation in violations(deviations))


@lru_cache(maxsize=1024)
def _get_request(class_id: int, obis: str, attribute: int) -> tuple[bytes, bytes]:
    """Return what stands before and behind the invoke-id of a GET without selection: read again and again."""
    target = CosemAttribute(class_id, Obis(obis), attribute)
    octets = GetRequestNormal(invoke=0, attribute=target).to_bytes()
    return octets[:2], octets[3:]


def association_request(
    association: AssociationDeclaration,
    secret: bytes | None,
    *,
    protection: Protection | None = None,
    handshake: Handshake | None = None,
) -> Aarq:
    """Return the AARQ that the declaration of an association asks for."""
    initiate = InitiateRequest(
        dedicated_key=protection.dedicated if protection is not None else None,
        conformance=Conformance.from_names(association.conformance),
        max_pdu=association.max_pdu,
    ).to_bytes()
    if association.ciphered and protection is not None:
        initiate = protection.seal_initiate(initiate)
    context = ApplicationContext.LN_CIPHERED if association.ciphered else ApplicationContext.LN
    request = Aarq(
        application_context_name=context.object_identifier,
        calling_ap_title=protection.own_title if protection is not None else None,
        user_information=initiate,
    )
    if association.mechanism == "none":
        return request
    proof = handshake or new_handshake(association, secret)
    return replace(
        request,
        sender_acse_requirements="1",
        mechanism_name=MECHANISMS[association.mechanism].object_identifier,
        calling_authentication_value=secret if proof is None else proof.own_challenge,
    )


def why_not(association: AssociationDeclaration, secrets: SecretStore) -> str:
    """Return why this client cannot open an association, or ""."""
    if association.pre_established:
        return "the association is pre-established: there is nothing to open"
    if association.context not in {"ln", "ln-ciphered"}:
        return f'the context "{association.context}" is not spoken by this bench'
    if association.mechanism not in MECHANISMS:
        return f"{association.mechanism} is not spoken by this bench"
    if association.mechanism == "hls-ecdsa" and not (
        association.signing_key and association.meter_public_key
    ):
        return f'the declaration names no signing_key or no meter_public_key for the association "{association.name}"'
    named = (
        association.secret,
        association.encryption_key,
        association.authentication_key,
        association.signing_key,
    )
    missing = [name for name in named if name and secrets.find(name) is None]
    return f'the secret "{missing[0]}" is not in the secrets file' if missing else ""


@contextmanager
def opened(client: DlmsClient) -> Iterator[DlmsClient]:
    """Open a client for a ``with`` block and disconnect at its end, whatever happens."""
    try:
        client.open()
        yield client
    finally:
        client.close()
