"""``meterbench rig list | identify | shell | check``: what stands on the bench, and whether it is wired right."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.errors import BenchFault, PlanError


def add_parser(commands: Any) -> None:
    """Add the sub-command and its four actions."""
    parser = commands.add_parser(
        "rig", help="the instruments of a rig: list, identify, talk to, check the wiring"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the instruments of a rig file, or the known drivers")
    listing.add_argument("rig", type=Path, nargs="?", metavar="RIG", help="rig file; without it: the drivers")
    listing.set_defaults(func=_list)
    identify = actions.add_parser("identify", help="open every instrument and ask who it is")
    identify.add_argument("rig", type=Path, metavar="RIG")
    identify.set_defaults(func=_identify)
    shell = actions.add_parser("shell", help="send lines to one instrument and see what it answers")
    shell.add_argument("rig", type=Path, metavar="RIG")
    shell.add_argument("instrument", metavar="NAME", help="name of the instrument in the rig file")
    shell.add_argument("--live", action="store_true", help="allow it for a real source")
    shell.set_defaults(func=_shell)
    check = actions.add_parser("check", help="check the wiring with small safe values")
    check.add_argument("rig", type=Path, metavar="RIG")
    check.add_argument("--live", action="store_true", help="energise a real source")
    check.set_defaults(func=_check)


def _list(options: argparse.Namespace) -> int:
    from bench.rig.rig_file import load_rig
    from instruments.registry import find_driver, known_drivers

    if options.rig is None:
        for name in known_drivers():
            entry = find_driver(name)
            more = ", plug-in" if entry.plug_in else ""
            print(
                f"{name:28} {entry.role:10} commands known with confidence {entry.command_confidence.summary}{more}"
            )
            for leaf in entry.command_confidence.uncertain:
                print(f"{'':28} {leaf.confidence}: {leaf.leaf}: {leaf.why}")
        return 0
    rig = load_rig(options.rig)
    print(f"{rig.rig.name} ({'virtual' if rig.rig.virtual else 'real'}, clock: {rig.clock.kind})")
    for item in rig.instrument:
        known = find_driver(item.driver).command_confidence.summary
        due = f", calibration due {item.calibration.due}" if item.calibration.due else ""
        print(f"{item.name:12} {item.role:10} {item.driver} ({known})  {item.resource}{due}")
    for function in ("interlock", "emergency_stop", "watchdog"):
        print(f"{function.replace('_', ' '):23} {getattr(rig.safety, function) or 'not named'}")
    if rig.safety.waiver:
        print(f"{'waiver':23} {rig.safety.waiver}")
    return 0


def _identify(options: argparse.Namespace) -> int:
    from bench.rig.rig_file import load_rig
    from instruments.errors import InstrumentFault
    from instruments.registry import open_instrument

    rig = load_rig(options.rig)
    failed = 0
    with _held(rig, "meterbench rig identify"):
        for item in rig.instrument:
            try:
                opened = open_instrument(item.driver, item.resource, item.serial_number or None)
                found = opened.identify()
                opened.close()
            except InstrumentFault as fault:
                failed += 1
                print(f"{item.name:12} {fault}")
                continue
            shown = f"{found.manufacturer}, {found.model}, {found.serial_number}, {found.firmware}"
            print(f"{item.name:12} {shown}")
    return 1 if failed else 0


def _shell(options: argparse.Namespace) -> int:
    from bench.rig.live import NOT_A_SAFETY_FUNCTION, is_virtual
    from bench.rig.rig_file import load_rig
    from instruments.errors import InstrumentFault
    from instruments.registry import find_driver
    from instruments.transport import VisaTransport

    rig = load_rig(options.rig)
    item = next((entry for entry in rig.instrument if entry.name == options.instrument), None)
    if item is None:
        names = ", ".join(entry.name for entry in rig.instrument) or "none"
        raise PlanError(f"This rig has no instrument {options.instrument!r}; it has {names}.")
    if item.role == "source" and not is_virtual(rig) and not options.live:
        raise PlanError(
            f"{item.name} is a real source, and no limit holds in the shell.",
            remedy=f"Give --live if you mean it. {NOT_A_SAFETY_FUNCTION}",
        )
    with _held(rig, "meterbench rig shell"):
        try:
            transport = VisaTransport(item.resource, line=find_driver(item.driver).driver.LINE)
        except InstrumentFault as fault:
            raise BenchFault(str(fault)) from fault
        try:
            for line in sys.stdin:
                if text := line.strip():
                    _say(transport, text)
        finally:
            transport.close()
    return 0


def _say(transport: Any, text: str) -> None:
    from instruments.errors import InstrumentFault

    try:
        if "?" in text:
            print(transport.query(text))
        else:
            transport.write(text)
    except InstrumentFault as fault:
        print(f"! {fault}")


def _check(options: argparse.Namespace) -> int:
    from bench.rig.limits import intersect
    from bench.rig.live import NOT_A_SAFETY_FUNCTION
    from bench.rig.rack import Rack
    from bench.rig.rig_file import load_rig
    from bench.rig.self_check import check_wiring
    from bench.run.setting_up import open_clock
    from instruments.errors import InstrumentFault

    rig = load_rig(options.rig)
    print(NOT_A_SAFETY_FUNCTION)
    limits = intersect(
        voltage_v={"rig file": rig.limits.voltage_max_v}, current_a={"rig file": rig.limits.current_max_a}
    )
    wrong = 0
    with _held(rig, "meterbench rig check"):
        try:
            rack = Rack(rig, open_clock(rig), limits, live=options.live)
            try:
                for finding in check_wiring(rack):
                    wrong += not finding.right
                    mark = "right" if finding.right else "WRONG"
                    print(f"{mark}  {finding.tried}: expected {finding.expected}; seen {finding.seen}")
                    if finding.remedy:
                        print(f"       {finding.remedy}")
            finally:
                rack.close()
        except InstrumentFault as fault:
            raise BenchFault(str(fault)) from fault
    print("The wiring is as the rig file says." if not wrong else f"{wrong} findings are wrong.")
    return 1 if wrong else 0


@contextmanager
def _held(rig: Any, what: str) -> Iterator[None]:
    from bench.rig.holding import hold_rig, release

    held = hold_rig(rig, what=what)
    try:
        yield
    finally:
        release(held)
