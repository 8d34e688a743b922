"""What each step of the public application layer cases is due, as data (dlms.md 1.4).

Sources: GX a public re-implementation, FW one manufacturer's reading, der derived by us. Where the sources leave
a choice every alternative is listed, and the verdict says which one came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.record.model import Outcome

Numbers = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One allowed answer. Empty sets allow any number. ``check`` names a further test (see ``application``).

    ``option``: allowed only where the declaration sets this option; where it says nothing, the answer is
    INCONCLUSIVE, because the sources disagree.
    """

    word: str
    numbers: Numbers = frozenset()
    second: Numbers = frozenset()
    user: Numbers = frozenset()
    provider: Numbers = frozenset()
    initiate_error: Numbers = frozenset()
    check: str = ""
    option: str = ""
    outcome: Outcome = Outcome.PASSED

    def __str__(self) -> str:
        words = [self.word]
        for name in ("numbers", "second", "user", "provider", "initiate_error"):
            allowed = getattr(self, name)
            if allowed:
                label = "" if name in {"numbers", "second"} else name.replace("_", " ") + " "
                words.append(label + " or ".join(str(number) for number in sorted(allowed)))
        return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a step is due, and who says so."""

    replies: tuple[Reply, ...]
    source: str

    def __str__(self) -> str:
        return ", or ".join(str(reply) for reply in self.replies)


def _numbers(*numbers: int) -> Numbers:
    return frozenset(numbers)


def _rejected(*users: int, provider: int | None = None, error: int | None = None, option: str = "") -> Reply:
    return Reply(
        word="rejected",
        user=_numbers(*users),
        provider=_numbers(provider) if provider is not None else frozenset(),
        initiate_error=_numbers(error) if error is not None else frozenset(),
        option=option,
    )


def due(*replies: Reply, source: str) -> Due:
    """Return what is due."""
    return Due(replies=replies, source=source)


ACCEPTED = Reply(word="accepted")
DATA = Reply(word="data")
ANSWERED = (DATA, Reply(word="refused"))
#: D8 01 02 is what the public sources give; another service-error is recorded and accepted.
NOT_ALLOWED = Reply(word="exception", numbers=_numbers(1), second=_numbers(1, 2, 3))
EXCEPTION = Reply(word="exception")
#: Older than the exception-response, and still what some servers refuse with: a confirmedServiceError.
SERVICE_ERROR = Reply(word="service-error")
#: RR: the link layer took the APDU, and nothing answered it.
LINK_REFUSES = tuple(Reply(word=word) for word in ("DM", "FRMR", "RR", "silence", "closed"))
#: Any sound answer, or none. An APDU that breaks the rules is none of these.
ANYTHING = (
    *(Reply(word=word) for word in ("accepted", "rejected", "data", "list", "refused", "done", "exception")),
    *(Reply(word=word) for word in ("service-error", "released", "block", "access", "other")),
    *LINK_REFUSES,
)
ABSENT = Reply(word="refused", numbers=_numbers(3, 4, 9, 11))
REFUSED = Reply(word="refused")
AUTHENTICATION = _rejected(11, 12, 13, 14)

#: How an association that must not come about ends: no AARE opens, or the proof fails.
SHUT_OUT = (Reply(word="not associated"), Reply(word="not opened"), *LINK_REFUSES)
#: What a meter may do with an APDU whose protection is wrong.
NOT_OPENED = due(EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der")
OPENED = due(ACCEPTED, source="GX")
ALIVE = due(DATA, source="GX: the association is still there")
PROTECTED = due(Reply(word="data", check="protected"), source="der")
NO_LONGER = due(NOT_ALLOWED, EXCEPTION, SERVICE_ERROR, *LINK_REFUSES, source="GX; 0E der")

#: Case -> (rule of the dialogue, rule of the step) -> what is due. Every dialogue must occur or be left out.
EXPECTED: Mapping[str, Mapping[tuple[str, str], Due]] = {
    "APPL_IDLE_N1": {
        ("without association", "GET"): due(
            NOT_ALLOWED, SERVICE_ERROR, *LINK_REFUSES, source="GX, FW; 0E der"
        ),
    },
    "APPL_OPEN_1": {
        ("association", "AARQ"): OPENED,
        ("association", "GET logical name"): due(Reply(word="data", check="own name"), source="GX"),
        # No answer to RLRQ is legal over HDLC, where DISC releases.
        ("association", "RLRQ"): due(
            Reply(word="released"), EXCEPTION, REFUSED, *LINK_REFUSES, source="GX; DISC releases as well"
        ),
    },
    "APPL_OPEN_2": {
        ("listed user", "AARQ"): due(ACCEPTED, source="der"),
        ("unlisted user", "AARQ"): due(_rejected(1, 6, 13), source="der"),
    },
    "APPL_OPEN_4": {
        ("version1 among six bits", "AARQ"): due(ACCEPTED, source="GX, FW"),
        ("version1 as one bit", "AARQ"): due(ACCEPTED, source="GX, FW"),
        ("six bits without version1", "AARQ"): due(_rejected(provider=2), source="GX, FW"),
        ("one bit without version1", "AARQ"): due(_rejected(provider=2), source="GX, FW"),
    },
    "APPL_OPEN_5": {
        ("unused context", "AARQ"): due(_rejected(2), source="GX, FW"),
        ("unknown context", "AARQ"): due(_rejected(2), source="GX, FW"),
    },
    "APPL_OPEN_6": {
        ("unused fields", "AARQ"): due(ACCEPTED, source="GX"),
        ("calling AE invocation id", "AARQ"): due(ACCEPTED, _rejected(1, 6), source="GX, der"),
        ("title too short", "AARQ"): due(_rejected(3), _rejected(1, 13), source="GX; 1 and 13 der"),
        ("title too long", "AARQ"): due(_rejected(3), _rejected(1, 13), source="GX; 1 and 13 der"),
    },
    "APPL_OPEN_7": {
        ("no security, dummy proof", "AARQ"): due(AUTHENTICATION, source="FW; 11, 12, 14 der"),
        ("wrong proof", "AARQ"): due(AUTHENTICATION, source="FW; 11, 12, 14 der"),
    },
    "APPL_OPEN_9": {
        ("dedicated key without ciphering", "AARQ"): due(
            _rejected(1, error=0),
            Reply(word="accepted", option="dedicated_key_ignored"),
            source="FW; accepted and ignored by declaration der",
        ),
    },
    "APPL_OPEN_11": {("quality of service", "AARQ"): due(ACCEPTED, source="GX")},
    "APPL_OPEN_12": {
        ("version below 6", "AARQ"): due(_rejected(1, error=1), source="GX, FW"),
        # The sources disagree: one rejects, one accepts and answers 6. Both are reported, neither fails.
        ("version above 6", "AARQ"): due(ACCEPTED, _rejected(1, error=1), source="FW accepts, GX rejects"),
    },
    "APPL_OPEN_13": {
        ("all services", "AARQ"): due(Reply(word="accepted", check="declared services"), source="der"),
        ("unsupported services", "AARQ"): due(_rejected(1, error=2), source="der"),
        ("one service", "AARQ"): due(Reply(word="accepted", check="only this service"), source="FW, GX"),
    },
    "APPL_OPEN_14": {
        ("11 octets", "AARQ"): due(_rejected(1, error=3), source="GX, FW"),
        ("65535 octets", "AARQ"): due(ACCEPTED, source="GX"),
        ("no limit", "AARQ"): due(ACCEPTED, source="GX"),
    },
    "APPL_DATA_LN_N1": {
        ("GET", "AARQ"): OPENED,
        ("GET", "unknown choice"): due(EXCEPTION, REFUSED, SERVICE_ERROR, source="GX; 0E der"),
        ("GET", "truncated"): due(EXCEPTION, REFUSED, SERVICE_ERROR, source="GX; 0E der"),
        ("GET", "absent object"): due(ABSENT, EXCEPTION, source="GX"),
        ("GET", "still associated"): ALIVE,
    },
    "APPL_DATA_LN_N3": {
        ("SET", "AARQ"): OPENED,
        ("SET", "unknown choice"): due(EXCEPTION, REFUSED, SERVICE_ERROR, source="GX; 0E der"),
        ("SET", "truncated"): due(EXCEPTION, REFUSED, SERVICE_ERROR, source="GX; 0E der"),
        ("SET", "absent object"): due(ABSENT, EXCEPTION, source="GX"),
        ("SET", "still associated"): ALIVE,
    },
    "APPL_DATA_LN_N4": {
        ("services", "AARQ"): OPENED,
        ("services", "short name READ"): due(EXCEPTION, SERVICE_ERROR, source="GX, FW; 0E der"),
        ("services", "service not negotiated"): due(EXCEPTION, SERVICE_ERROR, source="GX, FW; 0E der"),
        ("services", "still associated"): ALIVE,
    },
    "APPL_REL_P1": {
        ("DISC", "AARQ"): OPENED,
        ("DISC", "GET after release"): NO_LONGER,
        ("RLRQ", "AARQ"): OPENED,
        # A meter without release over HDLC is legal; then the GET behind it is not judged.
        ("RLRQ", "RLRQ"): due(
            Reply(word="released"), EXCEPTION, *LINK_REFUSES, source="GX; DISC releases as well"
        ),
        ("RLRQ", "GET after release"): NO_LONGER,
    },
    "APPL_OPEN_3": {
        ("right proof", "open"): due(Reply(word="opened"), source="der"),
        ("right proof", "GET"): ALIVE,
        ("wrong proof", "AARQ"): due(Reply(word="accepted"), source="der"),
        ("wrong proof", "GET before pass 3"): due(
            EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der"
        ),
        ("wrong proof", "wrong f(StoC)"): due(EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der"),
        ("wrong proof", "GET after a wrong pass 3"): due(
            EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der"
        ),
    },
    "SYMSEC_0_BasicCap_1": {
        ("protection", "open"): due(Reply(word="opened"), source="der"),
        ("protection", "as the policy demands"): PROTECTED,
        ("protection", "less than the policy demands"): NOT_OPENED,
        ("protection", "still associated"): ALIVE,
    },
    "SYMSEC_0_FraCount_1": {
        ("counter", "open"): due(Reply(word="opened"), source="der"),
        ("counter", "fresh"): due(DATA, source="der"),
        ("counter", "replayed"): NOT_OPENED,
        ("counter", "lower"): NOT_OPENED,
        ("counter", "higher"): due(DATA, source="der"),
    },
    "SYMSEC_0_DedKey_N1": {
        ("dedicated key of wrong length", "open"): due(*SHUT_OUT, source="der"),
        ("dedicated key unprotected", "open"): due(*SHUT_OUT, source="der"),
        ("ded- service without key", "open"): due(Reply(word="opened"), source="der"),
        ("ded- service without key", "ded-GET"): NOT_OPENED,
        ("ded- service without key", "still associated"): ALIVE,
    },
    "SYMSEC_0_SecDataX_P1": {
        ("global key", "open"): due(Reply(word="opened"), source="der"),
        ("global key", "GET"): PROTECTED,
        ("dedicated key", "open"): due(Reply(word="opened"), source="der"),
        ("dedicated key", "GET"): PROTECTED,
    },
    "SYMSEC_0_SecDataX_N1": {
        ("errors", "open"): due(Reply(word="opened"), source="der"),
        ("errors", "spoiled"): NOT_OPENED,
        ("errors", "still associated"): ALIVE,
    },
    "SYMSEC_0_REL_N1": {
        ("release", "open"): due(Reply(word="opened"), source="der"),
        ("release", "RLRQ in the clear"): due(
            Reply(word="released", numbers=_numbers(1, 30)), EXCEPTION, *LINK_REFUSES, source="der"
        ),
        ("release", "still associated"): ALIVE,
    },
    "SYMSEC_0_Key_Tx": {
        ("transfer", "open"): due(Reply(word="opened"), source="der"),
        ("transfer", "key transfer"): due(Reply(word="done"), source="der"),
        ("old key", "open"): due(*SHUT_OUT, source="der"),
        ("new key", "open"): due(Reply(word="opened"), source="der"),
        ("restored", "open"): due(Reply(word="opened"), source="der"),
    },
    "SYMSEC_0_Key_Tx_N": {
        ("transfer", "open"): due(Reply(word="opened"), source="der"),
        ("transfer", "bad key transfer"): due(EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der"),
        ("old key", "open"): due(Reply(word="opened"), source="der"),
    },
    "SYMSEC_0_SecPol": {
        ("raised", "open"): due(Reply(word="opened"), source="der"),
        ("raised", "raising"): due(Reply(word="done"), source="der"),
        ("raised", "as the policy demands"): due(DATA, source="der"),
        ("raised", "less than the policy demands"): NOT_OPENED,
        ("raised", "still associated"): ALIVE,
    },
    "SYMSEC_0_SecPol_3": {
        ("policy", "open"): due(Reply(word="opened"), source="der"),
        ("policy", "lowering"): due(EXCEPTION, REFUSED, SERVICE_ERROR, source="der"),
        ("policy", "less than the policy demands"): NOT_OPENED,
        ("policy", "still associated"): ALIVE,
    },
    # Beyond the public cases.
    "association_end": {
        ("a new connection", "AARQ"): OPENED,
        ("a new connection", "GET"): ALIVE,
        ("a new connection", "GET on a new connection"): NO_LONGER,
        ("SNRM again", "AARQ"): OPENED,
        ("SNRM again", "GET"): ALIVE,
        ("SNRM again", "GET after SNRM"): NO_LONGER,
    },
    "unknown_tags": {
        ("tags", "AARQ"): OPENED,
        ("tags", "unknown tag"): due(EXCEPTION, REFUSED, SERVICE_ERROR, *LINK_REFUSES, source="der"),
        ("tags", "still associated"): ALIVE,
    },
    "services_not_negotiated": {
        ("service", "AARQ"): due(Reply(word="accepted", check="only this service"), source="GX"),
        ("service", "negotiated"): due(DATA, REFUSED, Reply(word="list"), Reply(word="done"), source="GX"),
        ("service", "not negotiated"): due(EXCEPTION, SERVICE_ERROR, source="GX; 0E der"),
    },
    "counter_power_cut": {
        ("before the power cut", "open"): due(Reply(word="opened"), source="der"),
        ("before the power cut", "GET"): due(DATA, source="der"),
        ("a counter used before the power cut", "open"): due(*SHUT_OUT, source="der"),
        ("a fresh counter", "open"): due(Reply(word="opened"), source="der"),
        ("a fresh counter", "GET"): due(DATA, source="der"),
        ("a fresh counter", "replayed"): NOT_OPENED,
    },
    "factory_defaults": {
        ("password", "AARQ"): due(AUTHENTICATION, _rejected(1), *LINK_REFUSES, source="der"),
        ("keys", "open"): due(*SHUT_OUT, source="der"),
    },
    "ciphered_lengths": {
        ("length", "open"): due(Reply(word="opened"), source="der"),
        ("length", "wrong length"): NOT_OPENED,
        ("length", "still associated"): ALIVE,
    },
    "hls_counter": {
        ("a higher counter", "open"): due(Reply(word="opened"), source="GXNET: both habits exist; der"),
    },
    "lock_out": {
        ("wrong password", "AARQ"): due(AUTHENTICATION, _rejected(1), EXCEPTION, *LINK_REFUSES, source="der"),
        ("right password", "AARQ"): due(ACCEPTED, source="der"),
    },
    "get_next_number": {
        ("long GET", "AARQ"): OPENED,
        ("long GET", "first block"): due(DATA, REFUSED, source="der"),
        # Whoever acknowledges a block that was never sent has lost count: data would go on as if nothing were missing.
        ("long GET", "a block that was never sent"): due(
            REFUSED, EXCEPTION, SERVICE_ERROR, source="dlms.md 6.5, result 19; exception and 0E der"
        ),
        ("long GET", "still associated"): ALIVE,
    },
    "lock_out_declared": {
        ("wrong password", "AARQ"): due(AUTHENTICATION, _rejected(1), EXCEPTION, *LINK_REFUSES, source="der"),
        ("right password below the count", "AARQ"): due(ACCEPTED, source="declared"),
        ("right password while locked", "AARQ"): due(
            _rejected(), EXCEPTION, *LINK_REFUSES, source="declared"
        ),
        ("right password after the lock", "AARQ"): due(ACCEPTED, source="declared"),
    },
    "access": {
        ("access", "AARQ"): OPENED,
        ("access", "ACCESS of one attribute"): due(Reply(word="access", numbers=_numbers(1)), source="der"),
        ("access", "ACCESS of three, one absent"): due(
            Reply(word="access", numbers=_numbers(3)), source="der"
        ),
        ("access", "still associated"): ALIVE,
    },
    "general_blocks": {
        ("request in blocks", "AARQ"): OPENED,
        ("request in blocks", "first block"): due(Reply(word="block"), source="der"),
        ("request in blocks", "last block"): due(Reply(word="block", check="answer inside"), source="der"),
        ("request in blocks", "still associated"): ALIVE,
        ("a block left out", "AARQ"): OPENED,
        ("a block left out", "first block"): due(Reply(word="block"), source="der"),
        ("a block left out", "third block"): due(
            Reply(word="block", check="nothing served"), EXCEPTION, *LINK_REFUSES, source="der"
        ),
        ("a block left out", "still associated"): ALIVE,
    },
    "fuzz": {
        ("fuzz", "AARQ"): OPENED,
        # Whatever an APDU of nonsense brings: only that the meter, and its association, are there afterwards counts.
        ("fuzz", "spoiled GET"): due(*ANYTHING, source="der"),
        ("fuzz", "still associated"): ALIVE,
        ("fuzz AARQ", "spoiled AARQ"): due(*ANYTHING, source="der"),
        ("after all", "AARQ"): OPENED,
        ("after all", "GET"): ALIVE,
    },
}
