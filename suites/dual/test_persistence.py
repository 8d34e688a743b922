"""What survives a hundred power cuts, brown-outs, interruptions of a cycle, and new firmware."""

from __future__ import annotations

from typing import Any

from bench.errors import LinkError
from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import DlmsClient, opened
from bench.protocols.axdr import decode_all, double_long, double_long_unsigned, encode
from bench.protocols.values import as_octets
from bench.record.functions_declaration import EventsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh, credit_for
from bench.run.image_desk import upgrade
from bench.run.log_book import LogBook
from bench.run.prepayment import enter_token, read_credit
from bench.run.spending import Spends

NEEDS = (Need.SOURCE, Need.HANDS, Need.READER, Need.MANAGEMENT)
ENERGY = "1-0:1.8.0.255"
POWER_FAILURES = "0-0:96.7.21.255"
#: Settings that are written to values of their own before, and read back: class, object, attribute.
SETTINGS = (
    (111, "0-0:19.0.0.255", 16, double_long(1234)),
    (1, "0-0:97.98.10.255", 2, double_long_unsigned(0x00FF00FF)),
)
READ = (
    (8, "0-0:1.0.0.255", 3),
    (8, "0-0:1.0.0.255", 5),
    (20, "0-0:13.0.0.255", 2),
    (70, "0-0:96.3.10.255", 4),
)
CYCLES, OFF_S, UP_S = 100, 0.5, 1.0
START_UP_S = 5.0
RAMP = (0.9, 0.8, 0.7, 0.62, 0.58, 0.54, 0.48, 0.3, 0.0)
RAMPS, STEP_S = 3, 0.5
INTERRUPTIONS, CYCLE_S, BETWEEN_S = 5, 0.02, 0.5
CREDIT_WH = 3000.0
TAIL = 8
REGISTER = "the energy register"
NO_LOAD = project_rule("no energy is counted while none flows", Topic.CLOSURE)


@case(
    "dual/hundred_power_cuts",
    project_rule("settings outlive a hundred power cuts", Topic.PERSISTENCE),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_hundred_power_cuts(bench: CaseBench) -> None:
    """Give settings values of their own, cut the supply a hundred times, and read them."""
    bench.energise()
    credit_for(bench, CREDIT_WH)
    with opened(bench.position.client("management")) as client:
        original = [encode(client.get(*target)) for *target, _ in SETTINGS]
        for *target, value in SETTINGS:
            client.set(*target, value)
        before = _state(bench, client)
    actuators, number = bench.position.hands(bench.rack)
    bench.position.link.close()
    for _ in range(CYCLES):
        actuators.supply(number, on=False)
        bench.clock.sleep(OFF_S)
        actuators.supply(number, on=True)
        bench.clock.sleep(UP_S)
    bench.clock.sleep(START_UP_S)
    with opened(bench.position.client("management")) as client:
        after = _state(bench, client)
        for (*target, _), value in zip(SETTINGS, original, strict=True):
            client.set(*target, decode_all(value))
    _judge(bench, f"{CYCLES} power cuts", before, after)


@case(
    "dual/brown_out",
    project_rule("IEC 62055-31 Annex A: accounting over a slow loss of supply", Topic.PERSISTENCE),
    needs=NEEDS,
    alters=[Alters.CREDIT],
    stage=Stage.MEMORY,
)
def test_brown_out(bench: CaseBench) -> None:
    """Let the voltage sink to nothing and rise again in steps, three times: credit and registers are as before."""
    bench.energise()
    credit_for(bench, CREDIT_WH)
    with opened(bench.position.client("management")) as client:
        before = _state(bench, client)
    bench.position.link.close()
    for _ in range(RAMPS):
        for factor in (*RAMP, *RAMP[::-1], 1.0):
            bench.run.load(voltage_factor=factor, current_a=0.0, lag_deg=0.0)
            bench.clock.sleep(STEP_S)
    bench.clock.sleep(START_UP_S)
    with opened(bench.position.client("management")) as client:
        after = _state(bench, client)
    _judge(bench, f"{RAMPS} slow losses of supply", before, after)


@case(
    "dual/interruptions",
    project_rule("IEC 62052-11: an interruption of a cycle disturbs nothing", Topic.EVENT),
    needs=NEEDS,
    stage=Stage.MEMORY,
)
def test_interruptions(bench: CaseBench) -> None:
    """Interrupt the supply for a cycle, five times: no power failure is recorded or counted, and the meter answers."""
    events = bench.declaration.events
    if events is None or "standard" not in events.logs or events.power_up is None:
        bench.state(Outcome.INAPPLICABLE, "no record of power failures is declared")
        return
    bench.energise()
    book = LogBook(bench, events)
    actuators, number = bench.position.hands(bench.rack)
    before, counted = book.tail("standard"), book.count(POWER_FAILURES)
    unanswered = 0
    for _ in range(INTERRUPTIONS):
        actuators.supply(number, on=False)
        bench.clock.sleep(CYCLE_S)
        actuators.supply(number, on=True)
        try:
            unanswered += not book.answers()
        except LinkError:
            unanswered += 1
        bench.clock.sleep(BETWEEN_S)
    bench.clock.sleep(START_UP_S)
    later = book.count(POWER_FAILURES)
    codes = [code for code in (events.power_up, events.power_down) if code is not None]
    seen = bench.observe(
        "interruption",
        {
            "made": INTERRUPTIONS,
            "duration_s": CYCLE_S,
            "rows": book.new("standard", before),
            **book.places("standard"),
            "codes": codes,
            "unanswered": unanswered,
            "counted": later - counted if later is not None and counted is not None else None,
        },
    )
    bench.judge("dual.interruption/1", seen)


@case(
    "dual/firmware_upgrade",
    project_rule("R-065: new firmware keeps credit, tokens, events and settings", Topic.IMAGE),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=3, credit_wh=300),
    stage=Stage.MEMORY,
    irreversible=True,
)
def test_firmware_upgrade(bench: CaseBench) -> None:
    """Transfer, verify and activate the declared image: credit, used tokens, logs and settings stay."""
    declared, events = bench.declaration.firmware, bench.declaration.events
    if declared is None or not declared.image:
        bench.state(Outcome.NOT_RUN, "the declaration names no firmware.image that this meter takes")
        return
    if not counts_kwh(bench):
        bench.state(Outcome.INAPPLICABLE, "no credit in kWh is declared that an upgrade could lose")
        return
    folder = (bench.run.options.declare or bench.position.entry.declaration).parent
    bench.energise()
    token = bench.position.vending.credit(1)
    enter_token(bench.position, token, what="a token before the upgrade", good=True)
    refused = enter_token(bench.position, token, what="the same token before it", good=False)
    with opened(bench.position.client("management")) as client:
        before = _state(bench, client, events)
        version = as_octets(client.get(1, declared.version, 2))
        steps = upgrade(client, declared, folder)
    bench.position.link.close()
    bench.clock.sleep(START_UP_S)
    with opened(bench.position.client("management")) as client:
        after = _state(bench, client, events)
        new_version = as_octets(client.get(1, declared.version, 2))
    again = enter_token(bench.position, token, what="the same token after it", good=False)
    seen = bench.observe(
        "firmware",
        {
            "what": "a new firmware",
            "steps": {step: answer for step, answer in steps.items() if answer != "success"}
            or {"all": "success"},
            "version_before": version.decode("ascii", "replace"),
            "version_after": new_version.decode("ascii", "replace"),
            **_compared(before, after),
            "used_token": {
                "credited_before": refused["credit_after_wh"] - refused["credit_before_wh"],
                "credit_before_wh": again["credit_before_wh"],
                "credit_after_wh": again["credit_after_wh"],
            },
        },
    )
    bench.judge("dual.firmware/1", seen)


