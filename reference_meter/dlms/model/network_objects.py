"""The ports as clients see them: optical port (class 19), TCP-UDP (41) and IPv4 setup (42); read only.

The IPv4 address is that of the laboratory's network, 127.0.0.1; the meter has no DNS and no gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    array,
    boolean,
    double_long_unsigned,
    enum,
    long_unsigned,
    octet_string,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.wrapper import PORT
from reference_meter.dlms.model.communication import COMM_SPEEDS
from reference_meter.dlms.model.cosem_object import CosemObject, Method, columns, cosem_object, fixed

if TYPE_CHECKING:
    from reference_meter.meter import Meter

TCP_SETUP, IPV4_SETUP = "0-0:25.0.0", "0-0:25.1.0"
_MODE_E, _DIRECT_HDLC = 0, 1
_TWO_HUNDRED_MS = 1
_MAXIMUM_SEGMENT = 1460
_LOOPBACK = 127 << 24 | 1
_LOOPBACK_MASK = 0xFF000000
_NOTHING = fixed(octet_string(b""))
_NO_ADDRESS = fixed(double_long_unsigned(0))


def _mode(meter: Meter) -> Data:
    return enum(_MODE_E if meter.sign_on.enabled else _DIRECT_HDLC)


def _inactivity(meter: Meter) -> Data:
    return long_unsigned(round(meter.wrapper_tcp.inactivity_time_out_s()))


NETWORK: tuple[CosemObject, ...] = (
    cosem_object(
        19,
        1,
        "0-0:20.0.0",
        "optical port",
        columns(
            (
                ("default_mode", _mode),
                ("default_baud", lambda meter: enum(COMM_SPEEDS[meter.product.communication.sign_on_baud])),
                ("prop_baud", lambda meter: enum(COMM_SPEEDS[meter.product.communication.baud])),
                ("response_time", fixed(enum(_TWO_HUNDRED_MS))),
                (
                    "device_addr",
                    lambda meter: octet_string(meter.product.communication.mode_e_address.encode("ascii")),
                ),
                ("pass_p1", _NOTHING),
                ("pass_p2", _NOTHING),
                ("pass_w5", _NOTHING),
            )
        ),
    ),
    cosem_object(
        41,
        0,
        TCP_SETUP,
        "TCP-UDP setup",
        columns(
            (
                ("TCP-UDP_port", fixed(long_unsigned(PORT))),
                ("IP_reference", fixed(octet_string(Obis(IPV4_SETUP).to_bytes()))),
                ("MSS", fixed(long_unsigned(_MAXIMUM_SEGMENT))),
                ("nb_of_sim_conn", fixed(unsigned(1))),
                ("inactivity_time_out", _inactivity),
            )
        ),
    ),
    cosem_object(
        42,
        0,
        IPV4_SETUP,
        "IPv4 setup",
        columns(
            (
                ("DL_reference", _NOTHING),
                ("IP_address", fixed(double_long_unsigned(_LOOPBACK))),
                ("multicast_IP_address", fixed(array())),
                ("IP_options", fixed(array())),
                ("subnet_mask", fixed(double_long_unsigned(_LOOPBACK_MASK))),
                ("gateway_IP_address", _NO_ADDRESS),
                ("use_DHCP_flag", fixed(boolean(False))),
                ("primary_DNS_address", _NO_ADDRESS),
                ("secondary_DNS_address", _NO_ADDRESS),
            )
        ),
        methods=tuple(
            Method(index=index, name=name)
            for index, name in enumerate(
                ("add_mc_IP_address", "delete_mc_IP_address", "get_nbof_mc_IP_addresses"), start=1
            )
        ),
    ),
)
