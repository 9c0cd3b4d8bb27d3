"""Instances of command classes, one per attempt, with what their constructors ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any, Final, get_type_hints

DEPTH_MAX: Final = 20
"""Providers that need providers that need ..."""


class Unprovided(TypeError):
    """The constructor of <class> needs <parameter>: <type>, and no provider is registered for that type."""


class Container:
    """Builds by calling `build(cls)` if that was given, else by the constructor with arguments from providers by type.

    A provider is a function that returns the object, or a generator that yields it and cleans up after the attempt,
    whatever its end. Asynchronous generators serve `async def` handlers only.
    """

    def __init__(self, build: Callable[[type], object] | None = None) -> None:
        self._build = build
        self._providers: dict[type, Callable[..., Any]] = {}

    def provide(self, kind: type, provider: Callable[..., Any]) -> None:
        """Give objects of this type; the provider's own parameters are resolved in the same way."""
        self._providers[kind] = provider

    def open(self, cls: type, stack: ExitStack) -> object:
        """A new instance; what its providers opened is closed with the stack."""
        if self._build is not None:
            return self._build(cls)
        return self._call(cls, stack, 0)

    async def aopen(self, cls: type, stack: AsyncExitStack) -> object:
        """The same where something may be awaited."""
        if self._build is not None:
            return self._build(cls)
        return await self._acall(cls, stack, 0)

    def _call(self, factory: Callable[..., Any], stack: ExitStack, depth: int) -> Any:
        given = {name: self._call(one, stack, depth + 1) for name, one in self._needs(factory, depth).items()}
        if inspect.isasyncgenfunction(factory) or inspect.iscoroutinefunction(factory):
            raise Unprovided(f"{_name(factory)} is asynchronous and cannot provide for a handler that is not async")
        if inspect.isgeneratorfunction(factory):
            opened: Callable[..., Any] = contextmanager(factory)
            return stack.enter_context(opened(**given))
        return factory(**given)

    async def _acall(self, factory: Callable[..., Any], stack: AsyncExitStack, depth: int) -> Any:
        given = {name: await self._acall(one, stack, depth + 1) for name, one in self._needs(factory, depth).items()}
        if inspect.isasyncgenfunction(factory):
            aopened: Callable[..., Any] = asynccontextmanager(factory)
            return await stack.enter_async_context(aopened(**given))
        if inspect.iscoroutinefunction(factory):
            return await factory(**given)
        if inspect.isgeneratorfunction(factory):
            opened: Callable[..., Any] = contextmanager(factory)
            return stack.enter_context(opened(**given))
        return factory(**given)

    def _needs(self, factory: Callable[..., Any], depth: int) -> dict[str, Callable[..., Any]]:
        """The provider of each parameter that has one; a parameter with a default may go without."""
        if depth > DEPTH_MAX:
            raise Unprovided(f"the providers of {_name(factory)} need each other")
        constructor = factory.__init__ if isinstance(factory, type) else factory  # type: ignore[misc] # looked at, not called
        if constructor is object.__init__:
            return {}
        hints = get_type_hints(constructor)
        needs: dict[str, Callable[..., Any]] = {}
        for name, parameter in inspect.signature(factory).parameters.items():
            provider = self._providers.get(hints.get(name, Any))
            if provider is not None:
                needs[name] = provider
            elif parameter.default is parameter.empty and parameter.kind not in STARS:
                wanted = getattr(hints.get(name), "__name__", "something without a type")
                raise Unprovided(f"the constructor of {_name(factory)} needs {name}: {wanted}; no provider gives that")
        return needs


STARS: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _name(factory: Callable[..., Any]) -> str:
    return getattr(factory, "__qualname__", repr(factory))
