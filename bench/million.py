"""A store with a million jobs, made in seconds: rows are written straight into its tables, and bodies into its months."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bench.disk import folder
from bench.history import BATCHES, DAY_US, HANDLERS, NAMES, OTHER_APP, SCHEDULES, TRACEBACK, Past, past
from headway import cron
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.schedule import Definition, Overlap
from headway.store.open import open_store
from headway.store.protocol import NodeInfo, Store
from headway.store.sqlite import month
from headway.store.verbs.tick import SCHEDULE_FACT
from headway.store.verbs.transaction import as_json

VARIABLE: Final = "BENCH_MILLION"
"""A folder in which the store is kept from one run to the next, for working on it; its moments grow old."""
MILLION: Final = 1_000_000
BLOCK: Final = 20_000
LEASE_US: Final = DAY_US
NODES: Final = 3
LINES: Final = 5
"""Of the log of a job that ended in the last days; older ones have as many in their month."""

_INSERT: Final = {
    "headway_job": (
        "id, app, ref_id, name, queue, state, priority, due_at, created_at, started_at, finished_at, epoch, tries, retries, "
        "node_id, code, reason, tags, created_by, user_id, batch_id, batch, batched, parent_id, ties, archived, parents_left, "
        "parents, has_dependants"
    ),
    "headway_tag": "tag, job_id",
    "headway_fact": "name, value, job_id",
    "headway_body": "job_id, payload, result",
    "headway_attempt": "job_id, epoch, node_id, started_at, finished_at, kind, code, reason, error",
    "headway_event": "job_id, epoch, happened_at, kind, actor",
    "headway_line": "job_id, number, epoch, logged_at, level, body",
    "headway_progress": "job_id, fraction, message, last_line",
    "headway_dependency": "parent_id, child_id, counted",
    "headway_tick": "schedule_id, instant, outcome, job_id, made_at, started_at, ended_at, state, code",
    "headway_batch": (
        "id, app, name, created_at, created_by, sealed_at, finished_at, succeeded_at, outcome, jobs, completed, failed, "
        "cancelled, skipped"
    ),
}

INDEXES: Final = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'headway_job' AND sql IS NOT NULL"
)
DEPENDANTS: Final = "UPDATE headway_job SET has_dependants = 1 WHERE id IN (SELECT parent_id FROM headway_dependency)"


@contextmanager
def million_store(count: int = MILLION) -> Iterator[Path]:
    """Its folder, for as long as it is needed."""
    kept = os.environ.get(VARIABLE)
    if kept is None:
        with folder() as place:
            seed(place, count)
            yield place
        return
    place = Path(kept) / str(count)
    if not (place / "jobs.db").exists():
        seed(place, count)
    yield place


def seed(place: Path, count: int = MILLION) -> None:
    """Make the store there."""
    store = open_store(str(place))
    try:
        nodes = _nodes(store)
        _schedules(store)
        store.call(store.pause_queue("low", app="default", by="ben@shop.example"))
    finally:
        store.close()
    now_us = SystemClock().now_us()
    months = multiprocessing.get_context("spawn").Process(target=fill_months, args=(place, count, now_us))
    months.start()
    _fill(place, count, now_us, nodes)
    months.join()
    assert months.exitcode == 0, "the months were not written"
    _sum_up(place)


def _nodes(store: Store) -> list[int]:
    info = {"host": "shop-1", "names": NAMES, "queues": None, "concurrency": 20, "version": "1"}
    found = [
        store.call(store.register(NodeInfo(uid=f"node-{n}", app="default", pid=100 + n, **info), lease_us=LEASE_US))  # type: ignore[arg-type]
        for n in range(NODES)
    ]
    other = NodeInfo(uid="node-books", app=OTHER_APP, pid=99, **info)  # type: ignore[arg-type]
    return [*found, store.call(store.register(other, lease_us=LEASE_US))]


def _schedules(store: Store) -> None:
    for number in range(SCHEDULES):
        name, queue, _share, _ms = HANDLERS[number % len(HANDLERS)]
        app = OTHER_APP if number % 10 == 9 else "default"
        job = NewJob(ref_id="", name=name, queue=queue, payload="{}", app=app)
        table = cron(f"{number % 60} {number % 24} * * *")
        definition = Definition(name=f"{name}-{number}", timetable=table, job=job, overlap=Overlap.ALLOW)
        store.call(store.put_schedule(definition))


def _fill(place: Path, count: int, now_us: int, nodes: list[int]) -> None:
    """The main file. Its indexes are made when everything is there: that is twice as fast."""
    with closing(sqlite3.connect(place / "jobs.db", isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-500000", "journal_mode=DELETE", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        schedules = connection.execute("SELECT id, app, name FROM headway_schedule ORDER BY id").fetchall()
        books = _Books(now_us, nodes, schedules)
        jobs = past(count, now_us)
        connection.execute("BEGIN IMMEDIATE")
        indexes = connection.execute(INDEXES).fetchall()
        for name, _sql in indexes:
            connection.execute(f"DROP INDEX {name}")
        while block := list(islice(jobs, BLOCK)):
            rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
            for job in block:
                books.enter(job, rows)
            for table, found in rows.items():
                _insert(connection, table, found)
        _insert(connection, "headway_batch", books.batches())
        connection.execute(DEPENDANTS)
        for _name, sql in indexes:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def fill_months(place: Path, count: int, now_us: int) -> None:
    """The months' files, in a process of its own."""
    connections: dict[Path, sqlite3.Connection] = {}
    jobs = past(count, now_us)
    while block := [job for job in islice(jobs, BLOCK) if job.archived]:
        records: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for job in block:
            records[month.month_of(job.created_us)].append(_record(job))
        for name, found in records.items():
            path = month.file_of(place, name)
            if path not in connections:
                connections[path] = _open_month(path)
            connections[path].executemany(month.ARCHIVE_SQL["put"], [(*row, month.checksum(row)) for row in found])
    for connection in connections.values():
        connection.execute("COMMIT")
        connection.close()


