"""The keys and system titles with which a reader of recorded octets may try to open them.

Which key opens an APDU is found by trying: with authentication the tag decides. Text that is only encrypted has
no tag; there the key fits whose plain text is an APDU without violations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bench.protocols.ciphering import Keys, open_apdu
from bench.protocols.deviation import DecodeError, violations
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import TITLE_LENGTH, Ciphered, GeneralCiphering, SecurityControl

_KEY_LENGTHS = {0: 16, 1: 16, 2: 32}
_SHORTEST_HIDDEN = 4


class Keyring:
    """Secrets by name; those of a key's length are tried as keys, those of 8 octets as titles."""

    def __init__(self, secrets: Mapping[str, bytes], titles: Iterable[bytes] = ()) -> None:
        self._secrets = dict(secrets)
        self._titles = [*titles]
        self._titles += [value for value in self._secrets.values() if len(value) == TITLE_LENGTH]

    @property
    def holds_secrets(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._secrets)

    def learn_title(self, title: bytes | None) -> None:
        """Try this title first from now on (AARQ and AARE carry them)."""
        if title and len(title) == TITLE_LENGTH and title not in self._titles[:1]:
            self._titles.insert(0, title)

    def open(self, ciphered: Ciphered) -> tuple[bytes, str] | None:
        """Return the plain text and the name of the encryption key; None when nothing fits."""
        for title in self._titles_for(ciphered):
            for name, keys in self._keys_for(ciphered):
                try:
                    plain = open_apdu(ciphered, keys=keys, system_title=title)
                except (DecodeError, ValueError):
                    continue
                if self._believable(ciphered, plain):
                    return plain, name
        return None

    def masked(self, text: str) -> str:
        """Return a line with every secret in it replaced by its name."""
        for name, value in self._secrets.items():
            if len(value) >= _SHORTEST_HIDDEN and value.hex() in text:
                text = text.replace(value.hex(), f"<{name}>")
                if value.isascii():
                    text = text.replace(value.decode("ascii"), f"<{name}>")
        return text

    def _titles_for(self, ciphered: Ciphered) -> list[bytes]:
        own = getattr(ciphered, "system_title", b"") or getattr(ciphered, "originator_system_title", b"")
        return [own] if own else self._titles

    def _keys_for(self, ciphered: Ciphered) -> Iterator[tuple[str, Keys]]:
        control = ciphered.protected.security_control
        length = _KEY_LENGTHS.get(control & 0x0F)
        fitting = {name: value for name, value in self._secrets.items() if len(value) == length}
        for name, encryption in fitting.items():
            if not control & SecurityControl.AUTHENTICATION:
                yield name, Keys(encryption=encryption)
                continue
            for authentication in fitting.values():
                yield name, Keys(encryption=encryption, authentication=authentication)

    def _believable(self, ciphered: Ciphered, plain: bytes) -> bool:
        if ciphered.protected.security_control & SecurityControl.AUTHENTICATION:
            return True
        if isinstance(ciphered, GeneralCiphering) and not plain:
            return False
        apdu, deviations = decode_apdu(plain)
        return apdu is not None and not violations(deviations)
