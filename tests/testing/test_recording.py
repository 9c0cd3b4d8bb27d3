"""Recording: every form of enqueue is written down as a call, nothing runs, nothing reaches the real store."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from headway import ArgumentsInvalid, EnqueueVetoed, HandlerUnknown, OptionUnknown, ResultNotReady, State
from headway.testing import manual, recording
from headway.testing.switch import StageUnclear
from tests.testing.application import Shop


def test_every_form_of_enqueue_is_recorded_in_order(app: Shop) -> None:
    async def from_a_coroutine() -> None:
        await app.plain.aenqueue("b")
        await app.jobs.aenqueue_many([app.coroutine.call("e")])
        await app.jobs.aenqueue_by_name("plain", {"text": "f"})

    with recording(app.jobs) as sent:
        app.plain.enqueue("a")
        asyncio.run(from_a_coroutine())
        app.jobs.enqueue_many([app.plain.call("g"), app.command.call("ann")])
        app.jobs.enqueue_by_name("plain", {"text": "h"})
        app.jobs.enqueue(app.plain.call("i"))
    assert sent.of(app.plain) == [app.plain.call(text) for text in "abfghi"]
    assert sent.of(app.coroutine) == [app.coroutine.call("e")]
    assert sent.of(app.command) == [app.command.call("ann")]
    assert len(sent) == 8
    assert sent.all[0] == app.plain.call("a")


def test_nothing_runs(app: Shop) -> None:
    with recording(app.jobs) as sent:
        assert not sent
        ref = app.plain.enqueue("a")
        assert ref.status().state is State.QUEUED
        with pytest.raises(ResultNotReady, match="nothing runs inside recording"):
            ref.result(timeout=30)
    assert app.diary == []
    assert sent


def test_options_are_part_of_a_call(app: Shop) -> None:
    with recording(app.jobs) as sent:
        app.plain.using(queue="mail", tags=["x"]).enqueue("a")
        app.plain.enqueue("b")
    assert sent.options_of(app.plain) == [{"queue": "mail", "tags": ("x",)}, {}]
    assert sent.of(app.plain) == [app.plain.using(queue="mail", tags=["x"]).call("a"), app.plain.call("b")]
    assert sent.of(app.plain)[0] != app.plain.call("a")


def test_arguments_pass_through_json(app: Shop) -> None:
    with recording(app.jobs) as sent:
        app.typed.enqueue((1, "one"), date(2027, 1, 2))
    assert sent.of(app.typed)[0].arguments == {"pair": [1, "one"], "day": "2027-01-02"}
    assert sent.of(app.typed) == [app.typed.call((1, "one"), date(2027, 1, 2))]


def test_what_is_wrong_is_refused_as_always_and_not_recorded(app: Shop) -> None:
    with recording(app.jobs) as sent:
        with pytest.raises(ArgumentsInvalid):
            app.plain.enqueue(17)  # type: ignore[arg-type]
        with pytest.raises(OptionUnknown):
            app.plain.using(quue="x")  # type: ignore[call-arg]
        with pytest.raises(HandlerUnknown):
            app.jobs.enqueue_by_name("plian", {})
    assert sent.all == ()


def test_the_same_job_enqueued_twice_is_there_once(app: Shop) -> None:
    with recording(app.jobs) as sent:
        first = app.plain.using(ref_id="welcome-17").enqueue("a")
        again = app.plain.using(ref_id="welcome-17").enqueue("a")
        assert (first.existing, again.existing) == (False, True)
    assert len(sent.of(app.plain)) == 1


def test_hooks_have_their_say_first(app: Shop) -> None:
    app.jobs.on_enqueue(lambda call: None if call.arguments.get("text") == "no" else call.using(created_by="hook"))
    with recording(app.jobs) as sent:
        with pytest.raises(EnqueueVetoed):
            app.plain.enqueue("no")
        app.plain.enqueue("yes")
    assert sent.options_of(app.plain) == [{"created_by": "hook"}]


def test_references_work_inside_the_block(app: Shop) -> None:
    with recording(app.jobs) as sent:
        parent = app.plain.enqueue("a")
        child = app.plain.using(depends_on=parent, run_after=timedelta(hours=1)).enqueue("b")
        assert child.status().state is State.WAITING
        parent.cancel()
        assert child.status().state is State.CANCELLED
        assert app.jobs.counts()[State.CANCELLED] == 2
    assert len(sent) == 2


def test_what_was_sent_is_readable(app: Shop) -> None:
    with recording(app.jobs) as sent:
        app.plain.using(queue="mail").enqueue("a")
    assert repr(sent) == "<Sent [<Call plain text='a', queue='mail'>]>"


def test_blocks_nest_and_the_inner_one_has_it(app: Shop) -> None:
    with recording(app.jobs) as outer:
        app.plain.enqueue("outside")
        with recording(app.jobs) as inner:
            app.plain.enqueue("inside")
        app.plain.enqueue("outside again")
    assert inner.of(app.plain) == [app.plain.call("inside")]
    assert outer.of(app.plain) == [app.plain.call("outside"), app.plain.call("outside again")]


def test_two_tests_side_by_side_do_not_see_each_other(app: Shop) -> None:
    together = threading.Barrier(2, timeout=10)

    def one_test(text: str) -> list[str]:
        with recording(app.jobs) as sent:
            together.wait()
            for _ in range(20):
                app.plain.enqueue(text)
            together.wait()
        return [call.arguments["text"] for call in sent.all]

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(one_test, ["a", "b"]))
    assert found == [["a"] * 20, ["b"] * 20]


def test_two_tests_of_one_loop_do_not_see_each_other(app: Shop) -> None:
    async def one_test(text: str, mine: asyncio.Event, other: asyncio.Event) -> list[str]:
        with recording(app.jobs) as sent:
            mine.set()
            await other.wait()
            await app.plain.aenqueue(text)
            await asyncio.to_thread(app.plain.enqueue, text)
        return [call.arguments["text"] for call in sent.all]

    async def both() -> list[list[str]]:
        one, two = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(one_test("a", one, two), one_test("b", two, one))

    assert asyncio.run(both()) == [["a", "a"], ["b", "b"]]


def in_a_thread(act, *args) -> BaseException | None:
    """What that raised, called in a plain thread, which inherits no context."""
    found: list[BaseException | None] = []

    def run() -> None:
        try:
            act(*args)
        except BaseException as error:  # noqa: BLE001 - told to the test
            found.append(error)
        else:
            found.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return found[0]


def test_a_thread_of_the_tested_code_belongs_to_the_only_block(app: Shop) -> None:
    with recording(app.jobs), recording(app.jobs) as sent:
        assert in_a_thread(app.plain.enqueue, "a") is None
    assert sent.of(app.plain) == [app.plain.call("a")]


def test_a_thread_that_could_belong_to_either_of_two_tests_is_told_so(app: Shop) -> None:
    def second_test() -> None:
        with recording(app.jobs) as second:
            error = in_a_thread(app.plain.enqueue, "a")
            assert isinstance(error, StageUnclear)
            assert in_a_thread(contextvars.copy_context().run, app.plain.enqueue, "b") is None
            assert second.of(app.plain) == [app.plain.call("b")]

    with recording(app.jobs) as first:
        assert in_a_thread(second_test) is None
    assert first.all == ()


def test_other_jobs_are_not_touched(app: Shop, tmp_path) -> None:
    from headway import Jobs

    others = Jobs(tmp_path / "others")
    other = others.register(lambda text: None, name="other")
    with recording(app.jobs) as sent, manual(app.jobs):
        other.enqueue("a")
    assert sent.all == ()
    assert others.counts()[State.QUEUED] == 1
    others.close()


def test_after_the_block_the_jobs_are_as_before(app: Shop) -> None:
    before = app.jobs.clock, app.jobs.waiter, app.jobs.place
    with recording(app.jobs):
        app.plain.enqueue("a")
        assert app.jobs.place != before[2]
        app.jobs.close()  # the application under test shuts down; the test goes on looking
        assert app.jobs.counts()[State.QUEUED] == 1
    assert (app.jobs.clock, app.jobs.waiter, app.jobs.place) == before


def test_callbacks_chains_and_conditions_are_written_down(app: Shop) -> None:
    add = app.jobs.register(lambda a, b=0: a + b, name="add")
    with recording(app.jobs) as sent:
        first = add.then(add, b=1).call(1)
        refs = app.jobs.chain(first, add.using(when="finished").call(first.value))
        assert [ref.status().state for ref in refs] == [State.QUEUED, State.WAITING]
    assert sent.of(add) == [add.then(add, b=1).call(1), add.using(when="finished").call(first.value)]
    assert sent.of(add)[0] != add.call(1)
    assert sent.of(add)[1] != add.using(when="finished").call(2)
