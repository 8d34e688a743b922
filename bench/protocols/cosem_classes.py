"""The interface classes of the Blue Book that this product uses, as a table: attributes, types, methods.

Each attribute row has a source status: V confirmed by a vector or a second implementation's behaviour,
R recalled domain knowledge without a public text at hand, U uncertain (its types are not to be judged).
"""

from __future__ import annotations

from bench.protocols.cosem_class import Attribute, dynamic, interface_class
from bench.protocols.cosem_class import AttributeRow as AttributeRow
from bench.protocols.cosem_class import CosemClass as CosemClass
from bench.protocols.cosem_class import MethodRow as MethodRow
from bench.protocols.cosem_network_classes import NETWORK_CLASSES
from bench.protocols.cosem_system_classes import SYSTEM_CLASSES
from bench.protocols.data import DataType

T = DataType
_TIME = (T.OCTET_STRING, T.DATE_TIME)
_AMOUNT = (T.DOUBLE_LONG,)
_REGISTER_VALUE = tuple(
    kind for kind in DataType if kind not in (T.VERBATIM, T.ARRAY, T.COMPACT_ARRAY, T.DONT_CARE)
)


_A = Attribute
_dynamic = dynamic
_class = interface_class

_ALL = (
    _class(1, 0, "Data", (_A("value", status="V"),)),
    _class(
        3,
        0,
        "Register",
        (
            _dynamic("value", _REGISTER_VALUE, "V"),
            _A("scaler_unit", (T.STRUCTURE,), status="V"),
        ),
        "reset",
    ),
    _class(
        8,
        0,
        "Clock",
        (
            _dynamic("time", _TIME, "V"),
            _A("time_zone", (T.LONG,), status="V"),
            _dynamic("status", (T.UNSIGNED,), "V"),
            _A("daylight_savings_begin", (T.OCTET_STRING,)),
            _A("daylight_savings_end", (T.OCTET_STRING,)),
            _A("daylight_savings_deviation", (T.INTEGER,), status="V"),
            _A("daylight_savings_enabled", (T.BOOLEAN,), status="V"),
            _A("clock_base", (T.ENUM,), status="V"),
        ),
        "adjust_to_quarter",
        "adjust_to_measuring_period",
        "adjust_to_minute",
        "adjust_to_preset_time",
        "preset_adjusting_time",
        "shift_time",
    ),
    *(
        _class(
            15,
            version,
            "Association LN",
            (
                _A("object_list", (T.ARRAY,), status="V"),
                _A("associated_partners_id", (T.STRUCTURE,), status="V"),
                _A("application_context_name", (T.STRUCTURE, T.OCTET_STRING)),
                _A("xDLMS_context_info", (T.STRUCTURE,)),
                _A("authentication_mechanism_name", (T.STRUCTURE, T.OCTET_STRING)),
                _A("secret", (T.OCTET_STRING,)),
                _A("association_status", (T.ENUM,)),
                *((_A("security_setup_reference", (T.OCTET_STRING,)),) if version >= 1 else ()),
                *((_A("user_list", (T.ARRAY,)), _A("current_user", (T.STRUCTURE,))) if version >= 2 else ()),
            ),
            "reply_to_HLS_authentication",
            "change_HLS_secret",
            "add_object",
            "remove_object",
            *(("add_user", "remove_user") if version >= 2 else ()),
        )
        # version 3 tells access rights in bits, and has no further attributes (recalled)
        for version in (0, 1, 2, 3)
    ),
    _class(
        17,
        0,
        "SAP assignment",
        (_A("SAP_assignment_list", (T.ARRAY,)),),
        "connect_logical_device",
    ),
    *(
        _class(
            23,
            version,
            "IEC HDLC setup",
            (
                _A("comm_speed", (T.ENUM,)),
                _A("window_size_transmit", (T.UNSIGNED,)),
                _A("window_size_receive", (T.UNSIGNED,)),
                _A("max_info_field_length_transmit", (T.LONG_UNSIGNED,) if version else (T.UNSIGNED,)),
                _A("max_info_field_length_receive", (T.LONG_UNSIGNED,) if version else (T.UNSIGNED,)),
                _A("inter_octet_time_out", (T.LONG_UNSIGNED,)),
                _A("inactivity_time_out", (T.LONG_UNSIGNED,)),
                _A("device_address", (T.LONG_UNSIGNED,)),
            ),
        )
        for version in (0, 1)
    ),
    _class(
        70,
        0,
        "Disconnect control",
        (
            _dynamic("output_state", (T.BOOLEAN,)),
            _dynamic("control_state", (T.ENUM,)),
            _A("control_mode", (T.ENUM,)),
        ),
        "remote_disconnect!",
        "remote_reconnect!",
    ),
    _class(
        111,
        0,
        "Account",
        (
            _A("account_mode_and_status", (T.STRUCTURE,)),
            _dynamic("current_credit_in_use", (T.UNSIGNED,)),
            _dynamic("current_credit_status", (T.BIT_STRING,)),
            _dynamic("available_credit", _AMOUNT),
            _dynamic("amount_to_clear", _AMOUNT),
            _A("clearance_threshold", _AMOUNT),
            _dynamic("aggregated_debt", _AMOUNT),
            _A("credit_reference_list", (T.ARRAY,)),
            _A("charge_reference_list", (T.ARRAY,)),
            _A("credit_charge_configuration", (T.ARRAY,)),
            _A("token_gateway_configuration", (T.ARRAY,)),
            _A("account_activation_time", (T.OCTET_STRING,)),
            _A("account_closure_time", (T.OCTET_STRING,)),
            _A("currency", (T.STRUCTURE,)),
            _A("low_credit_threshold", _AMOUNT),
            _A("next_credit_available_threshold", _AMOUNT),
            _A("max_provision", (T.LONG_UNSIGNED,), status="U"),
            _A("max_provision_period", _AMOUNT, status="U"),
        ),
        "activate_account",
        "close_account",
        "reset_account",
    ),
    _class(
        112,
        0,
        "Credit",
        (
            _dynamic("current_credit_amount", _AMOUNT),
            _A("credit_type", (T.ENUM,)),
            _A("priority", (T.UNSIGNED,)),
            _A("warning_threshold", _AMOUNT),
            _A("limit", _AMOUNT),
            _A("credit_configuration", (T.BIT_STRING,)),
            _dynamic("credit_status", (T.ENUM,)),
            _A("preset_credit_amount", _AMOUNT),
            _A("credit_available_threshold", _AMOUNT),
            _A("period", (T.OCTET_STRING,)),
        ),
        "update_amount",
        "set_amount_to_value",
        "invoke_credit",
    ),
    _class(
        113,
        0,
        "Charge",
        (
            _dynamic("total_amount_paid", _AMOUNT),
            _A("charge_type", (T.ENUM,)),
            _A("priority", (T.UNSIGNED,)),
            _A("unit_charge_active", (T.STRUCTURE,), status="U"),
            _A("unit_charge_passive", (T.STRUCTURE,), status="U"),
            _A("unit_charge_activation_time", (T.OCTET_STRING,)),
            _A("period", (T.DOUBLE_LONG_UNSIGNED,), status="U"),
            _A("charge_configuration", (T.BIT_STRING,)),
            _dynamic("last_collection_time", _TIME, "U"),
            _dynamic("last_collection_amount", _AMOUNT),
            _dynamic("total_amount_remaining", _AMOUNT),
            _A("proportion", (T.LONG_UNSIGNED,)),
        ),
        "update_unit_charge",
        "activate_passive_unit_charge",
        "collect",
        "update_total_amount_remaining",
        "set_total_amount_remaining",
    ),
    _class(
        115,
        0,
        "Token gateway",
        # Attribute numbers are to be confirmed (dual_standard_meter.md), so every row is uncertain.
        (
            _dynamic("token", (T.OCTET_STRING,), "U"),
            _dynamic("token_time", (T.OCTET_STRING,), "U"),
            _dynamic("token_description", (T.ARRAY,), "U"),
            _dynamic("token_delivery_method", (T.ENUM,), "U"),
            _dynamic("token_status", (T.STRUCTURE,), "U"),
        ),
        "enter",
        status="U",
    ),
    _class(
        116,
        0,
        "IEC 62055-41 attributes",
        # Names from the object model; the public sources give no types, so all are uncertain.
        (
            _A("meter_pan", (T.STRUCTURE,), status="U"),
            _A("commodity", status="U"),
            _A("token_carrier_types", (T.ARRAY,), status="U"),
            _A("encryption_algorithm", (T.UNSIGNED,), status="U"),
            _A("supply_group_code", (T.DOUBLE_LONG_UNSIGNED,), status="U"),
            _A("tariff_index", (T.UNSIGNED,), status="U"),
            _A("key_revision_number", (T.UNSIGNED,), status="U"),
            _A("key_type", (T.UNSIGNED,), status="U"),
            _A("key_expiry_number", (T.UNSIGNED,), status="U"),
            _A("no_of_kct_supported", (T.UNSIGNED,), status="U"),
            _A("sts_certificate_no", (T.OCTET_STRING, T.VISIBLE_STRING, T.UTF8_STRING), status="U"),
        ),
    ),
)

CLASSES: dict[tuple[int, int], CosemClass] = {
    (row.class_id, row.version): row for row in (*_ALL, *SYSTEM_CLASSES, *NETWORK_CLASSES)
}
"""The classes by (class id, version)."""


def cosem_class(class_id: int, version: int) -> CosemClass | None:
    """Return the description of a class version, None when the table has none."""
    return CLASSES.get((class_id, version))
