"""What the laboratory writes for the bench: the rig file; per position a declaration and a secrets file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.protocols import hls
from reference_meter.dlms.model.charge_objects import CHARGE, MONTH_ENERGY, STANDING_CHARGE, STEP_THRESHOLDS
from reference_meter.dlms.model.credit_objects import EMERGENCY_CREDIT
from reference_meter.dlms.model.schedule_objects import DISCONNECT_SCHEDULE
from reference_meter.dlms.model.supply import FRIENDLY_CALENDAR, FRIENDLY_DAYS, LIMITER
from reference_meter.dlms.model.tariff_objects import DISCONNECT_SCRIPTS
from reference_meter.front_panel.keypad import BACKSPACE
from reference_meter.lab.energy_reference import EnergyReference
from reference_meter.lab.functions_declared import firmware, functions
from reference_meter.lab.isolation import LEAD_UNCERTAINTY_MIN, RATIO_UNCERTAINTY_PCT, Isolation
from reference_meter.lab.toml_writer import Inline, Table, Value, toml
from reference_meter.lab.twins import Twin
from reference_meter.payment.token_result import TokenResult
from reference_meter.products.product import Association, Communication, NetworkPort, Product, StsIdentity
from reference_meter.supply.control_modes import MODES

SCHEMA = 1
VOLTAGE_MAX_V = 300.0
CURRENT_MAX_A = 120.0
"""What the wiring of the virtual rack stands (project figures)."""

_ARBITRATION_RULES = tuple(f"A{number}" for number in range(1, 9))
_VENDING_KEY = "vending_key"
_TRIED_EXTENDED_VALUES = (0, 62, 63)
OPTICAL = "optical"
_OPTICAL_PORT = NetworkPort(name=OPTICAL, framing="hdlc", transport="serial", inactivity_time_out_s=120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One position as the rig file shows it."""

    number: int
    tcp_port: int
    port: str
    product: Product
    isolation: Isolation | None = None
    network_ports: Mapping[str, int] = field(default_factory=dict)
    """TCP or UDP port number of each network port, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """Everything the rig file says. ``resources`` holds the VISA resource string of each twin, by name."""

    real_time: bool
    lab_resource: str
    twins: Sequence[Twin]
    resources: dict[str, str]
    places: Sequence[Place]
    reference: EnergyReference | None = None


def write_rig_files(directory: Path, rig: Rig) -> Path:
    """Write all files into ``directory`` and return the absolute path of the rig file."""
    directory.mkdir(parents=True, exist_ok=True)
    for place in rig.places:
        image = directory.resolve() / f"{place.port}.image"
        declared = {**declaration(place.product), "firmware": firmware(place.product, image)}
        _write(directory / _declaration_name(place), declared)
        _write(directory / _secrets_name(place), secrets(place.product), private=True)
    path = (directory / "rig.toml").resolve()
    _write(path, rig_document(rig))
    return path


def write_declaration(directory: Path, product: Product) -> None:
    """Write what a meter by itself needs into ``directory``: ``meter.toml`` and ``meter.secrets.toml``."""
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "meter.toml", declaration(product))
    _write(directory / "meter.secrets.toml", secrets(product), private=True)


def rig_document(rig: Rig) -> Table:
    """Return the rig file as data."""
    clock: dict[str, Value] = {"kind": "wall"} if rig.real_time else {"kind": "laboratory"}
    clock["resource"] = rig.lab_resource
    return {
        "schema": SCHEMA,
        "rig": {"name": "virtual laboratory", "virtual": True},
        "clock": clock,
        "limits": {"voltage_max_v": VOLTAGE_MAX_V, "current_max_a": CURRENT_MAX_A},
        "instrument": [_instrument(twin, rig.resources[twin.name]) for twin in rig.twins],
        **_master_meter(rig),
        "position": [_position(place, calculator=rig.reference is None) for place in rig.places],
    }


def _master_meter(rig: Rig) -> Table:
    """Return where the pulses of the reference energy lead, and its certificate; it is due with the standard's."""
    if rig.reference is None:
        return {}
    stated = rig.reference.certificate
    due = next(twin.certificate.due for twin in rig.twins if twin.certificate is not None)
    return {
        "master_meter": {
            "instrument": "counter",
            "channel": rig.reference.number,
            "constant_imp_per_kwh": stated.constant_imp_per_kwh,
            "given_by": stated.given_by,
            "calibration": {
                "certificate": stated.number,
                "due": due,
                "uncertainty_pct": stated.uncertainty_pct,
                "known_errors": [
                    Inline(pf=pf, error_pct=error_pct) for pf, error_pct in stated.known_errors_pct.items()
                ],
            },
        }
    }


