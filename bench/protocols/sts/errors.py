"""The one error of the token codec: a value that cannot be what its field says it is."""


class FieldError(ValueError):
    """A data element of a token, a key or an identity is wrong; names the field and says why.

    ``field`` is the word a user would use for it ("amount", "meter PAN", "token"). The message never holds
    key material.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def check_range(field: str, value: int, lowest: int, highest: int) -> int:
    """Return ``value`` if it lies in ``lowest`` to ``highest``, else raise `FieldError`."""
    if not lowest <= value <= highest:
        raise FieldError(field, f"{value} is outside {lowest} to {highest}")
    return value


def check_digits(field: str, text: str, length: int) -> str:
    """Return ``text`` if it is exactly ``length`` decimal digits, else raise `FieldError`."""
    if not (text.isascii() and text.isdigit()):
        raise FieldError(field, f"{length} decimal digits expected, '{text}' given")
    if len(text) != length:
        raise FieldError(field, f"{length} digits expected, {len(text)} given")
    return text
