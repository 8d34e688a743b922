"""Histories: a power failure and a token each leave one row, at their time, and no row tells the token. Our own."""

from __future__ import annotations

from typing import Any

from bench.judgement.access_rights import readable
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.axdr import double_long_unsigned, long_unsigned, structure
from bench.protocols.values import UnexpectedData, as_integer, as_octets
from bench.protocols.xdlms.parts import SelectiveAccess
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.prepayment import enter_token
from bench.run.profile_reading import last_rows, new_rows, read_columns
from bench.run.spending import Spends
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, known_objects

DATA, REGISTER, PROFILE, CLOCK = 1, 3, 7, (8, "0-0:1.0.0.255")
POWER_FAILURES, TOKENS = "1-0:99.97.0.255", "0-0:99.17.0.255"
#: A cut that every meter takes for a power failure; one that says from when on (0-0:96.7.20) is asked.
CUT_S, LONGER, LONG_FROM = 240.0, 1.25, "0-0:96.7.20.255"
#: Duration of the last power failure: of all phases, of each, of any (from memory).
DURATIONS = tuple(f"0-0:96.7.{number}.255" for number in range(15, 20))
START_UP_S, ROWS = 5.0, 6
LEAST_CREDIT = 5
BY_ENTRY, IN_USE, BUFFER = 2, 7, 2


def _profiles(bench: CaseBench, client: DlmsClient) -> list[str]:
    """Return the codes of the profiles whose buffer can be read."""
    return sorted(
        row["obis"]
        for row in known_objects(bench, client, "management")
        if (row["class_id"], row["attribute"]) == (PROFILE, BUFFER) and readable(row)
    )


class History:
    """One history: its rows before something happens, and what is new afterwards."""

    def __init__(self, client: DlmsClient, obis: str) -> None:
        self.obis, self.columns = obis, read_columns(client, obis)
        self._before = last_rows(client, obis, ROWS, selective=False)
        self.begun = _time(client)

    def seen(self, client: DlmsClient, what: str) -> dict[str, Any]:
        """Return the new rows, with the meter's own time then and now."""
        return {
            "what": what,
            "obis": self.obis,
            "rows": new_rows(self._before, last_rows(client, self.obis, ROWS, selective=False)),
            "clock_column": self.columns.place(*CLOCK),
            "begun": self.begun,
            "ended": _time(client),
        }


def _time(client: DlmsClient) -> str:
    return as_octets(client.get(*CLOCK, 2)).hex()


@case(
    "dlms/power_failure_log",
    blue_book_requirement("OBIS 1-0:99.97.0: power failure log", Topic.EVENT),
    needs=(Need.SOURCE, Need.HANDS, Need.READER),
    alters=[Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_power_failure_log(bench: CaseBench) -> None:
    """Cut the supply for some minutes: one row more, within that time, with its duration where one is captured."""
    bench.energise()
    with opened(bench.position.client("reader")) as client:
        try:
            history = History(client, POWER_FAILURES)
        except Refused:
            leave(bench, Outcome.INAPPLICABLE, "no power failure log can be read")
            raise
        cut_s = max(CUT_S, LONGER * _long_from_s(client))
    actuators, number = bench.position.hands(bench.rack)
    bench.position.link.close()
    actuators.supply(number, on=False)
    bench.clock.sleep(cut_s)
    actuators.supply(number, on=True)
    bench.clock.sleep(START_UP_S)
    with opened(bench.position.client("reader")) as client:
        data = history.seen(client, f"a power failure of {cut_s:g} s")
    places = (history.columns.place(class_id, obis) for class_id in (DATA, REGISTER) for obis in DURATIONS)
    column = next((place for place in places if place is not None), None)
    data |= {"duration_s": cut_s, "duration_column": column}
    bench.judge("dlms.history-row/1", bench.observe("history", data))


def _long_from_s(client: DlmsClient) -> float:
    """Return from which duration on the meter takes a power failure for a long one, as far as it says."""
    for class_id in (REGISTER, DATA):
        try:
            return float(as_integer(client.get(class_id, LONG_FROM, 2)))
        except (Refused, UnexpectedData):
            continue
    return 0.0


@case(
    "dlms/token_history",
    project_rule("R-064: a log tells of each token, and never the token", Topic.EVENT),
    needs=(Need.MANAGEMENT, Need.VENDING_KEY),
    alters=[Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=1, credit_wh=500.0),
    stage=Stage.MEMORY,
)
def test_token_history(bench: CaseBench) -> None:
    """Enter a small credit token: the token history has one row more, and no profile holds the digits.

    Management reads them: nobody may read more.
    """
    payment, sts = bench.declaration.payment, bench.declaration.sts
    if sts is None or "gateway" not in sts.carriers:
        leave(bench, Outcome.INAPPLICABLE, "no DLMS token gateway is declared")
    if payment is None or payment.mode != "prepayment" or not counts_kwh(bench):
        leave(
            bench, Outcome.INAPPLICABLE, "no prepayment in kWh is declared, which a small token would credit"
        )
    bench.energise()
    with opened(bench.position.client("management")) as client:
        codes = _profiles(bench, client)
        history = History(client, TOKENS) if TOKENS in codes else None
    token = bench.position.vending.credit(LEAST_CREDIT)
    done = enter_token(bench.position, token, what="a small credit token", good=True)
    if done["action_result"] != "success" or done["credit_after_wh"] <= done["credit_before_wh"]:
        leave(bench, Outcome.INCONCLUSIVE, f"the token was not credited: {done['action_result']}")
    with opened(bench.position.client("management")) as client:
        told = history.seen(client, "a credit token") if history is not None else None
        profiles = _search(bench, client, codes, token)
    if told is not None:
        bench.judge("dlms.history-row/1", bench.observe("history", told), sub="row")
    bench.judge("dlms.tokens-hidden/1", bench.observe("profiles", {"profiles": profiles}), sub="hidden")


def _search(bench: CaseBench, client: DlmsClient, codes: list[str], token: str) -> list[dict[str, Any]]:
    """Return which profiles hold the token, as digits, two to an octet, or as a number."""
    shapes = (token.encode("ascii").hex(), token, f"{int(token):018x}")
    management = bench.position.association("management")
    selective = management is not None and "selective-access" in management.conformance
    found = []
    for obis in codes:
        octets = _newest(Reader(client), client, obis, selective)
        if octets is not None:
            found.append({"obis": obis, "holds_token": any(shape in octets for shape in shapes)})
    return found


def _newest(reader: Reader, client: DlmsClient, obis: str, selective: bool) -> str | None:
    """Return the ends of a buffer, coded: the newest rows are among them, whichever way it sorts."""
    try:
        in_use = as_integer(client.get(PROFILE, obis, IN_USE))
    except (Refused, UnexpectedData):
        return None
    if not selective or in_use <= 2 * ROWS:
        whole: str | None = reader.read(PROFILE, obis, BUFFER)["value"]
        return whole
    parts = []
    for first, last in ((1, 2), (in_use - 1, in_use)):
        span = structure(
            double_long_unsigned(first), double_long_unsigned(last), long_unsigned(1), long_unsigned(0)
        )
        access = SelectiveAccess(selector=BY_ENTRY, parameters=span)
        parts.append(reader.read(PROFILE, obis, BUFFER, access)["value"] or "")
    return "".join(parts)
