"""The SCPI core as a client sees it. Expected numbers and forms: IEEE 488.2 and SCPI-99."""

from __future__ import annotations

import pytest

from instruments.virtual.scpi import ZERA, Call, ScpiInstrument, Session, nr3, quoted


@pytest.fixture
def instrument() -> ScpiInstrument:
    instrument = ScpiInstrument("ACME,EXAMPLE,42,1.0")
    harmonics: dict[tuple[int, ...], float] = {}

    def set_harmonic(call: Call) -> None:
        harmonics[call.suffixes] = call.parameters.number(0, unit="V", low=0.0, high=300.0, default=230.0)

    leaf = "[SOURce]:PHASe<1-3>:VOLTage:MHARmonics:HARMonic<0-100>"
    instrument.tree.add(leaf, set_harmonic, parameters=(1, 2))
    instrument.tree.add(f"{leaf}?", lambda call: nr3(harmonics.get(call.suffixes, 0.0)))
    instrument.tree.add("ECHO:TEXT?", lambda call: quoted(call.parameters.text(0)), parameters=1)
    instrument.tree.add("ECHO:NUMBer?", lambda call: nr3(call.parameters.number(0, unit="HZ")), parameters=1)
    instrument.tree.add("ECHO:BOOLean?", lambda call: str(int(call.parameters.boolean(0))), parameters=1)
    instrument.tree.add("ECHO:WORD?", lambda call: call.parameters.word(0, "IMMediate", "BUS"), parameters=1)
    instrument.tree.add("ECHO:LIST?", lambda call: str(call.parameters.channels(0)), parameters=1)
    instrument.tree.add("ECHO:BLOCk?", lambda call: str(list(call.parameters.block(0))), parameters=1)
    return instrument


@pytest.fixture
def session(instrument: ScpiInstrument) -> Session:
    session = instrument.open_session()
    session.feed(b"*CLS\n")
    return session


def ask(session: Session, line: str) -> str:
    return session.feed(line.encode("latin-1") + b"\n").decode("latin-1")


def first_error(session: Session) -> int:
    return int(ask(session, "SYST:ERR?").split(",")[0])


@pytest.mark.parametrize(
    "header",
    [
        "SOURce:PHASe2:VOLTage:MHARmonics:HARMonic1",
        "sour:phas2:volt:mhar:harm1",
        "PHAS2:VOLT:MHAR:HARM",
        ":Phase2:Voltage:MHAR:Harmonic01",
    ],
)
def test_long_short_optional_and_any_case_name_the_same_leaf(session: Session, header: str) -> None:
    ask(session, f"{header} 12.5")
    assert ask(session, "SOUR:PHAS2:VOLT:MHAR:HARM1?") == "1.25E1\n"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("VOLTA 1", -113),
        ("SOURC:PHAS1:VOLT:MHAR:HARM1 1", -113),  # neither the short nor the long form
        ("PHAS4:VOLT:MHAR:HARM1 1", -114),
        ("PHAS1:VOLT:MHAR:HARM101 1", -114),
        ("PHAS1:VOLT:MHAR:HARM1", -109),
        ("PHAS1:VOLT:MHAR:HARM1 1,2,3", -108),
        ("PHAS1:VOLT:MHAR:HARM1 301", -222),
        ("PHAS1:VOLT:MHAR:HARM1 -1", -222),
        ("PHAS1:VOLT:MHAR:HARM1 NAN", -222),
        ("PHAS1:VOLT:MHAR:HARM1 'a'", -104),
        ("PHAS1:VOLT:MHAR:HARM1 1.2.3", -121),
        ("PHAS1:VOLT:MHAR:HARM1 1E40000", -123),
        ("PHAS1:VOLT:MHAR:HARM1 1 HZ", -131),
        ("ECHO:BOOL? 1 V", -138),
        ("ECHO:BOOL? MAYBE", -141),
        ("ECHO:WORD? LATER", -224),
        ('ECHO:TEXT? "open', -151),
        ("ECHO:TEXT? word", -104),
        ("ECHO:LIST? (@1,x)", -171),
        ("ECHO:BLOC? #3ab", -161),
        ("PHAS1::VOLT 1", -102),
        ("PHAS1:VO$T 1", -101),
        ("*CLS?", -113),
    ],
)
def test_what_is_refused_and_with_which_number(session: Session, line: str, number: int) -> None:
    assert ask(session, line) == ""
    assert first_error(session) == number
    assert first_error(session) == 0


