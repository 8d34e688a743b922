"""Errors of the bench, named by culprit: who has to do something about it."""


class BenchError(Exception):
    """A problem on our side of the terminals, with one sentence of remedy."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class MeterFailure(AssertionError):
    """The meter does not meet a requirement. The only error that counts against the meter."""


class BenchFault(BenchError):
    """An instrument, the source, a lock or the wiring of the bench failed; says nothing of the meter."""


class LinkError(BenchError):
    """Communication with the meter broke down; carries the last octets seen."""

    def __init__(self, message: str, *, remedy: str = "", last_octets: bytes = b"") -> None:
        super().__init__(message, remedy=remedy)
        self.last_octets = last_octets


class PlanError(BenchError):
    """A file or option the user gave (rig, declaration, plan, secrets) cannot be used as it stands."""


class SafetyTrip(BenchError):
    """A limit was about to be crossed, or was; the source is off."""
