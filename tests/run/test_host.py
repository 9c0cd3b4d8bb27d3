"""The host in this process: bodies on the loop and on threads, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from headway.model.context import Context
from headway.model.errors import JobInterrupted, Permanent, Retry
from headway.model.outcome import EndKind
from headway.model.result import Cancelled, Failure, Snooze, Success
from headway.run.host import Host
from headway.run.runner import StopAttempt, StopReason
from tests.run.stage import Claims, Company, Recorder, forever, register


class Stage:
    """A host with its registry and recorder."""

    def __init__(self) -> None:
        self.company = Company()
        self.registry = self.company.registry
        self.told = Recorder()
        self.claim = Claims()
        self.hosts: list[Host] = []

    def host(self, **options: Any) -> Host:
        host = Host(self.company, **options)
        host.start(self.told)
        self.hosts.append(host)
        return host


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    for host in one.hosts:
        host.close(0.5)


def stop(claim: Any, reason: StopReason = StopReason.CANCEL) -> list[StopAttempt]:
    return [StopAttempt(claim.id, claim.epoch, reason)]


def test_runs_coroutines_and_plain_functions_with_their_arguments(stage: Stage) -> None:
    @register(stage.registry)
    async def add(a: int, b: int) -> int:
        return a + b

    @register(stage.registry)
    def join(words: list[str]) -> str:
        return "-".join(words)

    one, two = stage.claim("add", {"a": 1, "b": 2}), stage.claim("join", {"words": ["x", "y"]})
    stage.host().give([one, two])
    assert stage.told.ending(one).result == "3"
    assert stage.told.ending(two).result == '"x-y"'
    assert stage.told.ending(two).kind is EndKind.RETURNED


def test_a_blocking_function_does_not_delay_a_coroutine(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry)
    def blocks() -> None:
        gate.wait(10)

    @register(stage.registry)
    async def quick() -> None: ...

    slow, fast = stage.claim("blocks"), stage.claim("quick")
    stage.host().give([slow, fast])
    stage.told.ending(fast)
    assert [one.id for one in stage.told.endings] == [fast.id]
    gate.set()
    stage.told.ending(slow)


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, GeneratorExit, JobInterrupted, asyncio.CancelledError]
)
def test_whatever_a_body_raises_is_its_failure_and_the_host_lives(
    stage: Stage, error: type[BaseException], is_async: bool
) -> None:
    def plain() -> None:
        raise error

    async def coroutine() -> None:
        raise error

    @register(stage.registry)
    async def after() -> int:
        return 1

    register(stage.registry, "bad")(coroutine if is_async else plain)
    host = stage.host()
    bad, good = stage.claim("bad"), stage.claim("after")
    host.give([bad])
    ending = stage.told.ending(bad)
    assert ending.kind is EndKind.RAISED
    assert ending.error is not None
    assert error.__name__ in ending.error.type
    assert not ending.permanent
    host.give([good])
    assert stage.told.ending(good).kind is EndKind.RETURNED


def test_a_time_out_of_a_library_is_an_ordinary_failure(stage: Stage) -> None:
    @register(stage.registry)
    async def slow() -> None:
        async with asyncio.timeout(0.01):
            await forever()

    claim = stage.claim("slow")
    stage.host().give([claim])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.permanent, ending.delay_us) == (EndKind.RAISED, False, 1_000_000)


def test_at_most_concurrency_bodies_run_at_once_over_loop_and_threads(stage: Stage) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def enter(step: int) -> None:
        nonlocal now, most
        with lock:
            now += step
            most = max(most, now)

    @register(stage.registry)
    def plain() -> None:
        enter(1)
        threading.Event().wait(0.002)
        enter(-1)

    @register(stage.registry)
    async def coroutine() -> None:
        enter(1)
        await asyncio.wait([forever()], timeout=0.002)
        enter(-1)

    claims = [stage.claim("plain" if number % 2 else "coroutine") for number in range(100)]
    stage.host(concurrency=4).give(claims)
    stage.told.until(lambda: len(stage.told.endings) == 100)
    assert 2 <= most <= 4


def test_release_gives_back_what_has_not_started(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry)
    def waits() -> None:
        gate.wait(10)

    claims = [stage.claim("waits") for _ in range(5)]
    host = stage.host(concurrency=2)
    host.give(claims)
    host.release()
    assert [(one.id, one.kind) for one in stage.told.endings] == [(claim.id, EndKind.RELEASED) for claim in claims[2:]]
    gate.set()
    assert stage.told.ending(claims[0]).kind is EndKind.RETURNED
    assert stage.told.ending(claims[1]).kind is EndKind.RETURNED


def test_a_handler_unknown_here_is_given_back(stage: Stage) -> None:
    claim = stage.claim("nowhere")
    stage.host().give([claim])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.code) == (EndKind.RELEASED, "unknown_handler")


@pytest.mark.parametrize(
    ("payload", "code"), [('{"a": "x"}', "validation"), ("{}", "validation"), ("{", "undecodable")]
)
@pytest.mark.parametrize("is_async", [True, False])
def test_arguments_that_do_not_fit_fail_the_job_for_good(stage: Stage, payload: str, code: str, is_async: bool) -> None:
    def plain(a: int) -> None: ...

    async def coroutine(a: int) -> None: ...

    register(stage.registry, "one")(coroutine if is_async else plain)
    claim = stage.claim("one", payload)
    stage.host().give([claim])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.code, ending.permanent) == (EndKind.RAISED, code, True)


# -- explicit outcomes and the retry decision -------------------------------------------------------------------------


def _end_of(stage: Stage, value: Any = None, error: BaseException | None = None, **options: Any) -> Any:
    def body() -> Any:
        if error is not None:
            raise error
        return value

    fields = {key: options.pop(key) for key in ("tries", "options") if key in options}
    register(stage.registry, "body", **options)(body)
    claim = stage.claim("body", **fields)
    stage.host().give([claim])
    return stage.told.ending(claim)


def test_explicit_success_carries_output_and_message(stage: Stage) -> None:
    ending = _end_of(stage, Success({"n": 1}, "all sent"))
    assert (ending.kind, ending.result, ending.reason) == (EndKind.RETURNED, '{"n":1}', "all sent")


def test_explicit_failure_is_treated_like_an_exception(stage: Stage) -> None:
    ending = _end_of(stage, Failure("no paper", ValueError("tray 2")))
    assert (ending.kind, ending.error.type, ending.error.message) == (EndKind.RAISED, "ValueError", "no paper")
    assert (ending.permanent, ending.delay_us) == (False, 1_000_000)


def test_an_exception_without_words_gives_its_type_as_the_reason(stage: Stage) -> None:
    assert _end_of(stage, Failure("", AssertionError())).reason == "AssertionError"


def test_explicit_permanent_failure_is_not_retried(stage: Stage) -> None:
    assert _end_of(stage, Failure("no", permanent=True)).permanent


def test_explicit_cancelled_ends_cancelled(stage: Stage) -> None:
    ending = _end_of(stage, Cancelled("nobody wants it"))
    assert (ending.kind, ending.reason) == (EndKind.CANCELLED, "nobody wants it")


def test_snooze_says_until_when(stage: Stage) -> None:
    ending = _end_of(stage, Snooze(timedelta(minutes=2)))
    assert (ending.kind, ending.delay_us) == (EndKind.SNOOZED, 120_000_000)


@pytest.mark.parametrize(
    ("error", "options", "permanent", "delay_us"),
    [
        (ValueError("x"), {}, False, 1_000_000),
        (Permanent("x"), {}, True, None),
        (Retry(timedelta(seconds=7)), {}, False, 7_000_000),
        (Retry(timedelta(seconds=7)), {"retry_on": (OSError,)}, False, 7_000_000),
        (ValueError("x"), {"retry_on": (OSError,)}, True, None),
        (FileNotFoundError("x"), {"retry_on": (OSError,)}, False, 1_000_000),
        (FileNotFoundError("x"), {"no_retry_on": (OSError,)}, True, None),
        (ValueError("x"), {"should_retry": lambda ctx, error: ctx.attempt < 2}, False, 1_000_000),
        (ValueError("x"), {"should_retry": lambda ctx, error: ctx.attempt < 2, "tries": 1}, True, None),
        (ValueError("x"), {"should_retry": lambda ctx, error: 1 / 0}, False, 1_000_000),
        (ValueError("x"), {"backoff_call": lambda failures: timedelta(seconds=failures), "tries": 1}, False, 2_000_000),
        (ValueError("x"), {"backoff_call": lambda failures: timedelta(seconds=failures), "tries": 2}, False, None),
        (ValueError("x"), {"backoff_call": lambda failures: 1 / 0}, False, 1_000_000),
        (
            ValueError("x"),
            {"options": '{"backoff":"{\\"kind\\":\\"fixed\\",\\"pause\\":\\"PT9S\\"}"}'},
            False,
            9_000_000,
        ),
    ],
)
def test_the_handler_decides_whether_and_when_to_retry(
    stage: Stage, error: Exception, options: dict[str, Any], permanent: bool, delay_us: int | None
) -> None:
    ending = _end_of(stage, error=error, **options)
    assert (ending.kind, ending.permanent, ending.delay_us) == (EndKind.RAISED, permanent, delay_us)


def test_an_exception_whose_text_raises_still_ends_the_attempt(stage: Stage) -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise SystemExit

    ending = _end_of(stage, error=Nasty())
    assert ending.kind is EndKind.RAISED
    assert "Nasty" in ending.error.type


class Nasty:
    """Whatever is asked of it fails."""

    def __getattr__(self, name: str) -> Any:
        raise SystemExit


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "make", [partial(float, "nan"), lambda: "\ud800", lambda: 10**5000, object, _deep, lambda: {"f": open}, Nasty]
)
def test_a_result_that_cannot_be_stored_leaves_the_job_completed_with_a_warning(
    stage: Stage, make: Callable[[], Any]
) -> None:
    ending = _end_of(stage, make())
    assert (ending.kind, ending.result, ending.code) == (EndKind.RETURNED, None, "result_not_storable")
    assert ["the result was not stored" in line.text for line in ending.report.lines] == [True]


def test_a_strict_result_that_cannot_be_stored_fails_the_job(stage: Stage) -> None:
    ending = _end_of(stage, object(), strict_result=True)
    assert (ending.kind, ending.code, ending.permanent) == (EndKind.RAISED, "result_not_storable", True)


def test_a_result_over_the_limit_is_left_out_and_its_size_kept(stage: Stage) -> None:
    ending = _end_of(stage, "x" * 2_000_000)
    assert (ending.kind, ending.result, ending.code, ending.result_size) == (
        EndKind.RETURNED, None, "result_omitted", 2_000_002,
    )  # fmt: skip


def test_store_result_false_stores_none(stage: Stage) -> None:
    assert _end_of(stage, 42, store_result=False).result is None


# -- stops ------------------------------------------------------------------------------------------------------------


def test_a_cancelled_coroutine_ends_cancelled_at_once(stage: Stage) -> None:
    @register(stage.registry)
    async def sleeps() -> None:
        await forever()

    claim = stage.claim("sleeps")
    host = stage.host()
    host.give([claim])
    stage.told.have_started(claim)
    host.stop(stop(claim))
    assert stage.told.ending(claim, 1).kind is EndKind.CANCELLED
    assert stage.told.leaked == []


def test_a_stop_that_comes_before_the_first_step_is_not_lost(stage: Stage) -> None:
    @register(stage.registry)
    async def sleeps() -> None:
        await forever()

    host = stage.host(concurrency=200)
    claims = [stage.claim("sleeps") for _ in range(200)]
    for claim in claims:
        host.give([claim])
        host.stop(stop(claim))
    stage.told.until(lambda: len(stage.told.endings) == 200)
    assert {one.kind for one in stage.told.endings} == {EndKind.CANCELLED}


def test_a_stop_of_a_waiting_claim_ends_it_without_a_start(stage: Stage) -> None:
    gate, ran = threading.Event(), []

    @register(stage.registry)
    def waits(n: int) -> None:
        ran.append(n)
        gate.wait(10)

    first, second = stage.claim("waits", {"n": 1}), stage.claim("waits", {"n": 2})
    host = stage.host(concurrency=1)
    host.give([first, second])
    host.stop(stop(second))
    assert stage.told.ending(second).kind is EndKind.CANCELLED
    gate.set()
    stage.told.ending(first)
    assert ran == [1]


def test_a_swallowed_cancellation_still_ends_cancelled_without_a_result(stage: Stage) -> None:
    @register(stage.registry)
    async def swallows() -> int:
        try:
            await forever()
        except asyncio.CancelledError:
            return 42
        return 0

    claim = stage.claim("swallows")
    host = stage.host()
    host.give([claim])
    stage.told.have_started(claim)
    host.stop(stop(claim))
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.result) == (EndKind.CANCELLED, None)


def test_a_coroutine_that_ignores_its_time_out_is_ended_without_it_and_freed_later(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry, timeout=timedelta(seconds=0.05))
    async def stubborn() -> int:
        while not gate.is_set():
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(forever(), 0.01)
        return 42

    @register(stage.registry)
    async def neighbour() -> int:
        return 1

    claim, other = stage.claim("stubborn"), stage.claim("neighbour")
    host = stage.host(concurrency=1)
    host.give([claim, other])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.code, ending.result, ending.delay_us) == (EndKind.TIMED_OUT, "timeout", None, 1_000_000)
    assert stage.told.ending(other).result == "1"
    assert stage.told.leaked == [(claim.id, 1)]
    assert ["stubborn" in text and "ignores it" in text for text in stage.told.warnings] == [True]
    gate.set()
    stage.told.until(lambda: stage.told.freed == [(claim.id, 1)])
    assert len(stage.told.endings) == 2


def test_a_thread_that_sleeps_past_its_time_out_is_written_off_and_replaced(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry, timeout=timedelta(seconds=0.05))
    def sleeps() -> None:
        gate.wait(15)

    @register(stage.registry)
    def next_one() -> int:
        return 1

    claim, other = stage.claim("sleeps"), stage.claim("next_one")
    host = stage.host(concurrency=1)
    host.give([claim, other])
    assert stage.told.ending(claim).kind is EndKind.TIMED_OUT
    assert stage.told.ending(other).result == "1"
    gate.set()
    stage.told.until(lambda: stage.told.freed == [(claim.id, 1)])


def test_a_thread_that_looks_at_its_token_ends_with_the_stop(stage: Stage) -> None:
    @register(stage.registry, takes_context=True)
    def looks(ctx: Context) -> None:
        while True:
            ctx.raise_if_cancelled()
            threading.Event().wait(0.005)

    claim = stage.claim("looks")
    host = stage.host()
    host.give([claim])
    stage.told.have_started(claim)
    host.stop(stop(claim))
    assert stage.told.ending(claim).kind is EndKind.CANCELLED
    assert stage.told.leaked == []


def test_the_time_out_of_the_call_wins_over_the_handlers(stage: Stage) -> None:
    @register(stage.registry)
    async def sleeps() -> None:
        await forever()

    claim = stage.claim("sleeps", options='{"timeout_us":50000}')
    stage.host().give([claim])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.reason) == (EndKind.TIMED_OUT, "it ran longer than 0.05 s")


def test_a_blocked_loop_is_reported_once_with_the_job_and_its_stack(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry)
    async def blocks_the_loop() -> None:
        gate.wait(15)

    @register(stage.registry)
    async def innocent() -> None:
        await forever()

    host = stage.host()
    innocent_claim, claim = stage.claim("innocent"), stage.claim("blocks_the_loop")
    host.give([innocent_claim])
    stage.told.have_started(innocent_claim)
    host.give([claim])
    stage.told.until(lambda: stage.told.warnings)
    gate.set()
    stage.told.ending(claim)
    (warning,) = stage.told.warnings
    assert f"held by job {claim.id} (blocks_the_loop)" in warning
    assert "gate.wait(15)" in warning


def test_close_stops_what_runs_within_its_grace_and_gives_it_back(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry)
    async def polite() -> None:
        await forever()

    @register(stage.registry)
    def deaf() -> None:
        gate.wait(15)

    @register(stage.registry, takes_context=True)
    def finishes(ctx: Context) -> str:
        while not ctx.cancelled:
            threading.Event().wait(0.005)
        return "done after all"

    claims = [stage.claim("polite"), stage.claim("deaf"), stage.claim("finishes"), stage.claim("polite")]
    host = stage.host(concurrency=3)
    host.give(claims)
    stage.told.have_started(*claims[:3])
    began = time.monotonic()
    host.close(0.3)
    took = time.monotonic() - began
    gate.set()
    kinds = {one.id: one.kind for one in stage.told.endings}
    assert kinds == {
        claims[0].id: EndKind.RELEASED,
        claims[1].id: EndKind.RELEASED,
        claims[2].id: EndKind.RETURNED,
        claims[3].id: EndKind.RELEASED,
    }
    assert took < 2
    host.close(0.3)
    late = stage.claim("polite")
    host.give([late])
    assert stage.told.ending(late).kind is EndKind.RELEASED


def test_asyncio_tasks_that_a_body_leaves_running_are_cancelled_and_reported(stage: Stage) -> None:
    left: list[asyncio.Task[bool]] = []

    @register(stage.registry)
    async def leaves() -> None:
        left.append(asyncio.create_task(asyncio.Event().wait()))

    claim = stage.claim("leaves")
    stage.host().give([claim])
    assert stage.told.ending(claim).kind is EndKind.RETURNED
    assert ["1 asyncio tasks" in line.text for line in stage.told.lines(claim.id)] == [True]
    assert left[0].cancelled()


def test_a_child_of_a_body_that_raises_system_exit_does_not_end_the_loop(stage: Stage) -> None:
    @register(stage.registry)
    async def exits() -> None:
        async def inner() -> None:
            raise SystemExit

        await asyncio.create_task(inner())

    @register(stage.registry)
    async def neighbour() -> None:
        await asyncio.wait([forever()], timeout=0.05)

    claims = [stage.claim("neighbour"), stage.claim("exits")]
    stage.host().give(claims)
    assert [stage.told.ending(one).kind for one in claims] == [EndKind.RETURNED, EndKind.RAISED]


def test_a_stop_behind_a_blocked_loop_ends_without_waiting_for_it(stage: Stage) -> None:
    gate = threading.Event()

    @register(stage.registry)
    async def blocks_the_loop() -> None:
        gate.wait(15)

    @register(stage.registry)
    async def behind() -> None: ...

    first, second = stage.claim("blocks_the_loop"), stage.claim("behind")
    host = stage.host()
    host.give([first])
    stage.told.have_started(first)
    host.give([second])
    host.stop(stop(second))
    assert stage.told.ending(second, 2).kind is EndKind.CANCELLED
    gate.set()
    stage.told.ending(first)
    assert len(stage.told.endings) == 2


def test_context_variables_do_not_pass_from_job_to_job(stage: Stage) -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")
    seen: list[str] = []

    @register(stage.registry)
    async def on_loop(name: str) -> None:
        seen.append(who.get())
        who.set(name)

    @register(stage.registry)
    def on_thread(name: str) -> None:
        seen.append(who.get())
        who.set(name)

    host = stage.host(concurrency=1)
    host.give([stage.claim(which, {"name": "ann"}) for which in ("on_loop", "on_thread") for _ in range(3)])
    stage.told.until(lambda: len(stage.told.endings) == 6)
    assert seen == ["nobody"] * 6


def test_bodies_run_on_the_applications_loop_when_it_is_given(stage: Stage) -> None:
    @register(stage.registry)
    async def where() -> bool:
        return threading.current_thread() is threading.main_thread()

    claim = stage.claim("where")

    async def application() -> None:
        host = stage.host(loop=asyncio.get_running_loop())
        host.give([claim])
        await asyncio.to_thread(stage.told.ending, claim)

    asyncio.run(application())
    assert stage.told.ending(claim).result == "true"