def _open_month(path: Path) -> sqlite3.Connection:
    """As `month.put` does, without waiting for the disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=OFF").fetchall()
    connection.execute("BEGIN")
    connection.execute(month.ARCHIVE_SQL["create"])
    connection.execute(month.ARCHIVE_SQL["create_seal"])
    connection.execute(month.ARCHIVE_SQL["reopen"], {"now": 1})
    path.chmod(0o600)
    return connection


def _sum_up(place: Path) -> None:
    """What a worker's upkeep does in the background, a few thousand jobs at a time."""
    store = open_store(str(place))
    try:
        while store.fold():
            pass
    finally:
        store.close()


def _insert(connection: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    columns = _INSERT[table]
    marks = ", ".join("?" for _ in columns.split(","))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


class _Books:
    """What is written down of each job."""

    def __init__(self, now_us: int, nodes: list[int], schedules: list[tuple[int, str, str]]) -> None:
        self._now_us = now_us
        self._nodes = nodes
        self._schedules = schedules
        self._ended: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._span: dict[int, tuple[int, int]] = {}
        self._last_open: int | None = None

    def enter(self, job: Past, rows: defaultdict[str, list[tuple[Any, ...]]]) -> None:
        """Its rows in the main file."""
        node = self._nodes[3 if job.app == OTHER_APP else job.id % NODES]
        parent = self._last_open if job.state == "waiting" else None
        if job.state in {"queued", "scheduled"}:
            self._last_open = job.id
        batch = None if job.batch is None else f"campaign-{job.batch}"
        rows["headway_job"].append((
            *(job.id, job.app, job.ref_id, job.name, job.queue, job.state, job.priority, job.due_us, job.created_us),
            *(job.started_us, job.finished_us, int(job.started_us is not None), int(job.state == "failed"), 0),
            *(node if job.state == "running" else None, job.code, job.reason, as_json(job.tags) if job.tags else None),
            *(job.created_by, job.created_by, batch, job.batch, job.state if job.finished_us and batch else None),
            *(job.parent, job.ties, int(job.archived), int(parent is not None)),
            *(None if parent is None else f"[{parent}]", 0),
        ))  # fmt: skip
        rows["headway_tag"] += [(tag, job.id) for tag in job.tags]
        if job.schedule is not None:
            at, _app, name = self._schedules[job.schedule]
            rows["headway_fact"].append((SCHEDULE_FACT, name, job.id))
            if job.created_us > self._now_us - 12 * DAY_US:
                state = job.state if job.finished_us else None
                times = (job.created_us, job.started_us, job.finished_us)
                rows["headway_tick"].append((at, job.due_us, "started", job.id, *times, state, job.code))
        if parent is not None:
            rows["headway_dependency"].append((parent, job.id, 1))
        if job.batch is not None:
            self._ended[job.batch][job.state] += 1
            self._span[job.batch] = (self._span.get(job.batch, (job.created_us, 0))[0], job.finished_us or self._now_us)
        if not job.archived:
            self._heavy(job, node, rows)

    def _heavy(self, job: Past, node: int, rows: defaultdict[str, list[tuple[Any, ...]]]) -> None:
        result = '{"ok":true}' if job.state == "completed" else None
        rows["headway_body"].append((job.id, job.payload, result))
        if job.has_run:
            rows["headway_attempt"].append((job.id, 1, node, job.started_us, job.finished_us, *_end(job)))
        if job.state == "cancelled":
            rows["headway_event"].append((job.id, 0, job.finished_us, "cancelled", "ada@shop.example"))
        if job.started_us is not None:
            rows["headway_line"] += [(job.id, *line) for line in _lines(job)]
            fraction = 1.0 if job.state == "completed" else job.id % 100 / 100
            rows["headway_progress"].append((job.id, fraction, f"{job.id % 100} of 100 done", LINES))

    def batches(self) -> list[tuple[Any, ...]]:
        """Each with how its jobs ended."""
        found: list[tuple[Any, ...]] = []
        for number in range(1, BATCHES + 1):
            states = self._ended[number]
            jobs = sum(states.values())
            ended = [states[state] for state in ("completed", "failed", "cancelled", "skipped")]
            began, last = self._span.get(number, (self._now_us, self._now_us))
            over = sum(ended) == jobs
            outcome = ("failed" if ended[1] else "completed") if over else None
            success = last if outcome == "completed" else None
            times = (began, "eva@shop.example", began, last if over else None, success, outcome)
            found.append((number, "default", f"campaign-{number}", *times, jobs, *ended))
        return found


def _end(job: Past) -> tuple[str, str | None, str | None, str | None]:
    """How its attempt ended: kind, code, reason, error."""
    if job.state != "failed":
        return "cancelled" if job.state == "cancelled" else "returned", job.code, job.reason, None
    return "raised", job.code, job.reason, as_json(["builtins.RuntimeError", job.reason, TRACEBACK])


def _lines(job: Past) -> list[tuple[int, int, int, int, str]]:
    began = job.started_us or 0
    words = ("looked up the order", "reserved the goods", "asked the warehouse", "told the customer", "done")
    return [(n + 1, 1, began + n * 1000, 20 if n != 2 else 30, f"{word} ({job.id})") for n, word in enumerate(words)]


def _record(job: Past) -> tuple[Any, ...]:
    """Its record in its month's file."""
    done = job.state == "completed"
    attempts = [[1, f"node-{job.id % NODES}", job.started_us, job.finished_us, *_end(job)]] if job.has_run else []
    events = [[0, job.finished_us, "cancelled", "ada@shop.example", None]] if job.state == "cancelled" else []
    lines = _lines(job) if job.started_us is not None else []
    return (
        *(job.id, job.ref_id, job.name, job.queue, job.state, job.created_us, job.finished_us, job.payload, None, None),
        *('{"ok":true}' if done else None, None, None, None, None, 1.0 if done else None, None, None, None),
        *(len(lines), as_json(attempts), as_json(events), as_json(lines)),
    )
