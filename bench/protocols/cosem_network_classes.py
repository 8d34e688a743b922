"""Interface classes of networks and communication modules: modem, GPRS, IPv6, NTP, PRIME, G3 (dlms.md §7).

Names and types as gurux-dlms reads them and from memory of the Blue Book (status R); where the two may differ between
versions, and where one attribute has many forms, the row is uncertain (U) and its types are not judged.
"""

from __future__ import annotations

from bench.protocols.cosem_class import Attribute, CosemClass, dynamic, interface_class
from bench.protocols.data import DataType as T

A = Attribute
_COUNTER = (T.DOUBLE_LONG_UNSIGNED,)
_TIME = (T.OCTET_STRING, T.DATE_TIME)


def _counters(*names: str, types: tuple[T, ...] = _COUNTER) -> tuple[Attribute, ...]:
    return tuple(dynamic(name, types) for name in names)


def _uncertain(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, (), True, "U") for name in names)


_GSM = (
    dynamic("operator", (T.VISIBLE_STRING,), "U"),
    dynamic("status", (T.ENUM,)),
    dynamic("cs_attachment", (T.ENUM,)),
    dynamic("ps_status", (T.ENUM,)),
    dynamic("cell_info", (T.STRUCTURE,)),
    dynamic("adjacent_cells", (T.ARRAY,)),
    dynamic("capture_time", _TIME),
)

