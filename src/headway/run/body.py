"""Calling a handler: hooks and command instances around it, its user loaded before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from types import MethodType
from typing import Any

from headway.model.handler import Handler
from headway.model.signature import METHODS
from headway.run.attempt import Attempt
from headway.run.user import aload, load


def call(attempt: Attempt, arguments: dict[str, Any]) -> Any:
    """Run a plain function to its end, inside its hooks; raises what it raises."""
    if attempt.claim.user_id is not None:
        load(attempt)
    handler = attempt.handler
    if not handler.is_command and not attempt.site.around:
        return handler.target(attempt.context, **arguments) if handler.takes_context else handler.target(**arguments)
    with ExitStack() as stack:
        for hook in attempt.site.around:
            stack.enter_context(_plain(hook, attempt))
        target = handler.target
        if handler.is_command:
            cls = _made(handler)
            target = _bound(handler, None if cls is None else attempt.site.container.open(cls, stack))
        return target(attempt.context, **arguments) if handler.takes_context else target(**arguments)
    return None  # type: ignore[unreachable] # a hook may swallow the exception, as any context manager


async def acall(attempt: Attempt, arguments: dict[str, Any]) -> Any:
    """The same for a coroutine function."""
    if attempt.claim.user_id is not None:
        await aload(attempt)
    handler = attempt.handler
    async with AsyncExitStack() as stack:
        for hook in attempt.site.around:
            opened = hook(attempt.context)
            if isinstance(opened, AbstractAsyncContextManager):
                await stack.enter_async_context(opened)
            else:
                stack.enter_context(opened)
        target = handler.target
        if handler.is_command:
            cls = _made(handler)
            target = _bound(handler, None if cls is None else await attempt.site.container.aopen(cls, stack))
        value = target(attempt.context, **arguments) if handler.takes_context else target(**arguments)
        return await value if handler.is_async else value
    return None  # type: ignore[unreachable] # see call


def _made(handler: Handler) -> type | None:
    """The class that the attempt needs an instance of."""
    owner = handler.owner
    if owner is None:
        return handler.target  # type: ignore[return-value] # is_command without an owner: a class
    return None if owner.takes_class else owner.found(handler.name)


def _bound(handler: Handler, instance: object) -> Callable[..., Any]:
    """The method, bound to its instance, or to the class that it belongs to."""
    owner = handler.owner
    if owner is None:
        return method_of(instance)
    return MethodType(handler.target, owner.found(handler.name) if owner.takes_class else instance)


def method_of(instance: object) -> Callable[..., Any]:
    """The method of a command that does the work."""
    for name in METHODS:
        method = getattr(instance, name, None)
        if callable(method):
            return method  # type: ignore[no-any-return] # callable was checked
    raise TypeError(f"{type(instance).__qualname__} has neither of the methods {', '.join(METHODS)}")


def _plain(hook: Callable[..., Any], attempt: Attempt) -> AbstractContextManager[Any]:
    opened = hook(attempt.context)
    if isinstance(opened, AbstractAsyncContextManager) and not isinstance(opened, AbstractContextManager):
        # Leaving it out silently would run the job without what the hook protects.
        name = getattr(hook, "__qualname__", repr(hook))
        raise TypeError(
            f"the hook {name} is asynchronous and cannot be opened around {attempt.claim.name}, which is not"
        )
    return opened  # type: ignore[no-any-return] # whatever else it is fails when entered
