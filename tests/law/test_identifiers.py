"""Numbers by their standards: right ones pass, and a wrong one is told why."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from stdnum.cn import ric, uscc

from shared.law.identifiers import (
    CREDIT_CODE_PATTERN,
    IDENTITY_NUMBER_PATTERN,
    CertificateNumberInvalid,
    CreditCode,
    CreditCodeInvalid,
    IdentityNumber,
    IdentityNumberInvalid,
    certificate_number,
    credit_code,
    identity_number,
    identity_place,
    masked_identity,
)

REAL = "11500228709467150P"  # an agency of 梁平, as it publishes itself
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def identity(place: str, born: str, order: str = "001") -> str:
    body = f"{place}{born}{order}"
    return body + ric.calc_check_digit(body + "0")


def test_a_real_credit_code_passes() -> None:
    assert credit_code(REAL) == REAL


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "length"),
        (REAL[:-1], "length"),
        (REAL + "0", "length"),
        (REAL[:-1] + "Q", "check-digit"),
        (REAL.lower(), "character"),
        ("I1500228709467150P", "character"),
        ("1150022O709467150P", "character"),
        ("11500228709467150S", "character"),
        (REAL[:-1] + "\n", "character"),
        ("11500228-09467150P", "character"),
        ("１1500228709467150P", "character"),
    ],
)
def test_a_wrong_credit_code_is_told_why(value: str, reason: str) -> None:
    with pytest.raises(CreditCodeInvalid) as caught:
        credit_code(value)
    assert caught.value.details["reason"] == reason
    assert (caught.value.status, caught.value.code) == (422, "credit-code-invalid")


@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(place: int, character: str) -> None:
    changed = REAL[:place] + character + REAL[place + 1 :]
    if changed == REAL:
        assert credit_code(changed) == REAL
    else:
        with pytest.raises(CreditCodeInvalid):
            credit_code(changed)


@given(st.from_regex(CREDIT_CODE_PATTERN.replace("$", r"\Z"), fullmatch=True))
def test_the_published_pattern_is_all_but_the_check_digit(value: str) -> None:
    right = value[:-1] + uscc.calc_check_digit(value[:-1])
    assert credit_code(right) == right


@pytest.mark.parametrize(
    ("place", "born"),
    [("500112", "19900101"), ("500154", "20020229"[:6] + "28"), ("500116", "20020704")],
)
def test_people_older_than_their_district_have_valid_numbers(place: str, born: str) -> None:
    value = identity(place, born)
    assert identity_number(value) == value
    assert not ric.is_valid(value)  # why the library's own check is not used


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("50011219900101001", "length"),
        ("500112900101001", "length"),
        (identity("500112", "19900101")[:-1] + "x", "character"),
        ("A" + identity("500112", "19900101")[1:], "character"),
        (identity("500112", "19900230"), "date"),
        (identity("500112", "19901301"), "date"),
        (identity("500112", "17900101"), "date"),
        ("500112199001010010", "check-digit"),
        ("50011219900101001７", "character"),
    ],
)
def test_a_wrong_identity_number_is_told_why(value: str, reason: str) -> None:
    with pytest.raises(IdentityNumberInvalid) as caught:
        identity_number(value)
    assert caught.value.details["reason"] == reason
    assert caught.value.code == "identity-number-invalid"
    assert value not in str(caught.value) + caught.value.sentence("zh")


@given(st.dates().filter(lambda d: 1800 <= d.year < 2100), st.integers(0, 999))
def test_every_date_with_its_check_digit_passes(born: Any, order: int) -> None:
    value = identity("500106", born.strftime("%Y%m%d"), f"{order:03}")
    assert identity_number(value) == value
    assert re.fullmatch(IDENTITY_NUMBER_PATTERN, value)


def test_the_place_is_a_hint() -> None:
    assert identity_place(identity("500112", "19900101")) == "渝北区"
    assert identity_place(identity("999999", "19900101")) is None


def test_a_masked_number_always_has_one_form() -> None:
    assert masked_identity("500112199001011234") == "500***********1234"
    assert masked_identity("1234567") == "*" * 18


def test_a_certificate_number_has_the_form_in_force() -> None:
    assert certificate_number("渝A-012345", "[一-龥0-9A-Z-]{4,32}") == "渝A-012345"
    for wrong in ("渝A 012345", "", "渝A-012345\n", "0" * 65):
        with pytest.raises(CertificateNumberInvalid):
            certificate_number(wrong, "[一-龥0-9A-Z-]{4,99}")


class Person(BaseModel):
    uscc: CreditCode
    id_no: IdentityNumber


def test_the_types_carry_the_stable_codes_and_both_languages() -> None:
    with pytest.raises(ValidationError) as caught:
        Person.model_validate({"uscc": REAL[:-1] + "Q", "id_no": "500112199001010010"})
    first, second = caught.value.errors()
    assert (first["type"], first["ctx"]["reason"]) == ("credit-code-invalid", "check-digit")
    assert first["ctx"]["zh"] == "统一社会信用代码无效：校验码不符。"
    assert first["msg"] == "The unified social credit code is not valid: check-digit."
    assert (second["type"], second["ctx"]["reason"]) == ("identity-number-invalid", "check-digit")


def test_an_identity_number_does_not_print_itself() -> None:
    value = identity("500112", "19900101")
    person = Person(uscc=REAL, id_no=value)
    assert person.id_no.get_secret_value() == value
    assert value not in repr(person) + str(person) + person.model_dump_json()


def test_the_schema_has_a_pattern_that_the_examples_match() -> None:
    for kind in (CreditCode, IdentityNumber):
        schema = TypeAdapter(kind).json_schema()
        assert schema["type"] == "string"
        for example in schema["examples"]:
            assert re.search(schema["pattern"], example)
            TypeAdapter(kind).validate_python(example)
