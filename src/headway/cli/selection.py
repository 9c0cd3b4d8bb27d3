"""Which jobs a command means: ids given one by one, or all that a filter names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from headway.cli.exits import UsageInvalid
from headway.model.clock import SystemClock, from_us
from headway.view.filters import Part, build, is_empty, parts

if TYPE_CHECKING:
    from headway.cli.target import Opened
    from headway.model.job import JobRow, State
    from headway.store.protocol import JobFilter

PAGE: Final = 1_000
JOBS_MAX: Final = 1_000_000
"""No command lists more jobs in one go."""


def read_filter(words: Sequence[str], conditions: Sequence[Part]) -> JobFilter:
    """The filter that words (`state:failed`) and options (`--state failed`) make together."""
    now = from_us(SystemClock().now_us())
    return build((*parts(" ".join(words)), *conditions), now=now)


def job_key(text: str) -> int | str:
    """A job on the command line: 4711, #4711, or a ref_id."""
    digits = text.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() else text


def chosen(
    ids: Sequence[str], conditions: Sequence[Part], *, everything: bool, states: tuple[State, ...]
) -> tuple[int | str, ...] | JobFilter:
    """The jobs to act on: those given, or a filter. One that names no state means those in `states`; an empty one needs `everything`."""
    if ids and conditions:
        raise UsageInvalid("ids and a filter exclude each other", advice="give the ids alone, or the filter alone")
    if ids and everything:
        raise UsageInvalid("ids and --all exclude each other", advice="give the ids alone, or --all alone")
    if ids:
        return tuple(dict.fromkeys(job_key(text) for text in ids))
    where = read_filter((), conditions)
    if is_empty(where) and not everything:
        raise UsageInvalid(
            "nothing says which jobs", advice="give ids, a filter such as --queue mail, or --all for every job"
        )
    return where if where.states else replace(where, states=states)


def every_row(opened: Opened, where: JobFilter, limit: int = JOBS_MAX) -> Iterator[JobRow]:
    """All jobs that a filter names, newest first, page by page."""
    where = opened.within(where)
    before: int | None = None
    left = limit
    while left > 0:
        page = opened.reader.call(opened.reader.page(where, limit=min(PAGE, left), before_id=before))
        yield from page.rows
        left -= len(page.rows)
        before = page.next_cursor
        if before is None:
            return
