"""The check of each option's value: it answers the value in its normal form, or raises a sentence that says what fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

import msgspec

from headway.model.batch import BatchKey, BatchRef
from headway.model.errors import OptionInvalid
from headway.model.ids import check_ref_id
from headway.model.jsontypes import find_lost, refuse_value
from headway.model.line import LIMIT_MAX
from headway.model.naming import check_name
from headway.model.rate import Rate
from headway.model.retry import Backoff

E = TypeVar("E", bound=StrEnum)

PRIORITY_MAX: Final = 1000
RETRIES_MAX: Final = 1000
CONCURRENCY_MAX: Final = 100_000
SPAN_MAX: Final = timedelta(days=3650)
TAGS_MAX: Final = 20
NAMES_MAX: Final = 100
PARENTS_MAX: Final = 1000
ADDRESS_MAX_CHARS: Final = 2000
FACTS_MAX_BYTES: Final = 64 * 1024


@runtime_checkable
class Reference(Protocol):
    """A reference to a stored job: a `Ref`."""

    @property
    def app(self) -> str:
        """The app that the job belongs to."""
        ...

    @property
    def id(self) -> int:
        """The job's number."""
        ...

    @property
    def ref_id(self) -> str:
        """The job's reference, unique within its app."""
        ...


@runtime_checkable
class BatchReference(Protocol):
    """A reference to a batch: what `jobs.batch`, `jobs.get_batch`, `jobs.batch_ref` and `ctx.batch` return."""

    @property
    def batch_ref(self) -> BatchRef:
        """Its app and its name."""
        ...


@runtime_checkable
class StoredBatch(BatchReference, Protocol):
    """A reference to a batch that is in the store."""

    @property
    def id(self) -> int:
        """The batch's number."""
        ...


def name(option: str, value: Any) -> str:
    """A printable name."""
    return check_name(option, value)


def optional_name(option: str, value: Any) -> str | None:
    """A printable name, or None."""
    return None if value is None else check_name(option, value)


def names(option: str, value: Any) -> tuple[str, ...]:
    """Several names; one alone is not taken for its letters."""
    return tuple(check_name(option, one) for one in _several(option, value, NAMES_MAX))


def tags(option: str, value: Any) -> tuple[str, ...]:
    """Names without repetition."""
    return tuple(dict.fromkeys(check_name("tag", one) for one in _several(option, value, TAGS_MAX)))


def ref_id(_option: str, value: Any) -> str:
    """A caller's own reference."""
    return check_ref_id(value)


def address(option: str, value: Any) -> str:
    """Where a result is sent."""
    return check_name(option, value, ADDRESS_MAX_CHARS)


def switch(option: str, value: Any) -> bool:
    """True or False, and nothing that merely looks true."""
    if not isinstance(value, bool):
        raise OptionInvalid(f"{option} must be True or False, not {value!r}")
    return value


def priority(levels: Mapping[str, int]) -> Callable[[str, Any], int]:
    """An integer, or the name of a level."""

    def check(option: str, value: Any) -> int:
        number = levels.get(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int) or not -PRIORITY_MAX <= number <= PRIORITY_MAX:
            choices = ", ".join(levels)
            raise OptionInvalid(
                f"{option} must be an integer from {-PRIORITY_MAX} to {PRIORITY_MAX} or one of {choices}, not {value!r}"
            )
        return int(number)

    return check


def retries(option: str, value: Any) -> int:
    """How many re-tries."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= RETRIES_MAX:
        raise OptionInvalid(f"{option} must be an integer from 0 to {RETRIES_MAX}, not {value!r}")
    return value


def limit(option: str, value: Any) -> int:
    """How many may run at once."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LIMIT_MAX:
        raise OptionInvalid(f"{option} must be an integer from 1 to {LIMIT_MAX}, not {value!r}")
    return value


def span(option: str, value: Any, *, besides: str = "") -> timedelta:
    """A duration above zero."""
    if not isinstance(value, timedelta):
        seconds = f"timedelta(seconds={value})" if _is_seconds(value) else "timedelta(seconds=30)"
        raise OptionInvalid(f"{option} must be {besides}a duration such as {seconds}, not {value!r}")
    if not timedelta(0) < value <= SPAN_MAX:
        raise OptionInvalid(f"{option} must be above 0 and at most {SPAN_MAX.days} days, not {value}")
    return value


