"""Inline: a job has run when enqueue returns, and what it raises is raised there."""

import asyncio
from datetime import date, timedelta

import pytest

from headway import Context, EventKind, Failure, JobEvent, JobFailed, ResultNotReady, State
from headway.testing import inline
from headway.testing.inline import TooDeep
from tests.testing.application import Shop


def test_every_kind_of_job_has_run_when_enqueue_returns(app: Shop) -> None:
    with inline(app.jobs):
        assert app.plain.enqueue("a").result() == 1
        assert app.coroutine.enqueue("bb").result() == 2
        assert app.spoken.enqueue(3).result() == 1
        assert app.heavy.enqueue(4).result() == 16
        app.command.enqueue("ann")
    assert app.mailer.sent == ["ann"]
    assert app.diary == [("plain", "a"), ("coroutine", "bb")]


def test_the_error_itself_surfaces(app: Shop) -> None:
    with inline(app.jobs), pytest.raises(KeyError, match="no such thing") as caught:
        app.failing.enqueue()
    assert caught.traceback[-1].name == "failing"


def test_retries_are_not_waited_for(app: Shop) -> None:
    with inline(app.jobs):
        with pytest.raises(ConnectionError):
            app.flaky.using(ref_id="one").enqueue(1)
        ref = app.jobs.get("one")
        assert ref.status().state is State.SCHEDULED
        with pytest.raises(ResultNotReady, match="inside inline"):
            ref.result(timeout=5)
        assert app.plain.enqueue("next").result() == 4
        assert ref.status().tries == 1


def test_a_returned_failure_surfaces_too(app: Shop) -> None:
    job = app.jobs.register(lambda: Failure("not today"), name="refuses")
    with inline(app.jobs), pytest.raises(JobFailed, match="not today"):
        job.enqueue()


def test_delays_do_not_count(app: Shop) -> None:
    with inline(app.jobs):
        assert app.plain.using(run_after=timedelta(days=1)).enqueue("a").result() == 1


def test_arguments_arrive_as_their_declared_types(app: Shop) -> None:
    with inline(app.jobs):
        app.typed.enqueue((1, "one"), date(2027, 1, 2))
    assert app.diary == [((1, "one"), date(2027, 1, 2), ())]


def test_what_a_job_enqueues_runs_inside_it(app: Shop) -> None:
    def outer() -> int:
        app.diary.append("begin")
        length = app.plain.enqueue("inner").result()
        app.diary.append("end")
        return length

    with inline(app.jobs):
        assert app.jobs.register(outer, name="outer").enqueue().result() == 5
    assert app.diary == ["begin", ("plain", "inner"), "end"]


def test_neighbours_of_one_enqueue_do_not_run_inside_each_other(app: Shop) -> None:
    def outer(name: str) -> None:
        app.diary.append(f"begin {name}")
        app.plain.using(priority=-5).enqueue(name)
        app.diary.append(f"end {name}")

    job = app.jobs.register(outer, name="outer")
    with inline(app.jobs):
        app.jobs.enqueue_many([job.call("a"), job.call("b")])
    assert app.diary == ["begin a", ("plain", "a"), "end a", "begin b", ("plain", "b"), "end b"]


def test_tied_calls_and_dependants_run_before_enqueue_returns(app: Shop) -> None:
    def tied(ctx: Context) -> None:
        ctx.enqueue(app.plain.call("tied"))

    with inline(app.jobs):
        parent = app.jobs.register(tied, name="tied", takes_context=True).enqueue()
        app.coroutine.using(depends_on=parent).enqueue("child")
    assert app.diary == [("plain", "tied"), ("coroutine", "child")]


def test_all_of_many_are_run_and_the_first_error_is_raised(app: Shop) -> None:
    with inline(app.jobs):
        with pytest.raises(KeyError):
            app.jobs.enqueue_many([app.failing.call(), app.plain.call("a")])
        assert app.diary == [("plain", "a")]


def test_jobs_that_enqueue_themselves_for_ever_are_found(app: Shop) -> None:
    app.jobs.register(lambda: app.jobs.enqueue_by_name("again", {}) and None, name="again")
    with inline(app.jobs), pytest.raises(TooDeep, match="manual"):
        app.jobs.enqueue_by_name("again", {})


