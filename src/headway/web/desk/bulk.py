"""Many jobs at once: given by their numbers, or all that a filter names. One answer for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, assert_never

import msgspec

from headway.client.errand import CANCELLABLE, CHUNK, RETRYABLE, with_states
from headway.model.job import State
from headway.store.acting import as_note
from headway.store.operation import Operation
from headway.store.protocol import CancelAnswer, JobFilter, RequeueAnswer
from headway.store.values import Acted, DeleteAnswer
from headway.web.doorkeepers import asked
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit

IDS_MAX: Final = 1_000
"""Jobs that one request names, or acts on."""
DELETABLE: Final = tuple(state for state in State if state not in {State.RUNNING, State.EXECUTED})
"""What a filter without a state means to DELETE."""
MISSING: Final = "not_found"
WOULD: Final = "would"
"""The outcome of a job that is only asked about."""
REFUSED: Final = "forbidden"
"""The application's own check does not let the viewer do it to this one."""
SKIPPED: Final = "not_named"
"""The filter did not name it any more when its turn came."""
NOTE_VALUES_MAX: Final = 20


class Deed(StrEnum):
    """What is done to each."""

    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"


STATES: Final[Mapping[Deed, tuple[State, ...]]] = MappingProxyType(
    {Deed.CANCEL: CANCELLABLE, Deed.RETRY: RETRYABLE, Deed.DELETE: DELETABLE}
)
"""The jobs that a filter without a state means."""
DONE: Final = frozenset(
    {
        CancelAnswer.CANCELLED.value,
        CancelAnswer.REQUESTED.value,
        CancelAnswer.ALREADY_REQUESTED.value,
        RequeueAnswer.REQUEUED.value,
        DeleteAnswer.DELETED.value,
        WOULD,
    }
)
"""The outcomes after which a job is as was asked."""


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job."""

    id: int
    outcome: str
    """The store's word: cancelled, requested, final, requeued, refused, deleted, running, not_found, ..."""
    done: bool


