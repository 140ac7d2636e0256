"""What a phrase takes for granted: how long somebody has had the thing, the time of the year, a parcel, that it is kept.

Read off the words themselves, so that a new phrase needs no second mention. Nothing here draws.
"""

from __future__ import annotations

import re

ALWAYS, COLD, WARM = range(3)
"""When in the year something can be said."""

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT = {word: number for number, word in enumerate(_NUMBERS, 1)} | {"a couple of": 2, "a few": 3, "several": 5}
_UNITS = {"day": 1, "night": 1, "evening": 1, "wash": 1, "week": 7, "month": 31}

_COUNTED = re.compile(rf"\b({'|'.join(_COUNT)})(?: full| wonderfully calm)? (day|night|evening|wash|week|month)e?s\b")
_SPANS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), days)
    for pattern, days in (
        (r"\b(years?|decades?)\b(?!-old)", 400),
        (r"\b(first|second|within a|after a|in a|for a|a) months?\b|\bmonths\b", 31),
        (r"\bweeks\b", 14),
        (r"\bweek(end)?\b", 7),
        (r"\b(days|wash after wash|every (single )?night|every day|day three)\b", 3),
        (r"\b(second day|second outing)\b", 2),
        (r"\b(day|night|overnight|first wash)\b", 1),
    )
)
_NOT_HAD = re.compile(r"second screen|night sky|film nights|wedding day|day plans|day cream|night cream|daylight")
_COLD = re.compile(
    r"\b(snow|winters?|frost|frosty|autumn storms|holds firmly on ice|gloves on|my scarf|in the cold|cold night|"
    r"cold air)\b"
)
_WARM = re.compile(r"\b(summer|beach|warm nights|warm days|in the heat)\b")
_PARCEL = re.compile(
    r"\b(arriv\w*|deliver\w*|parcel|ship(s|ped)?|unpack\w*|order\w*|listing|listed|pictures|description|described|"
    r"seller|link|wait)\b"
)
_KEPT = re.compile(
    r"put aside|giving this|nobody at home touches|perhaps i'll keep|the {noun} stays|doubt that (this )?will change|"
    r"send this {noun} straight back|i got used to it|want my money back|my money back"
)


def days_needed(phrase: str) -> int:
    """How many days somebody must have had a thing to say this of it."""
    text = _NOT_HAD.sub("", phrase.lower())
    counted = [_COUNT[count] * _UNITS[unit] for count, unit in _COUNTED.findall(text)]
    return max([*counted, *(days for pattern, days in _SPANS if pattern.search(text))], default=0)


def season_needed(phrase: str) -> int:
    """ALWAYS, or the half of the year in which it can be said: COLD, WARM."""
    text = phrase.lower()
    return COLD if _COLD.search(text) else WARM if _WARM.search(text) else ALWAYS


def needs_parcel(phrase: str) -> bool:
    """Whether only somebody can say it who ordered and got a parcel."""
    return bool(_PARCEL.search(phrase.lower()))


def needs_keeping(phrase: str) -> bool:
    """Whether only somebody can say it who has not sent the thing back."""
    return bool(_KEPT.search(phrase.lower()))
