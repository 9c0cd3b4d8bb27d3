"""Making jobs: what can be one, under which name, with which options."""

import functools
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import (
    Context,
    Exponential,
    HandlerExists,
    HandlerRefused,
    Job,
    Jobs,
    OnInterrupt,
    OptionInvalid,
    OptionUnknown,
    RunIn,
)


def add(one: int, two: int = 2) -> int:
    """Add."""
    return one + two


async def slow(one: int) -> int:
    return one


def with_context(ctx: Context, one: int) -> int:
    return one


async def slow_with_context(ctx: Context, one: int) -> tuple[Context, int]:
    return ctx, one


class Import:
    def __init__(self, folder: str = "in") -> None:
        self.folder = folder

    def run(self, path: str) -> str:
        return f"{self.folder}/{path}"


class Export:
    async def execute(self, path: str) -> str:
        return path


class Service:
    def method(self, number: int) -> int:
        return number

    @staticmethod
    def static(number: int) -> int:
        return number


def test_a_job_is_still_its_function(jobs: Jobs) -> None:
    job = jobs.job(add)
    assert job(1, two=5) == 6
    assert (job.__name__, job.__doc__, job.__wrapped__) == ("add", "Add.", add)  # type: ignore[attr-defined]


async def test_a_coroutine_function_is_still_awaited(jobs: Jobs) -> None:
    assert await jobs.job(slow)(3) == 3


async def test_a_function_that_takes_the_context_is_given_the_one_that_its_caller_has(jobs: Jobs) -> None:
    context: Any = object()
    assert jobs.job(with_context, takes_context=True)(context, 3) == 3
    assert await jobs.job(slow_with_context, takes_context=True)(context, 3) == (context, 3)


def test_a_job_shows_its_name_and_what_was_chosen_for_its_calls(jobs: Jobs) -> None:
    job = jobs.register(add, name="add")
    assert (repr(job), repr(job.using(queue="mail"))) == ("<Job add>", "<Job add queue='mail'>")


def test_a_command_class_still_makes_instances(jobs: Jobs) -> None:
    job = jobs.register(Import)
    assert job("out").run("a.csv") == "out/a.csv"
    assert job.handler.signature.names == ("path",)
    assert (job.handler.is_command, jobs.register(Export).handler.is_async) == (True, True)


def test_the_name_is_module_and_qualname_unless_given(jobs: Jobs) -> None:
    assert jobs.job(add).name == f"{__name__}:add"
    assert jobs.register(Import, name="import").name == "import"


