"""What can be done to a meter in a supply story: by DLMS, token, button, load, supply and hands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bench.errors import BenchFault
from bench.meter.dlms_client import Refused
from bench.meter.vending import NEXT_TID
from bench.protocols.axdr import (
    Data,
    array,
    double_long,
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.sts.fields import ClearCredit, ClearTamperCondition, TransferCredit
from bench.protocols.values import as_integer, as_octets
from bench.record.declaration import PaymentDeclaration, SupplyDeclaration
from bench.run.broadcast import disconnect_to_all, fresh_counter
from bench.run.meter_clock import time_of, without_deviation
from bench.run.prepayment import CREDIT, DISCONNECT_CONTROL, TOKEN_GATEWAY
from bench.run.supply_desk import ACCOUNT, SupplyDesk
from bench.run.switch import BUTTON, START_UP_S
from bench.run.token_carriers import NOT_YET_PROCESSED, encode_token, read_status, time_out_s

Action = Callable[[SupplyDesk, Mapping[str, Any]], str]

#: A token takes this long from entry to effect and readiness for the next one, where nothing is declared.
TOKEN_S = 0.6
PAYMENT_MODES = {"credit": 1, "prepayment": 2}
ACTIVE = 2
CLOCK = (8, "0-0:1.0.0.255")
FRIENDLY, NORMAL = 1, 2
#: Number of the day profile of special days; every other day is of the first.
SPECIAL_DAY = 2
#: The response "disconnect" of a tamper condition.
LOG_ONLY, DISCONNECTS = 0, 2
COVER = "cover"
SECONDS_PER_DAY = 86_400
#: A frame of a hundred octets at the slowest rate, and its taking; counters of one second are told apart.
BROADCAST_S = 5.0
SENT = "success"


def supply_of(desk: SupplyDesk) -> SupplyDeclaration:
    """Return the declared rules of the switch."""
    declared = desk.bench.declaration.supply
    if declared is None:
        raise BenchFault("A supply story without declared [supply].")
    return declared


def payment_of(desk: SupplyDesk) -> PaymentDeclaration:
    """Return the declared rules of payment."""
    declared = desk.bench.declaration.payment
    if declared is None:
        raise BenchFault("A supply story without declared [payment].")
    return declared


def _named(obis: str | None, what: str) -> str:
    if obis is None:
        raise BenchFault(f"A story needs {what}, which is not declared.")
    return obis


# -- switch


def _remote(method: int) -> Action:
    return lambda desk, _: desk.ask(DISCONNECT_CONTROL, method, integer(0))


def _script(number: int) -> Action:
    def run(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
        obis = _named(supply_of(desk).scripts, "a script table")
        return desk.ask((9, obis), 1, long_unsigned(number))

    return run


def _broadcast(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
    """Tell all stations of the line to open; nobody answers, so that it was sent is all that is known."""
    desk.client.get(*CLOCK, 2)  # the line is up
    desk.position.link.send(disconnect_to_all(desk.position, counter=fresh_counter(desk.position)))
    desk.bench.clock.sleep(BROADCAST_S)
    return SENT


def _button(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
    desk.hands.keypad(desk.number, BUTTON)
    return "pressed"


def _control_mode(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    return desk.write(DISCONNECT_CONTROL, 4, enum(with_what["mode"]))


def _schedule(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Have the switch opened at a time of the meter's clock; an empty list takes it back."""
    obis = _named(supply_of(desk).schedule, "a schedule of the switch")
    scripts = _named(supply_of(desk).scripts, "a script table")
    for attribute in (4, 2):
        desk.hold((22, obis), attribute)
    script, begun_s = (
        structure(octet_string(Obis(scripts).to_bytes()), long_unsigned(1)),
        desk.bench.clock.now(),
    )
    answer = desk.write((22, obis), 2, script)
    if answer != "success":
        return answer
    times = []
    if with_what.get("in_s"):
        # it must still be ahead when the meter has it: a write takes as long as the last one did
        ahead_s = with_what["in_s"] + math.ceil(desk.bench.clock.now() - begun_s)
        due = clock_of(desk) + timedelta(seconds=ahead_s)
        desk.added["due_s"] = round(desk.bench.clock.now() + ahead_s, 3)
        on = due.year.to_bytes(2) + bytes([due.month, due.day, 0xFF])
        times = [structure(octet_string(bytes([due.hour, due.minute, due.second, 0])), octet_string(on))]
    return desk.write((22, obis), 4, array(*times))


# -- credit


