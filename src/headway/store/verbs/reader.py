"""The looking half of a store, as operations: the same in every database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from headway.model.errors import OptionInvalid
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind, ErrorText, LogLine
from headway.model.rate import Rate, Window
from headway.model.sort import NEWEST_FIRST, Sort
from headway.store.protocol import (
    AttemptRow,
    EventRow,
    JobDetail,
    JobFilter,
    JobPage,
    Kept,
    NodeRow,
    Operation,
    QueueCount,
    StoredLine,
)
from headway.store.verbs.accounts import AccountReader
from headway.store.verbs.acts import ActReader
from headway.store.verbs.batch_reader import BatchReader, awaited
from headway.store.verbs.cursor import Cursor, read_cursor
from headway.store.verbs.durations import durations
from headway.store.verbs.explain import Explains
from headway.store.verbs.feed import FeedReader
from headway.store.verbs.figures import FigureReader
from headway.store.verbs.find import find, job_row
from headway.store.verbs.given import GivenReader
from headway.store.verbs.pages import ids
from headway.store.verbs.record import Record
from headway.store.verbs.schedule_reader import ScheduleReader
from headway.store.verbs.sorting import page
from headway.store.verbs.tally import counts, counts_of
from headway.store.verbs.tend import NODES_KEPT_US
from headway.store.verbs.transaction import Transaction, as_json

PAGE_MAX: Final = 1_000
OFFSET_MAX: Final = 10_000
CHILDREN_MAX: Final = 1_000

_KEPT: Final = (Kept.ALL, Kept.NO_LOG, Kept.SUMMARY)
"""By the number in the column `pruned`."""

_decode_strings = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_ids = msgspec.json.Decoder(tuple[int, ...]).decode


class ReadDesk(BatchReader, ScheduleReader, FigureReader, FeedReader, Explains, ActReader, AccountReader, GivenReader):
    """Reads of one store."""

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job's row."""

        def run(tx: Transaction) -> JobRow | None:
            row = find(tx, id_or_ref, app)
            return None if row is None else job_row(row)

        return Operation("job", run)

    def holder(self, unique_key: str, *, app: str) -> Operation[JobRow | None]:
        """The job that holds a unique key now."""

        def run(tx: Transaction) -> JobRow | None:
            found = tx.row("holder_of", {"app": app, "key": unique_key, "now": tx.now_us})
            row = None if found is None else find(tx, found[0], app)
            return None if row is None else job_row(row)

        return Operation("holder", run)

    def states(self, ids: Sequence[int]) -> Operation[dict[int, State]]:
        """The states of these jobs."""
        values = {"ids": as_json(ids)}
        return Operation("states", lambda tx: {row[0]: State(row[1]) for row in tx.rows("states_of", values)})

    def detail(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobDetail | None]:
        """One job with everything."""
        return Operation("detail", lambda tx: self._detail(tx, id_or_ref, app))

    def page(
        self,
        where: JobFilter,
        *,
        limit: int = 50,
        before_id: int | None = None,
        offset: int = 0,
        sort: Sort = NEWEST_FIRST,
        after: str | None = None,
        within_us: int | None = None,
        counted: bool = True,
    ) -> Operation[JobPage]:
        """Jobs newest first, or sorted."""
        if before_id is not None and (after is not None or not sort.is_usual):
            msg = "before_id goes on newest first; give the page's next_after as after= with another order"
            raise OptionInvalid(msg)
        cursor = None if after is None else read_cursor(after, sort)
        limit = max(1, min(limit, PAGE_MAX))
        offset = max(0, min(offset, OFFSET_MAX))
        at = Cursor(sort=sort, key=before_id, id=before_id, floor=0) if before_id is not None else cursor
        return Operation(
            "page",
            lambda tx: page(
                tx, where, limit=limit, offset=offset, sort=sort, cursor=at, within_us=within_us, counted=counted
            ),
        )

    def ids(self, where: JobFilter, *, limit: int = 1000) -> Operation[tuple[int, ...]]:
        """The ids that a filter names, newest first."""
        return Operation("ids", lambda tx: ids(tx, where, limit))

    def lines(self, job_id: int, *, after: int = 0, limit: int = 1000) -> Operation[tuple[StoredLine, ...]]:
        """The job's log after a line number."""

        def run(tx: Transaction) -> tuple[StoredLine, ...]:
            row = find(tx, job_id, None)
            if row is None:
                return ()
            if not row[33]:
                found = tx.rows("lines_of", {"id": job_id, "after": after, "limit": limit})
            else:
                record = tx.archive.get(tx, job_id, row[7])
                every: list[Any] = [] if record is None else msgspec.json.decode(record.lines, type=list[Any])
                found = [line for line in every if line[0] > after][:limit]
            return tuple(_line(line) for line in found)

        return Operation("lines", run)

    def counts(self, *, app: str | None = None, tenant: str | None = None) -> Operation[dict[State, int]]:
        """How many jobs are in each state."""
        return Operation("counts", lambda tx: counts(tx, app) if tenant is None else counts_of(tx, app, tenant))

    def queues(self, *, app: str | None = None) -> Operation[tuple[QueueCount, ...]]:
        """How each queue stands."""

        def run(tx: Transaction) -> tuple[QueueCount, ...]:
            return tuple(_queue(row) for row in tx.rows("count_queues", {"app": app}))

        return Operation("queues", run)

    def nodes(self, *, app: str | None = None) -> Operation[tuple[NodeRow, ...]]:
        """The nodes of the last day."""
        return Operation(
            "nodes",
            lambda tx: tuple(
                _node(row) for row in tx.rows("list_nodes", {"app": app, "since": tx.now_us - NODES_KEPT_US})
            ),
        )

    def durations(self, name: str, *, last: int = 5) -> Operation[tuple[int, ...]]:
        """Run times of the latest successes that are not archived yet."""
        return Operation("durations", lambda tx: durations(tx, name, last))

    def handlers(self, *, app: str | None = None) -> Operation[tuple[str, ...]]:
        """Every handler name of unfinished jobs."""
        return Operation("handlers", lambda tx: tuple(row[0] for row in tx.rows("open_names", {"app": app})))

    def _detail(self, tx: Transaction, id_or_ref: int | str, app: str | None) -> JobDetail | None:
        row = find(tx, id_or_ref, app)
        if row is None:
            return None
        job = job_row(row)
        record = self._record(tx, job)
        attempts = msgspec.json.decode(record.attempts, type=list[Any]) if record else []
        events = msgspec.json.decode(record.events, type=list[Any]) if record else []
        events += [list(event) for event in tx.rows("events_of", {"id": job.id})] if job.archived else []
        if record and job.archived and record.last_line is not None:
            job = replace(job, fraction=record.fraction, message=record.message, status=record.status)
        kept = 0 if record is None else len(msgspec.json.decode(record.lines, type=list[Any]))
        return JobDetail(
            row=job,
            payload=record.payload if record else None,
            result=record.result if record else None,
            result_size=record.result_size if record else None,
            stats=record.stats if record else None,
            checkpoint=record.checkpoint if record else None,
            options=record.options if record else None,
            extras=record.extras if record else None,
            attempts=tuple(_attempt(attempt) for attempt in attempts),
            events=tuple(_event(event) for event in events),
            parents=() if row[35] is None else _decode_ids(row[35]),
            children=tuple(child[0] for child in tx.rows("children_of", {"id": job.id, "limit": CHILDREN_MAX})),
            lines_dropped=max(0, ((record.last_line or 0) if record else 0) - kept),
            kept=_KEPT[row[36]],
            batches=awaited(tx, job.id),
            links=record.links if record else None,
        )

    def _record(self, tx: Transaction, job: JobRow) -> Record | None:
        """The heavy part: from the main tables, else from the archive."""
        if job.archived:
            return tx.archive.get(tx, job.id, job.created_us)
        rows = tx.rows("record_of", {"ids": f"[{job.id}]"})
        return Record(*rows[0]) if rows else None


