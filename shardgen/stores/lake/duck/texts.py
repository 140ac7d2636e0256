"""Values of DuckDB as texts in one form, whatever their types are: that in which PostgreSQL's are read for a grade."""

from __future__ import annotations

import re
from typing import Final

_TIMES: Final = "%Y-%m-%dT%H:%M:%S.%f"
_INSTANT: Final = f"CASE WHEN isfinite({{0}}) THEN strftime({{0}}::TIMESTAMP, '{_TIMES}') ELSE {{0}}::VARCHAR END"
_DECIMAL: Final = """CASE WHEN contains({0}::VARCHAR, '.') THEN rtrim(rtrim({0}::VARCHAR, '0'), '.')
    ELSE {0}::VARCHAR END"""
_JSON: Final = """CASE json_type({0}) WHEN 'VARCHAR' THEN {0} ->> '$' WHEN 'NULL' THEN NULL ELSE {0}::VARCHAR END"""
_STRUCT: Final = "json_merge_patch('{{}}', to_json({0}))::VARCHAR"
_ALL_DECIMAL: Final = re.compile(r"DECIMAL\((?P<scale>\d+), ?(?P=scale)\)$")
_FORMS: Final = {
    "TIMESTAMP": _INSTANT,  # one with a time zone as well: that of the session is UTC
    "DECIMAL": _DECIMAL,
    "DOUBLE": "format('{{:.15g}}', {0})",  # as many digits as PostgreSQL takes for those of the number
    "FLOAT": "format('{{:.6g}}', {0})",
    "JSON": _JSON,
    "STRUCT": _STRUCT,  # a member that is null is one that is not there: no member can be absent
    "MAP": "to_json({0})::VARCHAR",
    "UNION": "to_json({0})::VARCHAR",
}
"""SQL for the text of a value, by what the name of its type begins with."""


def text(value: str, type_: str) -> str:
    """SQL for the text of a value.

    Args:
        value: in SQL.
        type_: as DuckDB describes it.
    """
    if type_.endswith("]"):
        return f"to_json({value})::VARCHAR"
    if told := _ALL_DECIMAL.match(type_):
        value = f"{value}::DECIMAL(38, {told['scale']})"  # with a digit before the point
    form = next((form for name, form in _FORMS.items() if type_.startswith(name)), "{0}::VARCHAR")
    return form.format(value)


def in_order(key: str) -> str:
    """By what rows are put in order: the number in the text of a key, of any length, and the text; none comes first.

    Args:
        key: in SQL.
    """
    digits = f"ltrim(regexp_extract({key}, '[0-9]+'), '0')"
    return f"regexp_matches({key}, '[0-9]') NULLS FIRST, length({digits}), {digits}, {key}"
