"""Durations and moments as people write them: `90s`, `2h30m`, `1d`, `2026-11-22`, `2026-11-22T14:00`, `today`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|min|m|h|d|w)", re.ASCII)
UNIT_SECONDS: Final = (("ms", 0.001), ("s", 1), ("min", 60), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800))
SPAN_MAX: Final = timedelta(days=36_500)


class SpanInvalid(ValueError):
    """A duration or moment cannot be understood; the message says how to write it."""


def span(text: str) -> timedelta:
    """A duration: numbers with units, long units first or not, written without a space or with."""
    squeezed = text.replace(" ", "").lower()
    parts = SPAN.findall(squeezed)
    if not parts or "".join(number + unit for number, unit in parts) != squeezed:
        raise SpanInvalid(f"{text!r} is not a duration; write for example 90s, 15min, 2h30m, 1d or 2w")
    seconds = sum(float(number) * dict(UNIT_SECONDS)[unit] for number, unit in parts)
    if seconds > SPAN_MAX.total_seconds():
        raise SpanInvalid(f"{text!r} is longer than {SPAN_MAX.days} days")
    return timedelta(seconds=seconds)


def moment(text: str, *, now: datetime, zone: tzinfo | None = None) -> datetime:
    """A moment: a duration counts back from `now`; a date or time without a zone is in `zone` (None: this computer's)."""
    word = text.strip().lower()
    try:
        if word in {"now", "today", "yesterday"}:
            return _named(word, now, zone)
        if SPAN.match(word):
            return _back(text, now)
        return _calendar(text.strip(), zone)
    except (OverflowError, OSError):
        raise SpanInvalid(f"{text!r} is outside the calendar") from None


def _back(text: str, now: datetime) -> datetime:
    # "2026-11-22" begins like a number too, but no unit follows it.
    return now - span(text)


def _named(word: str, now: datetime, zone: tzinfo | None) -> datetime:
    if word == "now":
        return now
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone)
    day = midnight if word == "today" else midnight - timedelta(days=1)
    return day.astimezone(UTC)


def _calendar(text: str, zone: tzinfo | None) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SpanInvalid(
            f"{text!r} is not a moment; write for example 1d, 2h30m, today, 2026-11-22 or 2026-11-22T14:00"
        ) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)