def test_decorator_registration_and_module_scan_give_the_same_entry(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "shop_tasks"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("jobs = None\n")
    (package / "deep" / "__init__.py").write_text("")
    (package / "__main__.py").write_text("raise SystemExit(9)\n")
    (package / "deep" / "mail.py").write_text(
        "import shop_tasks\n\n@shop_tasks.jobs.job(queue='mail')\ndef send(to: str) -> None: ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("shop_tasks").jobs = jobs  # type: ignore[attr-defined]
    assert jobs.discover("shop_tasks") == ("shop_tasks.deep.mail:send",)
    handler = jobs.registry.get("shop_tasks.deep.mail:send")
    assert (handler.queue, jobs.discover("shop_tasks")) == ("mail", ())
    for name in [name for name in sys.modules if name.startswith("shop_tasks")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_module_that_fails_to_import_is_not_passed_over(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_tasks").mkdir()
    (tmp_path / "broken_tasks" / "__init__.py").write_text("")
    (tmp_path / "broken_tasks" / "bad.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        jobs.discover("broken_tasks")


def test_every_option_reaches_the_handler(jobs: Jobs) -> None:
    def pause(failures: int) -> timedelta:
        return timedelta(seconds=failures)

    def again(_ctx: Context, _error: Exception) -> bool:
        return True

    handler = jobs.register(
        add,
        name="add",
        aliases=["plus"],
        queue="q",
        priority="urgent",
        retries=7,
        backoff=pause,
        timeout=timedelta(seconds=3),
        grace=timedelta(seconds=1),
        run_in="process",
        tags=["t"],
        on_interrupt="fail",
        retry_on=[OSError],
        no_retry_on=[ValueError],
        should_retry=again,
        retry_on_timeout=False,
        timeout_state="cancelled",
        store_result=False,
        strict=True,
        redact=["two"],
    ).handler
    assert (handler.aliases, handler.queue, handler.priority, handler.retries) == (("plus",), "q", 20, 7)
    assert (handler.backoff_call, handler.timeout, handler.grace) == (pause, timedelta(seconds=3), timedelta(seconds=1))
    assert (handler.run_in, handler.tags, handler.on_interrupt) == (RunIn.PROCESS, ("t",), OnInterrupt.FAIL)
    assert (handler.retry_on, handler.no_retry_on, handler.should_retry) == ((OSError,), (ValueError,), again)
    assert (handler.retry_on_timeout, handler.timeout_cancels) == (False, True)
    assert (handler.store_result, handler.strict_result, handler.redact) == (False, True, ("two",))
    assert jobs.registry.get("plus") is handler


def test_without_options_it_runs_where_its_kind_belongs(jobs: Jobs) -> None:
    thread, loop = jobs.register(add).handler, jobs.register(slow).handler
    assert (thread.run_in, loop.run_in, thread.backoff) == (RunIn.THREAD, RunIn.LOOP, Exponential())
    assert (thread.retries, thread.timeout) == (2, timedelta(minutes=10))


def test_two_functions_cannot_have_one_name(jobs: Jobs) -> None:
    jobs.register(add, name="same")
    jobs.register(add, name="same", retries=1)
    with pytest.raises(HandlerExists, match="same"):
        jobs.register(slow, name="same")


def test_a_handler_can_be_registered_while_a_worker_listens(jobs: Jobs) -> None:
    heard: list[str] = []
    jobs.registry.on_add(lambda handler: heard.append(handler.name))
    jobs.register(lambda one: one, name="late")
    assert heard == ["late"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (lambda: None, "a lambda; move it to its module's top, or give name="),
        (functools.partial(add, 1), "write a function that calls it"),
        (print, "no Python function"),
        (object(), "neither a function nor a class"),
        (Service, r"needs a method run\(self"),
    ],
)
def test_what_cannot_be_found_again_is_no_job(jobs: Jobs, target: Any, words: str) -> None:
    with pytest.raises(HandlerRefused, match=words):
        jobs.register(target)
    assert len(jobs.registry) == 0


def test_a_nested_function_needs_a_name(jobs: Jobs) -> None:
    def nested() -> None: ...

    with pytest.raises(HandlerRefused, match="inside a function"):
        jobs.register(nested)
    assert jobs.register(nested, name="nested").name == "nested"


def test_a_job_is_not_made_a_job_twice(jobs: Jobs) -> None:
    with pytest.raises(HandlerRefused, match="is a job already"):
        jobs.job(jobs.job(add))


def test_a_handler_that_says_it_takes_the_context_must_take_something(jobs: Jobs) -> None:
    def nothing() -> None: ...

    with pytest.raises(HandlerRefused, match="no first parameter for the Context"):
        jobs.register(nothing, name="nothing", takes_context=True)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        (add, {"run_in": "loop"}, "is def, so run_in must be 'thread' or 'process'"),
        (slow, {"run_in": "thread"}, "is async def, so run_in must be 'loop' or 'process'"),
        (add, {"run_in": "moon"}, "'loop', 'thread', 'process'"),
        (add, {"redact": ["tow"]}, "did you mean 'two'"),
        (add, {"retry_on": [ValueError()]}, "exception classes"),
        (add, {"retry_on": ValueError}, "list"),
        (add, {"should_retry": 1}, "function"),
        (add, {"backoff": 5}, "Fixed, Linear, Exponential"),
        (add, {"timeout_state": "maybe"}, "'failed', 'cancelled'"),
        (add, {"timeout": 5}, "timedelta"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused(
    jobs: Jobs, target: Callable[..., Any], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionInvalid, match=words):
        jobs.register(target, **options)


def test_an_unknown_option_names_the_nearest(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="did you mean 'retries'"):
        jobs.job(retris=5)(add)  # type: ignore[call-overload]


def test_using_keeps_the_kind_of_job(jobs: Jobs) -> None:
    job = jobs.register(add)
    assert (type(job.using(queue="x")), job.using(queue="x")(1)) == (type(job), 3)
    assert isinstance(job, Job)
