"""What a buyer of a dual-standard meter asks for: seven criteria, and what shows each of them.

Source: the seven selection criteria of the product article, filled in by R-065 to R-073 (dual_standard_meter.md 2.5).
An item is shown by verdicts of a run, by a document that somebody files, or by both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is asked for. ``cases``: patterns of cases that show it; ``document``: the word for the paper."""

    id: str
    title: str
    cases: tuple[str, ...] = ()
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One of the seven."""

    number: int
    title: str
    items: tuple[Item, ...]


def _tested(number: str, title: str, *cases: str) -> Item:
    return Item(id=number, title=title, cases=cases)


def _filed(number: str, title: str, document: str) -> Item:
    return Item(id=number, title=title, document=document)


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        number=1,
        title="Certification completeness",
        items=(
            _tested("R-024", "tokens of IEC 62055-41, as a pre-run", "sts/*"),
            _tested("R-022", "DLMS/COSEM, as a pre-run", "dlms/*"),
            _filed(
                "R-067", "STS certificate: number, edition, product list entry, membership", "sts-certificate"
            ),
            _filed("R-068", "DLMS certificate: test tool version, media, associations", "dlms-certificate"),
            _filed("R-052", "supply switch: utilisation category, prospective current", "switch-certificate"),
            _filed("R-069", "editions of the standards that the certificates name are current", "editions"),
        ),
    ),
    Criterion(
        number=2,
        title="Communication adaptability",
        items=(
            _tested("R-020", "modules are swapped under load", "dual/module_swap", "dual/module_*"),
            _tested("R-021", "local port", "dlms/HDLC_*", "dlms/ME_*"),
            _tested("R-025", "one token by every carrier", "sts/two_carriers*", "sts/same_token*"),
            _filed("R-070", "list of modules, and the tools to install them", "module-list"),
        ),
    ),
    Criterion(
        number=3,
        title="Accuracy compliance",
        items=(
            _tested("R-004", "class over the load range", "accuracy/load_point*", "accuracy/single_phase*"),
            _tested("R-005", "start and no-load", "accuracy/starting_current", "accuracy/no_load"),
            _tested("R-007", "constant and register", "accuracy/meter_constant", "accuracy/register_range"),
            _tested("R-008", "influence quantities that a bench can make", "accuracy/influence*"),
            _tested("§7.2", "reference, pulses, register, profile and credit agree", "dual/*_closure*"),
            _filed(
                "R-071", "calibration certificate: laboratory, uncertainty, date", "calibration-certificate"
            ),
        ),
    ),
    Criterion(
        number=4,
        title="Remote management",
        items=(
            _tested("R-065", "registers", "dlms/measured_values", "dlms/second_opinion"),
            _tested("R-065", "profiles and events", "dual/profile_*", "dual/events*", "dlms/profile_*"),
            _tested("R-065", "clock", "dual/clock_*"),
            _tested(
                "R-065", "connect and disconnect", "dual/control_mode*", "dual/token_keeps_remote_disconnect"
            ),
            _tested("R-065", "limiter", "dual/scenario/S6*", "dual/scenario/S14*"),
            _tested("R-065", "tariffs and calendar", "dual/tariff_*", "dual/charge/*"),
            _tested("R-065", "prepaid and postpaid", "dual/scenario/S9*"),
            _tested("R-065", "firmware", "dual/firmware_upgrade", "dlms/image_transfer"),
            _tested("R-065", "push", "dlms/push*"),
            _tested("R-065", "token delivery", "dual/head_end_story*", "sts/gateway_report*"),
            _tested("R-065", "parameters", "dlms/set_stores", "dual/hundred_power_cuts"),
        ),
    ),
    Criterion(
        number=5,
        title="Security",
        items=(
            _tested("R-066", "message security and keys", "dlms/SYMSEC_*", "dlms/suite_*", "dlms/counter_*"),
            _tested("R-066", "authentication", "dlms/hls_*", "dlms/lock_out", "dlms/APPL_OPEN_*"),
            _tested(
                "R-066", "roles are kept apart", "dlms/rights_*", "dual/events_reset*", "dual/read_only*"
            ),
            _tested("R-066", "default keys", "dlms/factory_defaults", "sts/default_key*"),
            _tested("R-066", "token keys", "sts/key_*", "sts/roll_over*"),
            _filed("R-066", "how keys are made, handed over and kept", "key-management"),
        ),
    ),
    Criterion(
        number=6,
        title="Environmental and regulatory compliance",
        items=(
            _filed("R-072", "protection by the enclosure (IP)", "ip-rating"),
            _filed("R-072", "temperature and humidity", "climatic-test"),
            _filed("R-072", "electromagnetic compatibility", "emc-test"),
            _filed("R-072", "safety", "safety-test"),
            _filed("R-072", "type approval (MID or national)", "type-approval"),
            _filed("R-072", "radio approvals of the modules", "radio-approval"),
        ),
    ),
    Criterion(
        number=7,
        title="Long-term support",
        items=(
            _filed("R-073", "policy for firmware", "firmware-policy"),
            _filed("R-073", "spare modules", "spare-modules"),
            _filed("R-073", "warranty", "warranty"),
            _filed("R-073", "certification again after a change", "recertification"),
            _tested("R-073", "new firmware keeps what is there", "dual/firmware_upgrade"),
        ),
    ),
)
