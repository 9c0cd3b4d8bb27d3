"""Spans of time: which part of one is read off days, hours and minutes that are summed up, and which off the jobs themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from headway.store.verbs.folded import DAY_US, HOUR_US, MINUTE_US, ceiling, clocks_of, floor, holds_until, read_folded
from headway.store.verbs.transaction import Transaction

STEPS_US: Final = (DAY_US, HOUR_US, MINUTE_US)
MINUTES_MOST_US: Final = 6 * HOUR_US
HOURS_MOST_US: Final = 7 * DAY_US
"""Longer spans are told in whole hours, and in whole days: there would be too many cells to read at their ends."""
SLICE_JOBS: Final = 20_000
"""Jobs that are read at once: some ten milliseconds."""
DEADLINE_US: Final = 250_000
"""Reading off the jobs ends then: so much is not summed up only before the first worker of this version has come round to it."""


class Span(NamedTuple):
    """From a moment on, until just before another."""

    from_us: int
    until_us: int

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return self.from_us < self.until_us


class Stand:
    """How far the figures are summed up, as a reading transaction sees it."""

    def __init__(self, tx: Transaction) -> None:
        """Look at the clocks too: where one was set back, less holds than is there."""
        self._tx = tx
        self.folded, _ = read_folded(tx)
        self.until_us = holds_until(self.folded, *clocks_of(tx))
        self._is_whole = self.until_us == self.folded.until_us
        """Otherwise the cells of the hour and the day that are cut do not hold."""

    @property
    def months_us(self) -> int:
        """Up to where the months are counted."""
        return self.folded.months_us if self._is_whole else 0

    def widened(self, span: Span) -> Span:
        """The span in whole minutes; a long one, or one of which no minutes are kept, in hours, or in days."""
        length = span.until_us - span.from_us
        for step_us, most_us in ((MINUTE_US, MINUTES_MOST_US), (HOUR_US, HOURS_MOST_US)):
            whole = Span(floor(span.from_us, step_us), ceiling(span.until_us, step_us))
            if length <= most_us and whole.from_us >= self.known_from(step_us):
                return whole
        return Span(floor(span.from_us, DAY_US), ceiling(span.until_us, DAY_US))

    def pieces(self, span: Span, steps_us: Sequence[int] = STEPS_US) -> Iterator[tuple[int, Span]]:
        """What of a widened span is summed up, in as few cells as possible: kinds of steps, and spans of such."""
        ends = min(span.until_us, self.until_us)
        if self._is_whole and span.until_us >= self.until_us:
            ends = ceiling(self.until_us, DAY_US)  # the latest cells of each kind hold nothing that is not in the span
        return _pieces(Span(span.from_us, ends), steps_us)

    def known_from(self, step_us: int) -> int:
        """From where on a kind of step is known, be it summed up or by the jobs."""
        kept = dict(self.folded.kept(self._tx.now_us))
        return min(self.until_us, kept[step_us])

    def live(self, span: Span) -> Span:
        """What of it is to be read off the jobs."""
        return Span(max(span.from_us, self.until_us), span.until_us)

    def slices(self, span: Span) -> Iterator[Span]:
        """The same in parts that are read quickly, newest first, until the time is over: look whether the last one came."""
        end = self._tx.clock.monotonic() + DEADLINE_US / 1e6
        while span and self._tx.clock.monotonic() <= end:
            values = {"from": span.from_us, "until": span.until_us, "skip": SLICE_JOBS}
            begins = self._tx.rows("ended_behind", values)[0][0]
            part = Span(span.from_us if begins is None else min(begins, span.until_us - 1), span.until_us)
            yield part
            span = Span(span.from_us, part.from_us)


def _pieces(span: Span, steps_us: Sequence[int]) -> Iterator[tuple[int, Span]]:
    if not span or not steps_us:
        return
    step_us, *smaller = steps_us
    whole = Span(ceiling(span.from_us, step_us), floor(span.until_us, step_us))
    if not whole:
        yield from _pieces(span, smaller)
        return
    yield from _pieces(Span(span.from_us, whole.from_us), smaller)
    yield step_us, whole
    yield from _pieces(Span(whole.until_us, span.until_us), smaller)