def _attempt(row: Any) -> AttemptRow:
    epoch, uid, started, finished, kind, code, reason, error = row[:8]
    return AttemptRow(
        epoch=epoch,
        node_uid=uid,
        started_us=started,
        finished_us=finished,
        kind=EndKind(kind),
        code=code,
        reason=reason,
        error=None if error is None else msgspec.json.decode(error, type=ErrorText),
    )


def _event(row: Any) -> EventRow:
    epoch, at, kind, actor, note = row
    return EventRow(epoch=epoch, at_us=at, kind=kind, by=actor, note=note)


def _line(row: Any) -> StoredLine:
    number, epoch, at, level, text = row
    return StoredLine(number=number, epoch=epoch, line=LogLine(at, level, text))


def _queue(row: tuple[Any, ...]) -> QueueCount:
    return QueueCount(
        queue=row[0],
        app=row[1],
        queued=row[2],
        scheduled=row[3],
        waiting=row[4],
        running=row[5],
        oldest_due_us=row[6],
        paused_us=row[7],
        paused_by=row[8],
        size=row[9],
        rate=None if row[10] is None else Rate.of(Window(row[10], row[11])),
    )


def _node(row: tuple[Any, ...]) -> NodeRow:
    return NodeRow(
        id=row[0],
        uid=row[1],
        app=row[2],
        host=row[3],
        pid=row[4],
        version=row[5],
        state=row[6],
        started_us=row[7],
        seen_us=row[8],
        queues=None if row[9] is None else _decode_strings(row[9]),
        names=_decode_strings(row[10]),
        concurrency=row[11],
        running=row[12],
    )
