"""The results of token processing (sts.md 7.2), and how the COSEM token gateway reports them (sts.md 9)."""

from __future__ import annotations

from enum import IntEnum


class TokenResult(IntEnum):
    """Result of one token. What number a meter gives it outside is a matter of its product."""

    ACCEPT = 1
    FIRST_KCT = 2
    SECOND_KCT = 3
    OVERFLOW_ERROR = 4
    KEY_TYPE_ERROR = 5
    FORMAT_ERROR = 6
    RANGE_ERROR = 7
    FUNCTION_ERROR = 8
    OLD_ERROR = 9
    USED_ERROR = 10
    KEY_EXPIRED_ERROR = 11
    DDTK_ERROR = 12
    CRC_ERROR = 13
    MFR_CODE_ERROR = 14
    LOCKOUT_ACTIVE = 15
    NOT_READY = 16
    THIRD_KCT = 17
    FOURTH_KCT = 18

    @property
    def display_text(self) -> str:
        """What the display says, in the words of the standard: "Accept", "UsedError", "CRCError"."""
        return _DISPLAY[self]

    @property
    def accepted(self) -> bool:
        """Whether the token was executed, or held as a section of a key change set."""
        return self in _ACCEPTED

    @property
    def status_code(self) -> StatusCode:
        """The status_code of the COSEM token gateway (class 115, attribute 6)."""
        return _STATUS[self]


class StatusCode(IntEnum):
    """status_code of the token gateway: how far a token came. Source: Gurux enums, sts.md 9."""

    FORMAT_OK = 0
    AUTHENTICATION_OK = 1
    VALIDATION_OK = 2
    EXECUTION_OK = 3
    FORMAT_FAILURE = 4
    AUTHENTICATION_FAILURE = 5
    VALIDATION_FAILURE = 6
    EXECUTION_FAILURE = 7
    NOT_YET_PROCESSED = 8


_DISPLAY = {
    TokenResult.ACCEPT: "Accept",
    TokenResult.FIRST_KCT: "1stKCT",
    TokenResult.SECOND_KCT: "2ndKCT",
    TokenResult.THIRD_KCT: "3rdKCT",
    TokenResult.FOURTH_KCT: "4thKCT",
    TokenResult.OVERFLOW_ERROR: "OverflowError",
    TokenResult.KEY_TYPE_ERROR: "KeyTypeError",
    TokenResult.FORMAT_ERROR: "FormatError",
    TokenResult.RANGE_ERROR: "RangeError",
    TokenResult.FUNCTION_ERROR: "FunctionError",
    TokenResult.OLD_ERROR: "OldError",
    TokenResult.USED_ERROR: "UsedError",
    TokenResult.KEY_EXPIRED_ERROR: "KeyExpiredError",
    TokenResult.DDTK_ERROR: "DDTKError",
    TokenResult.CRC_ERROR: "CRCError",
    TokenResult.MFR_CODE_ERROR: "MfrCodeError",
    TokenResult.LOCKOUT_ACTIVE: "Lockout",
    TokenResult.NOT_READY: "NotReady",
}

KEY_CHANGE_HELD = (
    TokenResult.FIRST_KCT,
    TokenResult.SECOND_KCT,
    TokenResult.THIRD_KCT,
    TokenResult.FOURTH_KCT,
)
"""The result of each section of a key change set that is not complete yet."""

_ACCEPTED = {TokenResult.ACCEPT, *KEY_CHANGE_HELD}

# The assignment of results to stages is the plain reading of sts.md 7.1; sts.md 9 marks it [K].
_STATUS = {
    TokenResult.ACCEPT: StatusCode.EXECUTION_OK,
    TokenResult.FIRST_KCT: StatusCode.EXECUTION_OK,
    TokenResult.SECOND_KCT: StatusCode.EXECUTION_OK,
    TokenResult.THIRD_KCT: StatusCode.EXECUTION_OK,
    TokenResult.FOURTH_KCT: StatusCode.EXECUTION_OK,
    TokenResult.FORMAT_ERROR: StatusCode.FORMAT_FAILURE,
    TokenResult.CRC_ERROR: StatusCode.AUTHENTICATION_FAILURE,
    TokenResult.MFR_CODE_ERROR: StatusCode.AUTHENTICATION_FAILURE,
    TokenResult.OLD_ERROR: StatusCode.VALIDATION_FAILURE,
    TokenResult.USED_ERROR: StatusCode.VALIDATION_FAILURE,
    TokenResult.KEY_EXPIRED_ERROR: StatusCode.VALIDATION_FAILURE,
    TokenResult.DDTK_ERROR: StatusCode.VALIDATION_FAILURE,
    TokenResult.OVERFLOW_ERROR: StatusCode.EXECUTION_FAILURE,
    TokenResult.KEY_TYPE_ERROR: StatusCode.EXECUTION_FAILURE,
    TokenResult.RANGE_ERROR: StatusCode.EXECUTION_FAILURE,
    TokenResult.FUNCTION_ERROR: StatusCode.EXECUTION_FAILURE,
    TokenResult.LOCKOUT_ACTIVE: StatusCode.EXECUTION_FAILURE,
    TokenResult.NOT_READY: StatusCode.NOT_YET_PROCESSED,
}
