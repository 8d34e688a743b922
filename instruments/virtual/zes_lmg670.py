"""Virtual twin of a ZES LMG670: the short commands its driver uses; everything else gives -113."""

from __future__ import annotations

from collections.abc import Callable

from instruments.virtual.plant import StandardPlant
from instruments.virtual.scpi import Call, Dialect, ScpiInstrument
from instruments.virtual.standard_inputs import SeenPhase, StandardInputs

CHANNELS = 3
LMG = Dialect(header_path=False)
_VALUES: tuple[tuple[str, Callable[[SeenPhase], float]], ...] = (
    ("UTRMS", lambda phase: phase.voltage_v),
    ("ITRMS", lambda phase: phase.current_a),
    ("P", lambda phase: phase.power_w),
    ("Q", lambda phase: phase.reactive_var),
)


class VirtualLmg670(ScpiInstrument):
    """Three channels; values are those of the last cycle started with INIM."""

    def __init__(self, plant: StandardPlant, port: str, *, serial_number: str = "06700001") -> None:
        super().__init__(f"ZES ZIMMER,LMG670,{serial_number},4.0", dialect=LMG)
        self.serial_number = serial_number
        self.port = port
        self._inputs = StandardInputs(plant, CHANNELS)
        self.ranges = {f"{kind}{n}": 0.0 for kind in "UI" for n in range(1, CHANNELS + 1)}
        add = self.tree.add
        add("*ZLANG", lambda call: _ignore(call.parameters.word(0, "SHORT")), parameters=1)
        add("FRMT", lambda call: _ignore(call.parameters.word(0, "ASCII")), parameters=1)
        add("CYCL", lambda call: _ignore(call.parameters.number(0, low=0.0, high=60.0)), parameters=1)
        add("CONT", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
        add("INIM", lambda _call: None)
        add("FCYC<1-3>?", lambda _call: f"{self._inputs.frequency_hz():.6E}")
        for kind in "UI":
            add(f"{kind}AUTO<1-3>", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
            add(f"{kind}RNG<1-3>", self._range_setter(kind), parameters=1)
        for name, value in _VALUES:
            add(f"{name}<1-3>?", self._reader(value))

    def _range_setter(self, kind: str) -> Callable[[Call], None]:
        def set_range(call: Call) -> None:
            self.ranges[f"{kind}{call.suffixes[0]}"] = call.parameters.number(0, low=0.0)

        return set_range

    def _reader(self, value: Callable[[SeenPhase], float]) -> Callable[[Call], str]:
        return lambda call: f"{value(self._inputs.seen()[call.suffixes[0] - 1]):.9E}"


def _ignore(_value: object) -> None:
    """Accept a setting that this twin has only once."""