def test_the_same_reference_runs_once(app: Shop) -> None:
    with inline(app.jobs):
        app.plain.using(ref_id="x").enqueue("a")
        assert app.plain.using(ref_id="x").enqueue("a").existing
    assert app.diary == [("plain", "a")]


def test_in_a_running_loop_coroutines_run_on_it_and_functions_on_a_thread(app: Shop) -> None:
    loops = []

    async def which() -> None:
        loops.append(asyncio.get_running_loop())

    async def nested() -> int:
        return await (await app.plain.aenqueue("abc")).aresult()

    async def test() -> None:
        await app.jobs.register(which, name="which").aenqueue()
        assert loops == [asyncio.get_running_loop()]
        assert await (await app.jobs.register(nested, name="nested").aenqueue()).aresult() == 3
        with pytest.raises(KeyError):
            await app.failing.aenqueue()

    with inline(app.jobs):
        asyncio.run(test())


def test_a_blocking_enqueue_in_a_running_loop_runs_even_a_coroutine(app: Shop) -> None:
    async def test() -> None:
        ref = app.coroutine.enqueue("abc")
        assert ref.status().state is State.COMPLETED

    with inline(app.jobs):
        asyncio.run(test())
    assert app.diary == [("coroutine", "abc")]


def test_hooks_are_told_before_enqueue_returns_and_of_a_cancellation_at_once(app: Shop) -> None:
    @app.jobs.on_success
    @app.jobs.on_failure
    @app.jobs.on_cancel
    async def told(event: JobEvent) -> None:
        app.diary.append((event.name, event.kind, event.error_type))

    with inline(app.jobs):
        with pytest.raises(KeyError):
            app.failing.using(retries=0).enqueue()
        with pytest.raises(ConnectionError):
            app.flaky.using(ref_id="one").enqueue(1)
        app.jobs.cancel("one")
    assert app.diary == [("failing", EventKind.FAILED, "KeyError"), ("flaky", EventKind.CANCELLED, None)]


def test_in_a_running_loop_hooks_run_on_it_too(app: Shop) -> None:
    loops = []

    @app.jobs.on_startup()
    @app.jobs.on_retry
    @app.jobs.on_cancel
    async def told(*_event: JobEvent) -> None:
        loops.append(asyncio.get_running_loop())

    async def test() -> None:
        with pytest.raises(ConnectionError):
            await app.flaky.using(ref_id="one").aenqueue(1)
        await app.jobs.acancel("one")
        assert loops == [asyncio.get_running_loop()] * 3

    with inline(app.jobs):
        asyncio.run(test())


def test_a_start_up_hook_may_enqueue(app: Shop) -> None:
    app.jobs.on_startup()(lambda: app.plain.enqueue("first"))
    with inline(app.jobs):
        app.plain.enqueue("second")
    assert app.diary == [("plain", "first"), ("plain", "second")]


def test_a_callback_has_run_too(app: Shop) -> None:
    told: list[int] = []
    callback = app.jobs.register(lambda result: told.append(result), name="callback")  # noqa: PLW0108 - a handler is a function
    with inline(app.jobs):
        ref = app.plain.then(callback).enqueue("abc")
        assert (ref.result(), told) == (3, [3])


def test_a_callback_has_run_too_where_a_job_enqueues(app: Shop) -> None:
    told: list[int] = []
    callback = app.jobs.register(lambda result: told.append(result), name="callback")  # noqa: PLW0108 - as above
    inner = app.jobs.register(lambda: 7, name="inner").then(callback)
    outer = app.jobs.register(lambda: (inner.enqueue().result(), list(told)), name="outer")
    with inline(app.jobs):
        assert outer.enqueue().result() == [7, [7]]


def test_a_callback_that_fails_surfaces(app: Shop) -> None:
    def broken(_result: int) -> None:
        raise LookupError("nobody")

    with inline(app.jobs), pytest.raises(LookupError, match="nobody"):
        app.plain.then(app.jobs.register(broken, name="broken")).enqueue("a")


def test_chains_and_conditions_are_followed(app: Shop) -> None:
    add = app.jobs.register(lambda a, b: a + b, name="add")
    with inline(app.jobs):
        first = add.call(1, 2)
        one, two = app.jobs.chain(first, add.call(first.value, 10))
        assert (one.result(), two.result()) == (3, 13)
        assert add.using(depends_on=one, when="failure").enqueue(1, 1).status().state is State.SKIPPED
