"""Running handlers by name without storing anything, what their constructors are given, and what a job sees of its parents."""

from typing import Any

import pytest

from headway import ArgumentsInvalid, Context, HandlerUnknown, JobNotFound, Jobs, NestedLoop, Parent, State, Success
from tests.client.turns import Turns


class Database:
    name = "db"


class Import:
    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, path: str) -> str:
        return f"{self.database.name}:{path}"


def add(one: int, two: int) -> int:
    return one + two


async def slow(ctx: Context, one: int) -> tuple[int, bool]:
    ctx.progress(50)
    ctx.log.info("at work")
    return one, Context.current() is ctx


def explicit() -> Success:
    return Success("output", "well")


def broken() -> None:
    raise ValueError("no")


def test_a_handler_runs_here_and_nothing_is_stored(jobs: Jobs) -> None:
    jobs.register(add, name="add")
    answer = jobs.run_command("add", {"one": 1, "two": 2})
    assert (answer.value, answer.duration.total_seconds() >= 0) == (3, True)
    assert sum(jobs.counts().values()) == 0


async def test_functions_and_coroutines_run_from_a_coroutine(jobs: Jobs) -> None:
    jobs.register(add, name="add")
    jobs.register(slow, name="slow", takes_context=True)
    assert (await jobs.arun_command("add", {"one": 1, "two": 2})).value == 3
    assert (await jobs.arun_command("slow", {"one": 1})).value == (1, True)
    with pytest.raises(NestedLoop, match="arun_command"):
        jobs.run_command("slow", {"one": 1})


def test_a_coroutine_gets_a_loop_of_its_own(jobs: Jobs) -> None:
    jobs.register(slow, name="slow", takes_context=True)
    assert jobs.run_command("slow", {"one": 1}).value == (1, True)


def test_a_command_class_is_built_with_what_is_provided(jobs: Jobs) -> None:
    jobs.register(Import, name="import")
    closed: list[str] = []

    def database() -> Any:
        yield Database()
        closed.append("db")

    jobs.provide(Database, database)
    assert jobs.run_command("import", {"path": "a.csv"}).value == "db:a.csv"
    assert closed == ["db"]


def test_the_hooks_around_it_are_opened(jobs: Jobs) -> None:
    import contextlib

    seen: list[str] = []

    @jobs.around
    @contextlib.contextmanager
    def note(ctx: Context) -> Any:
        seen.append(ctx.name)
        yield

    jobs.register(add, name="add")
    jobs.run_command("add", {"one": 1, "two": 2})
    assert seen == ["add"]


def test_an_explicit_success_is_its_output_and_an_error_is_raised(jobs: Jobs) -> None:
    jobs.register(explicit, name="explicit")
    jobs.register(broken, name="broken")
    assert jobs.run_command("explicit", {}).value == "output"
    with pytest.raises(ValueError, match="no"):
        jobs.run_command("broken", {})


def test_unknown_names_and_wrong_arguments_are_refused(jobs: Jobs) -> None:
    jobs.register(add, name="add")
    with pytest.raises(HandlerUnknown):
        jobs.run_command("ad", {})
    with pytest.raises(ArgumentsInvalid):
        jobs.run_command("add", {"one": 1})
    with pytest.raises(ArgumentsInvalid):
        jobs.run_command("add", {"one": "x", "two": 2})


async def test_a_job_sees_the_jobs_it_depended_on(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(add, name="add")
    one, two = job.enqueue(1, 2), job.enqueue(3, 4)
    job.using(depends_on=[two, one]).enqueue(5, 6)
    turns.complete("3")
    turns.complete("7")
    claim = turns.claim()
    turns.world.archive()
    context = Context(claim, None, jobs)  # type: ignore[arg-type] # nothing is said
    first, second = context.parents
    assert {first.id, second.id} == {one.id, two.id}
    mine = first if first.id == one.id else second
    assert mine == Parent(
        id=one.id, ref_id=one.ref_id, name="add", state=State.COMPLETED, arguments={"one": 1, "two": 2}, result=3
    )
    assert context.parent == first
    assert await Context(claim, None, jobs).aparents() == (first, second)  # type: ignore[arg-type] # as above


def test_a_parent_that_was_deleted_is_said_to_be_gone(jobs: Jobs) -> None:
    with pytest.raises(JobNotFound, match="no job 7"):
        jobs.read_parents((7,))
