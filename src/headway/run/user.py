"""Loading the user for whom a job runs, in its attempt: today's, not the one of the moment at which it was enqueued."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable

from headway.model.errors import UserNotFound
from headway.run.attempt import Attempt


def load(attempt: Attempt) -> None:
    """Give the context its user, before the body and its hooks; what an asynchronous loader answers is awaited on the loop.

    Raises UserNotFound, and whatever the loader raises. Nothing where nobody loads users.
    """
    loader, asked = attempt.site.application.registry.load_user, attempt.claim.user_id
    if loader is None or asked is None:
        return
    try:
        user = loader(asked)
        if inspect.isawaitable(user):
            user = attempt.site.complete(user)
        attempt.context._user = _found(user, asked)  # noqa: SLF001 - the runner's part of it
    except BaseException as error:
        attempt.failed(error)
        raise


async def aload(attempt: Attempt) -> None:
    """The same on the loop; a plain loader runs on a thread, as it may block."""
    loader, asked = attempt.site.application.registry.load_user, attempt.claim.user_id
    if loader is None or asked is None:
        return
    try:
        user = loader(asked) if _is_coroutine_function(loader) else await asyncio.to_thread(loader, asked)
        if inspect.isawaitable(user):
            user = await user
        attempt.context._user = _found(user, asked)  # noqa: SLF001 - see load
    except BaseException as error:
        attempt.failed(error)
        raise


def _is_coroutine_function(loader: Callable[..., object]) -> bool:
    """Also an object with an asynchronous `__call__`."""
    return inspect.iscoroutinefunction(loader) or inspect.iscoroutinefunction(type(loader).__call__)


def _found(user: object, asked: str) -> object:
    if user is None:
        raise UserNotFound(f"there is no user {asked!r}: load_user found none")
    return user