def test_a_following_header_continues_where_the_one_before_ended(session: Session) -> None:
    ask(session, "SOUR:PHAS3:VOLT:MHAR:HARM1 10;HARM5 2;*OPC;HARM7 3")
    assert ask(session, "SOUR:PHAS3:VOLT:MHAR:HARM5?;HARM7?;:PHAS3:VOLT:MHAR:HARM1?") == "2.0E0;3.0E0;1.0E1\n"


def test_each_line_starts_at_the_root(session: Session) -> None:
    ask(session, "SOUR:PHAS3:VOLT:MHAR:HARM1 10")
    ask(session, "HARM5 2")
    assert first_error(session) == -113


def test_an_undefined_header_ends_its_line_but_keeps_the_replies_before_it(session: Session) -> None:
    assert ask(session, "*OPC?;NONSENSE;*IDN?") == "1\n"


def test_an_execution_error_does_not_end_the_line(session: Session) -> None:
    assert ask(session, "PHAS1:VOLT:MHAR:HARM1 999;*OPC?") == "1\n"
    assert first_error(session) == -222


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ('ECHO:TEXT? "a;b,""c"""', '"a;b,""c"""'),
        ("ECHO:TEXT? 'it''s; here'", '"it\'s; here"'),
        ("ECHO:NUMB? 1.5 MHZ", "1.5E6"),
        ("ECHO:NUMB? 2KHZ", "2.0E3"),
        ("ECHO:NUMB? #H1F", "3.1E1"),
        ("ECHO:NUMB? +.5e-3", "5.0E-4"),
        ("ECHO:NUMB? INF", "9.9E37"),
        ("ECHO:BOOL? on", "1"),
        ("ECHO:BOOL? 0.4", "0"),
        ("ECHO:WORD? imm", "IMMediate"),
        ("ECHO:WORD? immediate", "IMMediate"),
        ("ECHO:LIST? (@1,3:5)", "(1, 3, 4, 5)"),
        ("ECHO:BLOC? #13\n;\x00", "[10, 59, 0]"),
    ],
)
def test_parameter_forms(session: Session, query: str, reply: str) -> None:
    assert ask(session, query) == reply + "\n"


def test_minimum_maximum_default(session: Session) -> None:
    for word, value in (("MAX", "3.0E2"), ("MINimum", "0.0E0"), ("DEF", "2.3E2")):
        ask(session, f"PHAS1:VOLT:MHAR:HARM1 {word}")
        assert ask(session, "PHAS1:VOLT:MHAR:HARM1?") == value + "\n"


def test_units_scale(session: Session) -> None:
    ask(session, "PHAS1:VOLT:MHAR:HARM1 250 mV")
    assert ask(session, "PHAS1:VOLT:MHAR:HARM1?") == "2.5E-1\n"


def test_the_error_queue_overflows_with_minus_350_in_the_newest_place(session: Session) -> None:
    for _ in range(30):
        ask(session, "NONSENSE")
    numbers = [first_error(session) for _ in range(21)]
    assert numbers == [-113] * 19 + [-350, 0]


def test_each_client_has_its_own_errors_and_status(instrument: ScpiInstrument, session: Session) -> None:
    other = instrument.open_session()
    ask(session, "NONSENSE")
    assert first_error(other) == 0
    assert first_error(session) == -113


