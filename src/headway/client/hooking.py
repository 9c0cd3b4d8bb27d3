"""What may be a hook: looked at when it is registered, and not at the first job that it would break."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from headway.model.errors import HandlerRefused

F = TypeVar("F", bound=Callable[..., object])


def hook(kind: str, given: F) -> F:
    """The hook itself; HandlerRefused for what cannot be called."""
    if not callable(given):
        raise HandlerRefused(f"{kind} takes a function, not {given!r}")
    return given


def around(given: F) -> F:
    """The same for one around attempts; what yields and is no context manager yet would fail every job."""
    hook("around", given)
    for is_kind, manager in (
        (inspect.isgeneratorfunction, "contextmanager"),
        (inspect.isasyncgenfunction, "asynccontextmanager"),
    ):
        if is_kind(given):
            name = getattr(given, "__qualname__", repr(given))
            raise HandlerRefused(f"the hook {name} is no context manager: put @contextlib.{manager} below @jobs.around")
    return given


def loader(given: F, before: Callable[..., object] | None) -> F:
    """The same for what loads users, of which there is one."""
    hook("load_user", given)
    if inspect.isgeneratorfunction(given) or inspect.isasyncgenfunction(given):
        raise HandlerRefused(f"load_user takes a function that answers a user, and {given.__qualname__} is a generator")
    if before is not None and before is not given:
        name = getattr(before, "__qualname__", repr(before))
        raise HandlerRefused(f"load_user is {name} already; there is one for each Jobs: find all kinds of users there")
    return given
