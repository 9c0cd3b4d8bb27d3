"""The feed: what was created, ended, or had something done to it, after a cursor.

Numbers of jobs and of events grow, and those are told behind which nothing comes any more. Ends are ordered by their moments,
which are those of the commits as well, as long as the clock goes on. If it stands still, or is set back by less than half a
second, more may end in the half second before the cursor: its mark says what had ended there. A larger step is seen
by the clock of the machine's start, and makes the cursor too old.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.model.job import JobRow
from headway.store.figures import Changes, FeedCursor
from headway.store.operation import Operation
from headway.store.verbs.find import COLUMNS, FROM, job_row
from headway.store.verbs.transaction import STEP_SEEN_US, Transaction, as_json

KINDS: Final = 3
"""Created, ended, done to: each has a third of a page, so none waits for another."""
LIMIT_MAX: Final = 1_000
MARK_FACTOR: Final = 1_000_003
MARKS: Final = 1 << 53


class FeedReader:
    """The part of the reader that tells what changed."""

    def feed_start(self, *, app: str | None) -> Operation[FeedCursor]:  # noqa: ARG002 - cursors of all apps are alike
        """A cursor for what changes from now on."""
        return Operation("feed_start", _start)

    def changes(self, since: FeedCursor, *, app: str | None, limit: int = 500) -> Operation[Changes]:
        """What changed since."""
        share = max(1, min(limit, LIMIT_MAX) // KINDS)
        return Operation("changes", partial(_changes, since=since, app=app, share=share))

    def version(self) -> Operation[int]:
        """Another number after each commit."""
        return Operation("version", lambda tx: tx.version())


def _start(tx: Transaction) -> FeedCursor:
    created, event, until_us = tx.horizon()
    ended = tx.row("latest_end", {"now": until_us})
    ended_us, ended_id = (0, 0) if ended is None else ended
    return FeedCursor(
        created_id=created,
        ended_us=ended_us,
        ended_id=ended_id,
        ended_mark=_mark(tx, ended_us, ended_id),
        event_id=event,
        since_us=tx.now_us - tx.boot_us,
    )


def _changes(tx: Transaction, *, since: FeedCursor, app: str | None, share: int) -> Changes:
    if _is_too_old(tx, since):
        return Changes(rows=(), cursor=_start(tx), more=False, too_old=True)
    ended_us, ended_id = since.ended_us, since.ended_id
    if _mark(tx, ended_us, ended_id) != since.ended_mark:
        ended_us, ended_id = ended_us - STEP_SEEN_US, -1
    last_job, last_event, last_us = tx.horizon()
    values = {"share": share + 1, "now": last_us}
    created = tx.rows("created_since", {**values, "id": since.created_id, "until": last_job})
    ended = tx.rows("ended_since", {**values, "us": ended_us, "id": ended_id})
    events = tx.rows("events_since", {**values, "id": since.event_id, "until": last_event})
    more = max(map(len, (created, ended, events))) > share
    created, ended, events = created[:share], ended[:share], events[:share]
    if ended:
        ended_us, ended_id = ended[-1]
    cursor = FeedCursor(
        created_id=created[-1][0] if created else since.created_id,
        ended_us=ended_us,
        ended_id=ended_id,
        ended_mark=_mark(tx, ended_us, ended_id),
        event_id=events[-1][0] if events else since.event_id,
        since_us=tx.now_us - tx.boot_us,
    )
    ids = {row[0] for row in created} | {row[1] for row in ended} | {row[1] for row in events}
    return Changes(rows=_rows(tx, sorted(ids), app), cursor=cursor, more=more)


def _is_too_old(tx: Transaction, since: FeedCursor) -> bool:
    created, event = _last(tx)
    is_other = since.created_id > created or since.event_id > event
    was_set = abs(tx.now_us - tx.boot_us - since.since_us) > STEP_SEEN_US
    return is_other or was_set or since.ended_us > tx.now_us + STEP_SEEN_US


def _last(tx: Transaction) -> tuple[int, int]:
    """The highest numbers that a job and an event have had."""
    return tx.rows("last_job_id")[0][0], tx.rows("last_event_id")[0][0]


def _mark(tx: Transaction, ended_us: int, ended_id: int) -> int:
    """Stands for the jobs that ended in the half second before this one, and for itself."""
    jobs, ids = tx.rows("ended_upto", {"from": ended_us - STEP_SEEN_US, "us": ended_us, "id": ended_id})[0]
    return int((ids * MARK_FACTOR + jobs) % MARKS)


def _rows(tx: Transaction, ids: list[int], app: str | None) -> tuple[JobRow, ...]:
    if not ids:
        return ()
    among = tx.dialect.ids.format(":ids")
    sql = f"SELECT {COLUMNS} {FROM} WHERE j.id IN ({among}) AND (:app IS NULL OR j.app = :app) ORDER BY j.id"
    return tuple(job_row(row) for row in tx.query(sql, {"ids": as_json(ids), "app": app}))
