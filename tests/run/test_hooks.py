"""Hooks around attempts, command classes and what is provided to them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from headway.model.claim import Claim
from headway.model.context import Context
from headway.model.outcome import Ending, EndKind
from headway.run.container import Container
from headway.run.host import Host
from headway.run.runner import StopAttempt, StopReason
from tests.run.stage import QUICK, Claims, Company, Recorder, forever, register


class Stage:
    """A registry, and one host at a time."""

    def __init__(self) -> None:
        self.company = Company()
        self.registry = self.company.registry
        self.claim = Claims()
        self.seen: list[Any] = []

    def run(self, *claims: Claim, stop: bool = False, **options: Any) -> list[Ending]:
        told = Recorder()
        host = Host(self.company, settings=QUICK, **options)
        host.start(told)
        host.give(claims)
        if stop:
            told.have_started(*claims)
            host.stop([StopAttempt(one.id, one.epoch, StopReason.CANCEL) for one in claims])
        endings = [told.ending(one) for one in claims]
        host.close(1)
        return endings


@pytest.fixture
def stage() -> Stage:
    return Stage()


ENDS = [
    ("succeeds", EndKind.RETURNED),
    ("fails", EndKind.RAISED),
    ("is_cancelled", EndKind.CANCELLED),
    ("is_late", EndKind.TIMED_OUT),
]


def bodies(is_async: bool) -> dict[str, Callable[..., Any]]:
    def waits(ctx: Context) -> None:
        while True:
            ctx.check_cancelled()
            threading.Event().wait(0.005)

    async def awaits(ctx: Context) -> None:
        await forever()

    def succeeds(ctx: Context) -> None: ...

    async def asucceeds(ctx: Context) -> None: ...

    def fails(ctx: Context) -> None:
        raise ValueError

    async def afails(ctx: Context) -> None:
        raise ValueError

    if is_async:
        return {"succeeds": asucceeds, "fails": afails, "is_cancelled": awaits, "is_late": awaits}
    return {"succeeds": succeeds, "fails": fails, "is_cancelled": waits, "is_late": waits}


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(("name", "kind"), ENDS)
def test_a_hook_is_opened_and_closed_around_every_attempt_whatever_its_end(
    stage: Stage, name: str, kind: EndKind, is_async: bool
) -> None:
    @contextmanager
    def outer(ctx: Context) -> Iterator[None]:
        stage.seen.append(("open", ctx.user_id))
        try:
            yield
        finally:
            stage.seen.append("close")

    @contextmanager
    def inner(ctx: Context) -> Iterator[None]:
        stage.seen.append("inner")
        yield

    stage.registry.around += [outer, inner]
    options = {"timeout": timedelta(seconds=0.05)} if name == "is_late" else {}
    register(stage.registry, name, takes_context=True, **options)(bodies(is_async)[name])
    (ending,) = stage.run(stage.claim(name, user_id="ann"), stop=name == "is_cancelled")
    assert ending.kind is kind
    assert stage.seen == [("open", "ann"), "inner", "close"]


@pytest.mark.parametrize("is_async", [True, False])
def test_a_hook_that_cannot_be_opened_fails_the_attempt_before_its_body(stage: Stage, is_async: bool) -> None:
    @contextmanager
    def refuses(ctx: Context) -> Iterator[None]:
        raise PermissionError("nobody")
        yield

    stage.registry.around.append(refuses)
    register(stage.registry, "succeeds", takes_context=True)(bodies(is_async)["succeeds"])
    (ending,) = stage.run(stage.claim("succeeds"))
    assert ending.error is not None
    assert (ending.kind, ending.error.type) == (EndKind.RAISED, "PermissionError")


def test_an_asynchronous_hook_serves_coroutines_and_refuses_plain_functions(stage: Stage) -> None:
    @asynccontextmanager
    async def hook(ctx: Context) -> AsyncIterator[None]:
        stage.seen.append("open")
        yield
        stage.seen.append("close")

    stage.registry.around.append(hook)
    register(stage.registry, "coroutine", takes_context=True)(bodies(True)["succeeds"])
    register(stage.registry, "plain", takes_context=True)(bodies(False)["succeeds"])
    good, bad = stage.run(stage.claim("coroutine"), stage.claim("plain"))
    assert (good.kind, bad.kind, stage.seen) == (EndKind.RETURNED, EndKind.RAISED, ["open", "close"])
    assert bad.error is not None
    assert "is asynchronous and cannot be opened around plain" in bad.error.message


class Mailer:
    """Something a command needs."""


def test_a_command_class_gets_a_new_instance_and_its_dependencies_for_each_attempt(stage: Stage) -> None:
    @register(stage.registry)
    class Send:
        def __init__(self, mailer: Mailer) -> None:
            self.mailer = mailer

        def run(self, to: str) -> None:
            stage.seen.append((self, self.mailer, to))

    @register(stage.registry)
    class ASend:
        def __init__(self, mailer: Mailer, limit: int = 5) -> None:
            self.mailer = mailer

        async def execute(self, to: str) -> None:
            stage.seen.append((self, self.mailer, to))

    container = Container()
    closed: list[Mailer] = []

    def mailer() -> Iterator[Mailer]:
        one = Mailer()
        yield one
        closed.append(one)

    container.provide(Mailer, mailer)
    claims = [stage.claim(name, {"to": "ann"}) for name in ("Send", "Send", "ASend", "ASend")]
    stage.company.build = container
    endings = stage.run(*claims, concurrency=1)
    assert [one.kind for one in endings] == [EndKind.RETURNED] * 4
    assert len({id(one) for one, _, _ in stage.seen}) == 4
    assert closed == [mailer for _, mailer, _ in stage.seen]


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(("name", "kind"), ENDS)
def test_what_a_generator_provided_is_closed_whatever_the_end(
    stage: Stage, name: str, kind: EndKind, is_async: bool
) -> None:
    body = bodies(is_async)[name]

    class Plain:
        def __init__(self, mailer: Mailer) -> None: ...

        def run(self, ctx: Context) -> Any:
            return body(ctx)

    class Awaited:
        def __init__(self, mailer: Mailer) -> None: ...

        async def run(self, ctx: Context) -> Any:
            return await body(ctx)

    def plain() -> Iterator[Mailer]:
        try:
            yield Mailer()
        finally:
            stage.seen.append("closed")

    async def awaited() -> AsyncIterator[Mailer]:
        try:
            yield Mailer()
        finally:
            stage.seen.append("closed")

    container = Container()
    container.provide(Mailer, awaited if is_async else plain)
    options = {"timeout": timedelta(seconds=0.05)} if name == "is_late" else {}
    register(stage.registry, name, takes_context=True, **options)(Awaited if is_async else Plain)
    stage.company.build = container
    (ending,) = stage.run(stage.claim(name), stop=name == "is_cancelled")
    assert (ending.kind, stage.seen) == (kind, ["closed"])


def test_a_callable_builds_instances_when_it_is_given(stage: Stage) -> None:
    @register(stage.registry)
    class Send:
        def __init__(self, secret: str) -> None:
            self.secret = secret

        def run(self) -> str:
            return self.secret

    stage.company.build = Container(lambda cls: cls("s3"))
    (ending,) = stage.run(stage.claim("Send"))
    assert ending.result == '"s3"'


@pytest.mark.parametrize("is_async", [True, False])
def test_what_nobody_provides_is_a_failure_that_names_it(stage: Stage, is_async: bool) -> None:
    class Plain:
        def __init__(self, mailer: Mailer) -> None: ...

        def run(self) -> None: ...

    class Awaited:
        def __init__(self, mailer: Mailer) -> None: ...

        async def run(self) -> None: ...

    register(stage.registry, "Send")(Awaited if is_async else Plain)
    (ending,) = stage.run(stage.claim("Send"))
    assert ending.error is not None
    assert "needs mailer: Mailer; no provider gives that" in ending.error.message
