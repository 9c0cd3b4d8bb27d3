"""A rate limit: so many starts in any span of a certain length."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid

STARTS_MAX: Final = 1_000_000
PER_MAX: Final = timedelta(days=31)
"""A start is remembered as long as this."""


class Window(msgspec.Struct, frozen=True, array_like=True):
    """A rate limit as it is stored."""

    starts: int
    span_us: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Never more than `starts` starts in any span of the length `per`, over all workers of a store: `Rate(10, per=timedelta(minutes=1))`.

    Every start counts, also that of a retry. OptionInvalid for what cannot be kept.
    """

    starts: int
    _: KW_ONLY
    per: timedelta

    def __post_init__(self) -> None:
        """Check both."""
        check_starts(self.starts)
        check_per(self.per)

    @property
    def window(self) -> Window:
        """As it is stored."""
        return Window(self.starts, self.per // MICROSECOND)

    @classmethod
    def of(cls, window: Window) -> Rate:
        """What is stored."""
        return cls(window.starts, per=window.span_us * MICROSECOND)


def check_starts(value: Any) -> None:
    """A number of starts."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= STARTS_MAX:
        raise OptionInvalid(
            f"a rate must allow 1 to {STARTS_MAX:,} starts, not {value!r}: to let nothing start, pause the queue"
        )


def check_per(value: Any) -> None:
    """A length of time."""
    if not isinstance(value, timedelta):
        raise OptionInvalid(f"the per of a rate must be a duration such as timedelta(minutes=1), not {value!r}")
    if not timedelta(0) < value <= PER_MAX:
        raise OptionInvalid(f"the per of a rate must be above 0 and at most {PER_MAX.days} days, not {value}")
