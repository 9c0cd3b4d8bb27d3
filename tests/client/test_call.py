"""Calls as values."""

from typing import Any

import pytest

from headway import ArgumentsInvalid, Call, Jobs


def send(to: str, subject: str, tags: set[str] | None = None, secret: str = "") -> int:
    return len(to + subject + secret) + len(tags or ())


@pytest.fixture
def job(jobs: Jobs) -> Any:
    return jobs.register(send, name="send", redact=["secret"])


def test_calls_are_equal_if_job_arguments_and_options_are(job: Any) -> None:
    assert job.call("ann", "Hello") == job.call(to="ann", subject="Hello")
    assert hash(job.call("ann", "Hello")) == hash(job.call(to="ann", subject="Hello"))
    assert job.call("ann", "Hello") != job.call("bob", "Hello")
    assert job.call("ann", "Hello") != job.using(queue="mail").call("ann", "Hello")
    assert job.using(queue="mail").call("ann", "Hello") == job.call("ann", "Hello").using(queue="mail")
    assert job.call("ann", "Hello") != "send"


def test_the_order_of_a_set_does_not_matter(job: Any) -> None:
    many = [f"tag-{number}" for number in range(50)]
    assert job.call("a", "b", set(many)) == job.call("a", "b", {*reversed(many)})


def test_calls_of_two_jobs_differ(jobs: Jobs, job: Any) -> None:
    assert jobs.register(send, name="other").call("a", "b") != job.call("a", "b")


def test_a_call_shows_its_arguments_and_does_not_let_them_change(job: Any) -> None:
    call = job.call("ann", "Hello")
    call.arguments["to"] = "bob"
    assert (call.name, call.arguments) == ("send", {"to": "ann", "subject": "Hello"})
    with pytest.raises(TypeError):
        call.options["queue"] = "mail"
    with pytest.raises(AttributeError):
        call.extra = 1


def test_what_was_given_may_change_afterwards(job: Any) -> None:
    tags = {"a"}
    call = job.call("ann", "Hello", tags)
    tags.add("b")
    assert call.arguments["tags"] == ["a"]


def test_arguments_can_be_replaced_and_are_checked_again(job: Any) -> None:
    call = job.call("ann", "Hello")
    assert call.with_arguments(to="bob", tags={"x"}).arguments == {"to": "bob", "subject": "Hello", "tags": ["x"]}
    with pytest.raises(ArgumentsInvalid):
        call.with_arguments(to=5)
    with pytest.raises(ArgumentsInvalid, match="unexpected"):
        call.with_arguments(cc="bob")


def test_a_call_of_an_unknown_handler_is_a_value_too(jobs: Jobs) -> None:
    call = jobs.call_by_name("far", {"b": 1, "a": [2]}, allow_unknown=True)
    assert call == jobs.call_by_name("far", {"a": [2], "b": 1}, allow_unknown=True)
    assert call.with_arguments(a=None).arguments == {"b": 1, "a": None}


def test_its_words_hide_what_is_to_be_hidden(job: Any) -> None:
    call = job.using(queue="mail").call("ann", "Hello", secret="abc")
    assert repr(call) == "<Call send to='ann', subject='Hello', secret='***', queue='mail'>"
    assert isinstance(call, Call)
