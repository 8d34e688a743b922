"""Who a client is (slot ``security``): passwords of the associations with low level security (LLS)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from reference_meter.products.product import Association as AssociationSettings

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class Security:
    """Compare what a client presents with the secrets of this meter."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def password(self, settings: AssociationSettings) -> bytes | None:
        """Return the LLS password of an association, None when it has none."""
        return settings.password

    def password_matches(self, settings: AssociationSettings, presented: bytes) -> bool:
        """Tell whether the whole password was presented; the time taken does not tell how much is right."""
        password = self.password(settings)
        return password is not None and hmac.compare_digest(password, presented)
