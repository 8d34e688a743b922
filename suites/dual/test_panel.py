"""Display, keypad and DLMS tell the same; the sign of low credit shows when it must."""

from __future__ import annotations

from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import Refused, opened
from bench.metrology.tariff_calendar import Tariffs
from bench.protocols.axdr import double_long
from bench.protocols.values import as_integer, as_octets
from bench.record.functions_declaration import PanelDeclaration
from bench.record.model import Observation, Outcome, Topic
from bench.run.calendar_desk import CalendarDesk, own_calendar
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.display_pages import asked_for, pages
from bench.run.prepayment import ensure_credit, read_credit

NEEDS = (Need.SOURCE, Need.HANDS, Need.READER, Need.MANAGEMENT)
ENERGY = "1-0:1.8.0.255"
SERIAL = (1, "0-0:96.1.0.255", 2)
ACCOUNT = (111, "0-0:19.0.0.255")
LOW_CREDIT_THRESHOLD = 16
CREDIT_WH = 3000.0
#: Energy used between readings of the credit, so that they fall on all parts of a kWh.
USED_WH = (0.0, 333.0, 333.0)
#: Energy that shows in the last digit of every display.
CODES_WH = 333.0
#: A load that moves the credit a little.
DRAW_S = 11.0
#: So far the threshold is set from the credit, in units of the credit register: a kWh.
APART = 1000
SECOND_RATE = 2


@case(
    "dual/display_credit",
    project_rule("R-037: display and DLMS show one balance", Topic.HMI),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_display_credit(bench: CaseBench) -> None:
    """Read the credit from the display and by DLMS, at some amounts."""
    if _panel(bench) is None:
        return
    readings = []
    for energy_wh in USED_WH:
        _use(bench, energy_wh)
        with opened(bench.position.client("reader")) as client:
            credit = read_credit(client, bench.position)
        readings.append(
            {
                "pages": pages(bench),
                "dlms_wh": credit.amount_wh,
                "resolution_wh": credit.resolution_wh,
            }
        )
    bench.judge("dual.display-credit/3", bench.observe("display-credit", {"readings": readings}))


@case(
    "dual/short_codes",
    project_rule("R-027, R-037: what a short code shows is what DLMS reads", Topic.HMI),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS, Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_short_codes(bench: CaseBench) -> None:
    """Enter each declared short code; with energy in more than one tariff enter it again, and read the same by DLMS.

    What was shown the first time must not be shown for ever.
    """
    panel = _panel(bench)
    if panel is None:
        return
    if not panel.short_codes:
        bench.state(Outcome.INAPPLICABLE, "no short codes are declared")
        return
    actuators, number = bench.position.hands(bench.rack)
    for code in panel.short_codes.values():
        asked_for(bench, code)
    actuators.keypad(number, "C")
    tariffs = bench.declaration.tariffs
    if tariffs is not None and tariffs.rates >= SECOND_RATE:
        with own_calendar(bench, tariffs):
            for rate in (1, SECOND_RATE):
                with opened(bench.position.client("management")) as client:
                    CalendarDesk(client, tariffs).install(_whole_day(rate))
                _use(bench, CODES_WH)
            _codes(bench, panel)
    else:
        _use(bench, CODES_WH)
        _codes(bench, panel)


def _codes(bench: CaseBench, panel: PanelDeclaration) -> None:
    actuators, number = bench.position.hands(bench.rack)
    for what, code in panel.short_codes.items():
        display = asked_for(bench, code)
        seen = bench.observe(
            "short-code", {"what": what, "code": code, "display": display, **_by_dlms(bench, what)}
        )
        bench.judge("dual.short-code/2", seen, sub=what)
    actuators.keypad(number, "C")


def _by_dlms(bench: CaseBench, what: str) -> dict[str, Any]:
    with opened(bench.position.client("reader")) as client:
        if what == "total-energy":
            register = client.register(ENERGY)
            return {"dlms_wh": register.value, "resolution_wh": register.resolution}
        if what == "credit":
            credit = read_credit(client, bench.position)
            return {"dlms_wh": credit.amount_wh, "resolution_wh": credit.resolution_wh}
        if what == "serial-number":
            return {"dlms": as_octets(client.get(*SERIAL)).decode("ascii", "replace")}
        tariffs = bench.declaration.tariffs
        obis = tariffs.active_rate if tariffs is not None else "0-0:96.14.0.255"
        return {"dlms": str(as_integer(client.get(1, obis, 2)))}


def _whole_day(rate: int) -> Tariffs:
    return Tariffs(
        seasons={"ALL": (1, 1, "W")}, weeks={"W": (1,) * 7}, days={1: (("00:00", rate),)}, special={}
    )


@case(
    "dual/low_credit",
    project_rule("R-038: sign of low credit", Topic.HMI),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS, Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_low_credit(bench: CaseBench) -> None:
    """Put the threshold a kWh below and a kWh above the credit; the sign follows."""
    panel = _panel(bench)
    if panel is None:
        return
    if not panel.low_credit_text:
        bench.state(Outcome.INAPPLICABLE, "the display has no sign of low credit")
        return
    with opened(bench.position.client("management")) as client:
        original = as_integer(client.get(*ACCOUNT, LOW_CREDIT_THRESHOLD))
    try:
        seen = [_at_threshold(bench, panel, apart) for apart in (-APART, APART)]
    finally:
        with opened(bench.position.client("management")) as client:
            client.set(*ACCOUNT, LOW_CREDIT_THRESHOLD, double_long(original))
    bench.judge("dual.low-credit/2", *seen)


def _at_threshold(bench: CaseBench, panel: PanelDeclaration, apart: int) -> Observation:
    unit_wh = bench.declaration.payment.credit_resolution_wh if bench.declaration.payment is not None else 1.0
    with opened(bench.position.client("management")) as client:
        held = round(read_credit(client, bench.position).amount_wh / unit_wh)
        try:
            client.set(*ACCOUNT, LOW_CREDIT_THRESHOLD, double_long(held + apart))
            answer = "success"
        except Refused as refusal:
            answer = str(refusal.result)
    _draw(bench, DRAW_S)
    with opened(bench.position.client("reader")) as client:
        credit = read_credit(client, bench.position).amount_wh / unit_wh
    data = {
        "answer": answer,
        "threshold": held + apart,
        "credit": credit,
        "pages": pages(bench),
        "sign": panel.low_credit_text,
    }
    return bench.observe("low-credit", data)


def _panel(bench: CaseBench) -> PanelDeclaration | None:
    """Return the declared panel, with voltage and credit on the meter; write the verdict where there is none."""
    panel, payment = bench.declaration.panel, bench.declaration.payment
    if panel is None or payment is None or payment.accounting != "kwh":
        bench.state(Outcome.INAPPLICABLE, "no display of a credit in kWh is declared")
        return None
    bench.energise()
    ensure_credit(bench.position, CREDIT_WH)
    return panel


def _use(bench: CaseBench, energy_wh: float) -> None:
    """Use some energy at the maximum current."""
    if not energy_wh:
        return
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    bench.run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
    bench.clock.sleep(energy_wh * 3600 / power_w)
    bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)


def _draw(bench: CaseBench, duration_s: float) -> None:
    """Draw a third of the basic current for a while."""
    plate = bench.declaration.nameplate
    bench.run.load(voltage_factor=1.0, current_a=plate.basic_current_a / 3, lag_deg=0.0)
    bench.clock.sleep(duration_s)
    bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
