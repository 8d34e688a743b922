"""Who and what was tested, with which instruments, by which rules: enough to find it all again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import PurePath

from bench.record.model import Outcome
from bench.record.reader import Record
from reports.markup import Markup, folded, join, pairs, section, table, tag, text
from reports.quantities import duration_text, plain, utc_text
from reports.run_view import RunView
from reports.source_status import COMMAND_CONFIDENCE


def identification(view: RunView) -> Markup:
    return section(
        "identification",
        "Identification",
        tag("div", _meter(view), _run(view), css="two"),
        tag("h3", "Positions"),
        _positions(view),
        tag("h3", "Instruments"),
        _instruments(view),
    )


def _meter(view: RunView) -> Markup:
    declaration = _part(view.positions[0], "declaration") if view.positions else {}
    identity, nameplate = _part(declaration, "identity"), _part(declaration, "nameplate")
    accuracy, payment = _part(declaration, "accuracy"), _part(declaration, "payment")
    sts, link = _part(declaration, "sts"), _part(declaration, "communication")
    edition = f"{accuracy.get('standard', '')}:{accuracy.get('edition', '')}".strip(":")
    accuracy_class = accuracy.get("class", accuracy.get("accuracy_class"))
    rows = [
        ("Manufacturer", join([str(identity.get("manufacturer", "")), _flag(identity)])),
        ("Type", identity.get("type")),
        ("Accuracy class", f"class {accuracy_class}, {edition}" if accuracy_class else edition),
        ("Nameplate", _nameplate(nameplate)),
        ("Connection", _connection(nameplate)),
        ("Communication", _communication(link)),
        ("Token system", _tokens(sts)),
        ("Payment", " / ".join(str(payment[name]) for name in ("mode", "accounting") if name in payment)),
    ]
    return tag("div", tag("h3", "Meter, as declared by its manufacturer"), pairs(rows))


def _run(view: RunView) -> Markup:
    software, plan, rig = view.section("software"), view.section("plan"), view.section("rig")
    rows = [
        ("Run", view.run_id),
        ("Started", utc_text(view.session.get("started_utc", "not recorded"))),
        ("Finished", utc_text(view.finished["utc"]) if view.finished.get("utc") else "no end recorded"),
        ("Duration", _durations(view)),
        ("Bench", f"{rig.get('name', 'not recorded')}" + (" (virtual)" if view.virtual else "")),
        ("Plan", _named_hash(plan)),
        ("Decision rule", plan.get("decision_rule", "not recorded")),
        ("Seed", str(view.session["seed"]) if "seed" in view.session else "not recorded"),
        ("Software", " ".join(str(software[key]) for key in ("name", "version") if key in software)),
        ("Python", software.get("python")),
        ("Command", tag("code", _command(view))),
        ("Exit code", str(view.finished["exit_code"]) if "exit_code" in view.finished else None),
    ]
    return tag("div", tag("h3", "Run"), pairs(rows))


def _positions(view: RunView) -> Markup:
    rows = []
    for position in view.positions:
        name = str(position.get("name", ""))
        identity = _part(_part(position, "declaration"), "identity")
        tally = dict.fromkeys(Outcome, 0)
        for verdict in view.verdicts:
            if verdict.position == name:
                tally[verdict.outcome] += 1
        conditional = tally[Outcome.CONDITIONAL_FAIL] + tally[Outcome.CONDITIONAL_PASS]
        open_ones = tally[Outcome.INCONCLUSIVE] + tally[Outcome.ERROR]
        rows.append(
            [
                name,
                position.get("serial_number") or identity.get("serial_number"),
                identity.get("logical_device_name"),
                tally[Outcome.FAILED],
                conditional,
                open_ones,
                tally[Outcome.PASSED],
                tally[Outcome.NOT_RUN] + tally[Outcome.INAPPLICABLE],
                tag("code", position.get("meter", "")),
            ]
        )
    head = (
        "Position",
        "Serial number",
        "Logical device name",
        "FAILED",
        "Conditional",
        "Inconclusive, error",
        "PASSED",
        "Not tested",
        "Reached at",
    )
    return table(head, rows, css="stack")


def _instruments(view: RunView) -> Markup:
    started = _date(view.session.get("started_utc"))
    rows = []
    for instrument in view.section("rig").get("instruments", ()):
        calibration = _part(instrument, "calibration")
        rows.append(
            [
                instrument.get("name"),
                instrument.get("role"),
                join([str(instrument.get("identity", "not read")), _driver(instrument)], " "),
                _calibration(calibration, started),
                _uncertainty(calibration),
                _letter(instrument),
            ]
        )
    head = ["Name", "Role", "Identity and driver", "Calibration", "Uncertainty, class", "Commands"]
    letters = "; ".join(f"{row.letter}: {row.meaning}" for row in COMMAND_CONFIDENCE)
    meaning = f"Commands: how sure we are that they mean to the instrument what the driver means. {letters}."
    return join([table(head, rows, css="stack"), tag("p", meaning, css="fine"), _weaker_commands(view)])


def _letter(instrument: Record) -> str:
    """Return how sure the driver's commands are on the whole; a bare letter is accepted."""
    confidence = instrument.get("command_confidence", "not recorded")
    return str(confidence.get("summary", "not recorded") if isinstance(confidence, Mapping) else confidence)


