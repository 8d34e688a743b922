"""What a meter type is, as data: nameplate, identity, STS, payment, supply, communication, metrology.

One ``Product`` describes one single meter as it leaves the factory, serial number and secrets included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reference_meter.events.condition_table import EventRules
from reference_meter.products.calendar_rules import CalendarRules

RESULT_CODES: Mapping[str, int] = MappingProxyType(
    {
        "Accept": 1,
        "1stKCT": 2,
        "2ndKCT": 3,
        "OverflowError": 4,
        "KeyTypeError": 5,
        "FormatError": 6,
        "RangeError": 7,
        "FunctionError": 8,
        "OldError": 9,
        "UsedError": 10,
        "KeyExpiredError": 11,
        "DDTKError": 12,
        "CRCError": 13,
        "MfrCodeError": 14,
        "Lockout": 15,
        "NotReady": 16,
        "3rdKCT": 17,
        "4thKCT": 18,
    }
)
"""1 to 16: a public token status register, after STS 201-1; that scale reserves 17 and 18, our own choice."""


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
    reactive_class: str = "2"
    """Class of reactive energy (IEC 62053-23:2003); empty: the meter does not measure it."""
    measurement_mode: str = "vector"
    """How the elements are summed: "vector" (with their signs) or "absolute" (each counts as import)."""
    operating_temperature_c: tuple[float, float] = (-25.0, 55.0)
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
    no_of_kct_supported: int = 3
    """Tokens in the longest key change set: 2 or 3 for EA07, 4 for EA11, 0 for a meter without key change."""
    certificate_number: str = ""
    extended_token_set: bool = False
    """Whether control values and flags of the extended token set (STS 202-5) can be written and shown."""
    key_expiry: bool = True
    """Whether tokens beyond the key expiry number are refused (an option of IEC 62055-41)."""
    key_change_time_limit_s: float = 600.0
    """How long the sections of an incomplete set are held."""
    lock_out_after: int = 3
    """Rejected meter-specific tokens in a row after which entry locks; 0: never."""
    lock_out_s: float = 10.0
    lock_out_max_s: float = 1280.0
    """The first lock, and where the doubling of each further one ends."""
    digit_time_out_s: float = 20.0
    """Pause between two keys after which the keypad forgets what was typed."""
    result_codes: Mapping[str, int] = field(default_factory=lambda: RESULT_CODES)
    """Number of each result in data_value of the token gateway, by the words of the standard."""
    result_texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the display says instead of those words, for results that it words otherwise."""
    decryption_time_s: float = 0.005
    record_write_time_s: float = 0.002
    processing_time_s: float = 0.15
    """A token takes effect after decryption and the writing of its records; the next one is taken after all."""
    key_pan: str = ""
    """The PAN from which the factory derived the decoder key; empty: ``meter_pan``, as it must be."""

    @property
    def manufacturer_digits(self) -> int:
        """Digits of the manufacturer code: 2 with an 11-digit DRN, 4 with a 13-digit one."""
        return 2 if self.meter_pan.startswith("600727") else 4


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
    currency: str = "EUR"
    currency_scale: int = -2
    """Unit and decimal place of the credit register of a meter that accounts in money."""
    price_units_per_kwh: int = 20_000
    """Price of such a meter in 0.00001 currency units."""
    emergency_credit: int = 2_000
    """Size of the emergency credit in units of the credit register; 0 for a meter without."""
    emergency_threshold: int = 1_000
    """At or below this credit it may be drawn, once until it is repaid."""
    grace_s: float = 60.0
    """How long supply goes on after a change into prepayment without credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The supply control switch and its rules (dual_standard_meter.md 3.1 and 3.4)."""

    control_mode: int = 6
    actuation_time_s: float = 1.0
    """Longest time from command to a settled, sensed contact, as declared."""
    limiter_trip_s: float = 10.0
    """How long the power limit may be exceeded before the switch opens."""
    limiter_hold_s: float = 60.0
    """How long the limiter then holds it open."""
    limiter_closes_max: int = 5
    limiter_lockout_s: float = 1800.0
    """After so many trips within an hour the limiter holds for that long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalKeys:
    """The symmetric keys of one security setup, as given at manufacture."""

    encryption: bytes = field(repr=False)
    authentication: bytes = field(repr=False)
    broadcast: bytes = field(repr=False)
    master: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """One DLMS application association as configured at the factory."""

    name: str
    """"public", "reader" or "management": also its column in the access rights table."""
    client_sap: int
    context: str = "ln"
    mechanism: str = "none"
    """"none", "lls", or one of the "hls-..." mechanisms as the declaration writes them."""
    secret_name: str | None = None
    """How declaration and secrets file call the password."""
    password: bytes | None = field(default=None, repr=False)
    conformance: tuple[str, ...] = ()
    """Names of the conformance bits offered, as in the xDLMS standard: "get", "block-transfer-with-get-or-read"."""
    max_pdu: int = 1024
    suite: int = 0
    policy: int = 0
    """security_policy of its security setup (class 64 version 1: bits)."""
    keys: GlobalKeys | None = None
    client_public_key: bytes = field(default=b"", repr=False)
    """x and y of the client's key for signatures; only "hls-ecdsa" asks for them."""
    client_agreement_public_key: bytes = field(default=b"", repr=False)
    """x and y of the client's key for key agreement."""
    client_signing_key: bytes = field(default=b"", repr=False)
    client_agreement_key: bytes = field(default=b"", repr=False)
    """The client's private keys, as the factory gave them to the utility; the meter never sees them."""
    dedicated_key: bool = False
    """Whether a dedicated key in the AARQ is taken."""
    security_setup: str = ""
    """OBIS code of its security setup object."""
    invocation_counter: str = ""
    """OBIS code of the object that shows its client's invocation counter."""
    role: str = ""
    """Its column in the access rights table, where that is not its name."""
    pre_established: bool = False
    """Whether it is open without having been opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPort:
    """A port of the meter beside its optical one. ``name`` is also the board's name of it."""

    name: str
    framing: str = "wrapper"
    transport: str = "tcp"
    inactivity_time_out_s: float = 180.0
    protection: str = ""
    """Logical name of the object that protects it (class 124), in the range of manufacturers; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """The optical port, the network ports, and the associations behind them. Information lengths in octets."""

    framing: str = "hdlc"
    """What the rig file's main port speaks: "hdlc", "wrapper" or "mode-e"."""
    transport: str = "serial"
    """What carries the main port: "serial", "tcp" or "udp"."""
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
    listens: bool = True
    """False: a meter whose communication is dead; it measures and keeps credit, and says nothing on any port."""
    response_time_out_s: float = 2.0
    sign_on_baud: int = 300
    mode_e_address: str = ""
    all_station_address: bool = False
    """Whether a connection is taken under the all-station address as well."""
    server_sap: int = 1
    """wPort of the management logical device."""
    network_ports: tuple[NetworkPort, ...] = (
        NetworkPort(name="tcp", transport="tcp", protection="0-0:128.124.1"),
        NetworkPort(name="udp", transport="udp"),
    )
    protection: str = "0-0:128.124.0"
    """Logical name of the object that protects the optical port (class 124); empty: none."""
    partial_message_time_out_s: float = 2.0
    """Silence in seconds after which an unfinished message on a network port is dropped."""
    module_objects: str = ""
    """Which module shows objects of its own: "cellular", "prime", "g3"; empty: it shows none."""
    system_title: bytes = b""
    signing_key: bytes = field(default=b"", repr=False)
    """The meter's own private key for signatures, of the suites with public keys; empty: it has none."""
    agreement_key: bytes = field(default=b"", repr=False)
    """The meter's own private key for key agreement; empty: it has none."""
    associations: tuple[Association, ...] = ()

    def association(self, client_sap: int) -> Association | None:
        """Return the association of a client address, or None when there is none."""
        return next((entry for entry in self.associations if entry.client_sap == client_sap), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringResiduals:
    """What calibration left over (accuracy.md 5.3). Front-end parameters at their defaults do nothing to a sine."""

    gain_pct: float = 0.0
    element_gain_pct: tuple[float, ...] = ()
    """What each element adds to the gain error; none for elements that are not named."""
    extra_lag_deg: float = 0.0
    """Extra measured lag of current behind voltage; positive makes inductive loads read low."""
    offset_w: float = 0.0
    anti_creep_fraction: float = 0.45
    """The no-load threshold as a fraction of the power at starting current, U * Ist * elements."""
    hysteresis_fraction: float = 0.0
    """Once registering, the meter stops only this fraction below the no-load threshold."""
    bandwidth_hz: float = 0.0
    """First-order corner of both channels (0: none): harmonics read low, the fundamental is calibrated."""
    samples_per_cycle: int = 0
    """Samples of the converters in a cycle, locked to it; 0: they run free of the mains."""
    current_step_a: float = 0.0
    """What one step of the current's converter stands for; 0: it has none."""
    dc_loss_pct: float = 0.0
    """How much current transformers lose of a half-wave current, in % of its power (bias of the core)."""
    voltage_coefficient_pct: float = 0.0
    """Change of error from Un to 1.1 Un, linear."""
    frequency_coefficient_pct: float = 0.0
    """Change of error from fn to 1.02 fn, linear."""
    temperature_coefficient_pct_per_k: float = 0.0
    """Change of error by the temperature inside the case, from 23 degrees C on."""
    crosstalk_pct: float = 0.0
    """Change of error with the phases in reversed order, or one of them missing (polyphase)."""
    self_heating_pct: float = 0.0
    """Change of gain at Imax after infinite time, growing with the square of the current (shunt)."""
    heating_time_constant_s: float = 600.0
    reactive_gain_pct: float = 0.0
    reactive_lag_deg: float = 0.0
    """What is left in the path of reactive energy, which has a gain and a phase shift of its own."""
    pulse_grid_s: float = 0.0
    """The firmware's update period: a pulse is given at the next multiple after its energy was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the profiles hold when the meter comes from the factory: rows of an acceptance run without load."""

    load_profile_rows: int = 192
    daily_rows: int = 7
    billing_rows: int = 3


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
    delivery: Delivery = Delivery()
    calendar: CalendarRules = field(default_factory=CalendarRules)
    events: EventRules = field(default_factory=EventRules)