def concurrency(option: str, value: Any) -> int:
    """How many jobs may run at once."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= CONCURRENCY_MAX:
        raise OptionInvalid(f"{option} must be an integer from 1 to {CONCURRENCY_MAX:,}, not {value!r}")
    return value


def rate(option: str, value: Any) -> Rate:
    """A rate limit."""
    if not isinstance(value, Rate):
        raise OptionInvalid(f"{option} must be a Rate such as Rate(10, per=timedelta(minutes=1)), not {value!r}")
    return value


def optional_span(option: str, value: Any) -> timedelta | None:
    """A duration above zero, or None."""
    return None if value is None else span(option, value)


def moment_or_span(option: str, value: Any) -> datetime | timedelta:
    """An aware moment, or a duration that is not negative."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise OptionInvalid(
                f"{option}={value!r} has no time zone, so it is not one moment: "
                "write datetime(..., tzinfo=timezone.utc), or another zone"
            )
        return value
    return timedelta(0) if value == timedelta(0) else span(option, value, besides="an aware datetime, or ")


def choice(kind: type[E]) -> Callable[[str, Any], E]:
    """A member of a closed set, or its text."""

    def check(option: str, value: Any) -> E:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(repr(one.value) for one in kind)
            raise OptionInvalid(f"{option} must be one of {known}, not {value!r}") from None

    return check


def word(*words: str) -> Callable[[str, Any], str]:
    """One of a few words."""

    def check(option: str, value: Any) -> str:
        if value not in words:
            raise OptionInvalid(f"{option} must be one of {', '.join(map(repr, words))}, not {value!r}")
        return str(value)

    return check


def backoff(option: str, value: Any) -> Backoff:
    """A back-off that can be stored with a call."""
    if not isinstance(value, Backoff):
        raise OptionInvalid(
            f"{option} must be Fixed, Linear, Exponential or Delays, not {value!r}: a call is stored, and code is not"
        )
    return value


def backoff_like(option: str, value: Any) -> Any:
    """A back-off, or a function from the number of failures to a pause."""
    if not isinstance(value, Backoff) and not callable(value):
        raise OptionInvalid(
            f"{option} must be Fixed, Linear, Exponential, Delays, or a function from the number of failures "
            f"to a timedelta, not {value!r}"
        )
    return value


def exceptions(option: str, value: Any) -> tuple[type[BaseException], ...]:
    """Exception classes."""
    given = _several(option, value, NAMES_MAX)
    for one in given:
        if not (isinstance(one, type) and issubclass(one, BaseException)):
            raise OptionInvalid(f"{option} must be a list of exception classes; {one!r} is none")
    return tuple(given)


def function(option: str, value: Any) -> Any:
    """Something that can be called."""
    if not callable(value):
        raise OptionInvalid(f"{option} must be a function, not {value!r}")
    return value


def facts(option: str, value: Any) -> dict[str, Any]:
    """A dict of plain JSON values, as they will be read."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise OptionInvalid(f"{option} must be a dict with text keys, not {value!r}")
    try:
        text = msgspec.json.encode(value, enc_hook=refuse_value)
        lost = find_lost(value, naive=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise OptionInvalid(f"{option} must hold JSON values: {exc}") from exc
    if lost is not None:
        raise OptionInvalid(f"{option} must hold JSON values: {lost}")
    if len(text) > FACTS_MAX_BYTES:
        raise OptionInvalid(f"{option} takes {len(text):,} bytes as JSON, the limit is {FACTS_MAX_BYTES:,}")
    read: dict[str, Any] = msgspec.json.decode(text)
    return read


def reference(option: str, value: Any) -> Reference:
    """A reference to a stored job."""
    if isinstance(value, BatchReference) or not isinstance(value, Reference):
        raise OptionInvalid(f"{option} must be a Ref, as enqueue() and jobs.get() return it, not {value!r}")
    return value


def references(option: str, value: Any) -> tuple[Reference | BatchRef, ...]:
    """One reference or several, of jobs and batches."""
    if isinstance(
        value, BatchReference | Reference
    ):  # in this order: a batch that is not stored yet has no id to look at
        return (_link(option, value),)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise OptionInvalid(f"{option} must be a Ref, a batch or a list of them, not {value!r}")
    if len(value) > PARENTS_MAX:
        raise OptionInvalid(f"{option} takes at most {PARENTS_MAX} jobs, not {len(value)}")
    return tuple(dict.fromkeys(_link(option, one) for one in value))


def _link(option: str, value: Any) -> Reference | BatchRef:
    return value.batch_ref if isinstance(value, BatchReference) else reference(option, value)


def batch(option: str, value: Any) -> BatchKey:
    """A batch that is in the store."""
    if not isinstance(value, StoredBatch):
        raise OptionInvalid(f"{option} must be a batch, as jobs.get_batch() and ctx.batch return it, not {value!r}")
    return BatchKey(value.batch_ref.app, value.batch_ref.name, value.id, getattr(value, "tenant", None))


def _several(option: str, value: Any, most: int) -> Sequence[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise OptionInvalid(f"{option} must be a list, not {value!r}")
    if len(value) > most:
        raise OptionInvalid(f"{option} takes at most {most} entries, not {len(value)}")
    return value


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
