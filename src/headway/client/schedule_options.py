"""The options of a schedule: their types, their checks, and what they are called in its definition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypedDict

from headway.client import checks
from headway.client.options import Check, checked
from headway.model.clock import MICROSECOND, to_us
from headway.model.daysoff import DaysOff
from headway.model.errors import OptionInvalid, OptionUnknown
from headway.model.schedule import MISFIRES_MAX, Managed, Misfire, Overlap
from headway.model.zone import OTHER_WORDS

DESCRIPTION_MAX_CHARS: Final = 1_000
RUNS_MAX: Final = 1_000_000_000
GRACE_MAX: Final = timedelta(days=1)
JITTER_MAX: Final = timedelta(days=1)

ManagedName: TypeAlias = Managed | Literal["code", "db"]
MisfireName: TypeAlias = Misfire | Literal["once", "skip", "all"]
OverlapName: TypeAlias = Overlap | Literal["skip", "allow", "queue", "cancel_running"]


class StoredScheduleOptions(TypedDict, total=False):
    """What `jobs.add_recurring` knows."""

    description: str
    """What it is for, in words."""
    overlap: OverlapName
    """What becomes of an instant at which an earlier run has not ended; "skip" if not given."""
    misfire: MisfireName
    """What becomes of instants at which no worker looked; "once" if not given."""
    misfire_grace: timedelta
    """What is so late still counts as on time; 10 seconds if not given."""
    misfire_limit: int
    """So many missed instants run at most; 100 if not given."""
    misfire_age: timedelta | None
    """Older missed instants do not run."""
    start_at: datetime | None
    """Not before this moment."""
    end_at: datetime | None
    """Not after this moment."""
    max_runs: int | None
    """After so many runs it is over. Skipped ones, and those by hand, do not count."""
    jitter: timedelta
    """Each run is put off by a part of this, another one for each schedule and instant."""
    excluding: DaysOff | None
    """Days on which it does not fire: `days_off(...)`."""
    run_at_start: bool
    """It runs once at once when it is registered for the first time."""
    durable: bool
    """False: its jobs are forgotten soon after their end; the schedule keeps how they ended."""


class ScheduleOptions(StoredScheduleOptions, total=False):
    """What `jobs.recurring`, `@jobs.cron` and `@jobs.every` know."""

    managed: ManagedName
    """Who says what it is: "code" at each start of a worker, or "db", where the code only creates it."""


def definition_fields(options: Mapping[str, Any], *, stored: bool = False) -> dict[str, Any]:
    """The fields of a definition that options amount to, and `durable`; OptionUnknown and OptionInvalid say what fits."""
    for word in ("zone", *OTHER_WORDS):
        if word in options:
            raise OptionUnknown(
                f"there is no option {word!r}: a zone belongs to the timetable; write cron('0 2 * * *', zone='Europe/Berlin')"
            )
    given = checked(options, _STORED if stored else _CHECKS)
    start, end = given.get("start_at"), given.get("end_at")
    if start is not None and end is not None and end < start:
        raise OptionInvalid(f"start_at={start} and end_at={end} exclude each other: it would never fire")
    fields: dict[str, Any] = {}
    for option, value in given.items():
        match value:
            case timedelta():
                fields[_FIELDS.get(option, f"{option}_us")] = value // MICROSECOND
            case datetime():
                fields[_FIELDS[option]] = to_us(value)
            case _:
                fields[_FIELDS.get(option, option)] = value
    return fields


def _description(option: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > DESCRIPTION_MAX_CHARS:
        raise OptionInvalid(
            f"{option} must be text of at most {DESCRIPTION_MAX_CHARS:,} characters, not {value!r:.100}"
        )
    return value


def _up_to(most: timedelta) -> Check:
    def check(option: str, value: Any) -> timedelta:
        if value == timedelta(0):
            return timedelta(0)
        if checks.span(option, value) > most:
            raise OptionInvalid(f"{option} must be at most {most.days} day, not {value}")
        found: timedelta = value
        return found

    return check


def _moment(option: str, value: Any) -> datetime | None:
    if value is None:
        return None
    found = checks.moment_or_span(option, value) if isinstance(value, datetime) else None
    if not isinstance(found, datetime):
        raise OptionInvalid(f"{option} must be an aware datetime, not {value!r}")
    return found


def _count(most: int) -> Check:
    def check(option: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise OptionInvalid(f"{option} must be an integer from 1 to {most:,}, not {value!r}")
        return value

    return check


def _max_runs(option: str, value: Any) -> int | None:
    return None if value is None else int(_count(RUNS_MAX)(option, value))


def _excluding(option: str, value: Any) -> DaysOff | None:
    if value is not None and not isinstance(value, DaysOff):
        raise OptionInvalid(f"{option} must be days_off(...), such as days_off(weekdays=['sat', 'sun']), not {value!r}")
    return value


_FIELDS: Final = MappingProxyType({"start_at": "start_us", "end_at": "end_us", "misfire_age": "misfire_age_us"})
_STORED: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "description": _description,
        "overlap": checks.choice(Overlap),
        "misfire": checks.choice(Misfire),
        "misfire_grace": _up_to(GRACE_MAX),
        "misfire_limit": _count(MISFIRES_MAX),
        "misfire_age": checks.optional_span,
        "start_at": _moment,
        "end_at": _moment,
        "max_runs": _max_runs,
        "jitter": _up_to(JITTER_MAX),
        "excluding": _excluding,
        "run_at_start": checks.switch,
        "durable": checks.switch,
    }
)
_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({**_STORED, "managed": checks.choice(Managed)})
