"""Users of jobs under test: loaded as by a worker, and what goes wrong surfaces as what a body raises."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from headway import Context, State, UserNotFound
from headway.testing import inline, manual, recording
from tests.testing.application import Shop

AWAITED: list[asyncio.AbstractEventLoop] = []


def find(user_id: str) -> str | None:
    if user_id == "broken":
        raise ConnectionError("no directory")
    if user_id == "foreign":
        pytest.fail("the test's own word")
    return None if user_id == "gone" else user_id.upper()


async def afind(user_id: str) -> str | None:
    await asyncio.to_thread(len, user_id)
    return find(user_id)


def says(ctx: Context) -> Any:
    return ctx.user


async def asays(ctx: Context) -> Any:
    return ctx.user


@pytest.fixture(params=[find, afind])
def loading(app: Shop, request: pytest.FixtureRequest) -> Shop:
    app.jobs.load_user(request.param)
    return app


@pytest.fixture(params=[says, asays])
def body(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return request.param


def test_inline_a_body_sees_its_user_and_the_error_itself_surfaces(loading: Shop, body: Callable[..., Any]) -> None:
    job = loading.jobs.register(body, name="says", takes_context=True)
    with inline(loading.jobs):
        assert job.using(user_id="ann").enqueue().result() == "ANN"
        assert job.enqueue().result() is None
        with pytest.raises(UserNotFound, match="gone"):
            job.using(user_id="gone").enqueue()
        with pytest.raises(ConnectionError, match="no directory"):
            job.using(user_id="broken").enqueue()
        with pytest.raises(pytest.fail.Exception, match="own word"):
            job.using(user_id="foreign").enqueue()


async def test_inline_in_a_coroutine_an_asynchronous_loader_runs_on_the_tests_loop(
    app: Shop, body: Callable[..., Any]
) -> None:
    loops = []

    @app.jobs.load_user
    async def find_here(user_id: str) -> str:
        loops.append(asyncio.get_running_loop())
        return user_id

    job = app.jobs.register(body, name="says", takes_context=True)
    with inline(app.jobs):
        assert (await job.using(user_id="ann").aenqueue()).id
    assert loops == [asyncio.get_running_loop()]


def test_manual_tells_of_the_code_and_of_the_retry(loading: Shop, body: Callable[..., Any]) -> None:
    job = loading.jobs.register(body, name="says", takes_context=True, retries=3)
    with manual(loading.jobs) as world:
        assert world.perform(job.using(user_id="ann").call()).state is State.COMPLETED
        gone = world.perform(job.using(user_id="gone").call())
        broken = world.perform(job.using(user_id="broken").call())
    assert (gone.state, gone.code, type(gone.error)) == (State.FAILED, "user_not_found", UserNotFound)
    assert (broken.state, broken.code, type(broken.error)) == (State.SCHEDULED, None, ConnectionError)


def test_recording_keeps_the_user_and_asks_nobody(loading: Shop) -> None:
    with recording(loading.jobs) as calls:
        loading.plain.using(user_id="foreign").enqueue("a")
    (call,) = calls
    assert call.options["user_id"] == "foreign"