def _weaker_commands(view: RunView) -> Markup:
    """Return the commands that are less sure than their driver, folded."""
    rows = []
    for instrument in view.section("rig").get("instruments", ()):
        weaker = _part(instrument, "command_confidence").get("uncertain", ())
        rows += [
            [
                instrument.get("name"),
                tag("code", leaf.get("leaf", "")),
                leaf.get("confidence"),
                leaf.get("why"),
            ]
            for leaf in weaker
        ]
    if not rows:
        return Markup("")
    listed = table(("Instrument", "Command", "Sure", "Why"), rows, css="stack")
    return folded(f"Commands less sure than their driver: {len(rows)}", listed)


def _driver(instrument: Record) -> Markup:
    return tag("small", ", ".join(str(instrument[k]) for k in ("driver", "resource") if k in instrument))


def _calibration(calibration: Record, started: date | None) -> Markup:
    certificate, due = calibration.get("certificate"), calibration.get("due")
    if not certificate and not due:
        return text("none recorded")
    said = f"certificate {certificate or 'not named'}, " + (f"due {due}" if due else "no due date")
    expires = _date(due)
    if expires is not None and started is not None and expires < started:
        return join([said, tag("b", ", OVERDUE at the time of the run")])
    return text(said)


def _uncertainty(calibration: Record) -> str:
    uncertainty, its_class = calibration.get("uncertainty_pct"), calibration.get("class_pct")
    said = [f"U {uncertainty} % (k = 2)"] if uncertainty is not None else []
    return ", ".join([*said, f"class {its_class}"] if its_class is not None else said)


def _nameplate(nameplate: Record) -> str:
    said = []
    for name, unit in (("voltage_v", "V"), ("frequency_hz", "Hz"), ("meter_constant_imp_per_kwh", "imp/kWh")):
        if isinstance(nameplate.get(name), int | float):
            said.append(f"{plain(nameplate[name])} {unit}")
    basic, maximum = nameplate.get("basic_current_a"), nameplate.get("maximum_current_a")
    if isinstance(basic, int | float) and isinstance(maximum, int | float):
        said.insert(1, f"{plain(basic)}({plain(maximum)}) A")
    return ", ".join(said)


def _connection(nameplate: Record) -> str:
    elements = nameplate.get("elements")
    said = str(nameplate.get("connection", ""))
    return f"{said}, {elements} measuring element{'' if elements == 1 else 's'}" if elements else said


def _communication(link: Record) -> str:
    said = [str(link.get("framing", "")).upper()]
    if "baud" in link:
        said.append(f"{link['baud']} baud")
    if "server_upper" in link:
        lower = link.get("server_lower")
        said.append(f"server address {link['server_upper']}" + ("" if lower is None else f"/{lower}"))
    return ", ".join(filter(None, said))


def _tokens(sts: Record) -> str:
    shown = (
        ("", "encryption_algorithm"),
        ("", "dkga"),
        ("SGC ", "supply_group_code"),
        ("TI ", "tariff_index"),
        ("KRN ", "key_revision_number"),
    )
    said = ", ".join(f"{word}{sts[name]}" for word, name in shown if sts.get(name) is not None)
    return f"STS, {said}" if said else ""


def _flag(identity: Record) -> str:
    return f" (FLAG {identity['flag_id']})" if identity.get("flag_id") else ""


def _durations(view: RunView) -> str:
    said = []
    for name, words in (("bench_time_s", "of bench time"), ("wall_time_s", "of wall time")):
        if isinstance(view.finished.get(name), int | float):
            said.append(f"{duration_text(view.finished[name])} {words}")
    return ", ".join(said)


def _command(view: RunView) -> str:
    """Return the command without the folders of the machine it ran on."""
    words = [str(word) for word in view.session.get("command", ())]
    if words:
        program = PurePath(words[0])
        words[0] = program.parent.name if program.name == "__main__.py" else program.name
    return shlex.join(words)


def _named_hash(plan: Record) -> Markup:
    name = str(plan.get("name", "not recorded"))
    return join([name, " ", tag("code", str(plan["hash"])[:16])]) if plan.get("hash") else text(name)


def _part(record: Record, name: str) -> Record:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _date(value: object) -> date | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).date()