def declaration(product: Product) -> Table:
    """Return what the manufacturer declares of this meter."""
    plate, identity, link, sts = product.nameplate, product.identity, product.communication, product.sts
    return {
        "identity": {
            "manufacturer": identity.manufacturer,
            "flag_id": identity.flag_id,
            "type": identity.meter_type,
            "serial_number": identity.serial_number,
            "logical_device_name": identity.logical_device_name,
        },
        "nameplate": {
            "connection": plate.connection,
            "elements": plate.elements,
            "voltage_v": plate.voltage_v,
            "basic_current_a": plate.basic_current_a,
            "maximum_current_a": plate.maximum_current_a,
            "frequency_hz": plate.frequency_hz,
            "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
            "measurement_mode": plate.measurement_mode,
            "operating_temperature_c": list(plate.operating_temperature_c),
        },
        "accuracy": {
            "standard": plate.accuracy_standard,
            "edition": plate.accuracy_edition,
            "class": plate.accuracy_class,
            **({"reactive_class": plate.reactive_class} if plate.reactive_class else {}),
        },
        "communication": {
            "framing": link.framing,
            "baud": link.baud,
            "server_upper": link.server_upper,
            "server_lower": link.server_lower,
            "address_length": link.address_length,
            "max_info_transmit": link.max_info_transmit,
            "max_info_receive": link.max_info_receive,
            "window_transmit": link.window_transmit,
            "window_receive": link.window_receive,
            "inactivity_time_out_s": _main_network_port(link).inactivity_time_out_s
            if link.framing == "wrapper"
            else link.inactivity_time_out_s,
            "inter_octet_time_out_s": link.inter_octet_time_out_s,
            "response_time_out_s": link.response_time_out_s,
            "transport": link.transport,
            "server_sap": link.server_sap,
            "sign_on_baud": link.sign_on_baud,
            "mode_e_address": link.mode_e_address,
            "all_station_address": link.all_station_address,
            "protection": _protection(link),
            "port": [_network_port(port) for port in _further_ports(product)],
        },
        "security": {"system_title": link.system_title.hex()},
        "association": [
            {**_association(association), **_public_keys(link, association)}
            for association in link.associations
        ],
        "sts": {
            "meter_pan": sts.meter_pan,
            "supply_group_code": sts.supply_group_code,
            "tariff_index": sts.tariff_index,
            "key_revision_number": sts.key_revision_number,
            "key_type": sts.key_type,
            "base_date": sts.base_date,
            "key_expiry_number": sts.key_expiry_number,
            "encryption_algorithm": sts.encryption_algorithm,
            "dkga": sts.dkga,
            "vending_key": _VENDING_KEY,
            "tid_memory": sts.tid_memory,
            "carriers": list(sts.carriers),
            "token_encoding": sts.token_encoding,
            "supports": list(token_functions(product)),
            "extended_values": list(_TRIED_EXTENDED_VALUES) if sts.extended_token_set else [],
            **_slow_tokens(sts),
            "result_codes": dict(sts.result_codes),
            "result_texts": {
                result.display_text: sts.result_texts.get(result.display_text, result.display_text)
                for result in TokenResult
            },
            "key_change_time_limit_s": sts.key_change_time_limit_s,
            "lock_out_after": sts.lock_out_after,
            "lock_out_s": sts.lock_out_s,
            "lock_out_max_s": sts.lock_out_max_s,
            "lock_out_resets_on_good_token": True,
            "lock_out_resets_on_power_cycle": True,
            "lock_out_carriers": list(sts.carriers),
            "digit_time_out_s": sts.digit_time_out_s,
            "correction_key": BACKSPACE,
        },
        "payment": payment(product),
        "supply": supply(product),
        **functions(product),
        "options": {},
    }


def _slow_tokens(sts: StsIdentity) -> Table:
    """Return how long a token takes, where that is longer than anybody would wait who is told nothing."""
    taken_s = max(sts.decryption_time_s, sts.processing_time_s)
    return {"token_time_s": math.ceil(taken_s + 1.0)} if taken_s > 1.0 else {}


