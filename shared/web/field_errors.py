"""What is wrong with a field, in Chinese: the validation library speaks English only."""

from typing import Any

CHINESE = {
    "missing": "必须填写",
    "extra_forbidden": "不允许的字段",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "应为 UUID",
    "date_type": "应为日期，如 2026-03-10",
    "date_parsing": "应为日期，如 2026-03-10",
    "date_from_datetime_parsing": "应为日期，如 2026-03-10",
    "date_from_datetime_inexact": "应为日期，如 2026-03-10",
    "datetime_type": "应为带时区的时间",
    "datetime_parsing": "应为带时区的时间",
    "datetime_from_date_parsing": "应为带时区的时间",
    "timezone_aware": "应为带时区的时间",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "value_error": "取值无效",
}


def sentence(error: Any, language: str) -> str:
    """The sentence of one validation error; a type without a Chinese one speaks English.

    Never the input itself: it may be an identity number.
    """
    context = error.get("ctx", {})
    if language == "zh":
        if "zh" in context:
            return str(context["zh"])
        if (template := CHINESE.get(error["type"])) is not None:
            return template.format_map(context)
    return str(error["msg"])
