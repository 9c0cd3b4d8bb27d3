"""How long the reads of a console take on a store with a million jobs, one at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.figure import Aim, Figure, Scale, percentile
from bench.history import DAY_US, RARE_TAG
from bench.million import MILLION, million_store
from headway.model.clock import SystemClock
from headway.model.job import State
from headway.model.sort import SortKey, read_sort
from headway.store.open import open_store
from headway.store.protocol import JobFilter, Operation, Reader

TARGET_MS: Final = 60.0
WITHIN_US: Final = 60_000
TIMES: Final = 21
QUICK: Final = 20_000


def measure(scale: Scale) -> Sequence[Figure]:
    """Each read."""
    with million_store(scale.of(MILLION, QUICK)) as place:
        return [
            Figure(
                group="reads", name=name, aim=Aim.AT_MOST, target=TARGET_MS, unit="ms p95", rounds=(p95,), detail=detail
            )
            for name, p95, detail in measured(place, scale.of(TIMES, 5))
        ]


def measured(place: Path, times: int) -> Iterator[tuple[str, float, str]]:
    """Name, 95th percentile in milliseconds, and what else was seen."""
    store = open_store(str(place))
    reader = store.reader
    try:
        now_us = SystemClock().now_us()
        for name, operation in asks(reader, now_us):
            answer = reader.call(operation)
            found: list[float] = []
            worked = time.process_time()
            for _ in range(times):
                began = time.perf_counter()
                answer = reader.call(operation)
                found.append((time.perf_counter() - began) * 1000)
            worked_ms = (time.process_time() - worked) * 1000 / times
            detail = f"p50 {percentile(found, 50):.1f} ms, processor {worked_ms:.1f} ms{_seen(answer)}"
            yield name, percentile(found, 95), detail
    finally:
        store.close()


def _seen(answer: Any) -> str:
    if hasattr(answer, "total_exact"):
        cut = "" if answer.searched_to_us is None else ", not all looked at"
        return f"; {len(answer.rows)} rows of {answer.total}{'' if answer.total_exact else ' or more'}{cut}"
    return ""


def asks(reader: Reader, now_us: int) -> Iterator[tuple[str, Operation[Any]]]:
    """The reads, by name."""
    app = "default"
    yield "counts", reader.counts(app=app)
    yield "counts of all apps", reader.counts()
    yield "queues", reader.queues(app=app)
    yield "queues of all apps", reader.queues()
    yield "nodes", reader.nodes(app=app)
    yield "handlers", reader.handlers(app=app)
    yield "durations", reader.durations("send_receipt")
    yield "durations of a rare handler", reader.durations("rotate_keys")
    yield "durations of no handler", reader.durations("nobody")
    for words, where in filters(now_us):
        yield f"page: {words}", reader.page(where, **PAGE)
    yield "page: at offset 10,000", reader.page(JobFilter(app=app), offset=10_000, **PAGE)
    yield "page: deep, by cursor", reader.page(JobFilter(app=app), before_id=400_000, **PAGE)
    for key in SortKey:
        for way in ("", "-"):
            sort = read_sort(way + key.value)
            yield (f"page: sorted by {way}{key.value}", reader.page(JobFilter(app=app), sort=sort, **PAGE))
    duration = read_sort("-duration")
    yield ("page: failed, by -duration", reader.page(JobFilter(app=app, states=(State.FAILED,)), sort=duration, **PAGE))
    for words, where in ONE.items():
        row = reader.call(reader.page(where, limit=1)).rows[0]
        yield f"detail: {words}", reader.detail(row.id, app=app)
        yield f"lines: {words}", reader.lines(row.id)
        yield f"explain: {words}", reader.explain(row.id, app=app)
    yield "batches", reader.batches(app=app)
    yield "batches: active", reader.batches(app=app, active=True)
    yield "batches: none in that app", reader.batches(app="nobody")
    yield "schedules", reader.schedules(app=app)
    yield "ticks", reader.ticks(1)


def filters(now_us: int) -> Iterator[tuple[str, JobFilter]]:
    """What people look for."""
    app = "default"
    yield "everything", JobFilter()
    yield "an app", JobFilter(app=app)
    yield "the smaller app", JobFilter(app="bookkeeping")
    yield "an app without jobs", JobFilter(app="nobody")
    for state in State:
        yield state.value, JobFilter(app=app, states=(state,))
    yield "queued or running", JobFilter(app=app, states=(State.QUEUED, State.RUNNING))
    yield "failed or cancelled", JobFilter(app=app, states=(State.FAILED, State.CANCELLED))
    yield "completed or failed", JobFilter(app=app, states=(State.COMPLETED, State.FAILED))
    yield "a usual handler", JobFilter(app=app, names=("send_receipt",))
    yield "a rare handler", JobFilter(app=app, names=("rotate_keys",))
    yield "no such handler", JobFilter(app=app, names=("nobody",))
    yield "failed of a handler", JobFilter(app=app, names=("send_receipt",), states=(State.FAILED,))
    yield "failed of a rare handler", JobFilter(app=app, names=("rotate_keys",), states=(State.FAILED,))
    yield "queued of a rare handler", JobFilter(app=app, names=("rotate_keys",), states=(State.QUEUED,))
    yield "a queue", JobFilter(app=app, queues=("mail",))
    yield "no such queue", JobFilter(app=app, queues=("nowhere",))
    yield "a tag", JobFilter(app=app, tag="europe")
    yield "a rare tag", JobFilter(app=app, tag=RARE_TAG)
    yield "a tag, failed", JobFilter(app=app, tag="europe", states=(State.FAILED,))
    yield "created by", JobFilter(app=app, created_by="ada@shop.example")
    yield "created by, running", JobFilter(app=app, created_by="ada@shop.example", states=(State.RUNNING,))
    yield "created by nobody", JobFilter(app=app, created_by="nobody")
    yield "a user", JobFilter(app=app, user_id="ada@shop.example")
    yield "a user who is nobody", JobFilter(app=app, user_id="nobody")
    yield "a batch", JobFilter(app=app, batch_id="campaign-100")
    yield "a schedule", JobFilter(app=app, schedule="send_receipt-0")
    yield "a reference", JobFilter(app=app, ref_id="nothing-like-this")
    yield "a named worker", JobFilter(app=app, lane="nobody")
    yield "a code", JobFilter(app=app, code="timeout")
    yield "a code, failed", JobFilter(app=app, code="timeout", states=(State.FAILED,))
    yield "no such code", JobFilter(app=app, code="nothing")
    yield "since an hour", JobFilter(app=app, created_from_us=now_us - DAY_US // 24)
    yield "until a month ago", JobFilter(app=app, created_until_us=now_us - 30 * DAY_US)
    yield (
        "a day a month ago",
        JobFilter(app=app, created_from_us=now_us - 31 * DAY_US, created_until_us=now_us - 30 * DAY_US),
    )
    yield (
        "failed, a day a month ago",
        JobFilter(
            app=app, states=(State.FAILED,), created_from_us=now_us - 31 * DAY_US, created_until_us=now_us - 30 * DAY_US
        ),
    )
    yield "text that is usual", JobFilter(app=app, text="customer")
    yield "text in errors", JobFilter(app=app, text="no space left", states=(State.FAILED,))
    yield "text that is nowhere", JobFilter(app=app, text="nothing-like-this")


ONE: Final = {
    "archived": JobFilter(app="default", batch_id="campaign-1"),
    "completed": JobFilter(app="default", states=(State.COMPLETED,)),
    "failed": JobFilter(app="default", states=(State.FAILED,)),
    "running": JobFilter(app="default", states=(State.RUNNING,)),
    "queued": JobFilter(app="default", states=(State.QUEUED,)),
    "waiting": JobFilter(app="default", states=(State.WAITING,)),
}
PAGE: Final[dict[str, Any]] = {"limit": 50, "within_us": WITHIN_US}

if __name__ == "__main__":
    with million_store(int(sys.argv[1]) if sys.argv[1:] else MILLION) as at:
        for one, p95_ms, behind in measured(at, 9):
            print(f"{p95_ms:9.1f} ms  {'SLOW' if p95_ms > TARGET_MS else '    '}  {one:36} {behind}", flush=True)
