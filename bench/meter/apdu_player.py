"""The conformance player of the application layer: plays APDUs, as octets, each dialogue on a fresh connection.

It decides nothing. What came back is kept, or in one word that nothing did (see ``session.answer_word``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench.errors import LinkError
from bench.meter.liveness import Liveness
from bench.meter.session import Session, answer_word
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu


class DialogueEnds(Exception):
    """The rest of a dialogue has no sense, because a step that it builds on did not come about."""


class ApduPlayer:
    """Plays dialogues of APDUs on a session that works, and keeps their steps."""

    def __init__(self, session: Session, hidden: Sequence[bytes] = ()) -> None:
        """``hidden``: secrets, which stand as zeros in the steps; the judges of these steps do not need them."""
        self.session = session
        self._hidden = sorted(hidden, key=len, reverse=True)
        self.dialogues: list[dict[str, Any]] = []
        self.left_out: dict[str, str] = {}
        self.before = Liveness()
        self.after = Liveness()

    def leave_out(self, rule: str, reason: str) -> None:
        """Say why the dialogue of a rule has no sense with this meter."""
        self.left_out[rule] = reason

    @contextlib.contextmanager
    def dialogue(self, name: str, rule: str = "") -> Iterator[None]:
        """Begin a dialogue on a new connection without association; disconnect at its end.

        ``rule`` is the word under which the judge looks up what its steps are due; by default the name. A line
        that is gone is opened again, once; ``reopened`` says so. ``DialogueEnds`` leaves the block early, and the
        steps that were not reached are then not missed.
        """
        entry: dict[str, Any] = {
            "name": name,
            "rule": rule or name,
            "steps": [],
            "connected": True,
            "reopened": False,
            "ended": False,
        }
        self.dialogues.append(entry)
        try:
            self.connect()
        except LinkError:
            self.session.close()
            entry["reopened"] = True
            try:
                self.connect()
            except LinkError as error:
                entry["connected"] = False
                entry["trouble"] = error.message
        try:
            yield
        except DialogueEnds:
            entry["ended"] = True
        finally:
            with contextlib.suppress(LinkError):
                self.session.disconnect()

    def connect(self) -> None:
        """Start a new connection: what was associated is no longer."""
        with contextlib.suppress(LinkError):
            self.session.disconnect()
        self.session.connect()

    def note(self, name: str, answer: str, rule: str = "", trouble: str = "") -> None:
        """Keep as step ``name`` what somebody else did on this session, in one word."""
        self.dialogues[-1]["steps"].append(
            {
                "name": name,
                "rule": rule or name,
                "sent": "",
                "received": None,
                "answer": answer,
                "trouble": trouble,
            }
        )

    def play(
        self, name: str, apdu: bytes, rule: str = "", *, opened: Callable[[bytes], bytes] | None = None
    ) -> bytes | None:
        """Send ``apdu`` as step ``name``; return the answer's octets, None for silence or a broken link.

        ``opened`` takes the protection off the answer before it is kept, with the security control octet it had
        (None: clear text) as ``protection``; an answer that does not open is kept as such.
        After a broken link the rest of the dialogue is not sent: its steps are kept as "not sent".
        """
        entry = self.dialogues[-1]
        steps = entry["steps"]
        answer: bytes | None = None
        control: int | None = None
        word, trouble = "", ""
        if not entry["connected"] or (steps and steps[-1]["answer"] in {"closed", "not sent"}):
            word = "not sent"
        else:
            try:
                answer = self.session.exchange(apdu)
            except LinkError as error:
                word, trouble = answer_word(error), error.message
            if answer is not None and opened is not None:
                control = protection_control(answer)
                try:
                    answer = opened(answer)
                except LinkError as error:
                    answer, word, trouble = None, "not opened", error.message
        steps.append(
            {
                "name": name,
                "rule": rule or name,
                "sent": without(apdu, self._hidden).hex(),
                "received": answer.hex() if answer is not None else None,
                "answer": word,
                "trouble": trouble,
                **({"protection": control} if opened is not None else {}),
            }
        )
        return answer

    def observation(self) -> dict[str, Any]:
        """Return the dialogues as the data of an observation."""
        return {
            "dialogues": self.dialogues,
            "left_out": self.left_out,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
        }


def protection_control(octets: bytes) -> int | None:
    """Return the security control octet of a protected APDU, None of one in clear text."""
    apdu, _ = decode_apdu(octets)
    if isinstance(apdu, CipheredApdu | GeneralCipheredApdu):
        return int(apdu.protected.security_control)
    return None


def without(octets: bytes, hidden: Sequence[bytes]) -> bytes:
    """Return ``octets`` with zeros where a secret stands."""
    for secret in hidden:
        octets = octets.replace(secret, bytes(len(secret)))
    return octets