def _set_credit(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Bring the token credit to an amount: by the credit object, else by ClearCredit and a token."""
    wanted_wh = with_what["wh"]
    payment = payment_of(desk)
    if payment.credit_settable:
        amount = round(wanted_wh / payment.credit_resolution_wh)
        return desk.ask(CREDIT, 2, double_long(amount))
    answer = _enter(desk, desk.position.vending.issue(ClearCredit(tid=NEXT_TID)).digits, "gateway")
    _processed(desk)
    if wanted_wh > 0:
        answer = _token(desk, {"wh": wanted_wh})
    return answer


def _token(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    least_units = max(1, round(with_what.get("wh", 1000) / 100))
    sale = desk.position.vending.issue(TransferCredit(tid=NEXT_TID, least_units=least_units))
    answer = _enter(desk, sale.digits, with_what.get("carrier", "gateway"))
    _processed(desk)
    return answer


def _clear_tamper(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    sale = desk.position.vending.issue(ClearTamperCondition(tid=NEXT_TID))
    answer = _enter(desk, sale.digits, with_what.get("carrier", "gateway"))
    _processed(desk)
    return answer


def _enter(desk: SupplyDesk, digits: str, carrier: str) -> str:
    """Enter a token; the switch and the credit will show what became of it."""
    sts = desk.bench.declaration.sts
    if sts is None:
        raise BenchFault("A token without declared [sts].")
    octets = encode_token(digits, sts.token_encoding)
    for form in {octets, digits.encode("ascii")}:
        desk.position.secrets.learn(f"token {len(desk.position.secrets)}", form)
    if carrier == "keypad":
        desk.hands.keypad(desk.number, f"{digits}E")
        return "keyed in"
    return desk.ask(TOKEN_GATEWAY, 1, octet_string(octets))


def _processed(desk: SupplyDesk) -> None:
    """Give a token its time; where the gateway tells that it is not through yet, until it is."""
    clock, sts = desk.bench.clock, desk.bench.declaration.sts
    clock.sleep(_token_s(desk))
    if sts is None or "gateway" not in sts.carriers:
        return
    deadline_s = clock.now() + time_out_s(sts)
    while read_status(desk.client)[0] == NOT_YET_PROCESSED and clock.now() < deadline_s:
        clock.sleep(TOKEN_S)


def _token_s(desk: SupplyDesk) -> float:
    sts = desk.bench.declaration.sts
    return TOKEN_S if sts is None or sts.token_time_s is None else sts.token_time_s


def _race(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Token and remote disconnect one right after the other, in the order asked for."""
    digits = desk.position.vending.credit(2)
    carrier = with_what.get("carrier", "gateway")

    def token() -> str:
        return _enter(desk, digits, carrier)

    def disconnect() -> str:
        return desk.ask(DISCONNECT_CONTROL, 1, integer(0))

    both = (token, disconnect) if with_what["token_first"] else (disconnect, token)
    if with_what.get("swap_module"):
        swap_module(desk)
    answers = [act() for act in both]
    desk.bench.clock.sleep(_token_s(desk))
    return answers[-1] if with_what["token_first"] else answers[0]


def _emergency(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
    emergency = payment_of(desk).emergency
    obis = _named(emergency.credit if emergency is not None else None, "emergency credit")
    return desk.ask((CREDIT[0], obis), 3, integer(0))


def _payment_mode(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    number = PAYMENT_MODES[with_what["mode"]]
    return desk.write(ACCOUNT, 2, structure(enum(number), enum(ACTIVE)))


def _friendly(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Let friendly hours begin now, for good or for a while, or end.

    With ``special`` that is so because today is a special day; every other day is the opposite.
    """
    friendly = payment_of(desk).friendly
    obis = _named(friendly.calendar if friendly is not None else None, "a calendar of friendly hours")
    starts: list[tuple[timedelta, int]] = []
    if with_what["on"]:
        starts = [(timedelta(), FRIENDLY)]
        if with_what.get("for_s"):
            now = clock_of(desk)
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            starts = friendly_from(now - midnight, with_what["for_s"])
    script = octet_string(Obis("0-0:10.0.109.255").to_bytes())
    if with_what.get("special"):
        days, answer = _special_days(desk, script, friendly=with_what["on"])
        if answer != "success":
            return answer
    else:
        actions = [
            structure(octet_string(_time_of_day(at)), script, long_unsigned(number)) for at, number in starts
        ]
        days = array(structure(unsigned(1), array(*actions))) if actions else array()
    desk.hold((20, obis), 5)
    answer = desk.write((20, obis), 9, days)
    return answer if answer != "success" else desk.ask((20, obis), 1, integer(0))


def friendly_from(now: timedelta, for_s: float) -> list[tuple[timedelta, int]]:
    """Return the starts of every day, by the time since midnight, that make it friendly for so long from now.

    Hours that end after midnight do so on the next day. The day after is as this one.
    """
    day = timedelta(days=1)
    end = (now + timedelta(seconds=for_s)) % day
    at_midnight = FRIENDLY if end < now and end > timedelta() else NORMAL
    starts = {timedelta(): at_midnight, end: NORMAL, now: FRIENDLY}
    return sorted(starts.items())


def _special_days(desk: SupplyDesk, script: Data, *, friendly: bool) -> tuple[Data, str]:
    """Make today and tomorrow special days; return the day profiles, the second is theirs, and the answer."""
    declared = payment_of(desk).friendly
    obis = _named(declared.special_days if declared is not None else None, "special days of friendly hours")
    today = clock_of(desk)
    entries = [
        structure(long_unsigned(index), octet_string(on), unsigned(SPECIAL_DAY))
        for index in (1, 2)
        for day in (today + timedelta(days=index - 1),)
        for on in (day.year.to_bytes(2) + bytes([day.month, day.day, 0xFF]),)
    ]
    midnight = octet_string(_time_of_day(timedelta()))
    scripts = {1: NORMAL if friendly else FRIENDLY, SPECIAL_DAY: FRIENDLY if friendly else NORMAL}
    days = array(
        *(
            structure(unsigned(day), array(structure(midnight, script, long_unsigned(number))))
            for day, number in scripts.items()
        )
    )
    desk.hold((11, obis), 2)
    return days, desk.write((11, obis), 2, array(*entries))


def _time_of_day(at: timedelta) -> bytes:
    seconds = int(at.total_seconds())
    return bytes([seconds // 3600, seconds // 60 % 60, seconds % 60, 0])


def clock_of(desk: SupplyDesk) -> Any:
    """Return the local time that the meter's clock shows (without zone)."""
    shown = DateTime.from_bytes(as_octets(desk.client.get(*CLOCK, 2)))
    utc = shown.to_datetime()
    return utc - timedelta(minutes=shown.deviation_min or 0)


def _set_clock(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Set the meter's clock forward, or back where ``by_s`` is negative."""
    time = time_of(desk.bench, desk.client)
    wanted = desk.bench.clock.utc() + time.offset + timedelta(seconds=with_what["by_s"])
    return time.set(desk.client, wanted)


# -- limiter


def _limit(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Set the normal threshold of the limiter in W, and how long it may be exceeded."""
    obis = _named(supply_of(desk).limiter, "a limiter object")
    answer = _threshold(desk, obis, 4, with_what["w"])
    if answer == "success" and "over_s" in with_what:
        desk.hold((71, obis), 6)
        answer = desk.write((71, obis), 6, double_long_unsigned(with_what["over_s"]))
    return answer


def _threshold(desk: SupplyDesk, obis: str, attribute: int, value_w: int) -> str:
    """Write a threshold of the limiter in the type that it has there."""
    desk.hold((71, obis), attribute)
    kind = desk.client.get(71, obis, attribute).type
    return desk.write((71, obis), attribute, Data(kind, value_w))


def _emergency_limit(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Let the emergency profile of the limiter begin now, or ``in_s`` later, for a while."""
    obis = _named(supply_of(desk).limiter, "a limiter object")
    time = time_of(desk.bench, desk.client)
    begins = time.shown(time.now() + timedelta(seconds=with_what.get("in_s", 0)))
    group, answer = _emergency_group(desk, obis)
    if answer == "success":
        desk.hold((71, obis), 8)
        answer = _threshold(desk, obis, 5, with_what["w"])
    if answer != "success":
        return answer
    # local time first, which no meter reads by the wrong sign of a deviation
    for when in (without_deviation(begins), begins):
        profile = structure(
            long_unsigned(group), octet_string(when), double_long_unsigned(with_what["for_s"])
        )
        answer = desk.write((71, obis), 8, profile)
        if answer == "success":
            break
    return answer


def _emergency_group(desk: SupplyDesk, obis: str) -> tuple[int, str]:
    """Return a group of emergency profiles that the limiter is of, put into one if it is of none, and its answer."""
    target = (71, obis)
    try:
        groups = [as_integer(group) for group in desk.client.get(*target, 9).items()]
    except Refused as refusal:
        return 0, str(refusal.result)
    if groups:
        return groups[0], "success"
    desk.hold(target, 9)
    return 1, desk.write(target, 9, array(long_unsigned(1)))


# -- world


def _load(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    plate = desk.bench.declaration.nameplate
    current_a = with_what["w"] / (plate.voltage_v * plate.elements)
    desk.bench.run.load(voltage_factor=1.0, current_a=current_a, lag_deg=0.0)
    desk.load_w = float(with_what["w"])
    return ""


def draw_until_open(desk: SupplyDesk, power_w: int, longest_s: float) -> bool:
    """Draw a load, and leave it on, until the switch opens; return whether it did within a time."""
    _load(desk, {"w": power_w})
    clock = desk.bench.clock
    return clock.wait(lambda: not desk.hands.load_side_live(desk.number), clock.now() + longest_s)


def _wait(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    if with_what["s"] > desk.bench.declaration.communication.silence_allowed_s / 2:
        desk.hang_up()
    desk.bench.clock.sleep(with_what["s"])
    return ""


def _power_cut(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Cut the supply of the position and give it back; tell whether the load side came alive on the way."""
    desk.bench.clock.sleep(with_what.get("after_s", 0.0))
    desk.hands.supply(desk.number, on=False)
    desk.drop()
    desk.bench.clock.sleep(with_what.get("off_s", 10.0))
    desk.hands.supply(desk.number, on=True)
    rises = desk.bench.clock.wait(
        lambda: desk.hands.load_side_live(desk.number), desk.bench.clock.now() + START_UP_S
    )
    if rises:  # the meter may not be up yet
        desk.bench.clock.sleep(START_UP_S)
    return "live at power-up" if rises else "dead at power-up"


def _disconnect_and_cut(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    answer = desk.ask(DISCONNECT_CONTROL, 1, integer(0))
    _power_cut(desk, with_what)
    return answer


def _reconnect_and_disconnect(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
    """Take a reconnection back before the switch can have moved; the last word is to hold."""
    desk.ask(DISCONNECT_CONTROL, 2, integer(0))
    return desk.ask(DISCONNECT_CONTROL, 1, integer(0))


def _reconnect_and_token(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Enter a token before the switch can have followed a reconnection."""
    answer = desk.ask(DISCONNECT_CONTROL, 2, integer(0))
    _token(desk, with_what)
    return answer


def _bridge(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    desk.hands.bridge(desk.number, closed=with_what["closed"])
    desk.bridged = with_what["closed"]
    return ""


def _tamper(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Open or close the meter cover, and give the meter the time it needs to believe it."""
    events = desk.bench.declaration.events
    condition = events.condition_named(COVER) if events is not None else None
    if condition is None:
        raise BenchFault("A story needs a meter that watches its cover.")
    desk.hands.cover(desk.number, "meter", opened=with_what["open"])
    desk.bench.clock.sleep(2 * condition.after_s + 1.0)
    return ""


def _tamper_response(desk: SupplyDesk, with_what: Mapping[str, Any]) -> str:
    """Configure whether an opened cover disconnects."""
    events = desk.bench.declaration.events
    condition = events.condition_named(COVER) if events is not None else None
    if events is None or condition is None:
        raise BenchFault("A story needs a meter that watches its cover.")
    wanted = DISCONNECTS if with_what["disconnects"] else LOG_ONLY
    desk.hold((1, events.responses), 2)
    responses = array(structure(long_unsigned(condition.begins), enum(wanted)))
    return desk.write((1, events.responses), 2, responses)


def swap_module(desk: SupplyDesk) -> None:
    """Pull the communication module out and plug it in again."""
    modules = desk.bench.declaration.modules
    name = modules.names[0] if modules is not None and modules.names else ""
    desk.hands.module(desk.number, "")
    desk.hands.module(desk.number, name)


def _swap(desk: SupplyDesk, _: Mapping[str, Any]) -> str:
    swap_module(desk)
    return ""


ACTIONS: Mapping[str, Action] = {
    "remote_disconnect": _remote(1),
    "remote_reconnect": _remote(2),
    "reconnect_and_disconnect": _reconnect_and_disconnect,
    "script_disconnect": _script(1),
    "broadcast_disconnect": _broadcast,
    "script_reconnect": _script(2),
    "schedule": _schedule,
    "button": _button,
    "control_mode": _control_mode,
    "set_credit": _set_credit,
    "token": _token,
    "clear_tamper": _clear_tamper,
    "race": _race,
    "emergency": _emergency,
    "payment_mode": _payment_mode,
    "friendly": _friendly,
    "set_clock": _set_clock,
    "limit": _limit,
    "emergency_limit": _emergency_limit,
    "load": _load,
    "wait": _wait,
    "power_cut": _power_cut,
    "disconnect_and_cut": _disconnect_and_cut,
    "reconnect_and_token": _reconnect_and_token,
    "bridge": _bridge,
    "tamper": _tamper,
    "tamper_response": _tamper_response,
    "module": _swap,
}
