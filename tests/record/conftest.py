from __future__ import annotations

from pathlib import Path

import pytest

DECLARATION = """\
[identity]
manufacturer = "Example"
flag_id = "MBX"
type = "DDS722"
serial_number = "00000001"
logical_device_name = "MBX0000000000001"

[nameplate]
connection = "direct"
elements = 1
voltage_v = 230.0
basic_current_a = 5.0
maximum_current_a = 60.0
frequency_hz = 50.0
meter_constant_imp_per_kwh = 1000.0

[accuracy]
standard = "IEC 62053-21"
edition = "2003+A1:2016"
class = "1"

[communication]
framing = "hdlc"
baud = 9600
server_upper = 1
server_lower = 16
address_length = 4
max_info_transmit = 128
max_info_receive = 128
window_transmit = 1
window_receive = 1
inactivity_time_out_s = 120.0
response_time_out_s = 2.0

[[association]]
name = "public"
client_sap = 16
context = "ln"
mechanism = "none"
conformance = ["get", "block-transfer-with-get-or-read", "selective-access"]
max_pdu = 1024

[[association]]
name = "management"
client_sap = 1
context = "ln"
mechanism = "lls"
secret = "management_password"
conformance = ["get", "set", "action"]
max_pdu = 1024

[sts]
meter_pan = "600727000000000009"
supply_group_code = "201457"
tariff_index = 1
key_revision_number = 1
key_type = 2
base_date = 2014
key_expiry_number = 255
encryption_algorithm = "EA07"
dkga = "DKGA04"
vending_key = "vending_key"
tid_memory = 50
carriers = ["keypad", "gateway"]
token_encoding = "ascii"

[payment]
mode = "prepayment"
accounting = "kwh"
credit_resolution_wh = 1

[supply]
control_mode = 6
actuation_time_s = 1.0
rules = { A1 = "followed", A2 = "followed", A3 = "not applicable" }

[options]
sacrificial = true
"""


@pytest.fixture
def declaration_file(tmp_path: Path) -> Path:
    path = tmp_path / "meter1.toml"
    path.write_text(DECLARATION, encoding="utf-8")
    return path
