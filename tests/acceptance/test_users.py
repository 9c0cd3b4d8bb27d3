"""Jobs that run as a user: loaded in each attempt, where its body runs."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from faults.scene import Scene
from headway import Context, HeadwayError, JobFailed, Jobs, State, UserNotFound, Worker
from tests.acceptance.moments import AT_ONCE, WAIT_S, until

APPLICATION = "tests.acceptance.user_application:jobs"
EVERY_KIND = ("coroutine", "function", "apart", "apart_coroutine")
FOUND = "found"


def _find(user_id: str) -> str | None:
    return None if user_id == "gone" else f"{FOUND} {user_id} in {threading.current_thread().name}"


async def _afind(user_id: str) -> str | None:
    await asyncio.to_thread(len, user_id)
    return _find(user_id)


class _Finder:
    async def __call__(self, user_id: str) -> str | None:
        return await _afind(user_id)


LOADERS = {"plain": _find, "asynchronous": _afind, "object": _Finder(), "late": lambda user_id: _afind(user_id)}  # noqa: PLW0108 - answers an awaitable and is no coroutine function


def _says(ctx: Context) -> Any:
    return ctx.user


async def _asays(ctx: Context) -> Any:
    return ctx.user


BODIES: dict[str, Callable[..., Any]] = {"function": _says, "coroutine": _asays}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("loader", LOADERS)
def test_bodies_of_each_kind_see_the_user_whatever_kind_the_loader_is(jobs: Jobs, loader: str, body: str) -> None:
    jobs.load_user(LOADERS[loader])
    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=0)
    with Worker(jobs):
        said = job.using(user_id="ann").enqueue().result(WAIT_S)
        assert job.enqueue().result(WAIT_S) is None
    where = said.removeprefix(f"{FOUND} ann in ")
    if loader == "plain":
        assert where != "headway-loop", "it would hold up every other coroutine"
    else:
        assert where == "headway-loop"


async def test_an_asynchronous_loader_runs_on_the_applications_own_loop(jobs: Jobs) -> None:
    here, seen = asyncio.get_running_loop(), []

    @jobs.load_user
    async def find(user_id: str) -> str:
        seen.append(asyncio.get_running_loop() is here)
        return user_id

    made = [jobs.register(body, name=name, takes_context=True) for name, body in BODIES.items()]
    async with Worker(jobs).lifespan():
        refs = [await one.using(user_id="ann").aenqueue() for one in made]
        assert [await ref.aresult(WAIT_S) for ref in refs] == ["ann", "ann"]
    assert seen == [True, True]


@pytest.mark.parametrize("loader", ["sync", "async"])
def test_hosts_and_children_load_todays_user_in_the_process_of_the_body(scene: Scene, loader: str) -> None:
    roles = scene.folder / "roles.json"
    roles.write_text(json.dumps({"ann": ["admin"]}))
    known = scene.put_many([(name, {}) for name in EVERY_KIND], user_id="ann")
    gone = scene.put_many([(name, {}) for name in EVERY_KIND], user_id="bob", retries=3)
    roles.write_text(json.dumps({"ann": ["guest"]}))
    scene.worker(application=APPLICATION, environment={"LOADER": loader})
    assert scene.finish(*known, *gone) == [State.COMPLETED] * len(known) + [State.FAILED] * len(gone)
    for job in known:
        (name, role, loaded_in), body_in = json.loads(scene.detail(job).result or "")
        assert (name, role, loaded_in) == ("ann", "guest", body_in)
    for job in gone:
        row = scene.detail(job).row
        assert (row.code, row.tries, scene.kinds(job)) == ("user_not_found", 1, ["raised"])


def test_a_job_is_cancelled_while_its_user_is_looked_for_and_its_process_serves_the_next(scene: Scene) -> None:
    (scene.folder / "roles.json").write_text('{"ann": []}')
    scene.worker(application=APPLICATION, environment={"LOADER": "async"}, children=1)
    stuck = scene.put_many([(name, {}) for name in ("apart", "apart_coroutine", "coroutine")], user_id="endless")
    for job in stuck:
        until(lambda job=job: scene.state(job) is State.RUNNING, f"{job} runs")
        scene.store.call(scene.store.cancel(job, by="the test"))
        assert scene.finish(job) == [State.CANCELLED]
    known = scene.put_many([(name, {}) for name in EVERY_KIND], user_id="ann")
    assert scene.finish(*known) == [State.COMPLETED] * len(known)
    pids = {json.loads(scene.detail(job).result or "")[1] for job in known}
    assert len(pids) == 2, "one host, one child"


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("loader", LOADERS)
def test_a_user_who_is_gone_fails_the_job_at_once_and_for_good(jobs: Jobs, loader: str, body: str) -> None:
    jobs.load_user(LOADERS[loader])
    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=5, backoff=AT_ONCE)
    with Worker(jobs), pytest.raises(JobFailed, match="there is no user 'gone'") as failed:
        job.using(user_id="gone").enqueue().result(WAIT_S)
    assert (failed.value.code, failed.value.error_type) == ("user_not_found", "headway.model.errors.UserNotFound")
    assert failed.value.attempts == 1


@pytest.mark.parametrize("body", BODIES)
def test_a_loader_says_itself_that_a_user_must_not_run_jobs_any_more(jobs: Jobs, body: str) -> None:
    ran = []

    @jobs.load_user
    def find(user_id: str) -> str:
        raise UserNotFound(f"the account {user_id} is locked")

    @jobs.around
    @contextmanager
    def hook(ctx: Context) -> Iterator[None]:
        ran.append(ctx.id)
        yield

    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=5, backoff=AT_ONCE)
    ref = job.using(user_id="ann").enqueue()
    with Worker(jobs), pytest.raises(JobFailed, match="the account ann is locked"):
        ref.result(WAIT_S)
    assert (ref.status().code, ref.status().tries, ran) == ("user_not_found", 1, [])


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", ["plain", "asynchronous"])
def test_any_other_error_of_a_loader_is_a_failure_that_is_retried(jobs: Jobs, kind: str, body: str) -> None:
    asked = []

    def find(user_id: str) -> str:
        asked.append(user_id)
        if len(asked) < 3:
            raise ConnectionError("no directory")
        return user_id

    async def afind(user_id: str) -> str:
        return find(user_id)

    jobs.load_user(find if kind == "plain" else afind)
    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=2, backoff=AT_ONCE)
    ref = job.using(user_id="ann").enqueue()
    with Worker(jobs):
        assert ref.result(WAIT_S) == "ann"
    assert (asked, ref.status().tries, ref.status().code) == (["ann"] * 3, 2, None)


def test_hooks_around_the_attempt_and_helpers_deep_in_it_see_the_user(jobs: Jobs) -> None:
    seen = []
    jobs.load_user(str.upper)

    @jobs.around
    @contextmanager
    def hook(ctx: Context) -> Iterator[None]:
        seen.append(ctx.user)
        yield

    job = jobs.register(lambda: Context.current().user, name="job")
    with Worker(jobs):
        assert job.using(user_id="ann").enqueue().result(WAIT_S) == "ANN"
    assert seen == ["ANN"]


@pytest.mark.parametrize("body", BODIES)
def test_without_a_loader_the_job_runs_and_asking_for_its_user_says_what_to_do(jobs: Jobs, body: str) -> None:
    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=0)
    with Worker(jobs):
        assert job.enqueue().result(WAIT_S) is None
        with pytest.raises(JobFailed, match=r"@jobs\.load_user, or use ctx\.user_id") as failed:
            job.using(user_id="ann").enqueue().result(WAIT_S)
    assert failed.value.error_type == f"{HeadwayError.__module__}.HeadwayError"


@pytest.mark.parametrize("body", BODIES)
def test_nothing_is_loaded_for_a_job_without_a_user(jobs: Jobs, body: str) -> None:
    asked: list[str] = []
    jobs.load_user(asked.append)
    job = jobs.register(BODIES[body], name="job", takes_context=True, retries=0)
    with Worker(jobs):
        assert job.enqueue().result(WAIT_S) is None
    assert asked == []
