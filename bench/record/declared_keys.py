"""Whether the keys that a declaration names can be what it says they are: asked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from bench.errors import PlanError
from bench.record.communication_declaration import KEY_OCTETS, PUBLIC_KEY_OCTETS, AssociationDeclaration
from bench.record.declaration import Declaration
from bench.record.secrets import SecretStore

_SYMMETRIC = ("authentication_key", "encryption_key", "broadcast_key", "master_key")
_PRIVATE = ("signing_key", "agreement_key")


def check_keys(declaration: Declaration, store: SecretStore) -> None:
    """Compare the length of every key at hand with its association's security suite. Raises PlanError, never a value.

    A key that is not at hand is no mistake: the cases that need it are not run, and say so.
    """
    found = [text for item in declaration.association for text in _mistakes(item, store)]
    if found:
        raise PlanError(
            f"The secrets do not fit the declaration: {'; '.join(found)}.",
            remedy="Correct the entry in the secrets file, or suite in the declaration.",
        )


def _mistakes(association: AssociationDeclaration, store: SecretStore) -> Iterator[str]:
    due, public = KEY_OCTETS[association.suite], PUBLIC_KEY_OCTETS.get(association.suite, 0)
    where = f'association "{association.name}", suite {association.suite}'
    for field in (*_SYMMETRIC, *_PRIVATE):
        name = getattr(association, field)
        value = store.find(name) if name else None
        if value is None:
            continue
        if field in _SYMMETRIC and len(value) != due:
            yield f'{field} "{name}" has {len(value)} octets, {where} needs {due}'
        if field in _PRIVATE and not (0 < len(value) <= public // 2 and any(value)):
            yield f'{field} "{name}" is no private key of {where}: {len(value)} octets, at most {public // 2}'
