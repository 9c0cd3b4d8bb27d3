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
