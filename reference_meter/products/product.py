"""What a meter type is, as data: nameplate, identity, STS, payment, supply, communication, metrology.

One ``Product`` describes one single meter as it leaves the factory, serial number and secrets included.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """What is printed on the front of the meter."""

    connection: str = "direct"
    elements: int = 1
    voltage_v: float = 230.0
    basic_current_a: float = 5.0
    maximum_current_a: float = 60.0
    frequency_hz: float = 50.0
    meter_constant_imp_per_kwh: float = 1000.0
    accuracy_standard: str = "IEC 62053-21"
    accuracy_edition: str = "2003+A1:2016"
    accuracy_class: str = "1"
    starting_current_a: float = 0.02
    """0.004 Ib for class 1 direct-connected meters (IEC 62053-21:2003)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who made the meter, and which one it is."""

    manufacturer: str
    flag_id: str
    meter_type: str
    serial_number: str
    logical_device_name: str
    """16 characters: FLAG id followed by type and serial number (Blue Book, COSEM logical device name)."""
    firmware_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StsIdentity:
    """Identity and key parameters of IEC 62055-41 at manufacture."""

    meter_pan: str
    supply_group_code: str
    tariff_index: str = "01"
    key_revision_number: int = 1
    key_type: int = 2
    base_date: int = 2014
    key_expiry_number: int = 255
    encryption_algorithm: str = "EA07"
    dkga: str = "DKGA04"
    vending_key: bytes = field(repr=False)
    """The vending key of the factory's security module; only ``manufacture`` uses it, the meter never sees it."""
    tid_memory: int = 50
    commodity: str = "electricity"
    carriers: tuple[str, ...] = ("keypad", "gateway")
    token_encoding: str = "ascii"
    no_of_kct_supported: int = 0
    """Number of key change tokens in a set; 0 while key change is not built."""
    certificate_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How the meter accounts for energy."""

    mode: str = "prepayment"
    accounting: str = "kwh"
    credit_resolution_wh: int = 1
    initial_credit_wh: int = 10_000
    low_credit_threshold_wh: int = 2_000
    credit_limit_wh: int = 2_147_483_647
    """Largest balance the credit register can hold (a COSEM double-long in Wh)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The supply control switch and its rules (dual_standard_meter.md 3.1 and 3.4)."""

    control_mode: int = 6
    actuation_time_s: float = 1.0
    """Longest time from command to a settled, sensed contact, as declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """One DLMS application association as configured at the factory."""

    name: str
    """"public", "reader" or "management": also its column in the access rights table."""
    client_sap: int
    context: str = "ln"
    mechanism: str = "none"
    """"none" or "lls"."""
    secret_name: str | None = None
    """How declaration and secrets file call the password."""
    password: bytes | None = field(default=None, repr=False)
    conformance: tuple[str, ...] = ()
    """Names of the conformance bits offered, as in the xDLMS standard: "get", "block-transfer-with-get-or-read"."""
    max_pdu: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """The HDLC port and the associations behind it. Information lengths in octets."""

    framing: str = "hdlc"
    baud: int = 9600
    server_upper: int = 1
    server_lower: int = 16
    address_length: int = 4
    max_info_transmit: int = 128
    max_info_receive: int = 128
    window_transmit: int = 1
    window_receive: int = 1
    inactivity_time_out_s: float = 120.0
    inter_octet_time_out_s: float = 0.025
    response_time_s: float = 0.02
    response_time_out_s: float = 2.0
    associations: tuple[Association, ...] = ()

    def association(self, client_sap: int) -> Association | None:
        """Return the association of a client address, or None when there is none."""
        return next((entry for entry in self.associations if entry.client_sap == client_sap), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringResiduals:
    """What calibration left over, one set for all elements (accuracy.md 5.3)."""

    gain_pct: float = 0.0
    extra_lag_deg: float = 0.0
    """Extra measured lag of current behind voltage; positive makes inductive loads read low."""
    offset_w: float = 0.0
    anti_creep_fraction: float = 0.45
    """The no-load threshold as a fraction of the power at starting current, U * Ist * elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One meter as manufactured."""

    name: str
    position: int
    nameplate: Nameplate
    identity: Identity
    sts: StsIdentity
    payment: Payment
    supply: Supply
    communication: Communication
    residuals: MeteringResiduals
