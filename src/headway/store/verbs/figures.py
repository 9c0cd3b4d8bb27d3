"""Figures over time for whoever looks: what is summed up, and what is not yet, in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from headway.model.errors import OptionInvalid
from headway.model.histogram import quantile
from headway.model.job import State
from headway.store.figures import FailureGroup, Failures, HandlerEnds, HandlerFigures, Month, Quantiles
from headway.store.figures import Span as Ended
from headway.store.operation import Operation
from headway.store.verbs.cells import Cell, Times, count_ended
from headway.store.verbs.folded import DAY_US, HOUR_US, MINUTE_US, SECOND_US, ceiling, floor
from headway.store.verbs.months import months_between
from headway.store.verbs.spans import STEPS_US, Span, Stand
from headway.store.verbs.transaction import Row, Transaction

SPANS_MAX: Final = 500
HANDLERS_MAX: Final = 200
FAILED_MAX: Final = 5_000
"""So many failed jobs are looked at, of whatever app."""
_ENDS: Final = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
"""As the statements name them."""


class FigureReader:
    """The part of the reader that shows figures over time."""

    def ended_over_time(
        self,
        *,
        app: str | None,
        from_us: int,
        until_us: int,
        step_us: int,
        queue: str | None = None,
        name: str | None = None,
    ) -> Operation[tuple[Ended, ...]]:
        """What ended in each step of a span of time, oldest first."""
        if step_us not in STEPS_US:
            msg = f"step_us={step_us} is no step: give a minute ({MINUTE_US}), an hour ({HOUR_US}) or a day ({DAY_US})"
            raise OptionInvalid(msg)
        span = Span(floor(from_us, step_us), ceiling(until_us, step_us))
        if span.until_us - span.from_us > SPANS_MAX * step_us:
            msg = f"that are more than {SPANS_MAX} steps: take a shorter span, or longer steps"
            raise OptionInvalid(msg)
        values = {"app": app, "queue": queue, "name": name}
        return Operation("ended_over_time", lambda tx: _over_time(tx, span, step_us, values))

    def handler_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """Each handler of which jobs ended in a span of time, busiest first."""
        return Operation("handler_figures", partial(_figures, app=app, span=Span(from_us, until_us), column=0))

    def handler_ends(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerEnds, ...]]:
        """How many jobs of each handler ended in a span of time, busiest first."""
        return Operation("handler_ends", partial(_ends, app=app, span=Span(from_us, until_us)))

    def queue_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """The same for queues."""
        return Operation("queue_figures", partial(_figures, app=app, span=Span(from_us, until_us), column=1))

    def months(self, *, app: str | None) -> Operation[tuple[Month, ...]]:
        """The months of which there are ended jobs, newest first."""
        return Operation("months", partial(_months, app=app))

    def failures(self, *, app: str | None) -> Operation[Failures]:
        """The newest failed jobs, grouped."""
        return Operation("failures", partial(_failures, app=app))


def _over_time(tx: Transaction, span: Span, step_us: int, values: dict[str, Any]) -> tuple[Ended, ...]:
    stand = Stand(tx)
    found: defaultdict[int, defaultdict[State, int]] = defaultdict(lambda: defaultdict(int))

    def add(rows: Iterable[Row]) -> None:
        for at, *counts in rows:
            for state, jobs in zip(_ENDS, counts, strict=True):
                if jobs:
                    found[floor(at, step_us)][state] += jobs

    for piece_us, piece in stand.pieces(span, [one for one in STEPS_US if one <= step_us]):
        where = {"step": piece_us // SECOND_US, "from": piece.from_us, "until": piece.until_us}
        add(tx.rows("figures_by_time", {**values, **where}))
    live = stand.live(span)
    known = live.until_us
    for part in stand.slices(live):
        add(tx.rows("ended_by_time", {**values, "step_us": step_us, "from": part.from_us, "until": part.until_us}))
        known = part.from_us
    exact_from = max(stand.known_from(step_us), known if known > live.from_us else 0)
    return tuple(
        Ended(from_us=at, ended=dict(found.get(at, {})), exact=at >= exact_from)
        for at in range(span.from_us, span.until_us, step_us)
    )


def _figures(tx: Transaction, *, app: str | None, span: Span, column: int) -> tuple[HandlerFigures, ...]:
    """By the name of the handler (column 0) or of the queue (1)."""
    stand = Stand(tx)
    span = stand.widened(span)
    found: defaultdict[tuple[str, State], Cell] = defaultdict(Cell)
    for step_us, piece in stand.pieces(span):
        values = {"step": step_us // SECOND_US, "from": piece.from_us, "until": piece.until_us, "app": app}
        for *named, state, jobs, run, run_longest, wait, wait_longest in tx.rows("figures_by_name", values):
            found[named[column], State(state)].add((jobs, run, run_longest, wait, wait_longest))
    live = stand.live(span)
    known = live.until_us
    for part in stand.slices(live):
        for one in count_ended(tx, part.from_us, part.until_us, step_us=DAY_US, app=app):
            found[(one.name, one.queue)[column], State(one.state)].merge(one.cell)
        known = part.from_us
    exact = known <= live.from_us
    names = {name for name, _ in found}
    every = [
        _handler(name, {state: cell for (of, state), cell in found.items() if of == name}, exact=exact)
        for name in names
    ]
    return tuple(sorted(every, key=lambda one: (-sum(one.ended.values()), one.name))[:HANDLERS_MAX])


def _ends(tx: Transaction, *, app: str | None, span: Span) -> tuple[HandlerEnds, ...]:
    stand = Stand(tx)
    span = stand.widened(span)
    found: defaultdict[str, defaultdict[State, int]] = defaultdict(lambda: defaultdict(int))

    def add(rows: Iterable[Row]) -> None:
        for name, state, jobs in rows:
            found[name][State(state)] += jobs

    for step_us, piece in stand.pieces(span):
        values = {"step": step_us // SECOND_US, "from": piece.from_us, "until": piece.until_us, "app": app}
        add(tx.rows("figures_by_handler", values))
    for part in stand.slices(stand.live(span)):
        add(tx.rows("ended_by_name", {"from": part.from_us, "until": part.until_us, "app": app}))
    every = (HandlerEnds(name=name, ended=dict(ended)) for name, ended in found.items())
    return tuple(sorted(every, key=lambda one: (-sum(one.ended.values()), one.name)))


def _handler(name: str, cells: dict[State, Cell], *, exact: bool) -> HandlerFigures:
    run, wait = Times(), Times()
    for cell in cells.values():
        run.merge(cell.run)
        wait.merge(cell.wait)
    return HandlerFigures(
        name=name,
        ended={state: cell.jobs for state, cell in cells.items()},
        run=_quantiles(run),
        wait=_quantiles(wait),
        exact=exact,
    )


def _quantiles(times: Times) -> Quantiles | None:
    longest = times.longest
    if longest is None:
        return None
    p50, p95, p99 = (min(longest, quantile(times.buckets, part)) for part in (0.5, 0.95, 0.99))
    return Quantiles(p50=p50, p95=p95, p99=p99, longest=longest)


def _months(tx: Transaction, *, app: str | None) -> tuple[Month, ...]:
    stand = Stand(tx)
    found: defaultdict[str, defaultdict[State, int]] = defaultdict(lambda: defaultdict(int))
    counted = stand.months_us
    if counted:
        for _, month, state, jobs in tx.rows("month_counts", {"app": app}):
            found[month][State(state)] += jobs
    latest = max(counted, tx.rows("last_ended")[0][0] + 1)
    live = Span(counted, latest)
    known = live.until_us
    for part in stand.slices(live):
        for one in months_between(tx, part.from_us, part.until_us, app):
            found[one["month"]][State(one["state"])] += one["jobs"]
        known = part.from_us
    exact = known <= live.from_us
    return tuple(
        Month(
            name=name,
            jobs=sum(ended.values()),
            ended={state: jobs for state, jobs in ended.items() if jobs},
            exact=exact,
        )
        for name, ended in sorted(found.items(), reverse=True)
        if any(ended.values())
    )


def _failures(tx: Transaction, *, app: str | None) -> Failures:
    found = tx.rows("failure_groups", {"app": app, "limit": FAILED_MAX})
    groups = tuple(
        FailureGroup(name=name, code=code, jobs=jobs, newest_id=newest, newest_us=ended, newest_reason=reason)
        for name, code, jobs, newest, ended, reason in found
        if name is not None
    )
    looked_at = sum(row[2] for row in found)
    return Failures(groups=groups, looked_at=looked_at, all_of_them=looked_at < FAILED_MAX)