def payment(product: Product) -> Table:
    """Return what is declared of accounting, credit and charges."""
    rules = product.payment
    declared: dict[str, Value] = {
        "mode": rules.mode,
        "accounting": rules.accounting,
        "credit_resolution_wh": rules.credit_resolution_wh,
        "mode_switch": "account",
        "tokens_in_credit_mode": "stored",
        "grace_s": rules.grace_s,
        "credit_settable": True,
        "friendly": {"calendar": f"{FRIENDLY_CALENDAR}.255", "special_days": f"{FRIENDLY_DAYS}.255"},
        "charges": {
            "consumption": f"{CHARGE}.255",
            "standing": f"{STANDING_CHARGE}.255",
            "steps": f"{STEP_THRESHOLDS}.255",
            "month_energy": f"{MONTH_ENERGY}.255",
            "missed": "collected",
        },
    }
    if rules.emergency_credit and rules.accounting == "kwh":
        declared["emergency"] = {
            "credit": f"{EMERGENCY_CREDIT}.255",
            "amount_wh": rules.emergency_credit,
            "threshold_wh": rules.emergency_threshold,
        }
    return declared


def supply(product: Product) -> Table:
    """Return what is declared of the supply switch and its rules."""
    rules = product.supply
    return {
        "control_mode": rules.control_mode,
        "control_modes": sorted(MODES),
        "actuation_time_s": rules.actuation_time_s,
        "limiter_trip_s": rules.limiter_trip_s,
        "limiter_hold_s": rules.limiter_hold_s,
        "limiter_closes_max": rules.limiter_closes_max,
        "limiter_lockout_s": rules.limiter_lockout_s,
        "limiter": f"{LIMITER}.255",
        "schedule": f"{DISCONNECT_SCHEDULE}.255",
        "scripts": f"{DISCONNECT_SCRIPTS}.255",
        **_broadcast(product),
        # the reference meter keeps every arbitration rule of its project (A1 to A8)
        "rules": dict.fromkeys(_ARBITRATION_RULES, "followed"),
    }


def _broadcast(product: Product) -> Table:
    """Return the association whose broadcast key opens the switch, on a line that has orders to all stations."""
    named = any(row.name == "security" and row.keys is not None for row in product.communication.associations)
    return {"broadcast": "security"} if named and product.communication.framing == "hdlc" else {}


def token_functions(product: Product) -> Iterator[str]:
    """Yield what the token application of this meter can do, in the words of the declaration."""
    sts = product.sts
    yield f"credit-{product.payment.accounting}"
    yield from ("maximum-power-limit", "clear-credit", "clear-tamper", "test-and-display")
    if product.nameplate.elements > 1:
        yield "phase-unbalance-limit"
    longest = sts.no_of_kct_supported
    yield from (f"key-change-{size}" for size in ((4,) if longest == 4 else range(2, longest + 1)))
    if longest:
        yield "roll-over"
    if sts.key_expiry:
        yield "key-expiry"
    if sts.extended_token_set:
        yield "extended-token-set"


def secrets(product: Product) -> Table:
    """Return the secrets of this meter by the names its declaration uses."""
    named: dict[str, Value] = {_VENDING_KEY: f"hex:{product.sts.vending_key.hex()}"}
    for association in product.communication.associations:
        if association.secret_name is not None and association.password is not None:
            named[association.secret_name] = f"text:{association.password.decode('ascii')}"
        for key, value in _keys(association).items():
            named[_key_name(association, key)] = f"hex:{value.hex()}"
    return named


def _keys(association: Association) -> dict[str, bytes]:
    keys = association.keys
    if keys is None:
        return {}
    private = {
        "signing_key": association.client_signing_key,
        "agreement_key": association.client_agreement_key,
    }
    return {
        "authentication_key": keys.authentication,
        "encryption_key": keys.encryption,
        "broadcast_key": keys.broadcast,
        "master_key": keys.master,
        **{name: key for name, key in private.items() if key},
    }


def _key_name(association: Association, key: str) -> str:
    return f"{association.name}_{key}"


def _network_port(port: NetworkPort) -> Value:
    return Inline(
        name=port.name,
        framing=port.framing,
        transport=port.transport,
        inactivity_time_out_s=port.inactivity_time_out_s,
    )


