"""Errors of instruments. The bench reports them as its own fault, never the meter's."""


class InstrumentFault(Exception):
    """An instrument is absent, answers another identity, reports an error, or does not answer in time."""

    def __init__(self, message: str, *, resource: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.resource = resource
        self.remedy = remedy

    def __str__(self) -> str:
        at = f" [{self.resource}]" if self.resource else ""
        return f"{self.message}{at} {self.remedy}".strip()


class SetpointRefused(InstrumentFault):
    """A value outside of what the instrument can do, or no number at all; nothing was sent."""
