"""Moving ended jobs to their month's archive, and back, and at last away.

A commit over two files is not atomic, so nothing is ever moved in one step: copy, durable commit there, then delete
here. At every moment the job is in at least one place, and where it is in both, the main file wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from headway.store.sqlite import month
from headway.store.sqlite.months import leave
from headway.store.sqlite.transaction import Transaction, as_json


def archive(tx: Transaction, folder: Path, before_us: int, limit: int) -> int:
    """Copy, then delete: an error in the copy stops before the delete, and the next run repeats it."""
    found = tx.rows("archivable", {"before": before_us, "limit": limit})
    if not found:
        return 0
    months: defaultdict[Path, list[int]] = defaultdict(list)
    for job_id, created_at in found:
        months[month.month_file(folder, created_at)].append(job_id)
    for path, ids in sorted(months.items()):
        month.put(path, tx.rows("record_of", {"ids": as_json(ids)}), tx.now_us)
        _drop_heavy(tx, ids)
        unseal(tx, path)
    return len(found)


def _drop_heavy(tx: Transaction, ids: list[int]) -> None:
    text = {"ids": as_json(ids)}
    tx.change("mark_archived", text)
    for part in ("drop_body", "drop_attempt", "drop_event", "drop_progress", "drop_line"):
        tx.change(part, text)


def unseal(tx: Transaction, path: Path) -> None:
    """A month's file changes: what is remembered of its seal is void. A crash between the two leaves it to the sealer."""
    tx.change("unseal_month", {"month": month.month_in(path)})


def bring_back(tx: Transaction, folder: Path, job_id: int, created_us: int) -> bool:
    """Copy an archived job's heavy part into the main file; False when its month was taken away.

    The copy in the archive is deleted after this transaction's commit; should that fail, the main file wins.
    """
    path = month.month_file(folder, created_us)
    record = month.get(path, job_id)
    if record is None:
        return False
    _drop_after_commit(tx, path, [job_id])
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


def purge(
    tx: Transaction, folder: Path, completed_before_us: int | None, failed_before_us: int | None, limit: int
) -> int:
    """Delete ended jobs for good: everything here, and after the commit their bodies in the archive."""
    clear_purged(tx, folder)
    values = {"completed_before": completed_before_us, "failed_before": failed_before_us, "limit": limit}
    found = tx.rows("purgeable", values)
    if not found:
        _purge_batches(tx, values)
        return 0
    forget(tx, folder, found)
    _purge_batches(tx, values)
    return len(found)


def forget(tx: Transaction, folder: Path, found: Sequence[tuple[int, int]]) -> None:
    """Delete these ended jobs, given with when they were created, and everything that hangs on them."""
    months: defaultdict[Path, list[int]] = defaultdict(list)
    for job_id, created_at in found:
        months[month.month_file(folder, created_at)].append(job_id)
    for path, ids in sorted(months.items()):
        if path.exists():  # also for what is not archived: a step of the archiver that broke off may have left copies
            drop_later(tx, path, ids)
    text = {"ids": as_json([row[0] for row in found])}
    for part in ("drop_body", "drop_attempt", "drop_event", "drop_progress", "drop_line"):
        tx.change(part, text)
    tx.change("purge_tags", text)
    tx.change("purge_facts", text)
    tx.change("purge_dependencies", text)
    tx.change("purge_waiters", text)
    tx.change("count_purged", text)
    tx.change("leave_ticks", text)
    leave(tx, [row[0] for row in found])
    tx.change("purge_jobs", text)


def _purge_batches(tx: Transaction, values: dict[str, int | None]) -> None:
    tx.change("purge_batches", values)
    tx.change("forget_answers")


def drop_later(tx: Transaction, path: Path, ids: Sequence[int]) -> None:
    """Delete records of a month after this transaction's commit; should that fail, a later `clear_purged` does it."""
    tx.change("remember_purged", {"month": month.month_in(path), "ids": as_json(ids)})
    _drop_after_commit(tx, path, ids)


class _Drops:
    """Records that leave their months after a commit: one write for each month, however many jobs it is."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._months: defaultdict[Path, list[int]] = defaultdict(list)

    def add(self, path: Path, ids: Sequence[int]) -> None:
        self._months[path] += ids

    def __call__(self) -> None:
        for path, ids in sorted(self._months.items()):
            month.drop(path, ids, self._now_us)


def _drop_after_commit(tx: Transaction, path: Path, ids: Sequence[int]) -> None:
    unseal(tx, path)
    drops = next((one for one in tx.after_commit if isinstance(one, _Drops)), None)
    if drops is None:
        drops = _Drops(tx.now_us)
        tx.after_commit.append(drops)
    drops.add(path, ids)


def clear_purged(tx: Transaction, folder: Path) -> None:
    """Delete what the latest purge may have left in the months' files, had it been killed just after its commit."""
    left: defaultdict[str, list[int]] = defaultdict(list)
    for name, job_id in tx.rows("purged_jobs"):
        left[name].append(job_id)
    for name, ids in left.items():
        month.drop(month.file_of(folder, name), ids, tx.now_us)
    if left:
        tx.change("forget_purged")
