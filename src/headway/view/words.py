"""Durations, ages, moments and progress in words: what a person reads, made from what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Final

from headway.model import printable
from headway.model.clock import from_us
from headway.model.job import JobRow, State
from headway.store.awaited import Awaited

MILLISECOND_US: Final = 1_000
SECOND_US: Final = 1_000_000

DAY_S: Final = 86_400
"""Beyond a day an age is said in days alone."""
UNITS: Final = (("d", DAY_S), ("h", 3_600), ("min", 60), ("s", 1))
"""Long units first; a duration is said in at most two neighbours of them."""
JUST_NOW_US: Final = SECOND_US
"""A moment nearer than this is "just now"."""
BAR_CELLS: Final = 10
ELLIPSIS: Final = "…"

visible: Final = printable.visible
safe_lines: Final = printable.safe_lines


def instant(us: int) -> datetime:
    """UTC microseconds as an aware moment; what a calendar cannot hold is cut to its first or last day."""
    try:
        return from_us(us)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if us > 0 else datetime.min.replace(tzinfo=UTC)


def duration(span_us: int) -> str:
    """A length of time: "450 ms", "7.2 s", "1 min 20 s", "2 h 5 min", "3 d"."""
    if span_us < 0:
        return "-" + duration(-span_us)
    if span_us < MILLISECOND_US:
        return f"{span_us} µs" if span_us else "0 s"
    if span_us < SECOND_US:
        return f"{span_us // MILLISECOND_US} ms"
    if span_us < 10 * SECOND_US:
        return f"{span_us // 100_000 / 10:g} s"
    return _two_units(span_us // SECOND_US)


def age(at_us: int, now_us: int) -> str:
    """How long ago, or in how long: "3 min 5 s ago", "in 2 h 59 min", "2 d ago", "just now"."""
    distance = now_us - at_us
    if abs(distance) < JUST_NOW_US:
        return "just now"
    seconds = abs(distance) // SECOND_US
    words = _two_units(seconds) if seconds < DAY_S else f"{seconds // DAY_S} d"
    return f"{words} ago" if distance > 0 else f"in {words}"


def moment(at_us: int, zone: tzinfo | None = None) -> str:
    """A moment to the second in a zone; None means the zone of this computer."""
    return local(at_us, zone).strftime("%Y-%m-%d %H:%M:%S")


def local(at_us: int, zone: tzinfo | None = None) -> datetime:
    """A moment in a zone; at the ends of the calendar it stays in UTC."""
    at = instant(at_us)
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return at


def utc(at_us: int | None) -> str | None:
    """A moment for programs: ISO 8601 in UTC with microseconds and a Z."""
    if at_us is None:
        return None
    return instant(at_us).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def percent(fraction: float | None) -> int | None:
    """A fraction as whole percent; below the end it never says 100."""
    if fraction is None:
        return None
    return 100 if fraction >= 1 else max(0, min(99, int(fraction * 100)))


def progress(row: JobRow) -> str:
    """What a job says about itself: "40 % checking", or its status, or nothing."""
    share = percent(row.fraction)
    parts = (f"{share} %" if share is not None else "", row.message or row.status or "")
    return " ".join(part for part in parts if part)


def bar(fraction: float, cells: int = BAR_CELLS) -> str:
    """A bar of characters for a fraction."""
    full = max(0, min(cells, int(fraction * cells)))
    return "█" * full + "░" * (cells - full)


def took(row: JobRow, now_us: int) -> str:
    """How long the latest attempt ran, or has been running; nothing if it never started."""
    if row.started_us is None:
        return ""
    if row.state is State.RUNNING:
        return duration(max(0, now_us - row.started_us))
    if row.finished_us is None or row.finished_us < row.started_us:
        return ""
    return duration(row.finished_us - row.started_us)


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 job", "1 200 jobs"."""
    return f"{grouped(number)} {noun if number == 1 else noun + 's'}"


def grouped(number: int) -> str:
    """A number with a space between thousands."""
    return f"{number:,}".replace(",", " ")


def awaited(found: Iterable[Awaited]) -> Iterator[str]:
    """The batches that a job still waits for."""
    for one in found:
        if one.waits:
            yield f"batch {one.name}" + ("" if one.exists else " (there is none of that name yet)")


def cut(text: str, width: int) -> str:
    """One line of at most `width` characters: control characters become visible, the end is cut with an ellipsis."""
    line = visible(text)
    return line if len(line) <= width else line[: max(0, width - 1)] + ELLIPSIS


def _two_units(seconds: int) -> str:
    for index, (unit, length) in enumerate(UNITS):
        if seconds >= length:
            first, rest = divmod(seconds, length)
            if index + 1 == len(UNITS):
                return f"{first} {unit}"
            next_unit, next_length = UNITS[index + 1]
            second = rest // next_length
            return f"{first} {unit} {second} {next_unit}" if second else f"{first} {unit}"
    return "0 s"


def held(row: JobRow) -> str:
    """What holds a queued job back, in a few words; nothing where nothing does."""
    match row.blocked:
        case None:
            return ""
        case "unknown_handler":
            return "no worker knows this handler"
        case "lane":
            return f"its turn on worker {row.lane}"
        case "line" if row.key is None:
            return f"its turn on worker {row.lane}"
        case "line":
            return f"its turn under key {row.key}"
        case _:
            return row.blocked
