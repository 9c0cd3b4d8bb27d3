"""Schedules: many due in one second, one due every second, and many of which none is due."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from bench.application import TEXT, Bench, bench_store
from bench.figure import Aim, Figure, Rounds, Scale
from bench.process import processor_s, worker_process
from headway import cron
from headway.model.schedule import Definition, Overlap
from headway.store.protocol import JobFilter

ALL = 10_000
DUE = 1_000
AHEAD = timedelta(seconds=4)
"""The second in which they are due is so far ahead when the workers are there."""
WAIT_S = 30.0
PAGE = 1_000
SETTLE_S = 3.0
IDLE_S = 20
ROUNDS_MAX = 2
"""A round takes a minute and a half: most of it is waiting."""
WORKERS = 4
TARGET_MS = 1000.0
TARGET_LATE_MS = 500.0
TARGET_PERCENT = 1.0
NEVER_SOON = "0 0 29 2 *"


def measure(scale: Scale) -> Sequence[Figure]:
    """The second in which many are due, by one process and by four; one that is due every second; an idle process."""
    return (*_due(scale), _punctual(scale), _idle(scale))


def _due(scale: Scale) -> tuple[Figure, ...]:
    every, due = scale.of(ALL, 1_000), scale.of(DUE, 200)
    found, runs = Rounds(), Rounds()
    for _ in range(min(scale.rounds, ROUNDS_MAX)):
        for name, workers in (("one", 1), ("four", WORKERS)):
            last_ms, jobs = fired(every, due, workers)
            found.note(**{name: last_ms})
            runs.note(**{name: jobs})
    last = f"{due:,} of {every:,} schedules due in one second: until the last job is stored"
    wanted = ((last, TARGET_MS, "ms", found), (f"jobs for those {due:,} instants", due, "jobs", runs))
    return tuple(
        Figure(
            group="schedules",
            name=f"{words}, {by}",
            aim=Aim.AT_MOST,
            target=target,
            unit=unit,
            rounds=tuple(rounds.values[name]),
        )
        for words, target, unit, rounds in wanted
        for name, by in (("one", "one process"), ("four", f"{WORKERS} processes"))
    )


def fired(every: int, due: int, workers: int) -> tuple[float, int]:
    """Milliseconds from the second in which they are due to the last insert, and how many jobs there are two seconds later."""
    with bench_store() as bench, ExitStack() as stack:
        put(bench, "idle", every - due, NEVER_SOON)
        for _ in range(workers):
            stack.enter_context(worker_process(bench.jobs.place))
        moment = datetime.now(UTC).replace(microsecond=0) + AHEAD
        put(bench, "due", due, f"{moment.second} {moment.minute} {moment.hour} {moment.day} {moment.month} *")
        assert datetime.now(UTC) < moment, "the schedules were stored too late"
        return _awaited(bench, due, moment)


def _awaited(bench: Bench, due: int, moment: datetime) -> tuple[float, int]:
    reader = bench.jobs.store.reader
    end = time.monotonic() + WAIT_S
    while sum(reader.call(reader.counts()).values()) < due:
        assert time.monotonic() < end, "the schedules were not fired"
        time.sleep(0.2)
    time.sleep(2)
    count = sum(reader.call(reader.counts()).values())
    rows = reader.call(reader.page(JobFilter(), limit=PAGE)).rows
    last_us = max(row.created_us for row in rows)
    return last_us / 1000 - moment.timestamp() * 1000, count


def _punctual(scale: Scale) -> Figure:
    seconds = scale.of(20, 5)
    found: list[float] = []
    for _ in range(min(scale.rounds, ROUNDS_MAX)):
        with bench_store() as bench, worker_process(bench.jobs.place):
            put(bench, "second", 1, "* * * * * *")
            time.sleep(seconds)
            reader = bench.jobs.store.reader
            rows = reader.call(reader.page(JobFilter(), limit=PAGE)).rows
            first_us = min(row.due_us for row in rows)  # of a new one a worker knows after a second
            found.append(max((row.created_us - row.due_us) / 1000 for row in rows if row.due_us > first_us))
    return Figure(
        group="schedules",
        name=f"the latest of {seconds} runs of a schedule that fires every second",
        aim=Aim.AT_MOST,
        target=TARGET_LATE_MS,
        unit="ms",
        rounds=tuple(found),
    )


def put(bench: Bench, name: str, count: int, expression: str) -> None:
    """Store so many schedules."""
    store = bench.jobs.store
    bench.jobs.recurring(name, cron(expression), bench.nothing.call(TEXT))
    template = next(one.job for one in bench.jobs.registry.schedules if one.name == name)
    table = cron(expression)
    for number in range(count):
        definition = Definition(name=f"{name}-{number}", timetable=table, job=template, overlap=Overlap.ALLOW)
        store.submit(store.put_schedule(definition), lambda _row, _error: None)
    store.call(store.put_schedule(Definition(name=f"{name}-last", timetable=cron(NEVER_SOON), job=template)))


def _idle(scale: Scale) -> Figure:
    every, seconds = scale.of(ALL, 1_000), scale.of(IDLE_S, 5)
    found = Rounds()
    for _ in range(min(scale.rounds, ROUNDS_MAX)):
        for name, count in (("with", every), ("without", 0)):
            with bench_store() as bench:
                put(bench, "idle", count, NEVER_SOON)
                with worker_process(bench.jobs.place) as process:
                    time.sleep(SETTLE_S)
                    before = processor_s(process.pid)
                    time.sleep(seconds)
                    found.note(**{name: 100 * (processor_s(process.pid) - before) / seconds})
    return Figure(
        group="schedules",
        name=f"processor time of an idle worker with {every:,} schedules",
        aim=Aim.AT_MOST,
        target=TARGET_PERCENT,
        unit="% of a core",
        rounds=tuple(found.values["with"]),
        detail=f"{found.median('without'):.2f} % without schedules",
    )
