"""What a handler may return instead of a plain value: an explicit outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from headway.model.clock import to_us
from headway.model.errors import OptionInvalid
from headway.model.retry import check_delay


@dataclass(frozen=True, slots=True)
class Success:
    """The attempt succeeded; the message is shown with the job."""

    output: Any = None
    """The job's result, as if it had been returned plainly."""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The attempt failed: treated exactly like a raised exception, retries included."""

    message: str
    error: BaseException | None = None
    """The cause, if there is one: its type and traceback are recorded, and retry_on and no_retry_on look at it."""
    permanent: bool = False
    """No retry, whatever the budget."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job found that it should not be done: it ends cancelled and is not retried."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """Run me again later; charges nothing. Give either a delay (of at most ten years) or a moment."""

    delay: timedelta | None = None
    until: datetime | None = None
    """Aware; a moment that has passed means at once."""

    def __post_init__(self) -> None:
        if (self.delay is None) is (self.until is None):
            raise OptionInvalid("Snooze takes either a delay or until=..., and exactly one of them")
        if self.delay is not None:
            check_delay("Snooze(delay)", self.delay)
        if self.until is not None:
            to_us(self.until)

    def delay_us(self, now_us: int) -> int:
        """Microseconds from now until it is due; never negative."""
        if self.delay is not None:
            return self.delay // timedelta(microseconds=1)
        assert self.until is not None
        return max(0, to_us(self.until) - now_us)
