"""How a security case transfers keys, and puts the old ones back whatever became of an answer on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from bench.errors import LinkError
from bench.meter.apdu_player import ApduPlayer
from bench.meter.dlms_client import DlmsClient, Refused
from bench.meter.protection import Protection
from bench.protocols.axdr import array, enum, octet_string, structure
from bench.protocols.ciphering import Keys, wrap_key
from bench.record.declaration import AssociationDeclaration
from bench.run.case_bench import CaseBench
from suites.dlms.secured_dialogue import setup_method

#: key_id of the transfer methods: unicast encryption, broadcast encryption, authentication.
GUEK, GAK, NO_KEY = 0, 2, 7
KEY_TRANSFER = 2
#: An answer may be lost on the way back too; a meter must not be left with a key that nobody knows.
TRIES = 3


def sealed(client: DlmsClient, apdu: bytes) -> bytes:
    """Return a request as the client protects it."""
    return client.protection.seal(apdu) if client.protection is not None else apdu


def opener(client: DlmsClient) -> Callable[[bytes], bytes]:
    """Return what takes the protection off the client's answers."""
    return client.protection.open if client.protection is not None else lambda octets: octets


def master_key(bench: CaseBench, association: AssociationDeclaration) -> bytes:
    """Return the key that wraps the others."""
    return bench.position.find_secret(association.master_key) or b""


def transfer_request(bench: CaseBench, association: AssociationDeclaration, keys: dict[int, bytes]) -> bytes:
    """Return the ACTION that transfers keys, wrapped with the master key."""
    kek = master_key(bench, association)
    items = [structure(enum(key_id), octet_string(wrap_key(key, kek=kek))) for key_id, key in keys.items()]
    return setup_method(association, KEY_TRANSFER, array(*items))


def confirmed(answer: bytes | None) -> bool:
    """Tell whether the meter says that it took the keys."""
    return answer is not None and answer[:1] == b"\xc7" and answer[3:4] == b"\x00"


def changed(keys: Keys, new: dict[int, bytes]) -> Keys:
    """Return keys with some replaced by new ones."""
    return replace(
        keys,
        encryption=new.get(GUEK, keys.encryption),
        authentication=new.get(GAK, keys.authentication),
    )


def put_back(
    bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration, new: dict[int, bytes]
) -> None:
    """Give the meter its old keys again where it has the ``new`` ones; tried again where an answer is lost."""
    for _ in range(TRIES):
        if _given_back(bench, player, association, new) or _opens(bench, player, association):
            return


def _given_back(
    bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration, new: dict[int, bytes]
) -> bool:
    """Open under the new keys and transfer the old ones; return whether the meter confirms."""
    with contextlib.suppress(Refused, LinkError):
        protection = bench.position.protection(association)
        if protection is None:
            return True
        old = {GUEK: protection.keys.encryption, GAK: protection.keys.authentication}
        protection.keys = changed(protection.keys, new)
        client = _client(bench, player, association, protection)
        client.open()
        request = transfer_request(bench, association, {key_id: old[key_id] for key_id in new})
        return confirmed(opener(client)(player.session.exchange(sealed(client, request))))
    return False


def _opens(bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration) -> bool:
    with contextlib.suppress(Refused, LinkError):
        _client(bench, player, association, None).open()
        return True
    return False


def _client(
    bench: CaseBench, player: ApduPlayer, association: AssociationDeclaration, protection: Protection | None
) -> DlmsClient:
    player.session.close()
    client = bench.position.client(association.name, protection=protection)
    client.session = player.session
    return client
