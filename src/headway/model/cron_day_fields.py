"""The two day fields of a cron expression, which know more signs than the others: `L`, `W` and `#`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from headway.model.cron_days import EVERY_DAY, EVERY_WEEKDAY, LAST, WEEK
from headway.model.cron_field import Field, read_marks, read_number, read_value, refuse_sign

FROM_END_MAX: Final = 30
NTH_MAX: Final = 5
"""No month has a weekday six times."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """What the day of month says."""

    bits: int
    from_end: int | None = None
    nearest_weekday: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """What the day of week says."""

    bits: int
    nth: int = 0


def read_day_of_month(text: str, field: Field, seed: str) -> Numbered:
    """`L`, `L-3`, `LW`, `L-3W`, `15W`, or what every field may say."""
    if text[0] in "Ll":
        back, at = 0, 1
        if text[1:2] == "-":
            back, at = read_number(text, 2, "the distance from the last day", 0, FROM_END_MAX)
        nearest = text[at : at + 1] in {"W", "w"}
        _end(text, at + nearest, 0, field)
        return Numbered(EVERY_DAY, back, nearest)
    if text[-1] in "Ww":
        day, at = read_value(text, 0, field)
        if at == len(text) - 1:
            return Numbered(1 << day, nearest_weekday=True)
    return Numbered(read_marks(text, field, seed).bits)


def read_day_of_week(text: str, field: Field, seed: str) -> Named:
    """`FRIL`, `5L`, `MON#2`, or what every field may say; 7 becomes 0."""
    if text[-1] in "Ll" or "#" in text:
        day, at = read_value(text, 0, field)
        if text[at : at + 1] in {"L", "l"}:
            _end(text, at + 1, at, field)
            return Named(1 << day % WEEK, LAST)
        if text[at : at + 1] == "#":
            nth, end = read_number(text, at + 1, "the number behind #", 1, NTH_MAX)
            _end(text, end, at, field)
            return Named(1 << day % WEEK, nth)
    bits = read_marks(text, field, seed).bits
    return Named((bits | bits >> WEEK) & EVERY_WEEKDAY)


def _end(text: str, at: int, sign: int, field: Field) -> None:
    """A sign that stands alone is followed by nothing; if a list goes on, it is the sign that is wrong."""
    if at < len(text):
        refuse_sign(text, sign if text[at] == "," else at, field)
