"""Another job's result as an argument: where it can stand, and what is said where it cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from headway import ArgumentsInvalid, Jobs, OptionInvalid, Ref

WHAT_TO_DO = "give the function one parameter for each result, or name the jobs in depends_on= and read ctx.parents"


@dataclass
class Order:
    lines: list[int]


@pytest.fixture
def result(jobs: Jobs) -> Any:
    return jobs.register(lambda: 7, name="count").enqueue().value


@pytest.fixture
def job(jobs: Jobs) -> Any:
    def add(first: Any, second: Any = None, day: date | None = None, raw: bytes = b"") -> None:
        raise NotImplementedError(first, second, day, raw)

    return jobs.register(add, name="add")


@pytest.mark.parametrize(
    "wrap",
    [lambda it: [it], lambda it: (1, it), lambda it: {it}, lambda it: {"deep": {"down": [it]}}, lambda it: Order([it])],
)
def test_inside_another_value_the_error_says_what_to_do(job: Any, result: Any, wrap: Callable[[Any], Any]) -> None:
    given: list[Callable[[], Any]] = [
        lambda: job.call(wrap(result)),
        lambda: job.call(result, wrap(result)),
        lambda: job.call(1).with_arguments(second=wrap(result)),
    ]
    for give in given:
        with pytest.raises(ArgumentsInvalid) as caught:
            give()
        assert WHAT_TO_DO in str(caught.value)
        assert "argument" in str(caught.value)


def test_inside_a_callback_s_argument_too(job: Any, result: Any) -> None:
    with pytest.raises(ArgumentsInvalid, match="one parameter for each result"):
        job.call(1).then(job, [result])
    with pytest.raises(
        ArgumentsInvalid, match="a callback gets the result of the job that it belongs to, and no other"
    ):
        job.call(1).then(job, result)


def test_inside_the_free_facts_too(job: Any, result: Any) -> None:
    with pytest.raises(OptionInvalid, match="one parameter for each result"):
        job.using(args={"customer": result})


def test_by_a_handler_s_name_it_can_be_an_argument_too(jobs: Jobs, job: Any, result: Any) -> None:
    source: Ref[Any] = result.source
    known = jobs.enqueue_by_name("add", {"first": result, "day": "2026-11-22", "raw": "AAA="})
    assert known.detail().parents == (source.id,)
    assert known.detail().payload == '{"day":"2026-11-22","raw":"AAA="}'
    unknown = jobs.enqueue_by_name("elsewhere", {"first": result, "second": 2}, allow_unknown=True)
    assert unknown.detail().parents == (source.id,)
    for name in ("add", "elsewhere"):
        with pytest.raises(ArgumentsInvalid, match="one parameter for each result"):
            jobs.enqueue_by_name(name, {"first": [result]}, allow_unknown=True)


def test_what_is_run_at_once_waits_for_no_result(jobs: Jobs, job: Any, result: Any) -> None:
    with pytest.raises(ArgumentsInvalid, match="what is run at once waits for no job"):
        job.start(result)


def test_a_call_with_results_and_others_can_be_changed(job: Any, result: Any) -> None:
    call = job.call(result, day=date(2026, 11, 22), raw=b"\0\0")
    changed = call.with_arguments(second=2)
    assert changed.arguments == {"second": 2, "day": "2026-11-22", "raw": "AAA="}
    assert changed.links == call.links
    assert changed.with_arguments(first=1).links == {}