def _state(
    bench: CaseBench, client: DlmsClient, events: EventsDeclaration | None = None
) -> dict[str, dict[str, Any]]:
    """Read what must survive: settings, energy, credit, and the ends of the logs."""
    targets = [*(row[:3] for row in SETTINGS), *READ]
    values = {f"{row[0]}/{row[1]}/{row[2]}": encode(client.get(*row)).hex() for row in targets}
    register = client.register(ENERGY)
    energies = {REGISTER: (register.value, register.resolution)}
    if counts_kwh(bench):
        credit = read_credit(client, bench.position)
        energies["the credit"] = (credit.amount_wh, credit.resolution_wh)
    logs: dict[str, Any] = {}
    if events is not None:
        book = LogBook(bench, events)
        logs = {name: book.tail_in(client, name, TAIL) for name in events.logs}
    return {"values": values, "energies": energies, "logs": logs}


def _judge(bench: CaseBench, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Judge what was kept, and apart from it whether energy was counted that nobody drew.

    Such energy is taken from the credit as any other, so credit and register are looked at together; a register that
    falls has forgotten something, one that rises has counted.
    """
    compared = _compared(before, after)
    energies = compared.pop("energies")
    kept = energies
    if len(energies) > 1:
        together = {
            word: sum(item[word] for item in energies.values()) for word in ("before", "after", "room")
        }
        register = energies[REGISTER]
        fallen = {**register, "after": min(register["before"], register["after"])}
        kept = {"what credit and register are together": together, REGISTER: fallen}
    bench.judge("dual.kept/1", bench.observe("kept", {"what": what, **compared, "energies": kept}))
    if len(energies) > 1:
        counted = {"energies": {REGISTER: energies[REGISTER]}, "values": {}, "logs": {}}
        seen = bench.observe("kept", {"what": what, **counted})
        bench.judge("dual.kept/1", seen, sub="energy", requirement=NO_LOAD)


def _compared(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "values": {
            name: {"before": value, "after": after["values"][name]}
            for name, value in before["values"].items()
        },
        "energies": {
            name: {"before": value, "after": after["energies"][name][0], "room": room}
            for name, (value, room) in before["energies"].items()
        },
        "logs": {
            name: {"before": rows, "after": after["logs"][name]} for name, rows in before["logs"].items()
        },
    }
