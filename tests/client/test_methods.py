"""Methods as jobs: what may be registered, under which name, what callers give, and what is refused."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headway import ArgumentsInvalid, Context, HandlerExists, HandlerRefused, Jobs
from headway.testing import inline

HERE = "tests.client.test_methods"
PROGRAM = """
import os
from headway import Jobs, Worker
jobs = Jobs("store", durability="relaxed")

class Service:
    @jobs.job(run_in="process")
    def where(self, word: str) -> list:
        return [type(self).__name__, word, os.getpid()]

if __name__ == "__main__":
    with Worker(jobs):
        ref = Service.where.enqueue("there")
        kind, word, pid = ref.result(15)
    print(ref.name, kind, word, pid != os.getpid())
    jobs.close()
"""


class Sink:
    """What the container gives."""

    def __init__(self) -> None:
        self.sent: list[object] = []


class Service:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def send(self, to: str, copies: int = 1) -> str:
        self.sink.sent.append(self)
        return f"{to} x {copies}"

    async def fetch(self, to: str) -> str:
        self.sink.sent.append(self)
        return to

    def told(self, ctx: Context, to: str) -> str:
        return f"{to} by {ctx.name}"

    async def atold(self, ctx: Context, to: str) -> str:
        return f"{to} by {ctx.name}"

    @staticmethod
    def fixed(to: str) -> str:
        return to

    @classmethod
    def made(cls, to: str) -> str:
        return f"{cls.__name__} {to}"

    def rest(self, *words: str) -> None: ...


class Special(Service):
    def extra(self) -> None: ...


@pytest.fixture
def sink(jobs: Jobs) -> Sink:
    sink = Sink()
    jobs.provide(Sink, lambda: sink)
    return sink


def test_a_method_is_named_for_its_class_and_takes_what_follows_self(jobs: Jobs) -> None:
    job = jobs.register(Service.send, of=Service)
    assert job.name == f"{HERE}:Service.send"
    assert job.handler.signature.names == ("to", "copies")
    assert job.call("ann", copies=2).arguments == {"to": "ann", "copies": 2}
    with pytest.raises(ArgumentsInvalid, match="missing 1 required argument: 'to'"):
        job.call()


def test_each_attempt_has_an_instance_of_its_own_from_the_container(jobs: Jobs, sink: Sink) -> None:
    job = jobs.register(Service.send, of=Service)
    with inline(jobs):
        assert [job.enqueue("ann").result(), job.enqueue("bob", 2).result()] == ["ann x 1", "bob x 2"]
    first, second = sink.sent
    assert first is not second
    assert [type(one) for one in sink.sent] == [Service, Service]


@pytest.mark.usefixtures("sink")
def test_every_kind_of_method_runs(jobs: Jobs) -> None:
    told = jobs.register(Service.told, of=Service, takes_context=True, name="told")
    with inline(jobs):
        assert jobs.register(Service.fetch, of=Service).enqueue("ann").result() == "ann"
        assert told.enqueue("ann").result() == "ann by told"
        assert jobs.register(Service.fixed).enqueue("ann").result() == "ann"
        assert jobs.register(Service.made).enqueue("ann").result() == "Service ann"


def test_a_bound_method_stores_nothing_of_its_instance(jobs: Jobs, sink: Sink) -> None:
    mine = Service(Sink())
    job = jobs.register(mine.send)
    with inline(jobs):
        ref = job.enqueue("ann")
    assert (job.name, ref.name) == (f"{HERE}:Service.send",) * 2
    assert mine.sink.sent == []
    assert sink.sent != [mine]


def test_without_its_class_a_method_is_found_by_its_name_in_its_module(jobs: Jobs, sink: Sink) -> None:
    job: Any = jobs.register(Service.send)
    with inline(jobs):
        assert job.enqueue("ann").result() == "ann x 1"
    assert len(sink.sent) == 1


@pytest.mark.usefixtures("sink")
def test_in_the_body_of_a_class_the_decorator_makes_a_job_that_still_is_a_method(jobs: Jobs) -> None:
    class Local:
        def __init__(self, sink: Sink) -> None:
            self.word = f"sent {len(sink.sent)}"

        @jobs.job(name="send", queue="mail")
        def send(self, to: str) -> str:
            return f"{self.word} to {to}"

        @jobs.job(name="fetch")
        async def fetch(self, to: str) -> str:
            return to

        @jobs.job(name="told", takes_context=True)
        def told(self, ctx: Context, to: str) -> str:
            return f"{ctx.name} {to}"

        @jobs.job(name="fixed")
        @staticmethod
        def fixed(to: str) -> str:
            return to

        @jobs.job(name="made")
        @classmethod
        def made(cls, to: str) -> str:
            return f"{cls.__name__} {to}"

    local = Local(Sink())
    local.word = "said"
    assert local.send("ann") == Local.send(local, "ann") == "said to ann"
    assert (local.made("a"), Local.made("b"), local.fixed("c"), Local.fixed("d")) == ("Local a", "Local b", "c", "d")
    with inline(jobs):
        assert Local.send.enqueue("ann").result() == "sent 0 to ann"
        assert local.send.using(queue="slow").enqueue("ann").result() == "sent 0 to ann"
        assert local.send.using(queue="slow")("ann") == "said to ann"
        assert Local.fetch.enqueue("ann").result() == "ann"
        assert Local.told.enqueue("ann").result() == "told ann"
        assert local.fixed.enqueue("ann").result() == "ann"
        assert Local.made.enqueue("ann").result() == "Local ann"
    assert {one.call("a").plan.fields["queue"] for one in (Local.send, local.send)} == {"mail"}


def twice(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return f"{function(*args, **kwargs)}, {function(*args, **kwargs)}"

    return wrapper


class Wrapped:
    @twice
    def send(self, to: str) -> str:
        return f"{type(self).__name__} {to}"


def test_a_method_under_another_decorator_is_one_all_the_same(jobs: Jobs) -> None:
    class Local:
        @jobs.job(name="local")
        @twice
        def send(self, to: str) -> str:
            return f"{type(self).__name__} {to}"

    job: Any = jobs.register(Wrapped.send)
    with inline(jobs):
        assert job.enqueue("ann").result() == "Wrapped ann, Wrapped ann"
        assert jobs.enqueue(Wrapped().send, "ann").name == job.name == f"{HERE}:Wrapped.send"
        assert Local.send.enqueue("bob").result() == "Local bob, Local bob"


@pytest.mark.usefixtures("sink")
def test_a_method_runs_by_its_name_outside_of_jobs(jobs: Jobs) -> None:
    jobs.register(Service.send, of=Service, name="send")
    assert jobs.run_command("send", {"to": "ann"}).value == "ann x 1"


async def test_calling_a_registered_method_calls_it_here_on_the_instance_that_is_given(jobs: Jobs) -> None:
    service = Service(Sink())
    assert jobs.register(Service.send, of=Service)(service, "ann") == "ann x 1"
    assert await jobs.register(Service.fetch, of=Service)(service, "ann") == "ann"
    told = jobs.register(Service.told, of=Service, takes_context=True)
    atold = jobs.register(Service.atold, of=Service, takes_context=True)

    @jobs.job(name="calls", takes_context=True)
    async def calls(ctx: Context) -> list[str]:
        return [told(service, ctx, "ann"), await atold(service, ctx, "bob")]

    with inline(jobs):
        assert await (await calls.aenqueue()).aresult() == ["ann by calls", "bob by calls"]
    assert service.sink.sent == [service, service]


@pytest.mark.usefixtures("sink")
def test_an_inherited_method_is_another_job_of_the_subclass(jobs: Jobs) -> None:
    jobs.register(Service.send, of=Service)
    special = jobs.register(Special.send, of=Special)
    assert special.name == f"{HERE}:Special.send"
    assert jobs.register(Special.made, of=Special).name == f"{HERE}:Special.made"
    with inline(jobs):
        assert jobs.enqueue(Special(Sink()).send, "ann").name == special.name
        assert jobs.enqueue(Service(Sink()).send, "ann").name == f"{HERE}:Service.send"
        assert jobs.enqueue_by_name(f"{HERE}:Special.made", {"to": "ann"}).result() == "Special ann"
        undecided: Any = Service.send
        assert jobs.enqueue(undecided, "ann").name == f"{HERE}:Service.send"


def test_a_decorated_method_can_be_registered_for_a_subclass_too(jobs: Jobs) -> None:
    class Base:
        @jobs.job(name="base")
        def who(self) -> str:
            return type(self).__name__

    class Sub(Base):
        also = Base.who

    sub = jobs.register(Sub.who, of=Sub, name="sub")  # type: ignore[call-overload] # a job, and no function
    with inline(jobs):
        assert [Base.who.enqueue().result(), sub.enqueue().result(), Sub.also.enqueue().result()] == [
            "Base",
            "Sub",
            "Base",
        ]


class TestEnqueueByFunction:
    @pytest.mark.usefixtures("sink")
    def test_each_form_names_the_same_job(self, jobs: Jobs) -> None:
        job = jobs.register(Service.send, of=Service)
        service, unbound = Service(Sink()), Service.send
        with inline(jobs):
            refs = [
                jobs.enqueue(job, "ann", copies=2),
                jobs.enqueue(service.send, "ann", copies=2),
                jobs.enqueue(unbound, "ann", copies=2),  # type: ignore[call-overload] # the checker sees self
                jobs.enqueue(job.call("ann", copies=2)),
                jobs.enqueue_by_name(job.name, {"to": "ann", "copies": 2}),
            ]
            assert [(ref.name, ref.result()) for ref in refs] == [(job.name, "ann x 2")] * 5

    async def test_the_awaited_twin_takes_them_too(self, jobs: Jobs, sink: Sink) -> None:
        jobs.register(Service.fetch, of=Service)
        with inline(jobs):
            assert await (await jobs.aenqueue(Service(Sink()).fetch, "ann")).aresult() == "ann"
        assert len(sink.sent) == 1

    def test_a_class_method_a_static_one_and_a_command(self, jobs: Jobs) -> None:
        class Command:
            def run(self, to: str) -> str:
                return to

        jobs.register(Service.made)
        jobs.register(Service.fixed)
        jobs.register(Command, name="command")
        with inline(jobs):
            made, fixed = jobs.enqueue(Service.made, "a"), jobs.enqueue(Service.fixed, "b")
            command: Any = Command
            refs = [made, fixed, jobs.enqueue(command, "c"), jobs.enqueue(Command().run, "d")]
            assert [ref.result() for ref in refs] == ["Service a", "b", "c", "d"]

    def test_a_function_under_two_names_is_enqueued_by_name(self, jobs: Jobs) -> None:
        jobs.register(Service.fixed, name="one")
        jobs.register(Service.fixed, name="two")
        with pytest.raises(HandlerRefused, match="registered as one, two: enqueue it by one of these names"):
            jobs.enqueue(Service.fixed, "a")

    def test_the_same_name_again_is_the_same_job(self, jobs: Jobs) -> None:
        jobs.register(Service.fixed, name="one")
        jobs.register(Service.fixed, name="one", queue="mail")
        assert jobs.enqueue(Service.fixed, "a").detail().row.queue == "mail"

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (lambda: 1, "it is a lambda"),
            (functools.partial(Service.fixed, "a"), "give its function, and the arguments beside it"),
            (Service.send, r"register it with of=<its class>"),
            (Service(Sink()).send, "decorate the method with @jobs.job in its class, or register it"),
            (Service.made, "decorate the method with @jobs.job in its class"),
            (Service.fixed, "decorate it with @jobs.job, or register it"),
            (Service, "decorate it with @jobs.job, or register it"),
            (print, "decorate it with @jobs.job, or register it"),
            ("Service.send", r"takes what job.call\(...\) returns"),
        ],
    )
    def test_what_is_no_job_is_refused_with_advice(self, jobs: Jobs, given: Any, words: str) -> None:
        with pytest.raises(HandlerRefused, match=words):
            jobs.enqueue(given)
        assert jobs.list().rows == ()

    def test_a_closure_is_refused_with_advice(self, jobs: Jobs) -> None:
        def inner() -> None: ...

        with pytest.raises(HandlerRefused, match="defined inside a function"):
            jobs.enqueue(inner)
        jobs.register(inner, name="inner")
        assert jobs.enqueue(inner).name == "inner"

    def test_a_call_has_its_arguments_already(self, jobs: Jobs) -> None:
        call: Any = jobs.register(Service.fixed).call("a")
        with pytest.raises(ArgumentsInvalid, match="has its arguments already"):
            jobs.enqueue(call, "b")

    def test_many_are_given_as_calls(self, jobs: Jobs) -> None:
        job: Any = jobs.register(Service.fixed)
        with pytest.raises(HandlerRefused, match=r"write fixed.call\(...\)"):
            jobs.enqueue_many([job])


class TestRefusals:
    def test_a_method_of_a_class_inside_a_function_needs_the_class_and_a_name(self, jobs: Jobs) -> None:
        class Local:
            def send(self) -> None: ...

        with pytest.raises(HandlerRefused, match="give name="):
            jobs.register(Local.send, of=Local)
        with pytest.raises(HandlerRefused, match="register it with of=<the class>"):
            jobs.register(Local.send, name="send")
        assert jobs.register(Local.send, of=Local, name="send").call().arguments == {}

    def test_a_method_of_another_class_is_none(self, jobs: Jobs) -> None:
        with pytest.raises(HandlerRefused, match=r"Special\.extra is no method of Service"):
            jobs.register(Special.extra, of=Service)  # type: ignore[misc, arg-type]
        with pytest.raises(HandlerRefused, match="is no method of"):
            jobs.register(Sink, of=Service)  # type: ignore[call-overload]

    def test_its_parameters_are_checked_as_a_functions(self, jobs: Jobs) -> None:
        with pytest.raises(HandlerRefused, match="has no fixed names"):
            jobs.register(Service.rest, of=Service)

    def test_a_method_that_was_decorated_by_hand_and_has_no_class_is_not_enqueued(self, jobs: Jobs) -> None:
        class Local:
            def send(self) -> None: ...

        job: Any = jobs.job(name="send")(Local.send)
        with pytest.raises(HandlerRefused, match="its class is not there"):
            job.enqueue()
        assert jobs.list().rows == ()

    def test_two_classes_do_not_share_a_name(self, jobs: Jobs) -> None:
        jobs.register(Service.send, of=Service, name="send")
        with pytest.raises(HandlerExists):
            jobs.register(Special.send, of=Special, name="send")


def test_a_method_runs_in_a_child_process(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "shop.py"], cwd=tmp_path, capture_output=True, text=True, timeout=18, check=False
    )
    assert (done.stderr, done.stdout.split()) == ("", ["shop:Service.where", "Service", "there", "True"])