def test_errors_set_event_status_and_status_byte(session: Session) -> None:
    ask(session, "*ESE 48;*SRE 32")
    ask(session, "NONSENSE")
    ask(session, "PHAS1:VOLT:MHAR:HARM1 999")
    assert ask(session, "*STB?") == "100\n"  # error queue 4, event status 32, master summary 64
    assert ask(session, "*ESR?") == "48\n"  # command error 32, execution error 16
    assert ask(session, "*ESR?") == "0\n"
    ask(session, "*CLS")
    assert ask(session, "*STB?;:SYST:ERR?") == '0;0,"No error"\n'
    assert ask(session, "*ESE?") == "48\n"  # *CLS leaves the masks alone


def test_status_registers_latch_transitions(session: Session) -> None:
    session.status.operation.set_condition(16)
    session.status.operation.set_condition(0)
    assert ask(session, "STAT:OPER:COND?;EVEN?;EVEN?") == "0;16;0\n"


def test_scpi_version_and_options(session: Session) -> None:
    assert ask(session, "SYST:VERS?;*OPT?;*TST?") == "1999.0;0;0\n"


def test_opc_query_and_wai_hold_the_client_until_the_operation_ends(instrument: ScpiInstrument) -> None:
    later: list[bytes] = []
    session = instrument.open_session(later.append)
    instrument.begin_operation()
    assert session.feed(b"*OPC;*OPC?\n*IDN?\n") == b""
    instrument.end_operation()
    assert b"".join(later) == b"1\nACME,EXAMPLE,42,1.0\n"
    assert int(session.feed(b"*ESR?\n")) & 1


def test_input_may_come_in_pieces_with_carriage_returns(session: Session) -> None:
    assert session.feed(b"*ID") == b""
    assert session.feed(b"N?\r") == b""
    assert session.feed(b"\n*OPC?\n") == b"ACME,EXAMPLE,42,1.0\n1\n"


def test_an_endless_line_is_dropped_with_minus_363(session: Session) -> None:
    session.feed(b"x" * (2 << 20))
    session.feed(b"\n")
    assert first_error(session) == -363
    assert ask(session, "*OPC?") == "1\n"


class TestZeraDialect:
    @pytest.fixture
    def session(self) -> Session:
        instrument = ScpiInstrument("ZERA GmbH Koenigswinter, COM5003, 1, 2", dialect=ZERA)
        instrument.tree.add("CONFiguration:RNG1:GROuping", lambda call: call.error(-310), parameters=1)
        instrument.tree.add("SENSe:RNG1:UL1:RANGe?", lambda _call: "240V")
        return instrument.open_session()

    def test_registers_carry_a_sign_and_each_reply_is_a_line(self, session: Session) -> None:
        assert ask(session, "*STB?|*ESR?|*OPC?") == "+0\n+128\n+1\n"

    def test_error_text_has_no_quotes(self, session: Session) -> None:
        assert ask(session, "SYSTEM:ERROR?") == "+0,No error\n"

    def test_a_parameter_without_semicolon_is_minus_100(self, session: Session) -> None:
        ask(session, "CONF:RNG1:GRO 1")
        assert ask(session, "SYST:ERR?") == "-100,Command error\n"

    def test_a_parameter_with_semicolon_is_taken(self, session: Session) -> None:
        ask(session, "CONF:RNG1:GROUPING 1;")
        assert ask(session, "SYST:ERR?") == "-310,System error\n"

    def test_a_failing_query_gives_no_line_and_the_rest_goes_on(self, session: Session) -> None:
        assert ask(session, "SENS:RNG1:UL9:RANG?|SENS:RNG1:UL1:RANG?|*STB?") == "240V\n+4\n"

    def test_command_errors_leave_the_event_status_alone(self, session: Session) -> None:
        ask(session, "*ESR?")
        assert ask(session, "NONSENSE?|*ESR?") == "+0\n"

    def test_queue_of_fifty(self, session: Session) -> None:
        for _ in range(60):
            ask(session, "NONSENSE?")
        assert ask(session, "SYST:ERR:COUN?") == "+50\n"
        assert ask(session, "SYST:ERR:ALL?").endswith("-350,Queue overflow\n")
