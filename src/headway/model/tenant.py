"""For whom an application works: the tenant of a stretch of code, which the jobs enqueued there take over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from headway.model.naming import check_name

AMBIENT: Final[ContextVar[str | None]] = ContextVar("headway_tenant", default=None)
"""The tenant for whom this code works; the runner sets it for each attempt, in a context of its own."""


@contextmanager
def tenant(name: str | None) -> Iterator[None]:
    """Work for a tenant inside the `with` block: every job, batch and schedule that is made there belongs to it.

    It goes with the context: into coroutines and tasks begun in the block and `asyncio.to_thread`, not into threads that
    somebody else started. `using(tenant=...)` of a call is stronger. None: for nobody, also inside another block.
    The body of a job works for its job's tenant without this. Raises NameInvalid for what is no name (1 to 200 printable
    characters).
    """
    token = AMBIENT.set(check_tenant(name))
    try:
        yield
    finally:
        AMBIENT.reset(token)


def current_tenant() -> str | None:
    """The tenant for whom this code works: of the innermost `with tenant(...)`, or of the job that runs here; None for none."""
    return AMBIENT.get()


def check_tenant(name: str | None) -> str | None:
    """The name of a tenant, or None for none; NameInvalid."""
    return None if name is None else check_name("tenant", name)