class BulkDone(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to many jobs."""

    deed: Deed
    dry_run: bool
    results: tuple[BulkResult, ...]
    """In the order in which they were given, or newest first."""
    left: int = 0
    """How many the filter still names: do the same again, if there are any. Where they are counted one by one, to 10,000."""
    next_before: int | None = None
    """Give it as `before` to go on below the jobs that were looked at; None at the end."""

    @property
    def done(self) -> int:
        """How many are now as was asked."""
        return sum(one.done for one in self.results)


async def act_on_ids(
    visit: Visit, deed: Deed, ids: Sequence[int], *, dry_run: bool = False, revive: bool = False
) -> BulkDone:
    """Do it to these jobs, a result for each; those of other apps are not found."""
    wanted = tuple(dict.fromkeys(ids))
    if len(wanted) > IDS_MAX:
        raise RequestInvalid(f"at most {IDS_MAX:,} jobs can be named at once, {len(wanted):,} were", status=422)
    where = JobFilter(app=visit.app, tenant=visit.viewer.tenant)
    refused = await _refused(visit, deed, wanted)
    allowed = tuple(job for job in wanted if job not in refused)
    if dry_run:
        answers = {**refused, **await _would(visit, deed, allowed)}
    else:
        note = {"ids": list(wanted[:NOTE_VALUES_MAX])}
        answers = {**refused, **await _act(visit, deed, allowed, where, revive=revive, note=note)}
    results = tuple(_result(job, answers.get(job, MISSING)) for job in wanted)
    return BulkDone(deed=deed, dry_run=dry_run, results=results)


async def act_on_filter(
    visit: Visit,
    deed: Deed,
    where: JobFilter,
    *,
    dry_run: bool = False,
    revive: bool = False,
    limit: int = IDS_MAX,
    before: int | None = None,
) -> BulkDone:
    """Do it to jobs that the filter names, newest first, so many at most; `left` and `next_before` say how to go on.

    A filter without a state means those to which it can be done.
    """
    where = with_states(visit.within(where), STATES[deed])
    page = await visit.read(visit.reader.page(where, limit=max(1, min(limit, IDS_MAX)), before_id=before))
    ids = tuple(row.id for row in page.rows)
    refused = await _refused(visit, deed, ids)
    if dry_run:
        results = tuple(_result(job, refused.get(job, WOULD)) for job in ids)
        return BulkDone(deed=deed, dry_run=True, results=results, left=page.total, next_before=page.next_cursor)
    allowed = tuple(job for job in ids if job not in refused)
    answers = {**refused, **await _act(visit, deed, allowed, where, revive=revive, note={"where": _said(where)})}
    left = 0
    if page.next_cursor is not None:
        left = (await visit.read(visit.reader.page(where, limit=1, before_id=page.next_cursor))).total
    return BulkDone(
        deed=deed,
        dry_run=False,
        results=tuple(_result(job, answers.get(job, SKIPPED)) for job in ids),
        left=left,
        next_before=page.next_cursor,
    )


async def _act(
    visit: Visit, deed: Deed, ids: tuple[int, ...], where: JobFilter, *, revive: bool, note: Mapping[str, Any]
) -> dict[int, str]:
    """In chunks, each one short transaction with an act of its own."""
    answers: dict[int, str] = {}
    while ids:
        acted = await visit.change(
            _verb(visit, deed, ids[:CHUNK], where, revive=revive),
            lambda acted: _told(visit, deed, acted, note),
            kind=deed.value,
        )
        answers |= {job: answer.value for job, answer in acted.answers}
        ids = ids[acted.seen :]
    return answers


def _verb(visit: Visit, deed: Deed, ids: tuple[int, ...], where: JobFilter, *, revive: bool) -> Operation[Acted[Any]]:
    store = visit.console.store
    match deed:
        case Deed.CANCEL:
            return store.cancel_many(ids, where=where, by=visit.by)
        case Deed.RETRY:
            return store.requeue_many(ids, where=where, by=visit.by, revive=revive)
        case Deed.DELETE:
            return store.delete_many(ids, where=where, by=visit.by)
        case _:
            assert_never(deed)


def _told(visit: Visit, deed: Deed, acted: Acted[Any], note: Mapping[str, Any]) -> Any:
    """The act of one chunk: which jobs it really touched."""
    done = [job for job, answer in acted.answers if answer.value in DONE]
    return visit.act(deed.value, "jobs", note=as_note({**note, "jobs": len(done), "done": done})) if done else None


async def _would(visit: Visit, deed: Deed, ids: tuple[int, ...]) -> dict[int, str]:
    """What would become of each: that it is done, or the state in which it cannot be."""
    found = [row for job in ids if (row := await visit.read(visit.reader.job(job, app=visit.app))) is not None]
    return {row.id: WOULD if row.state in STATES[deed] else row.state.value for row in found}


async def _refused(visit: Visit, deed: Deed, ids: tuple[int, ...]) -> dict[int, str]:
    """Those that the application's own check refuses, where it has one: it is asked for each, as if each were done alone."""
    authorize = visit.console.authorize
    if authorize is None:
        return {}
    found = [row for job in ids if (row := await visit.read(visit.reader.job(job, app=visit.app))) is not None]
    return {row.id: REFUSED for row in found if not await asked(authorize, visit.request, deed.value, row)}


def _result(job: int, outcome: str) -> BulkResult:
    return BulkResult(id=job, outcome=outcome, done=outcome in DONE)


def _said(where: JobFilter) -> dict[str, Any]:
    """The filter's parts that say something."""
    usual = JobFilter()
    return {
        name: msgspec.to_builtins(value)
        for name in JobFilter.__struct_fields__
        if name != "shown" and (value := getattr(where, name)) != getattr(usual, name)
    }
