"""Signing on by mode E: what is said at which rate, and what happens where nobody answers."""

from __future__ import annotations

import pytest

from bench.meter.link import Link
from bench.meter.opening import DirectOpening, ModeEOpening
from bench.record.declaration import CommunicationDeclaration
from tests.meter.scripted_line import ScriptedLine, SteppedClock

IDENTIFICATION = b"/MBR5\\2DDS722\r\n"
ACKNOWLEDGEMENT = b"\x06252\r\n"


class RatedLine(ScriptedLine):
    """A scripted line that remembers at which rate each message was sent."""

    baud = (9600, False)

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        self.baud = (baud, seven_bits)

    def send(self, octets: bytes) -> None:
        super().send(octets)
        self.said = [*getattr(self, "said", []), (octets, self.baud)]


def opening(*answers: bytes | list[bytes] | None, **said: object) -> tuple[ModeEOpening, RatedLine, Link]:
    clock = SteppedClock()
    line = RatedLine(clock, answers)
    link = Link(lambda: line, clock, lambda direction, octets: None, may_echo=True)
    declared = CommunicationDeclaration.model_validate({"framing": "mode-e", "baud": 9600, **said})
    return ModeEOpening(link, declared), line, link


def test_signs_on_at_300_baud_and_goes_on_at_the_declared_rate() -> None:
    made, line, _ = opening(IDENTIFICATION)
    made.ready()
    assert line.said == [(b"/?!\r\n", (300, True)), (ACKNOWLEDGEMENT, (300, True))]
    assert line.baud == (9600, False)
    assert made.identified


def test_is_ready_only_once_until_the_connection_ends() -> None:
    made, line, _ = opening(IDENTIFICATION, None, IDENTIFICATION)
    made.ready()
    made.ready()
    assert len(line.sent) == 2
    made.ended()
    made.ready()
    assert len(line.sent) == 4


def test_a_line_opened_anew_needs_a_new_sign_on() -> None:
    made, _, link = opening(IDENTIFICATION)
    made.ready()
    link.close()
    assert not made.is_open


def test_the_inactivity_time_out_ends_it_too() -> None:
    made, _, link = opening(IDENTIFICATION, inactivity_time_out_s=30.0)
    made.ready()
    link.clock.sleep(31.0)
    assert not made.is_open


def test_a_port_that_says_nothing_is_taken_to_be_in_hdlc_already() -> None:
    made, line, _ = opening()
    made.ready()
    assert line.baud == (9600, False)
    assert made.is_open
    assert not made.identified


@pytest.mark.parametrize("answer", [b"garbage\r\n", b"/MB\r\n"])
def test_what_is_no_identification_is_asked_again(answer: bytes) -> None:
    made, line, _ = opening(answer, IDENTIFICATION)
    made.ready()
    assert line.sent == [b"/?!\r\n", b"/?!\r\n", ACKNOWLEDGEMENT]


def test_the_echo_and_the_parity_of_a_bare_connection_are_taken_off() -> None:
    with_parity = bytes(octet | 0x80 for octet in IDENTIFICATION)
    made, _, _ = opening([b"/?!\r\n", with_parity])
    made.ready()
    assert made.identified


def test_the_device_address_is_asked_for() -> None:
    made, line, _ = opening(IDENTIFICATION, mode_e_address="1234")
    made.ready()
    assert line.sent[0] == b"/?1234!\r\n"


def test_a_direct_port_is_always_ready() -> None:
    assert DirectOpening().is_open
