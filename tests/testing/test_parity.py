"""One table of scenarios, through a real worker, by hand and inline: what is stored, said and told is the same."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import Cancelled, Context, Failure, JobEvent, Jobs, Permanent, Retry, Snooze, Success, Worker
from headway.store.protocol import JobFilter
from headway.testing import inline, manual
from tests.run.stage import WAIT_S, wait_for

AT_ONCE = timedelta(0)
LATER = timedelta(hours=1)


class Mailer:
    """Given by a provider."""


@dataclass
class Play:
    """An application whose hooks keep a diary, by the name of the job."""

    jobs: Jobs
    around: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    hooks: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """Apart from those around, which a worker opens while it tells of the attempt before."""
    started: list[str] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        jobs = self.jobs
        jobs.provide(Mailer, Mailer)
        for on in (jobs.on_success, jobs.on_failure, jobs.on_cancel, jobs.on_retry):
            on(self.told)
            on(self.breaks)
            on(self.awaited)

        @jobs.on_startup(priority=1)
        async def connect() -> None:
            self.started.append("connect")

        @jobs.on_startup()
        def warm_up() -> None:
            self.started.append("warm up")

        @jobs.around
        @contextmanager
        def outer(ctx: Context) -> Iterator[None]:
            self.around[ctx.name].append(f"open {ctx.attempt}")
            try:
                yield
            finally:
                self.around[ctx.name].append("close")

        @jobs.around
        @contextmanager
        def inner(ctx: Context) -> Iterator[None]:
            self.around[ctx.name].append("inner")
            yield

    def told(self, event: JobEvent) -> None:
        self.hooks[event.name].append((event.kind, event.attempt, event.code, event.error_type, event.message))

    def breaks(self, event: JobEvent) -> None:
        raise LookupError("a hook that fails")

    async def awaited(self, event: JobEvent) -> None:
        self.hooks[event.name].append(f"awaited {event.kind}")

    def job(self, target: Any, name: str, **options: Any) -> Any:
        return self.jobs.register(target, name=name, **options)

    def seen(self) -> dict[str, Any]:
        """What can be observed of every job, by name."""
        reader = self.jobs.store.reader
        rows = reader.call(reader.page(JobFilter())).rows
        return {row.name: self._one(row.id) for row in rows}

    def _one(self, id_: int) -> dict[str, Any]:
        reader = self.jobs.store.reader
        found = reader.call(reader.detail(id_))
        assert found is not None
        row = found.row
        return {
            "state": (row.state, row.code, row.reason),
            "counts": (row.tries, row.crashes, row.epoch),
            "attempts": [
                (one.kind, one.code, one.reason, one.error and (one.error.type, one.error.message))
                for one in found.attempts
            ],
            "result": (found.result, found.result_size),
            "progress": (row.fraction, row.message, row.status),
            "left": (found.stats, found.checkpoint),
            "log": [(one.line.level, one.line.text) for one in reader.call(reader.lines(id_))],
            "around": list(self.around[row.name]),
            "hooks": list(self.hooks[row.name]),
        }


def succeeds(play: Play) -> None:
    def body(ctx: Context, n: int) -> dict[str, int]:
        ctx.log.info("working on %d", n)
        logging.getLogger("shop.helper").warning("a helper says")
        ctx.progress(50, "half")
        ctx.status("busy")
        ctx.stats.sent += 1
        ctx.state["at"] = n
        return {"n": n}

    play.job(body, "plain", takes_context=True).enqueue(n=3)


def succeeds_on_the_loop(play: Play) -> None:
    async def body(ctx: Context) -> Success:
        for _ in ctx.track(range(2), "stepping"):
            ctx.log("one more")
        return Success([1, 2], "all of it")

    play.job(body, "coroutine", takes_context=True).enqueue()


def fails(play: Play) -> None:
    def body() -> None:
        raise KeyError("no such thing")

    play.job(body, "fails", retries=0).enqueue()


def fails_until_it_has_no_retries(play: Play) -> None:
    async def body() -> None:
        raise ValueError("never")

    play.job(body, "exhausted", retries=2, backoff=lambda _failures: AT_ONCE).enqueue()


def succeeds_at_the_second_try(play: Play) -> None:
    def body(ctx: Context) -> str:
        ctx.state["tries"] = ctx.state.get("tries", 0) + 1
        ctx.log.info("try %d", ctx.attempt)
        if ctx.attempt == 1:
            raise Retry("not yet", in_=AT_ONCE)
        return "up"

    play.job(body, "flaky", takes_context=True).enqueue()


def fails_for_good(play: Play) -> None:
    def body() -> None:
        raise Permanent("no customer")

    play.job(body, "permanent").enqueue()


def is_refused_its_retry(play: Play) -> None:
    def body() -> None:
        raise KeyError("x")

    play.job(body, "refused", should_retry=lambda _ctx, error: not isinstance(error, KeyError)).enqueue()


def returns_a_failure(play: Play) -> None:
    play.job(lambda: Failure("not today", permanent=True), "declares").enqueue()


def returns_a_cancellation(play: Play) -> None:
    play.job(lambda: Cancelled("nothing to do"), "declines").enqueue()


def sleeps_on_it(play: Play) -> None:
    def body() -> Snooze | str:
        play.tries.append(1)
        return Snooze(AT_ONCE) if len(play.tries) == 1 else "awake"

    play.job(body, "snoozes").enqueue()


def is_a_command(play: Play) -> None:
    @play.jobs.job(name="command")
    class Send:
        def __init__(self, mailer: Mailer) -> None:
            self.mailer = mailer

        def run(self, to: str) -> str:
            return f"{type(self.mailer).__name__} to {to}"

    Send.enqueue("ann")


def cannot_store_its_result(play: Play) -> None:
    def body() -> object:
        return play.jobs

    play.job(body, "unstorable").enqueue()


def has_arguments_that_do_not_fit(play: Play) -> None:
    def body(n: int) -> int:
        return n

    play.jobs.enqueue_by_name("typed", {"n": "three"}, allow_unknown=True)  # before it could be checked
    play.job(body, "typed")


def takes_its_dependants_with_it(play: Play) -> None:
    go_on = threading.Event()

    def body() -> None:
        assert go_on.wait(WAIT_S)
        raise ValueError("bad parent")

    parent = play.job(body, "parent", retries=0).enqueue()
    child = play.job(lambda: None, "child").using(depends_on=parent).enqueue()
    play.job(lambda: None, "grandchild").using(depends_on=child).enqueue()
    go_on.set()


def is_followed(play: Play) -> None:
    def total() -> int:
        return sum(parent.result for parent in Context.current().parents)

    number = play.job(lambda: 20, "number").enqueue()
    play.job(total, "total").using(depends_on=number).enqueue()


def enqueues_another_with_its_success(play: Play) -> None:
    tied = play.job(lambda: "tied", "tied")

    def body(ctx: Context) -> None:
        ctx.enqueue(tied.call())

    play.job(body, "ties", takes_context=True).enqueue()


def is_cancelled_while_it_runs(play: Play) -> None:
    def body(ctx: Context) -> None:
        play.jobs.cancel(ctx.id, by="ann")
        pause = threading.Event()
        while not pause.wait(0.01):
            ctx.check_cancelled()

    play.job(body, "stopped", takes_context=True).enqueue()


def is_cancelled_before_it_runs(play: Play) -> None:
    play.job(lambda: None, "too_late").using(run_after=LATER).enqueue().cancel(by="ann")


EVERYWHERE: list[Callable[[Play], None]] = [
    succeeds, succeeds_on_the_loop, fails, fails_until_it_has_no_retries, succeeds_at_the_second_try, fails_for_good,
    is_refused_its_retry, returns_a_failure, returns_a_cancellation, sleeps_on_it, is_a_command,
    cannot_store_its_result, is_followed, enqueues_another_with_its_success,
    is_cancelled_while_it_runs,
]  # fmt: skip
NOT_INLINE: list[Callable[[Play], None]] = [
    takes_its_dependants_with_it, is_cancelled_before_it_runs, has_arguments_that_do_not_fit,
]  # fmt: skip
"""Inline runs a job before anything can be said of it, so these mean something else there."""


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[], Play]]:
    made: list[Jobs] = []

    def make() -> Play:
        made.append(Jobs(tmp_path / f"store-{len(made)}", durability="relaxed"))
        return Play(made[-1])

    yield make
    for jobs in made:
        jobs.close()


def by_hand(play: Play, scenario: Callable[[Play], None]) -> dict[str, Any]:
    with manual(play.jobs) as world:
        scenario(play)
        world.drain()
        return play.seen()


@pytest.mark.parametrize("scenario", [*EVERYWHERE, *NOT_INLINE], ids=lambda one: one.__name__)
def test_by_hand_it_is_as_in_a_worker(play: Callable[[], Play], scenario: Callable[[Play], None]) -> None:
    expected = by_hand(first := play(), scenario)
    real = play()
    with Worker(real.jobs, concurrency=2) as worker:
        scenario(real)
        with contextlib.suppress(AssertionError):  # the comparison below says it better
            wait_for(lambda: worker.is_idle and real.seen() == expected, 5)
    assert real.seen() == expected
    assert real.started == first.started == ["connect", "warm up"]


@pytest.mark.parametrize("scenario", EVERYWHERE, ids=lambda one: one.__name__)
def test_inline_it_is_as_by_hand(play: Callable[[], Play], scenario: Callable[[Play], None]) -> None:
    expected = by_hand(play(), scenario)
    second = play()
    with inline(second.jobs):
        with contextlib.suppress(Exception):
            scenario(second)
        assert second.seen() == expected
    assert second.started == ["connect", "warm up"]


@pytest.mark.parametrize("scenario", EVERYWHERE, ids=lambda one: one.__name__)
async def test_inside_a_running_loop_it_is_the_same(play: Callable[[], Play], scenario: Callable[[Play], None]) -> None:
    second = play()
    with manual(second.jobs) as world:
        scenario(second)
        await world.adrain()
        seen = second.seen()
    expected: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: expected.update(by_hand(play(), scenario)))
    thread.start()
    thread.join(WAIT_S)
    assert seen == expected
