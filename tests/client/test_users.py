"""What may load users, and runs here and now that have one."""

import asyncio
from collections.abc import Iterator

import pytest

from headway import Context, HandlerRefused, Jobs, UserNotFound
from tests.acceptance.moments import WAIT_S


def find(user_id: str) -> str | None:
    return None if user_id == "gone" else user_id.upper()


async def afind(user_id: str) -> str | None:
    await asyncio.to_thread(len, user_id)
    return find(user_id)


def generates(user_id: str) -> Iterator[str]:
    yield user_id


def says(ctx: Context) -> str:
    return str(ctx.user)


async def asays(ctx: Context) -> str:
    return str(ctx.user)


def test_there_is_one_loader_which_may_be_registered_again(jobs: Jobs) -> None:
    assert jobs.load_user(find) is find
    assert jobs.load_user(find) is find
    with pytest.raises(HandlerRefused, match="load_user is find already"):
        jobs.load_user(afind)
    assert jobs.registry.load_user is find


def test_what_cannot_load_a_user_is_refused_when_it_is_registered(jobs: Jobs) -> None:
    with pytest.raises(HandlerRefused, match="takes a function, not 'ann'"):
        jobs.load_user("ann")  # type: ignore[type-var]
    with pytest.raises(HandlerRefused, match="generates is a generator"):
        jobs.load_user(generates)
    assert jobs.registry.load_user is None


@pytest.mark.parametrize("loader", [find, afind])
@pytest.mark.parametrize("body", [says, asays])
def test_a_run_here_and_now_has_its_user(jobs: Jobs, loader, body) -> None:
    jobs.load_user(loader)
    job = jobs.register(body, name="says", takes_context=True)
    assert (job.start().result(WAIT_S), job.using(user_id="ann").start().result(WAIT_S)) == ("None", "ANN")
    with pytest.raises(UserNotFound, match="gone"):
        job.using(user_id="gone").start().result(WAIT_S)


@pytest.mark.parametrize("loader", [find, afind])
@pytest.mark.parametrize("body", [says, asays])
async def test_so_has_one_that_is_awaited(jobs: Jobs, loader, body) -> None:
    jobs.load_user(loader)
    job = jobs.register(body, name="says", takes_context=True)
    assert (await job.arun(), await job.using(user_id="ann").arun()) == ("None", "ANN")
    with pytest.raises(UserNotFound, match="gone"):
        await job.using(user_id="gone").arun()
