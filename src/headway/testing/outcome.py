"""What a test is told of the attempts that were run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from headway.client.ref import Ref
from headway.model.errors import JobFailed
from headway.model.job import State
from headway.model.outcome import Ending, EndKind

R_co = TypeVar("R_co", covariant=True)

BAD_ENDS = frozenset({EndKind.RAISED, EndKind.TIMED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[R_co]):
    """How one attempt ended, and what that made of its job."""

    ref: Ref[R_co]
    """The job."""
    state: State
    """What the store made of it: completed, failed, scheduled (for a retry or a snooze), cancelled, ..."""
    kind: EndKind
    """How the attempt ended: returned, raised, timed_out, cancelled, snoozed, ..."""
    attempt: int
    """Its number, from 1."""
    code: str | None
    reason: str | None
    error: BaseException | None
    """Of an attempt that failed: what the body raised; a JobFailed where it failed without raising."""

    @property
    def result(self) -> R_co:
        """The handler's value, as the store gives it back; raises what failed the attempt. ResultNotReady if it goes on."""
        if self.error is not None:
            raise self.error
        return self.ref.result(timeout=0)

    def __repr__(self) -> str:
        why = "" if self.error is None else f": {self.error!r}"
        return f"<{self.ref.name} {self.ref.id}, attempt {self.attempt}: {self.kind}, now {self.state}{why}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What a drain did, by attempts."""

    outcomes: tuple[Outcome[Any], ...] = field(repr=False)
    """Each attempt, in the order in which they were run."""
    run: int
    """How many attempts were run."""
    completed: int
    failed: int
    """Jobs that failed for good."""
    retried: int
    """Attempts that failed and left a retry behind."""
    cancelled: int
    snoozed: int

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """What the failed attempts raised, in order."""
        return tuple(one.error for one in self.outcomes if one.error is not None)

    def __str__(self) -> str:
        return "\n".join((repr(self), *map(repr, self.outcomes)))


def summary(outcomes: Sequence[Outcome[Any]]) -> Drained:
    """The figures of these attempts."""
    return Drained(
        outcomes=tuple(outcomes),
        run=len(outcomes),
        completed=_count(outcomes, State.COMPLETED),
        failed=_count(outcomes, State.FAILED),
        retried=sum(one.kind in BAD_ENDS and not one.state.is_final for one in outcomes),
        cancelled=_count(outcomes, State.CANCELLED),
        snoozed=sum(one.kind is EndKind.SNOOZED and one.state is State.SCHEDULED for one in outcomes),
    )


def error_of(ref: Ref[Any], ending: Ending, raised: BaseException | None) -> BaseException | None:
    """What failed an attempt, if it failed."""
    if ending.kind not in BAD_ENDS:
        return None
    if raised is not None and ending.kind is EndKind.RAISED:
        return raised
    told = ending.error
    what = ": ".join(filter(None, (ending.code, None if told is None else told.type, ending.reason)))
    failed = JobFailed(
        f"job {ref.id} ({ref.name}) failed: {what}",
        code=ending.code,
        message=ending.reason,
        error_type=None if told is None else told.type,
        traceback=None if told is None else told.traceback,
        attempts=1,
    )
    failed.__cause__ = raised
    return failed


def _count(outcomes: Sequence[Outcome[Any]], state: State) -> int:
    return sum(one.state is state for one in outcomes)