NETWORK_CLASSES: tuple[CosemClass, ...] = (
    interface_class(
        27,
        1,
        "Modem configuration",
        (A("comm_speed", (T.ENUM,)), A("initialization_string", (T.ARRAY,)), A("modem_profile", (T.ARRAY,))),
    ),
    interface_class(
        28,
        2,
        "Auto answer",
        (
            A("mode", (T.ENUM,)),
            A("listening_window", (T.ARRAY,)),
            dynamic("status", (T.ENUM,)),
            A("number_of_calls", (T.UNSIGNED,)),
            A("number_of_rings", (T.STRUCTURE, T.ARRAY), status="U"),
            A("list_of_allowed_callers", (T.ARRAY,), status="U"),
        ),
    ),
    interface_class(
        29,
        2,
        "Auto connect",
        (
            A("mode", (T.ENUM,)),
            A("repetitions", (T.UNSIGNED,)),
            A("repetition_delay", (T.LONG_UNSIGNED,)),
            A("calling_window", (T.ARRAY,)),
            A("destination_list", (T.ARRAY,)),
        ),
        "connect",
    ),
    interface_class(43, 0, "MAC address setup", (A("MAC_address", (T.OCTET_STRING,)),)),
    interface_class(
        44,
        0,
        "PPP setup",
        (
            A("PHY_reference", (T.OCTET_STRING,)),
            A("LCP_options", (T.ARRAY,)),
            A("IPCP_options", (T.ARRAY,)),
            A("PPP_authentication", (), status="U"),
        ),
    ),
    interface_class(
        45,
        0,
        "GPRS modem setup",
        (A("APN", (T.OCTET_STRING,)), A("PIN_code", (T.LONG_UNSIGNED,)), *_uncertain("quality_of_service")),
    ),
    *(interface_class(47, version, "GSM diagnostic", _GSM) for version in (0, 1, 2)),
    interface_class(
        48,
        0,
        "IPv6 setup",
        (
            A("DL_reference", (T.OCTET_STRING,)),
            A("address_config_mode", (T.ENUM,)),
            A("unicast_IPv6_addresses", (T.ARRAY,)),
            A("multicast_IPv6_addresses", (T.ARRAY,)),
            A("gateway_IPv6_addresses", (T.ARRAY,)),
            A("primary_DNS_address", (T.OCTET_STRING,)),
            A("secondary_DNS_address", (T.OCTET_STRING,)),
            A("traffic_class", (T.UNSIGNED,)),
            A("neighbor_discovery_setup", (T.ARRAY,)),
        ),
        "add_IPv6_address",
        "remove_IPv6_address",
    ),
    interface_class(
        80,
        0,
        "432 SSCS setup",
        (
            dynamic("service_node_address", (T.LONG_UNSIGNED,)),
            dynamic("base_node_address", (T.LONG_UNSIGNED,)),
        ),
        "reset",
    ),
    interface_class(
        81,
        0,
        "PRIME physical layer counters",
        _counters(
            "phy_stats_crc_incorrect_count",
            "phy_stats_crc_fail_count",
            "phy_stats_tx_drop_count",
            "phy_stats_rx_drop_count",
            types=(T.LONG_UNSIGNED,),
        ),
        "reset",
    ),
    interface_class(
        82,
        0,
        "PRIME MAC setup",
        tuple(
            A(name, (T.UNSIGNED,))
            for name in (
                "mac_min_switch_search_time",
                "mac_max_promotion_pdu",
                "mac_promotion_pdu_tx_period",
                "mac_beacons_per_frame",
                "mac_scp_max_tx_attempts",
                "mac_ctl_re_tx_timer",
                "mac_max_ctl_re_tx",
            )
        ),
    ),
    interface_class(
        83,
        0,
        "PRIME MAC functional parameters",
        _uncertain(
            "mac_LNID",
            "mac_LSID",
            "mac_SID",
            "mac_SNA",
            "mac_state",
            "mac_scp_length",
            "mac_node_hierarchy_level",
            "mac_beacon_slot_count",
            "mac_beacon_rx_slot",
            "mac_beacon_tx_slot",
            "mac_beacon_rx_frequency",
            "mac_beacon_tx_frequency",
            "mac_capabilities",
        ),
    ),
    interface_class(
        84,
        0,
        "PRIME MAC counters",
        _counters(
            "mac_tx_data_pkt_count",
            "mac_rx_data_pkt_count",
            "mac_tx_ctrl_pkt_count",
            "mac_rx_ctrl_pkt_count",
            "mac_csma_fail_count",
            "mac_csma_ch_busy_count",
        ),
        "reset",
    ),
    interface_class(
        85,
        0,
        "PRIME MAC network administration data",
        _counters(
            "mac_list_multicast_entries",
            "mac_list_switch_table",
            "mac_list_direct_table",
            "mac_list_available_switches",
            "mac_list_phy_comm",
            types=(T.ARRAY,),
        ),
        "reset",
    ),
    interface_class(
        86,
        0,
        "PRIME application identification",
        (
            A("firmware_version", (T.OCTET_STRING,)),
            A("vendor_ID", (T.LONG_UNSIGNED,)),
            A("product_ID", (T.LONG_UNSIGNED,)),
        ),
    ),
    interface_class(
        90,
        1,
        "G3 MAC layer counters",
        _counters(
            "mac_Tx_data_packet_count",
            "mac_Rx_data_packet_count",
            "mac_Tx_cmd_packet_count",
            "mac_Rx_cmd_packet_count",
            "mac_CSMA_fail_count",
            "mac_CSMA_no_ACK_count",
            "mac_bad_CRC_count",
            "mac_Tx_data_broadcast_count",
            "mac_Rx_data_broadcast_count",
        ),
        "reset",
    ),
    interface_class(
        100,
        0,
        "NTP setup",
        (
            A("activated", (T.BOOLEAN,)),
            A("server_address", (T.OCTET_STRING,)),
            A("server_port", (T.LONG_UNSIGNED,)),
            A("authentication_method", (T.ENUM,)),
            A("authentication_keys", (T.ARRAY,)),
            A("client_key", (T.OCTET_STRING,)),
        ),
        "synchronize",
        "add_authentication_key",
        "delete_authentication_key",
    ),
    interface_class(
        122,
        0,
        "Function control",
        (dynamic("activation_status", (T.ARRAY,)), A("function_list", (T.ARRAY,))),
        "set_function_status",
        "add_function",
        "remove_function",
    ),
    interface_class(
        124,
        0,
        "Communication port protection",
        (
            A("protection_mode", (T.ENUM,)),
            A("allowed_failed_attempts", (T.LONG_UNSIGNED,)),
            A("initial_lockout_time", (T.DOUBLE_LONG_UNSIGNED,)),
            A("steepness_factor", (T.UNSIGNED,)),
            A("max_lockout_time", (T.DOUBLE_LONG_UNSIGNED,)),
            A("port_reference", (T.OCTET_STRING,)),
            dynamic("protection_status", (T.ENUM,)),
            dynamic("failed_attempts", (T.DOUBLE_LONG_UNSIGNED,)),
            dynamic("cumulative_failed_attempts", (T.DOUBLE_LONG_UNSIGNED,)),
        ),
        "reset",
    ),
    *(
        interface_class(
            151,
            version,
            "LTE monitoring",
            (
                dynamic("LTE_network_parameters", (T.STRUCTURE,), "U"),
                dynamic("LTE_quality_of_service", (T.STRUCTURE,), "U"),
            ),
        )
        for version in (0, 1)
    ),
)
