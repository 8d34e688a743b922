"""Defects of layer ST: changing the decoder key."""

from __future__ import annotations

from dataclasses import replace

from bench.protocols.sts.fields import KeyChangeFirst, KeyChangeSection
from bench.protocols.sts.key_change import KeyChange
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.payment.decoder_key import DecoderKey
from reference_meter.payment.key_change import SECTION_NUMBER, KeyChangeStaging
from reference_meter.payment.token_result import TokenResult

_KEY_PART_OCTETS = 4


class InOrderOnly(KeyChangeStaging):
    """Take each section only after the one before it."""

    def take(self, section: KeyChangeSection) -> TokenResult:
        self.drop_expired()
        number = SECTION_NUMBER[type(section)]
        if number > 1 and number - 1 not in self.sections:
            return TokenResult.FORMAT_ERROR
        return super().take(section)


class FirstSectionAlone(KeyChangeStaging):
    """Put the first section into the key register at once."""

    def take(self, section: KeyChangeSection) -> TokenResult:
        if isinstance(section, KeyChangeFirst):
            key = self.meter.decoder_key
            self.commit(
                KeyChange(
                    new_key=section.key_part.to_bytes(_KEY_PART_OCTETS) + key.key[_KEY_PART_OCTETS:],
                    key_type=section.key_type,
                    key_revision_number=section.key_revision_number,
                    tariff_index=int(key.tariff_index),
                    key_expiry_number=key.key_expiry_number,
                    roll_over=section.roll_over,
                    supply_group_code=key.supply_group_code,
                )
            )
        return super().take(section)


class SetsMixed(KeyChangeStaging):
    """Join whatever sections there are, the later one of each kind."""

    def contradicts(self, section: KeyChangeSection) -> bool:  # noqa: ARG002
        return False


class ClearsCredit(KeyChangeStaging):
    """Change the key and clear the credit."""

    def commit(self, change: KeyChange) -> None:
        with self.meter.memory.together():
            super().commit(change)
            self.meter.account.clear()


class RollOverIgnored(KeyChangeStaging):
    """Change the key at a roll-over and leave the TID store as it was."""

    def commit(self, change: KeyChange) -> None:
        super().commit(replace(change, roll_over=False))


class OldParametersShown(DecoderKey):
    """Change the key and go on showing supply group, tariff index and key revision of the old one."""

    def take_parameters(self, change: KeyChange) -> None:
        """Take nothing over."""


DEFECTS = (
    SlotDefect(
        id="ST-14",
        title="Key-change tokens accepted only in order 1 then 2",
        slot="key_change",
        mixin=InOrderOnly,
    ),
    SlotDefect(
        id="ST-16",
        title="Key changes after the first section alone",
        slot="key_change",
        mixin=FirstSectionAlone,
    ),
    SlotDefect(
        id="ST-17",
        title="Sections from two different sets are combined without the set check",
        slot="key_change",
        mixin=SetsMixed,
    ),
    SlotDefect(
        id="ST-18", title="Key change clears the customer's credit", slot="key_change", mixin=ClearsCredit
    ),
    SlotDefect(
        id="ST-19",
        title="Rollover key change does not clear the TID store",
        slot="key_change",
        mixin=RollOverIgnored,
    ),
    SlotDefect(
        id="ST-24",
        title="SGC/TI/KRN displayed and reported stay at old values after key change",
        slot="decoder_key",
        mixin=OldParametersShown,
    ),
)
