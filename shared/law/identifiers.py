"""Numbers that identify bodies and people: checked by their standards, never guessed or repaired.

What comes in must be written as the standard writes it (upper case, no blanks), so that one body
has one spelling. The pydantic types carry the same stable code as the refusal in the error's
`type`, the Chinese sentence in its `ctx.zh`, and a pattern in the JSON Schema.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError
from stdnum import numdb
from stdnum.cn import ric, uscc

from shared.refusals import Refused

_LETTERS = "0-9A-HJ-NPQRTUWXY"
CREDIT_CODE_PATTERN = rf"^[{_LETTERS}]{{2}}[0-9]{{6}}[{_LETTERS}]{{10}}$"
IDENTITY_NUMBER_PATTERN = r"^[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])[0-9]{5}[0-9X]$"

_CREDIT_CODE = re.compile(CREDIT_CODE_PATTERN[:-1] + r"\Z")
_IDENTITY_NUMBER = re.compile(IDENTITY_NUMBER_PATTERN[:-1] + r"\Z")

_REASONS = {
    "length": "长度应为18位",
    "character": "含有不允许的字符",
    "date": "出生日期无效",
    "check-digit": "校验码不符",
}


class CreditCodeInvalid(Refused):
    """`reason` is length, character or check-digit."""

    code = "credit-code-invalid"
    status = 422
    zh = "统一社会信用代码无效：{reason_zh}。"
    en = "The unified social credit code is not valid: {reason}."
    basis = "GB 32100-2015"


class IdentityNumberInvalid(Refused):
    """`reason` is length, character, date or check-digit; the number itself is never told."""

    code = "identity-number-invalid"
    status = 422
    zh = "公民身份号码无效：{reason_zh}。"
    en = "The identity number is not valid: {reason}."
    basis = "GB 11643-1999"


class CertificateNumberInvalid(Refused):
    """The number does not have the form in force."""

    code = "certificate-number-invalid"
    status = 422
    zh = "执法证编号不符合规定格式。"
    en = "The certificate number does not have the form in force."


def credit_code(value: str) -> str:
    """`value` if it is a unified social credit code, else `CreditCodeInvalid`."""
    if len(value) != 18:
        raise _refusal(CreditCodeInvalid, "length")
    # Only the check digit is the library's: its own check repairs case and separators, and turns
    # away the letters that the standard has for registering bodies (N for agriculture, say).
    if not _CREDIT_CODE.match(value):
        raise _refusal(CreditCodeInvalid, "character")
    if value[17] != _check_digit(value):
        raise _refusal(CreditCodeInvalid, "check-digit")
    return value


@lru_cache(maxsize=4_096)
def _check_digit(value: str) -> str:
    # The same bodies come again and again; the library takes as long as the database.
    digit: str = uscc.calc_check_digit(value)
    return digit


def identity_number(value: str) -> str:
    """`value` if it is a citizen's identity number, else `IdentityNumberInvalid`.

    Form, date and check digit only: the library's own check also compares the place with the
    birth year and turns away many people of Chongqing, whose district codes are younger than they.
    """
    if len(value) != 18:
        raise _refusal(IdentityNumberInvalid, "length")
    if not _IDENTITY_NUMBER.match(value):
        # A month of 13 fails the pattern as well, but is no wrong character.
        digits = value[:17].isascii() and value[:17].isdigit() and value[17] in "0123456789X"
        raise _refusal(IdentityNumberInvalid, "date" if digits else "character")
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise _refusal(IdentityNumberInvalid, "date") from None
    if value[17] != ric.calc_check_digit(value):
        raise _refusal(IdentityNumberInvalid, "check-digit")
    return value


def identity_place(value: str) -> str | None:
    """The county of first registration as far as the table knows it: a hint, never a refusal."""
    told = [part for _, parts in numdb.get("cn/loc").info(value[:6]) for part in parts.items()]
    county = dict(told).get("county")
    return county.split("]")[-1] if county else None


def masked_identity(value: str) -> str:
    """The one form in which an identity number is shown: `500***********1234`."""
    if len(value) != 18:
        return "*" * 18
    return f"{value[:3]}{'*' * 11}{value[-4:]}"


def certificate_number(value: str, pattern: str) -> str:
    """`value` if it has the form in force (the rule `certificate.number_pattern`), else refused."""
    if len(value) > 64 or re.fullmatch(pattern, value) is None:
        raise CertificateNumberInvalid
    return value


def _refusal(kind: type[Refused], reason: str) -> Refused:
    return kind(reason=reason, reason_zh=_REASONS[reason])


def _in_pydantic(check: Callable[[str], str], value: str) -> None:
    try:
        check(value)
    except Refused as refused:
        raise PydanticCustomError(
            refused.code,
            refused.sentence("en"),
            {"zh": refused.sentence("zh"), "reason": refused.details["reason"]},
        ) from None


def _credit_code(value: str) -> str:
    _in_pydantic(credit_code, value)
    return value


def _identity_number(value: SecretStr) -> SecretStr:
    _in_pydantic(identity_number, value.get_secret_value())
    return value


CreditCode = Annotated[
    str,
    AfterValidator(_credit_code),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": CREDIT_CODE_PATTERN,
            "description": "Unified social credit code (统一社会信用代码), GB 32100-2015",
            "examples": ["11500228709467150P"],
        }
    ),
]
IdentityNumber = Annotated[
    SecretStr,
    AfterValidator(_identity_number),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": IDENTITY_NUMBER_PATTERN,
            "writeOnly": True,
            "description": "Identity number (公民身份号码), GB 11643-1999; never shown in full",
            "examples": ["500112199001010017"],
        }
    ),
]
