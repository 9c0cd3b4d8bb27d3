"""A transaction in which a job writes its own data together with its completion."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, TypeVar

C_co = TypeVar("C_co", covariant=True)


class Transaction(Protocol[C_co]):
    """`with ctx.transaction() as connection:`, or `async with`; made by `Context.transaction`."""

    result: Any
    """The job's result, if it is set before the end of the block: it is stored with the data, and wins over what the handler returns."""

    @property
    def is_settled(self) -> bool:
        """Whether it is under way, or was committed: the job has no use for another one."""
        ...

    def __enter__(self) -> C_co:
        """Begin, and look whether an earlier attempt was here already: then JobDone, which ends the job completed."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit the data with the mark that the job is done; roll back if the block raised."""
        ...

    async def __aenter__(self) -> C_co:
        """The same, awaited."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The same, awaited."""
        ...
