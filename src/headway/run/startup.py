"""Running the application's `on_startup` hooks: in every process that runs bodies as a host, before it is given any."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from headway.model.errors import StartupFailed
from headway.model.registry import Registry


def run_startup(registry: Registry, complete: Callable[[Awaitable[object]], object]) -> None:
    """Run them one after the other, higher priority first; an asynchronous one is handed to `complete`.

    Raises StartupFailed at the first that raises; the others are not run.
    """
    for _, hook in sorted(registry.on_startup, key=lambda one: -one[0]):
        try:
            answer = hook()
            if inspect.isawaitable(answer):
                complete(answer)
        except Exception as error:
            name = name_of(hook)
            msg = f"the on_startup hook {name} failed: {type(error).__name__}: {error}; the worker did not start"
            raise StartupFailed(msg) from error


def name_of(hook: Callable[..., object]) -> str:
    """What a hook is called in a message."""
    return getattr(hook, "__qualname__", None) or repr(hook)
