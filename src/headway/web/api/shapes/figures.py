"""Counts and figures over time, as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping

from headway.model.job import State
from headway.store.figures import FailureGroup, HandlerFigures, Month, Quantiles, Span
from headway.view.words import SECOND_US, utc
from headway.web.api.shapes.base import Moment, Shape


class Counts(Shape, frozen=True, kw_only=True):
    """How many jobs are in each state."""

    states: dict[str, int]
    groups: dict[str, int]
    """By the coarse states: Pending, Running, Completed, Failed, Cancelled, Skipped."""
    total: int


class Ended(Shape, frozen=True, kw_only=True):
    """How many ended how."""

    completed: int
    failed: int
    cancelled: int
    skipped: int


class Took(Shape, frozen=True, kw_only=True):
    """How long something took, in seconds, to within 10 percent."""

    p50: float
    p95: float
    p99: float
    longest: float


class SpanAnswer(Ended, frozen=True, kw_only=True):
    """What ended within one step of time."""

    at: Moment


class Throughput(Shape, frozen=True, kw_only=True):
    """What ended over time."""

    step_seconds: float
    items: list[SpanAnswer]


class FiguresAnswer(Ended, frozen=True, kw_only=True):
    """A handler or a queue within a span of time."""

    name: str
    run: Took | None
    """How long the latest attempts of those that completed ran."""
    wait: Took | None
    """How long after it was due the latest attempt of each began."""


class MonthAnswer(Ended, frozen=True, kw_only=True):
    """What was created in a month and has ended."""

    name: str
    jobs: int


class FailureAnswer(Shape, frozen=True, kw_only=True):
    """Failed jobs of one handler that failed with the same code."""

    name: str
    code: str | None
    jobs: int
    newest_id: int
    newest_at: Moment
    newest_reason: str | None


class FailuresAnswer(Shape, frozen=True, kw_only=True):
    """Failures in groups, the largest first."""

    items: list[FailureAnswer]
    looked_at: int
    """So many of the newest failed jobs were looked at."""
    all_of_them: bool


def counts(found: Mapping[State, int]) -> Counts:
    """Counts by state, and by group."""
    groups = dict.fromkeys((state.group for state in State), 0)
    for state, number in found.items():
        groups[state.group] += number
    return Counts(
        states={state.value: found.get(state, 0) for state in State}, groups=groups, total=sum(found.values())
    )


def throughput(spans: tuple[Span, ...], step_us: int) -> Throughput:
    """What ended over time."""
    return Throughput(
        step_seconds=step_us / SECOND_US,
        items=[SpanAnswer(at=utc(span.from_us) or "", **_ended(span.ended)) for span in spans],
    )


def figures(found: HandlerFigures) -> FiguresAnswer:
    """A handler or a queue."""
    return FiguresAnswer(name=found.name, run=_took(found.run), wait=_took(found.wait), **_ended(found.ended))


def month(found: Month) -> MonthAnswer:
    """A month."""
    return MonthAnswer(name=found.name, jobs=found.jobs, **_ended(found.ended))


def failure(found: FailureGroup) -> FailureAnswer:
    """A group of failures."""
    return FailureAnswer(
        name=found.name,
        code=found.code,
        jobs=found.jobs,
        newest_id=found.newest_id,
        newest_at=utc(found.newest_us) or "",
        newest_reason=found.newest_reason,
    )


def _ended(found: Mapping[State, int]) -> dict[str, int]:
    return {
        state.value: found.get(state, 0) for state in (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
    }


def _took(found: Quantiles | None) -> Took | None:
    if found is None:
        return None
    return Took(
        p50=found.p50 / SECOND_US,
        p95=found.p95 / SECOND_US,
        p99=found.p99 / SECOND_US,
        longest=found.longest / SECOND_US,
    )