def _instrument(twin: Twin, resource: str) -> Table:
    entry: dict[str, Value] = {
        "name": twin.name,
        "role": twin.role,
        "driver": twin.driver,
        "resource": resource,
        "serial_number": twin.serial_number,
    }
    if twin.certificate is not None:
        entry["calibration"] = {
            "certificate": twin.certificate.number,
            "due": twin.certificate.due,
            "uncertainty_pct": twin.certificate.uncertainty_pct,
            "class_pct": twin.certificate.class_pct,
            "distorted_uncertainty_pct": twin.certificate.distorted_uncertainty_pct,
        }
    return entry


def _position(place: Place, *, calculator: bool) -> Table:
    entry: dict[str, Value] = {
        "name": str(place.number),
        **_main_port(place),
        "further_ports": [
            Inline(name=port.name, **_address(place, port))
            for port in _further_ports(place.product)
            if port.name == OPTICAL or port.name in place.network_ports
        ],
        "pulse": Inline(instrument="counter", channel=place.number),
        "actuators": Inline(instrument="hands", position=place.number),
        "declaration": _declaration_name(place),
        "secrets": _secrets_name(place),
    }
    if place.isolation is not None:
        entry["isolation"] = Inline(
            ratio_error_pct=place.isolation.certified_ratio_pct,
            phase_lead_min=place.isolation.certified_lead_min,
            uncertainty_pct=RATIO_UNCERTAINTY_PCT,
            phase_uncertainty_min=LEAD_UNCERTAINTY_MIN,
        )
    if place.number == 1 and calculator:
        entry["error_calculator"] = "standard"  # the one scanning head of the standard looks at this LED
    return entry


def _main_port(place: Place) -> dict[str, Value]:
    """Return where the main port is reached: the optical one, or the network port of the framing ordered."""
    link = place.product.communication
    if link.framing != "wrapper":
        return _address(place, _OPTICAL_PORT)
    return _address(place, _main_network_port(link))


def _main_network_port(link: Communication) -> NetworkPort:
    """Return the network port that a meter ordered with the wrapper has as its main one."""
    return next(port for port in link.network_ports if port.transport == link.transport)


def _further_ports(product: Product) -> tuple[NetworkPort, ...]:
    """Return the ports beside the main one."""
    link = product.communication
    if link.framing != "wrapper":
        return link.network_ports
    return (_OPTICAL_PORT, *(port for port in link.network_ports if port.transport != link.transport))


def _protection(link: Communication) -> str:
    """Return what protects the main port."""
    code = _main_network_port(link).protection if link.framing == "wrapper" else link.protection
    return f"{code}.255" if code else ""


def _address(place: Place, port: NetworkPort) -> dict[str, Value]:
    if port.name == OPTICAL:
        return {"meter": f"socket://127.0.0.1:{place.tcp_port}", "port": place.port}
    return {
        "meter": f"{port.transport}://127.0.0.1:{place.network_ports[port.name]}",
        "port": f"{place.port}-{port.name}",
    }


def _public_keys(link: Communication, association: Association) -> dict[str, Value]:
    """Return the meter's public keys, for an association whose client has keys for signatures."""
    if not association.client_signing_key:
        return {}
    pairs = {"meter_public_key": link.signing_key, "meter_agreement_key": link.agreement_key}
    return {name: _public_key(private, association.suite) for name, private in pairs.items()}


def _public_key(private: bytes, suite: int) -> str:
    key = hls.private_key(int.from_bytes(private), suite=suite).public_key()
    return hls.public_key_octets(key, suite=suite).hex()


def _association(association: Association) -> Table:
    entry: dict[str, Value] = {
        "name": association.name,
        "client_sap": association.client_sap,
        "context": association.context,
        "mechanism": association.mechanism,
        "conformance": list(association.conformance),
        "max_pdu": association.max_pdu,
    }
    if association.secret_name is not None:
        entry["secret"] = association.secret_name
    if association.pre_established:
        entry["pre_established"] = True
    if association.context == "ln-ciphered":
        entry |= {
            "suite": association.suite,
            "policy": association.policy,
            "security_version": 1,
            "dedicated_key": association.dedicated_key,
            "security_setup": association.security_setup,
            "invocation_counter": association.invocation_counter,
        }
        entry |= {key: _key_name(association, key) for key in _keys(association)}
    return entry


def _declaration_name(place: Place) -> str:
    return f"{place.port}.toml"


def _secrets_name(place: Place) -> str:
    return f"{place.port}.secrets.toml"


def _write(path: Path, document: Table, *, private: bool = False) -> None:
    if private:
        path.touch(mode=0o600)
        path.chmod(0o600)  # the file may have been there before
    path.write_text(toml(document), encoding="utf-8")
