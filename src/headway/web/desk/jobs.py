"""Jobs: looked up, listed, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from headway.model.clock import from_us
from headway.model.errors import JobNotFound
from headway.model.explain import Explanation
from headway.model.job import JobRow, State
from headway.model.secret import SOUNDS_SECRET
from headway.model.sort import NEWEST_FIRST, Sort
from headway.store.protocol import JobDetail, JobFilter, JobPage, StoredLine
from headway.view import filters
from headway.web.desk.deeds import cancel, delete, replay, retry, revise
from headway.web.desk.found import id_or_ref, row
from headway.web.desk.masked import masked
from headway.web.visit import Visit

__all__ = [
    "cancel",
    "counts",
    "delete",
    "detail",
    "explained",
    "filter_of",
    "lines",
    "listed",
    "meant",
    "replay",
    "retry",
    "revise",
    "row",
]

LINES_MAX: Final = 1_000
"""Lines of a job's log in one answer."""
WITHIN_US: Final = 35_000
"""A list is looked for and counted so long."""
SOME_US: Final = 20_000
"""The same beside other things on a page."""
OFFSET_MAX: Final = 10_000
"""Pages by number reach so many jobs; beyond them goes a cursor."""


async def detail(visit: Visit, given: str) -> JobDetail:
    """Everything about one job; JobNotFound if the app has none of that number or reference."""
    asked = visit.reader.detail(id_or_ref(given), app=visit.app)
    found = await visit.read(asked)
    while found is None and await visit.admit():
        found = await visit.read(asked)
    if found is None:
        raise JobNotFound(f"there is no job {given!r} here")
    return found


async def lines(visit: Visit, given: str, *, after: int = 0, limit: int = LINES_MAX) -> tuple[StoredLine, ...]:
    """Lines of its log after that number, in order."""
    found = await row(visit, given)
    return await visit.read(visit.reader.lines(found.id, after=after, limit=min(limit, LINES_MAX)))


async def explained(visit: Visit, given: str) -> Explanation:
    """Why it is not running."""
    gone = visit.console.store.gone()
    found = await visit.read(visit.reader.explain(id_or_ref(given), app=visit.app, gone=gone))
    if found is None:
        raise JobNotFound(f"there is no job {given!r} here")
    return found


def filter_of(visit: Visit, text: str = "", parts: Sequence[filters.Part] = ()) -> JobFilter:
    """The filter that a search box and parts of an address make together, within the app; FilterInvalid says what does not fit.

    What is only a number may be meant as a job's: ask `meant` first.
    """
    console = visit.console
    conditions = (*filters.parts(text), *parts)
    where = filters.build(conditions, now=from_us(console.now_us()), zone=console.look.zone)
    if where.app is not None and where.app != visit.app:
        raise filters.FilterInvalid(
            f"these are the jobs of the app {visit.app!r}: choose another app with ?app=, not app:"
        )
    if visit.viewer.tenant is not None and where.tenant not in {None, visit.viewer.tenant}:
        raise filters.FilterInvalid("these are the jobs of one tenant: leave tenant: out")
    secret = next((name for name, _ in where.facts if SOUNDS_SECRET.search(name)), None)
    if secret is not None:
        raise filters.FilterInvalid(f"fact: {secret!r} sounds like a secret, so jobs are not found by it here")
    return replace(visit.within(where), shown=console.shown if where.text else None)


async def meant(visit: Visit, text: str) -> JobRow | None:
    """The job that a search box names by its number (4711, #4711) or its whole reference; None where it means something else."""
    word = text.strip().removeprefix("#")
    if not word or any(letter.isspace() for letter in word):
        return None
    found = await visit.read(visit.reader.job(id_or_ref(word), app=visit.app))
    return None if found is None else (await masked(visit, (found,)))[0]


async def listed(
    visit: Visit,
    where: JobFilter,
    *,
    limit: int | None = None,
    offset: int = 0,
    before_id: int | None = None,
    sort: Sort = NEWEST_FIRST,
    after: str | None = None,
) -> JobPage:
    """A page of the jobs that the filter names, secrets masked; without a limit as many as the console's pages show.

    It is made within WITHIN_US: one that is not full may say how far back it looked, and its cursor goes on there.
    """
    await visit.see_committed()
    size = visit.console.look.page_size if limit is None else limit
    page = await visit.read(
        visit.reader.page(
            where, limit=size, offset=offset, before_id=before_id, sort=sort, after=after, within_us=WITHIN_US
        )
    )
    return replace(page, rows=await masked(visit, page.rows))


async def some(visit: Visit, where: JobFilter, *, limit: int) -> tuple[JobRow, ...]:
    """The newest jobs that the filter names, secrets masked, as far as they are found within SOME_US; none is counted."""
    found = await visit.read(visit.reader.page(where, limit=limit, within_us=SOME_US, counted=False))
    return await masked(visit, found.rows)


async def counts(visit: Visit) -> dict[State, int]:
    """How many jobs are in each state; every state is a key."""
    await visit.see_committed()
    return await visit.read_lately(visit.reader.counts(app=visit.app))
