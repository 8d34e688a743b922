"""Run one meter by itself, in real time: ``python -m reference_meter.lab.meter_alone dds722``.

Its supply stands at reference voltage, without load; nobody can reach a source, a standard or a hand. Prints
one line, the URL that reaches the meter, and nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from instruments.virtual.plant import PhaseOutput
from reference_meter.blueprint import Defect
from reference_meter.defects.catalogue import load
from reference_meter.lab.laboratory import PRODUCTS, DefectDoesNotFit, Laboratory
from reference_meter.lab.line import Line
from reference_meter.lab.position import START_UP_S
from reference_meter.lab.pseudo_terminal import PseudoTerminal
from reference_meter.lab.rig_files import write_declaration
from reference_meter.lab.serial_server import SerialServer
from reference_meter.lab.stopping import stopped_by_signals
from reference_meter.products.configurations import CONFIGURATIONS, changed, with_framing
from reference_meter.products.product import Product

FRAMINGS = ("hdlc", "wrapper", "mode-e")
_METER = 1
_USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the options, serve until told to stop. Return the exit code."""
    options = _parser().parse_args(arguments)
    if options.product not in PRODUCTS:
        return _refuse(f'there is no product "{options.product}"; known: {", ".join(sorted(PRODUCTS))}')
    defects: list[Defect] = []
    for spec in options.defect:
        try:
            defects.append(load(spec))
        except (ValueError, OSError, ImportError, SyntaxError) as error:
            return _refuse(f'defect "{spec}" cannot be loaded: {error}')
    if options.pty and options.framing == "wrapper":
        return _refuse("the wrapper travels over TCP; use --port")
    if options.rfc2217 and options.framing == "wrapper":
        return _refuse("the wrapper travels over bare TCP; use --port")
    if options.echo and options.framing == "wrapper":
        return _refuse("TCP does not echo; --echo is for the framings hdlc and mode-e")
    ordered = [CONFIGURATIONS[name] for name in options.configuration]
    make = changed(PRODUCTS[options.product], [*ordered, with_framing(options.framing)])
    try:
        laboratory = Laboratory(make, seed=options.seed, defects=defects, real_time=True)
    except DefectDoesNotFit as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        stack.callback(laboratory.close)
        stack.enter_context(stopped_by_signals(laboratory))
        product = make(_METER, options.seed)
        try:
            if options.directory is not None:
                write_declaration(options.directory, product)
            url = _front_end(laboratory, product, options, stack)
        except OSError as error:
            return _refuse(error.strerror or str(error))
        _energise(laboratory, product.nameplate.voltage_v, product.nameplate.frequency_hz)
        # a client that takes the URL at its word must not find a meter that is still starting up
        laboratory.world.at(START_UP_S, lambda: print(url, flush=True))
        laboratory.run()
    return 0


def _front_end(
    laboratory: Laboratory, product: Product, options: argparse.Namespace, stack: ExitStack
) -> str:
    """Open the port the options ask for; return the URL that reaches it. Raises OSError."""
    line, scheme = laboratory.lines[f"meter{_METER}"], "socket"
    if options.framing == "wrapper":
        ports = product.communication.network_ports
        name = next(port.name for port in ports if port.transport == "tcp")
        network = laboratory.ports[f"meter{_METER}-{name}"]
        if not isinstance(network, Line):  # UDP: the lookup above went wrong
            raise TypeError(f"{network.name} is no TCP port")
        line, scheme = network, "tcp"
    line.echoes = options.echo and not options.pty
    if options.pty:
        terminal = PseudoTerminal(line, echoes=options.echo)  # at whatever rate, unlike a line over TCP
        stack.callback(terminal.shut)
        laboratory.each_step.append(terminal.look)
        return terminal.path
    if options.rfc2217:
        server = SerialServer(line)
        return f"rfc2217://127.0.0.1:{laboratory.reactor.listen(server.accept).port}"
    if options.port:
        return f"{scheme}://127.0.0.1:{laboratory.reactor.listen(line.accept, port=options.port).port}"
    return f"{scheme}://127.0.0.1:{line.tcp_port}"


def _energise(laboratory: Laboratory, voltage_v: float, frequency_hz: float) -> None:
    phases = laboratory.circuit.phases
    laboratory.circuit.drive(
        [
            PhaseOutput(voltage_v=voltage_v, voltage_angle_deg=-120.0 * number if phases > 1 else 0.0)
            for number in range(phases)
        ],
        frequency_hz,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="meterbench meter serve",
        description="One reference meter in real time, under voltage, without load. Prints the URL that reaches it.",
    )
    parser.add_argument("product", nargs="?", default="dds722", help="the meter type (default: dds722)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--pty", action="store_true", help="a pseudo-terminal, for programs that open serial ports"
    )
    where.add_argument(
        "--rfc2217", action="store_true", help="a serial server that lets the client set the line (RFC 2217)"
    )
    where.add_argument(
        "--port", type=_port, metavar="N", help="a TCP port of this machine (default: any free one)"
    )
    parser.add_argument("--framing", choices=FRAMINGS, default=FRAMINGS[0], help="what travels on the line")
    parser.add_argument(
        "--echo", action="store_true", help="give back every octet that is sent, as many optical heads do"
    )
    parser.add_argument(
        "--configuration",
        action="append",
        default=[],
        choices=sorted(CONFIGURATIONS),
        metavar="NAME",
        help=f"order the meter otherwise; may be repeated: {', '.join(sorted(CONFIGURATIONS))}",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides everything that varies (0)")
    parser.add_argument(
        "--defect",
        action="append",
        default=[],
        metavar="ID|FILE.py:NAME",
        help="give the meter this defect; may be repeated",
    )
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="write the meter's declaration and secrets there"
    )
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a TCP port (1 to 65535)")
    return number


def _refuse(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return _USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main())
