"""A naive recount of what ended: every end that a test saw, kept in a list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headway.model.clock import from_us
from headway.model.job import FINAL, JobRow, State
from headway.store.figures import HandlerFigures, Quantiles, Span
from headway.store.protocol import JobFilter, Store
from tests.conformance.owned_clock import SECOND_US

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
EVERYTHING = 100 * DAY_US


@dataclass(slots=True, kw_only=True)
class End:
    """A job as it had ended."""

    row: JobRow
    gone: bool = False
    """It was deleted, or goes again."""
    stays: bool = False
    """It had been summed up before that."""

    @property
    def at_us(self) -> int:
        assert self.row.finished_us is not None
        return self.row.finished_us

    @property
    def run_us(self) -> int | None:
        row = self.row
        if row.state is not State.COMPLETED or row.started_us is None or self.at_us < row.started_us:
            return None
        return self.at_us - row.started_us

    @property
    def wait_us(self) -> int | None:
        row = self.row
        if row.state not in {State.COMPLETED, State.FAILED} or row.started_us is None or row.started_us < row.due_us:
            return None
        return row.started_us - row.due_us


@dataclass(slots=True)
class Recount:
    """The ends of one store."""

    store: Store
    ends: list[End] = field(default_factory=list)

    def rows(self) -> dict[int, JobRow]:
        """What has ended, as the store shows it now."""
        reader = self.store.reader
        rows = reader.call(reader.page(JobFilter(states=tuple(FINAL)), limit=1000)).rows
        assert len(rows) < 1000
        return {row.id: row for row in rows}

    def look(self) -> None:
        """See what ended since the last look, and what is gone."""
        now = self.rows()
        known = {}
        for end in self.here():
            row = now.get(end.row.id)
            end.gone = row is None or row.finished_us != end.row.finished_us
            if not end.gone:
                known[end.row.id] = end
        self.ends += [End(row=row) for key, row in now.items() if key not in known]

    def here(self) -> Iterator[End]:
        return (end for end in self.ends if not end.gone)

    def counted(self) -> Iterator[End]:
        """What the figures are to have."""
        return (end for end in self.ends if not end.gone or end.stays)

    def settled(self, before_us: int) -> None:
        """All that had ended by then is summed up; what a clock that was set back shows later is not."""
        for end in self.here():
            end.stays = end.at_us < before_us


def spans(ends: Iterable[End], from_us: int, until_us: int, step_us: int) -> tuple[Span, ...]:
    found: defaultdict[int, defaultdict[State, int]] = defaultdict(lambda: defaultdict(int))
    for end in ends:
        found[end.at_us // step_us * step_us][end.row.state] += 1
    begins, ends_us = from_us // step_us * step_us, -(-until_us // step_us) * step_us
    return tuple(Span(from_us=at, ended=dict(found[at])) for at in range(begins, ends_us, step_us))


def quantiles_fit(found: Quantiles | None, durations: list[int]) -> bool:
    """Whether the quantiles of a histogram are within ten percent of those of the durations."""
    if found is None or not durations:
        return found is None and not durations
    ordered = sorted(durations)

    def exact(hundredth: int) -> int:
        return ordered[-(-len(ordered) * hundredth // 100) - 1]

    near = all(
        abs(value - exact(hundredth)) <= exact(hundredth) // 10
        for value, hundredth in ((found.p50, 50), (found.p95, 95), (found.p99, 99))
    )
    return near and found.longest == ordered[-1]


def check_names(found: Iterable[HandlerFigures], ends: Iterable[End], name_of: Any) -> None:
    by_name: defaultdict[str, list[End]] = defaultdict(list)
    for end in ends:
        by_name[name_of(end.row)].append(end)
    figures = {one.name: one for one in found}
    assert set(figures) == set(by_name)
    for name, some in by_name.items():
        one = figures[name]
        assert dict(one.ended) == states(some), name
        assert quantiles_fit(one.run, [end.run_us for end in some if end.run_us is not None]), (one.run, some)
        assert quantiles_fit(one.wait, [end.wait_us for end in some if end.wait_us is not None]), (one.wait, some)


def states(ends: Iterable[End]) -> Mapping[State, int]:
    counts: defaultdict[State, int] = defaultdict(int)
    for end in ends:
        counts[end.row.state] += 1
    return dict(counts)


def month_of(row: JobRow) -> str:
    return f"{from_us(row.created_us):%Y-%m}"
