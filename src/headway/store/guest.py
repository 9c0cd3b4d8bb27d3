"""What a store says on a connection of the caller's: as conversations of statements and rows, whatever driver holds them.

A conversation yields a statement with its values and is given the rows; what the statement raises is raised in it. So each is
written once for blocking and for awaited connections.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias, TypeVar

T = TypeVar("T")

Rows: TypeAlias = "list[tuple[Any, ...]]"
Said: TypeAlias = "tuple[str, Mapping[str, Any]]"
"""A statement with parameters as `:name`, and their values."""
Conversation: TypeAlias = "Generator[Said, Rows, T]"

POSTGRES: Final = "postgresql"
SQLITE: Final = "sqlite"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Guest(Protocol):
    """A store as a guest in somebody else's transaction."""

    @property
    def dialect(self) -> str:
        """The kind of database that the connection must lead to: postgresql or sqlite."""
        ...

    def connect(self) -> Any:
        """A connection of our own to that database, in the driver that the store uses."""
        ...

    async def aconnect(self) -> Any:
        """One that is awaited, where the store's driver has such."""
        ...

    def put(self, app: str, body: str) -> Conversation[None]:
        """Leave a call in the outbox; ConnectionRefused, with nothing written, if this is not the store's database."""
        ...

    def done(self, job_id: int) -> Conversation[str | None]:
        """The mark of a job: the JSON of its result, null for none; None if there is no mark. ConnectionRefused as above."""
        ...

    def mark(self, job_id: int, epoch: int, result: str | None) -> Conversation[bool]:
        """Write down that the job is done; False, with nothing written, if another attempt has it or has done it."""
        ...
