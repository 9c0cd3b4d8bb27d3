"""Doing what an ended job did once more, as a new job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from headway.model.claim import NewJob
from headway.model.job import JobRow
from headway.model.link import Link, parent_of
from headway.store.revision import ReplayAnswer, Replayed
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.find import find, job_row
from headway.store.verbs.links import with_results
from headway.store.verbs.prune import SUMMARY
from headway.store.verbs.reopen import why_gone
from headway.store.verbs.transaction import Transaction
from headway.store.verbs.unique import free, holder


class _Source(msgspec.Struct, frozen=True):
    """What of a job its row does not say."""

    interrupt_fails: int
    unique_until: int | None
    payload: str | None
    options: str | None
    extras: str | None
    callback: str | None
    links: str | None


def replay(tx: Transaction, id_or_ref: int | str, ref_id: str, by: str | None, app: str | None) -> Replayed:
    """Enqueue a job with the arguments and options of an ended one, which stays as it is."""
    row = find(tx, id_or_ref, app)
    if row is None:
        return Replayed(answer=ReplayAnswer.NOT_FOUND)
    job = job_row(row)
    if not job.state.is_final:
        return Replayed(answer=ReplayAnswer.REFUSED)
    source = _source(tx, job, gone=row[36] == SUMMARY)
    if source is None or source.payload is None:
        return Replayed(answer=ReplayAnswer.BODY_GONE, why=why_gone(tx, job.id, job.app))
    # Links are left where it never ran with results, because it was cancelled first, or there was none.
    payload, missing = with_results(tx, source.payload, source.links or "{}")
    if missing:
        return Replayed(answer=ReplayAnswer.RESULT_GONE, why=_why_missing(missing))
    if job.unique_key is not None:
        held_by = holder(tx, job.app, job.unique_key)
        if held_by is not None and held_by.id != job.id:
            return Replayed(answer=ReplayAnswer.KEY_HELD, holder=held_by.id)
        free(tx, [job.id])  # the key of a span, which goes over to the new job
    enqueued = enqueue(tx, [_new(job, source, payload, ref_id)])[0]
    tx.event(enqueued.id, 0, "replay", by=by, note=f"of job {job.id}")
    return Replayed(answer=ReplayAnswer.REPLAYED, enqueued=enqueued)


def _why_missing(missing: Mapping[str, Link]) -> str:
    return "; ".join(
        f"its argument {name} was to be the result of job {parent_of(link)}, which has none"
        for name, link in missing.items()
    )


def _source(tx: Transaction, job: JobRow, *, gone: bool) -> _Source | None:
    found = _Source(*tx.rows("replay_source", {"id": job.id})[0])
    if found.payload is not None:
        return found
    record: Any = None if gone else tx.archive.get(tx, job.id, job.created_us)
    if record is None:
        return None
    parts = ("payload", "options", "extras", "callback", "links")
    return msgspec.structs.replace(found, **{part: getattr(record, part) for part in parts})


def _new(job: JobRow, source: _Source, payload: str, ref_id: str) -> NewJob:
    """Not a member of the old one's batch, and waiting for nobody; its delay and its expiry were meant for then."""
    return NewJob(
        ref_id=ref_id,
        name=job.name,
        payload=payload,
        app=job.app,
        queue=job.queue,
        priority=job.priority,
        retries=job.retries,
        interrupt_fails=bool(source.interrupt_fails),
        options=source.options,
        extras=source.extras,
        tags=job.tags,
        created_by=job.created_by,
        user_id=job.user_id,
        tenant=job.tenant,
        reply_to=job.reply_to,
        parent_id=job.parent_id,
        lane=job.lane,
        key=job.key,
        key_limit=job.key_limit or 1,
        key_rate=job.key_rate,
        unique_key=job.unique_key,
        unique_for_us=None if source.unique_until is None else source.unique_until - job.created_us,
        callback=source.callback,
        replay_of=job.id,
    )
