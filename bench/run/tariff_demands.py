"""The maximum demands of a meter by tariff, as far as it has such registers (class 4, 1-0:1.6.0 to 1-0:1.6.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.values import UnexpectedData, as_elements, as_integer
from bench.record.declaration import Declaration
from bench.run.profile_reading import Columns

EXTENDED_REGISTER, VALUE, SCALER_UNIT = 4, 2, 3
TOTAL = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDemands:
    """The registers that can be read, by tariff (0: the total), and the weight of their last digit in W."""

    obis: dict[int, str]
    weights_w: dict[int, float]

    @classmethod
    def found(cls, client: DlmsClient, declaration: Declaration) -> TariffDemands:
        """Look which tariffs have a maximum demand beside the declared total; none where that is no total."""
        profiles, tariffs = declaration.profiles, declaration.tariffs
        obis: dict[int, str] = {}
        weights_w: dict[int, float] = {}
        head, _, last = (profiles.maximum_demand if profiles is not None else "").rpartition(".")
        front, _, total = head.rpartition(".")
        rates = tariffs.rates if tariffs is not None and total == str(TOTAL) else 0
        for rate in range(rates + 1) if front and rates > 1 else ():
            name = f"{front}.{rate}.{last}"
            try:
                scaler = as_integer(as_elements(client.get(EXTENDED_REGISTER, name, SCALER_UNIT))[0])
            except (Refused, UnexpectedData):
                continue
            obis[rate], weights_w[rate] = name, 10.0**scaler
        return cls(obis=obis, weights_w=weights_w)

    @property
    def by_tariff(self) -> bool:
        """Whether there is a demand of a tariff beside the total."""
        return TOTAL in self.obis and len(self.obis) > 1

    def read_w(self, client: DlmsClient) -> dict[str, float]:
        """Return the demands in W by tariff."""
        return {
            str(rate): as_integer(client.get(EXTENDED_REGISTER, name, VALUE)) * self.weights_w[rate]
            for rate, name in self.obis.items()
        }

    def captured(
        self, rows: list[list[Any]], columns: Columns, before_w: dict[str, float]
    ) -> list[dict[str, Any]]:
        """Return what the one row of billing must hold of the demands that it captures: what they were before it."""
        if len(rows) != 1:
            return []
        return [
            {
                "what": f"the highest demand{f' of tariff {rate}' if rate else ''}",
                "value": rows[0][place] * self.weights_w[rate],
                "low": before_w[str(rate)],
                "high": before_w[str(rate)],
            }
            for rate, obis in self.obis.items()
            if (place := columns.place(EXTENDED_REGISTER, obis)) is not None
        ]
