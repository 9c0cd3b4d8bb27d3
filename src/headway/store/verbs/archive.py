"""Moving ended jobs to their month's archive, and back, and at last away.

Nothing is ever moved in one step: copy first, then delete here. At every moment the job is in at least one place, and
where it is in both, the main tables win.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from headway.store.verbs.months import leave
from headway.store.verbs.record import Placed
from headway.store.verbs.transaction import Transaction, as_json

_HEAVY = ("drop_body", "drop_attempt", "drop_event", "drop_progress", "drop_line")


def archive(tx: Transaction, before_us: int, limit: int) -> int:
    """Copy, then delete: an error in the copy stops before the delete, and the next run repeats it."""
    found = [(row[0], row[1]) for row in tx.rows("archivable", {"before": before_us, "limit": limit})]
    if not found:
        return 0
    tx.archive.put(tx, found)
    text = {"ids": as_json([job_id for job_id, _ in found])}
    tx.change("mark_archived", text)
    for part in _HEAVY:
        tx.change(part, text)
    return len(found)


def bring_back(tx: Transaction, job_id: int, created_us: int) -> bool:
    """Copy an archived job's heavy part into the main tables; False when its month was taken away."""
    record = tx.archive.get(tx, job_id, created_us)
    if record is None:
        return False
    tx.archive.take_out(tx, job_id, created_us)
    r = record
    body = (r.payload, r.options, r.extras, r.result, r.result_size, r.checkpoint, r.callback, r.links)
    tx.change("restore_body", (job_id, *body))
    if r.last_line is not None:
        tx.change("restore_progress", (job_id, r.fraction, r.message, r.status, r.stats, r.last_line))
    for epoch, uid, started, finished, kind, code, reason, error in _list(r.attempts):
        node = None if uid is None else tx.row("node_by_uid", {"uid": uid})
        node_id = None if node is None else node[0]
        tx.change("restore_attempt", (job_id, epoch, node_id, started, finished, kind, code, reason, error))
    for epoch, at, kind, actor, note in _list(r.events):
        tx.change("restore_event", (job_id, epoch, at, kind, actor, note))
    tx.many("restore_line", [(job_id, *line) for line in _list(r.lines)])
    tx.change("unarchive", {"id": job_id})
    return True


def _list(text: str) -> list[Any]:
    return msgspec.json.decode(text, type=list[Any])


def purge(tx: Transaction, completed_before_us: int | None, failed_before_us: int | None, limit: int) -> int:
    """Delete ended jobs for good: everything here, and their records in the archive."""
    tx.archive.clear(tx)
    values = {"completed_before": completed_before_us, "failed_before": failed_before_us, "limit": limit}
    found = [(row[0], row[1]) for row in tx.rows("purgeable", values)]
    if found:
        forget(tx, found)
    tx.change("purge_batches", values)
    tx.change("forget_answers")
    return len(found)


def forget(tx: Transaction, found: Sequence[Placed]) -> None:
    """Delete these ended jobs, given with when they were created, and everything that hangs on them."""
    tx.archive.drop(
        tx, found
    )  # also for what is not archived: a step of the archiver that broke off may have left copies
    ids = [job_id for job_id, _ in found]
    text = {"ids": as_json(ids)}
    for part in _HEAVY:
        tx.change(part, text)
    tx.change("purge_tags", text)
    tx.change("purge_facts", text)
    tx.change("purge_dependencies", text)
    tx.change("purge_waiters", text)
    tx.change("count_purged", text)
    tx.change("leave_ticks", text)
    leave(tx, ids)
    tx.change("purge_jobs", text)
