"""Bodies begin at once: in the turn of the loop in which there is room for them, and without keeping it for themselves."""

import asyncio
import contextvars
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from headway.run.eager import EagerEventLoop, begin, new_loop
from headway.run.host import Host
from tests.run.stage import WAIT_S, Claims, Company, Recorder, register

COLOUR: contextvars.ContextVar[str] = contextvars.ContextVar("COLOUR", default="none")


class NextTurn:
    """Awaited, it lets the loop go on to its next turn."""

    def __await__(self) -> Iterator[None]:
        yield


def on_new_loop(main: Coroutine[Any, Any, Any]) -> Any:
    loop = new_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(main, WAIT_S))
    finally:
        loop.close()


def begin_from_a_callback(body: Coroutine[Any, Any, Any], context: contextvars.Context) -> "asyncio.Future[Any]":
    """As the lane does it: in no asyncio task. Answers the task, and what `done` said right after."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()
    loop.call_soon(lambda: answer.set_result((task := begin(loop, body, context), task.done())))
    return answer


def test_the_first_step_runs_before_begin_returns() -> None:
    async def body() -> int:
        return 7

    async def main() -> None:
        task, was_done = await begin_from_a_callback(body(), contextvars.copy_context())
        assert was_done
        assert task.result() == 7

    on_new_loop(main())


def test_what_waits_goes_on_as_any_task_and_in_a_context_of_its_own() -> None:
    gate = asyncio.Event()

    async def body() -> tuple[str, bool]:
        COLOUR.set("red")
        mine = asyncio.current_task()
        await gate.wait()
        return COLOUR.get(), asyncio.current_task() is mine

    async def main() -> None:
        task, was_done = await begin_from_a_callback(body(), contextvars.copy_context())
        assert not was_done
        assert task in asyncio.all_tasks()
        gate.set()
        assert await task == ("red", True)
        assert COLOUR.get() == "none"

    on_new_loop(main())


def test_what_the_first_step_raises_is_the_tasks() -> None:
    async def body() -> None:
        raise ValueError("no")

    async def main() -> None:
        task, _ = await begin_from_a_callback(body(), contextvars.copy_context())
        with pytest.raises(ValueError, match="no"):
            await task

    on_new_loop(main())


def test_what_the_first_step_schedules_is_not_taken_for_a_first_step() -> None:
    async def say(word: str) -> str:
        return word

    async def body() -> list[str]:
        said: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_soon(said.append, "soon")
        inner = loop.create_task(say("inner"))
        said.append("first")
        said.append(await inner)
        return said

    async def main() -> None:
        task, _ = await begin_from_a_callback(body(), contextvars.copy_context())
        assert await task == ["first", "soon", "inner"]

    on_new_loop(main())


def test_a_policy_of_the_applications_own_is_honoured() -> None:
    class Theirs(asyncio.SelectorEventLoop):
        pass

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return Theirs()

    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(Policy())
    try:
        loop = new_loop()
        assert type(loop) is Theirs
        loop.close()
    finally:
        asyncio.set_event_loop_policy(before)


def test_a_loop_that_cannot_begin_at_once_runs_the_body_all_the_same() -> None:
    async def body() -> int:
        return 7

    async def main() -> None:
        task, _ = await begin_from_a_callback(body(), contextvars.copy_context())
        assert await task == 7

    asyncio.run(main())


def test_an_eager_loop_is_used_where_python_has_no_eager_start() -> None:
    loop = new_loop()
    assert isinstance(loop, EagerEventLoop) or hasattr(asyncio, "eager_task_factory")
    loop.close()


def test_bodies_that_never_wait_leave_the_loop_to_others_between_them() -> None:
    company, claims, recorder = Company(), Claims(), Recorder()
    turns_at: list[int] = []
    turns = 0

    @register(company.registry)
    async def quick() -> None:
        turns_at.append(turns)

    @register(company.registry)
    async def other() -> None:
        nonlocal turns
        while len(turns_at) < JOBS:
            turns += 1
            await NextTurn()

    host = Host(company, concurrency=11)
    host.start(recorder)
    watcher = claims("other")
    host.give([watcher, *(claims("quick") for _ in range(JOBS))])
    recorder.ending(watcher)
    recorder.until(lambda: len(recorder.endings) == JOBS + 1)
    host.close(1)
    most = max(Counter(turns_at).values())
    assert most <= 2 * 10  # those that had room together; at the start twice, before the other one had its first turn


JOBS = 300
