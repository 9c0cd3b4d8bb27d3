"""Hooks: before an enqueue, around attempts, at start; and the trace that travels along."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from headway import Call, Context, EnqueueVetoed, HandlerRefused, Jobs, OptionInvalid, State
from tests.client.turns import Turns


def send(to: str, copy: str = "") -> str:
    return to + copy


def test_hooks_see_every_call_in_order_and_may_change_it(jobs: Jobs) -> None:
    order: list[str] = []

    @jobs.on_enqueue
    def add_copy(call: Call[Any]) -> Call[Any]:
        order.append("copy")
        return call.with_arguments(copy="archive")

    @jobs.on_enqueue
    def add_queue(call: Call[Any]) -> Call[Any]:
        order.append(call.arguments["copy"])
        return call.using(queue="seen")

    job = jobs.register(send)
    detail = job.enqueue("ann").detail()
    assert (detail.row.queue, json.loads(detail.payload or "")) == ("seen", {"to": "ann", "copy": "archive"})
    jobs.enqueue_many([job.call("bob"), job.call("eve")])
    assert order == ["copy", "archive"] * 3


@pytest.mark.parametrize("way", ["none", "raise"])
async def test_a_hook_can_refuse_a_call_and_then_nothing_is_stored(jobs: Jobs, way: str) -> None:
    @jobs.on_enqueue
    def no_eve(call: Call[Any]) -> Call[Any] | None:
        if call.arguments["to"] != "eve":
            return call
        if way == "raise":
            raise EnqueueVetoed("not to her")
        return None

    job = jobs.register(send)
    with pytest.raises(EnqueueVetoed, match="no_eve said no" if way == "none" else "not to her"):
        job.enqueue("eve")
    with pytest.raises(EnqueueVetoed):
        await job.aenqueue("eve")
    with pytest.raises(EnqueueVetoed):
        jobs.enqueue_many([job.call("ann"), job.call("eve")])
    assert sum(jobs.counts().values()) == 0


def test_a_hook_that_returns_something_else_is_named(jobs: Jobs) -> None:
    @jobs.on_enqueue
    def confused(call: Call[Any]) -> Any:
        return call.name

    with pytest.raises(HandlerRefused, match=r"confused must return a call or None"):
        jobs.register(send).enqueue("ann")


def test_hooks_are_kept_in_order_for_who_runs_them(jobs: Jobs) -> None:
    @jobs.around
    @contextmanager
    def outer(_ctx: Context) -> Iterator[None]:
        yield

    @jobs.on_failure
    @jobs.on_retry
    @jobs.on_cancel
    def told(_event: object) -> None: ...

    @jobs.on_startup(priority=5)
    def warm_up() -> None: ...

    registry = jobs.registry
    assert registry.around == [outer]
    assert registry.on_failure == registry.on_retry == registry.on_cancel == [told]
    assert registry.on_startup == [(5, warm_up)]


@pytest.mark.parametrize(
    "kind", ["around", "on_enqueue", "on_success", "on_failure", "on_retry", "on_cancel", "on_startup"]
)
def test_what_cannot_be_called_is_refused_as_a_hook(jobs: Jobs, kind: str) -> None:
    register = getattr(jobs, kind)() if kind == "on_startup" else getattr(jobs, kind)
    with pytest.raises(HandlerRefused, match=rf"^{kind} takes a function, not 3$"):
        register(3)
    assert jobs.registry.around == jobs.registry.on_startup == jobs.registry.on_failure == []


def test_a_hook_that_yields_and_is_no_context_manager_is_refused_with_what_to_write(jobs: Jobs) -> None:
    def plain(_ctx: Context) -> Iterator[None]:
        yield

    async def awaited(_ctx: Context) -> AsyncIterator[None]:
        yield

    with pytest.raises(HandlerRefused, match=r"plain is no context manager: put @contextlib\.contextmanager below"):
        jobs.around(plain)
    with pytest.raises(HandlerRefused, match=r"awaited is no context manager: put @contextlib\.asynccontextmanager"):
        jobs.around(awaited)
    assert jobs.registry.around == []


def test_the_trace_of_the_enqueuer_travels_with_the_job(jobs: Jobs, turns: Turns) -> None:
    jobs.trace_context = lambda: "00-trace-span-01"
    jobs.register(send).using(args={"k": "v"}).enqueue("ann")
    claim = turns.claim()
    context = Context(claim, None)  # type: ignore[arg-type] # nothing is said
    assert (context.traceparent, context.args) == ("00-trace-span-01", {"k": "v"})
    turns.world.end(turns.node, claim)
    jobs.trace_context = lambda: None
    jobs.register(send).enqueue("ann")
    assert Context(turns.claim(), None).traceparent is None  # type: ignore[arg-type] # as above


def test_a_tracer_that_fails_is_logged_and_the_job_is_stored(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise RuntimeError("no exporter")

    jobs.trace_context = broken
    jobs.register(send, name="send").enqueue("ann")
    assert jobs.counts()[State.QUEUED] == 1
    assert "jobs.trace_context failed; the job is enqueued without a trace" in caplog.text
    assert "no exporter" in caplog.text


@pytest.mark.parametrize("answer", [3, "0" * 513], ids=["no text", "long"])
def test_what_is_no_trace_is_refused_and_not_stored(jobs: Jobs, answer: object) -> None:
    jobs.trace_context = lambda: answer  # type: ignore[assignment,return-value] # as a program without types
    with pytest.raises(OptionInvalid, match=r"jobs\.trace_context must answer None or text of at most 512 characters"):
        jobs.register(send, name="send").enqueue("ann")
    assert jobs.counts()[State.QUEUED] == 0


def test_a_call_tied_to_an_attempt_is_encoded_like_any_other(jobs: Jobs) -> None:
    job = jobs.register(send, name="send")
    encoded = jobs.encode_call(job.using(queue="mail").call("ann"))
    assert (encoded.name, encoded.queue, encoded.payload, encoded.content) == ("send", "mail", '{"to":"ann"}', None)
    assert jobs.counts()[State.QUEUED] == 0
