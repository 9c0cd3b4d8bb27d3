"""Flow control as its users see it, over two worker processes on one store: pauses, sizes, rates, limits, ageing, explanations."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import GateKind, Jobs, OptionInvalid, Rate, Ref, State, Worker
from tests.acceptance.moments import WAIT_S, until

WORK = """
import asyncio, os, sys, time
from datetime import timedelta
from headway import Jobs, Rate, Worker
jobs = Jobs(sys.argv[1], durability="relaxed")
def say(text):
    handle = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{os.getpid()} {text} {time.monotonic()}\\n".encode())
    os.close(handle)
async def note(seconds):
    say("begin")
    await asyncio.sleep(seconds)
    say("end")
jobs.register(note, name="note")
jobs.register(note, name="twice", aliases=["two"], max_concurrency=2)
jobs.register(note, name="slowly", rate_limit=Rate(4, per=timedelta(seconds=0.5)))
with Worker(jobs, concurrency=8):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def two_workers(place: Path, notes: Path) -> Iterator[list[int]]:
    """Two processes that work on the store; their process ids."""
    words = [sys.executable, "-c", WORK, str(place), str(notes)]
    with ExitStack() as stack:
        made = [
            stack.enter_context(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        try:
            assert [one.stdout and one.stdout.readline() for one in made] == ["ready\n"] * 2
            yield [one.pid for one in made]
        finally:
            for one in made:
                one.communicate("stop\n", timeout=WAIT_S)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def put(jobs: Jobs, count: int, seconds: float, name: str = "note", **options: Any) -> list[Ref[Any]]:
    calls = [jobs.call_by_name(name, {"seconds": seconds}, allow_unknown=True, **options) for _ in range(count)]
    return jobs.enqueue_many(calls)


def read(notes: Path) -> list[tuple[int, str, float]]:
    lines = notes.read_text().splitlines() if notes.is_file() else []
    return sorted(((int(pid), what, float(at)) for pid, what, at in map(str.split, lines)), key=lambda one: one[2])


def nothing() -> None:
    """Do nothing."""


def most(notes: Path, since: float = 0.0) -> int:
    """The most bodies at the same moment."""
    now = found = 0
    for _, what, at in read(notes):
        now += 1 if what == "begin" else -1
        found = max(found, now) if at >= since else found
    return found


def all_end(refs: Sequence[Ref[Any]]) -> None:
    assert [ref.wait(WAIT_S).state for ref in refs] == [State.COMPLETED] * len(refs)


def test_nothing_of_a_paused_queue_starts_in_any_process_and_what_runs_finishes(
    jobs: Jobs, tmp_path: Path, notes: Path
) -> None:
    queue = jobs.queue("default")
    with two_workers(tmp_path / "store", notes) as pids:
        refs = put(jobs, 40, 0.1)
        until(lambda: len(read(notes)) > 20, "both are at work")
        assert queue.pause(by="ann")
        until(lambda: queue.status().running == 0, "what ran has ended")
        paused = read(notes)
        assert {what for _, what, _ in paused} == {"begin", "end"}
        assert len(paused) % 2 == 0
        started = {ref.id for ref in refs if ref.status().state is State.COMPLETED}
        more = put(jobs, 1, 0.0)
        elsewhere = put(jobs, 1, 0.0, queue="elsewhere")
        all_end(elsewhere)
        status = queue.status()
        assert (status.is_paused, status.paused_by, status.queued) == (True, "ann", 41 - len(started))
        assert jobs.explain(more[0].id).gates[0].kind is GateKind.PAUSED
        with Jobs(tmp_path / "store", durability="relaxed") as later:
            assert later.queue("default").resume()
        all_end([*refs, *more])
    assert {pid for pid, _, _ in read(notes)} == set(pids)


def test_a_queue_sized_from_one_to_eight_while_two_processes_work(jobs: Jobs, tmp_path: Path, notes: Path) -> None:
    queue = jobs.queue("default")
    queue.resize(1)
    with two_workers(tmp_path / "store", notes):
        refs = put(jobs, 10, 0.02)
        all_end(refs)
        assert most(notes) == 1
        resized = time.monotonic()
        queue.resize(8)
        refs = put(jobs, 60, 0.1)
        all_end(refs)
        assert most(notes, resized) == 8
        reached = next(at for _, what, at in read(notes) if what == "begin" and at > resized)
        assert reached - resized < 10


def test_a_rate_limit_holds_over_two_processes_and_wastes_little(jobs: Jobs, tmp_path: Path, notes: Path) -> None:
    jobs.queue("default").limit_rate(Rate(5, per=timedelta(seconds=0.5)))
    with two_workers(tmp_path / "store", notes):
        began = time.monotonic()
        all_end(put(jobs, 26, 1.2))  # a dozen at a time: more than one process has room for, so that both take part
        assert 3.7 <= time.monotonic() - began < 7
    starts = sorted(row.started_us or 0 for row in jobs.list(limit=100).rows)
    assert all(later - earlier >= 500_000 for earlier, later in zip(starts, starts[5:], strict=False))
    assert len({pid for pid, _, _ in read(notes)}) == 2


def test_a_rate_of_each_key_holds_over_two_processes(jobs: Jobs, tmp_path: Path, notes: Path) -> None:
    rate, keys = Rate(6, per=timedelta(seconds=1)), ("customer:1", "customer:2")
    with two_workers(tmp_path / "store", notes) as pids:
        options = {"concurrency_limit": 100, "key_rate": rate}
        refs = {key: put(jobs, 20, 0.2, concurrency_key=key, **options) for key in keys}
        rare = put(jobs, 2, 0.0, concurrency_key="customer:3", key_rate=Rate(1, per=timedelta(hours=1)))
        all_end([rare[0], *put(jobs, 4, 0.0), *(ref for of_key in refs.values() for ref in of_key)])
        (gate,) = rare[1].explain().gates
        assert (gate.kind, gate.subject) == (GateKind.KEY_RATE, "customer:3")
    for of_key in refs.values():
        starts = sorted(
            row.started_us or 0 for row in jobs.list(limit=100).rows if row.id in {ref.id for ref in of_key}
        )
        assert len(starts) == 20
        assert all(later - earlier >= 1_000_000 for earlier, later in zip(starts, starts[6:], strict=False))
    assert {pid for pid, _, _ in read(notes)} == set(pids)
    assert jobs.store.call(jobs.store.audit()) == ()


def test_limits_that_handlers_declare_hold_over_two_processes(jobs: Jobs, tmp_path: Path, notes: Path) -> None:
    with two_workers(tmp_path / "store", notes):
        all_end([*put(jobs, 10, 0.05, "twice"), *put(jobs, 10, 0.05, "two", queue="another")])
        assert most(notes) == 2
        rated = put(jobs, 13, 0.0, "slowly")
        all_end(rated)
    starts = sorted(row.started_us or 0 for row in jobs.list(names=["slowly"]).rows)
    assert all(later - earlier >= 500_000 for earlier, later in zip(starts, starts[4:], strict=False))


def test_what_has_waited_long_starts_before_what_is_more_urgent(jobs: Jobs) -> None:
    ran: list[str] = []

    def run(text: str) -> None:
        ran.append(text)

    job = jobs.register(run, name="run")
    asked = datetime.now(UTC)
    job.using(priority="urgent").enqueue("urgent")
    job.using(priority="low", run_after=asked - timedelta(minutes=45)).enqueue("low, for 45 minutes")
    job.using(priority="low", run_after=asked - timedelta(minutes=9)).enqueue("low, for 9 minutes")
    job.using(priority="normal").enqueue("normal")
    assert Worker(jobs, concurrency=1).run_until_idle(WAIT_S)
    assert ran == ["low, for 45 minutes", "urgent", "normal", "low, for 9 minutes"]


def test_jobs_say_why_they_do_not_run(jobs: Jobs) -> None:
    job = jobs.register(nothing, name="nothing")
    later = job.using(run_after=timedelta(minutes=3)).enqueue()
    parent = job.enqueue()
    child = job.using(depends_on=parent).enqueue()
    assert [gate.kind for gate in parent.explain().gates] == [GateKind.NO_WORKER]
    assert [gate.kind for gate in jobs.explain(later.ref_id).gates] == [GateKind.DUE, GateKind.NO_WORKER]
    (first, *_) = jobs.explain(child.id).gates
    assert (first.kind, first.jobs) == (GateKind.PARENTS, (parent.id,))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda jobs: jobs.queue("mail").resize(0), "size must be an integer from 1"),
        (lambda jobs: jobs.queue("mail").resize(True), "size must be an integer from 1"),
        (lambda jobs: jobs.queue("mail").limit_rate(10), "rate must be a Rate such as"),
        (lambda _: Rate(0, per=timedelta(minutes=1)), "to let nothing start, pause the queue"),
        (lambda _: Rate(1, per=timedelta(0)), "above 0"),
        (lambda _: Rate(1, per=timedelta(days=400)), "at most 31 days"),
        (lambda _: Rate(1, per=60), "must be a duration"),  # type: ignore[arg-type]
        (lambda jobs: jobs.queue("ma\nil"), "cannot be printed"),
        (lambda jobs: jobs.queue("mail").pause(by=""), "empty"),
        (lambda jobs: jobs.register(nothing, name="a", max_concurrency=0), "max_concurrency must be an integer from 1"),
        (lambda jobs: jobs.register(nothing, name="a", rate_limit="10/m"), "rate_limit must be a Rate such as"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence_and_nothing_is_set(jobs: Jobs, wrong: Any, said: str) -> None:
    with pytest.raises(OptionInvalid, match=said):
        wrong(jobs)
    assert jobs.queues() == ()


async def test_every_verb_has_a_twin(jobs: Jobs) -> None:
    queue = jobs.queue("mail")
    assert await queue.apause(by="ann")
    await queue.aresize(3)
    await queue.alimit_rate(Rate(5, per=timedelta(minutes=1)))
    status = await queue.astatus()
    assert status == queue.status()
    assert (status.paused_by, status.size, status.rate) == ("ann", 3, Rate(5, per=timedelta(minutes=1)))
    ref = jobs.register(nothing, name="nothing", queue="mail").enqueue()
    assert (await jobs.aexplain(ref.id)).gates == (await ref.aexplain()).gates == ref.explain().gates
    assert await queue.aresume()
    assert not await queue.aresume()
    await queue.alimit_rate(None)
    await queue.aresize(None)
    assert queue.status().size is None
