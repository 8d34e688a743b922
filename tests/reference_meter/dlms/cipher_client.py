"""A client of a ciphered association that talks to the services of a meter directly, APDU by APDU."""

from __future__ import annotations

from bench.protocols.acse import Aarq, ApplicationContext, Mechanism, Rlrq, decode_acse
from bench.protocols.ciphering import DED_TAGS, GLO_TAGS, Keys, gmac, protect, unprotect, verify_gmac
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import CipheredApdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest
from reference_meter.meter import Meter

TITLE = b"BENCHCLI"
CHALLENGE = bytes(range(16))
BOTH, AUTHENTICATED, ENCRYPTED = 0x30, 0x10, 0x20
ALL_SERVICES = Conformance(0xFFFFFF) & ~(Conformance.RESERVED_ZERO | Conformance.RESERVED_SEVEN)


class CipherClient:
    """Client 2 of the meter unless another association is named."""

    def __init__(self, meter: Meter, name: str = "security", *, keys: Keys | None = None) -> None:
        self.meter = meter
        self.settings = next(row for row in meter.product.communication.associations if row.name == name)
        assert self.settings.keys is not None
        self.keys = keys or Keys(
            encryption=self.settings.keys.encryption, authentication=self.settings.keys.authentication
        )
        self.counter = 0
        self.challenge = b""
        self.dedicated: bytes | None = None
        self.dedicated_counter = 0

    @property
    def server_title(self) -> bytes:
        return self.meter.product.communication.system_title

    def send(self, apdu: bytes) -> bytes:
        answer = self.meter.services.handle(self.settings.client_sap, apdu, "tcp/2")
        assert answer is not None
        return answer

    def seal(
        self,
        plain: bytes,
        control: int = BOTH,
        *,
        counter: int | None = None,
        tags: dict[int, int] = GLO_TAGS,
    ) -> bytes:
        keys = self.keys
        if counter is None:
            self.counter += 1
            counter = self.counter
        if tags is DED_TAGS and self.dedicated is not None:
            self.dedicated_counter += 1
            counter = self.dedicated_counter
            keys = Keys(encryption=self.dedicated, authentication=keys.authentication)
        text = protect(
            plain, keys=keys, system_title=TITLE, invocation_counter=counter, security_control=control
        )
        return CipheredApdu(tag=tags[plain[0]], protected=text).to_bytes()

    def open(self, answer: bytes, *, dedicated: bool = False) -> bytes:
        ciphered, _ = decode_apdu(answer)
        assert isinstance(ciphered, CipheredApdu), answer.hex()
        keys = self.keys
        if dedicated:
            assert self.dedicated is not None
            keys = Keys(encryption=self.dedicated, authentication=keys.authentication)
        return unprotect(ciphered.protected, keys=keys, system_title=self.server_title)

    def request(self, plain: bytes, control: int = BOTH) -> bytes:
        """Send a request under the global key and return its answer in the clear."""
        return self.open(self.send(self.seal(plain, control)))

    def aarq(self, control: int = BOTH, *, pdu: int = 1024) -> bytes:
        initiate = InitiateRequest(
            conformance=ALL_SERVICES, max_pdu=pdu, dedicated_key=self.dedicated
        ).to_bytes()
        return Aarq(
            application_context_name=ApplicationContext.LN_CIPHERED.object_identifier,
            calling_ap_title=TITLE,
            sender_acse_requirements="1",
            mechanism_name=Mechanism.HLS_GMAC.object_identifier,
            calling_authentication_value=CHALLENGE,
            user_information=self.seal(initiate, control) if control else initiate,
        ).to_bytes()

    def begin(self, control: int = BOTH, *, pdu: int = 1024) -> int | None:
        """Send the AARQ; return the result of the AARE."""
        aare, _ = decode_acse(self.send(self.aarq(control, pdu=pdu)))
        assert aare is not None
        self.challenge = getattr(aare, "responding_authentication_value", None) or b""
        result: int | None = getattr(aare, "result", None)
        return result

    def proof(self) -> bytes:
        self.counter += 1
        return gmac(self.challenge, keys=self.keys, system_title=TITLE, invocation_counter=self.counter)

    def prove(self, proof: bytes | None = None) -> bytes:
        """Send pass 3; return the whole ACTION-response."""
        proof = self.proof() if proof is None else proof
        reply = bytes.fromhex("c301c1000f0000280000ff0101") + bytes([9, len(proof)]) + proof
        return self.request(reply)

    def associate(self, *, pdu: int = 1024) -> None:
        assert self.begin(pdu=pdu) == 0
        answer = self.prove()
        assert answer[:6].hex() == "c701c1000100"
        assert verify_gmac(answer[8:], CHALLENGE, keys=self.keys, system_title=self.server_title)

    def release(self, control: int = BOTH) -> bytes:
        information = self.seal(InitiateRequest(conformance=ALL_SERVICES).to_bytes(), control)
        return self.send(Rlrq(user_information=information if control else None).to_bytes())
