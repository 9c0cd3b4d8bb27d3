"""A cron expression: text in the dialect of Cronos, read once, asked for instants ever after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from headway.model import cron_zone
from headway.model.cron_advice import warnings_of, why_never
from headway.model.cron_day_fields import read_day_of_month, read_day_of_week
from headway.model.cron_days import Days
from headway.model.cron_field import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    SHOWN_MAX,
    Field,
    FieldInvalid,
    read_marks,
)
from headway.model.cron_mask import Mask
from headway.model.errors import CronInvalid
from headway.model.nearest import nearest
from headway.model.printable import visible

TEXT_MAX_CHARS: Final = 200
SHOWN_MAX_CHARS: Final = 60
"""How much of an expression that is too long an error repeats."""
REMEMBERED: Final = 1024
"""A scheduler reads the same expressions at every look."""
FIELDS: Final = 5
FIELDS_WITH_SECONDS: Final = 6
FORMS: Final = (
    "5 fields (minute, hour, day of month, month, day of week), 6 with seconds first, or a macro such as @daily"
)
WORD: Final = re.compile(r"[^ \t]+")
MACROS: Final[Mapping[str, str]] = MappingProxyType({
    "@every_second": "* * * * * *",
    "@every_minute": "* * * * *",
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
})  # fmt: skip

Read = TypeVar("Read")
Word = tuple[int, str]
"""Where a field begins, and its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression that was read: `parse` makes it."""

    text: str
    """As it was given."""
    mask: Mask
    is_interval_based: bool
    """Its second, minute or hour has `*`, a range or a step: it comes in both passes of a repeated hour."""
    warnings: tuple[str, ...] = ()
    """What it says and may not have been meant, a sentence each."""

    def after(self, us: int, zone: ZoneInfo) -> int | None:
        """The first instant strictly after `us`, both in UTC microseconds, on a whole second; None beyond 9999-12-30."""
        return cron_zone.after(self.mask, us, zone, both=self.is_interval_based)

    def before(self, us: int, zone: ZoneInfo) -> int | None:
        """The last instant at or before `us`, both in UTC microseconds, on a whole second; None before the year 2."""
        return cron_zone.before(self.mask, us, zone, both=self.is_interval_based)


def parse(text: str, *, seed: str = "") -> Cron:
    """Read an expression of 5 fields, of 6 with seconds first, or a macro; `seed`, the schedule's name, decides what `H` is.

    CronInvalid for anything else, and for an expression that never comes.
    """
    if not isinstance(text, str):
        raise CronInvalid(f"a cron expression must be a str, not {type(text).__name__}")
    return _parse(text, seed)


@lru_cache(maxsize=REMEMBERED)
def _parse(text: str, seed: str) -> Cron:
    words = _words(text)
    if words[0][1][0] == "@":
        words = _macro(text, words)
    if len(words) not in {FIELDS, FIELDS_WITH_SECONDS}:
        _refuse_count(text, words)
    second, minute, hour, day_of_month, month, day_of_week = (
        words if len(words) == FIELDS_WITH_SECONDS else ((0, "0"), *words)
    )
    seconds = _read(text, second, read_marks, SECOND, seed)
    minutes = _read(text, minute, read_marks, MINUTE, seed)
    hours = _read(text, hour, read_marks, HOUR, seed)
    numbered = _read(text, day_of_month, read_day_of_month, DAY_OF_MONTH, seed)
    months = _read(text, month, read_marks, MONTH, seed)
    named = _read(text, day_of_week, read_day_of_week, DAY_OF_WEEK, seed)
    days = Days(
        days=numbered.bits,
        from_end=numbered.from_end,
        nearest_weekday=numbered.nearest_weekday,
        weekdays=named.bits,
        nth=named.nth,
    )
    mask = Mask(seconds=seconds.bits, minutes=minutes.bits, hours=hours.bits, months=months.bits, days=days)
    if not mask.can_come:
        _refuse(text, day_of_month[0], why_never(mask))
    return Cron(
        text=text,
        mask=mask,
        is_interval_based=seconds.interval or minutes.interval or hours.interval,
        warnings=warnings_of(mask, (second[1], minute[1], hour[1])),
    )


def _words(text: str) -> list[Word]:
    if len(text) > TEXT_MAX_CHARS:
        shown = text[:SHOWN_MAX_CHARS]
        raise CronInvalid(
            f"the cron expression {shown!a}... has {len(text)} characters, the limit is {TEXT_MAX_CHARS}",
            text=text,
            position=TEXT_MAX_CHARS,
        )
    words = [(found.start(), found[0]) for found in WORD.finditer(text)]
    if not words:
        raise CronInvalid(f"a cron expression cannot be empty: write {FORMS}", text=text)
    return words


def _macro(text: str, words: list[Word]) -> list[Word]:
    start, word = words[0]
    meant = MACROS.get(word.lower())
    if meant is None:
        likely = nearest(word.lower(), MACROS)
        known = f"did you mean {likely}?" if likely else f"there are {', '.join(MACROS)}"
        _refuse(text, start, f"there is no {word[:SHOWN_MAX]!a}: {known}")
    if len(words) > 1:
        _refuse(text, words[1][0], f"{word} stands alone: it means {meant}")
    return [(start, field) for field in meant.split()]


def _refuse_count(text: str, words: list[Word]) -> NoReturn:
    at = words[FIELDS_WITH_SECONDS][0] if len(words) > FIELDS_WITH_SECONDS else len(text)
    fields = "1 field" if len(words) == 1 else f"{len(words)} fields"
    _refuse(text, at, f"it has {fields}: write {FORMS}")


def _read(text: str, word: Word, read: Callable[[str, Field, str], Read], field: Field, seed: str) -> Read:
    start, said = word
    try:
        return read(said, field, seed)
    except FieldInvalid as wrong:
        _refuse(text, start + wrong.position, f"in the {field.name}, {wrong.reason}")


def _refuse(text: str, position: int, reason: str) -> NoReturn:
    shown = visible(text)
    raise CronInvalid(
        f"the cron expression {text!a} cannot be: {reason}\n    {shown}\n    {' ' * position}^",
        text=text,
        position=position,
    ) from None
