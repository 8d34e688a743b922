"""Settings of a meter that a case has changed and that are to be put back as they were found."""

from __future__ import annotations

from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.data import Data, integer

#: The day profiles of an activity calendar are changed by way of its passive ones.
ACTIVE_DAYS, PASSIVE_DAYS = (20, 5), 9
ACTIVATE = 1

Target = tuple[int, str]


class HeldSettings:
    """The values found, by class, logical name and attribute; a link that breaks loses none of them.

    They belong to a position: what one case could not put back, because the meter did not answer, is put back before
    the next one begins.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[Target, int], Data] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def hold(self, client: DlmsClient, target: Target, attribute: int) -> None:
        """Remember a setting before it is changed for the first time."""
        if (target, attribute) not in self._found:
            self._found[target, attribute] = client.get(*target, attribute)

    def put_back(self, client: DlmsClient) -> None:
        """Write back what was found, the last one first. Raises LinkError; what is left then stays held.

        A meter that refuses is not asked again.
        """
        while self._found:
            (target, attribute), value = next(reversed(self._found.items()))
            try:
                if (target[0], attribute) == ACTIVE_DAYS:
                    client.set(*target, PASSIVE_DAYS, value)
                    client.invoke(*target, ACTIVATE, integer(0))
                else:
                    client.set(*target, attribute, value)
            except Refused:
                pass
            del self._found[target, attribute]
