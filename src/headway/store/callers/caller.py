"""What any connection of a caller's can do, and how a conversation is led on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from headway.model.errors import ConnectionRefused
from headway.store.guest import Conversation, Guest, Rows

T = TypeVar("T")

NO_TRANSACTION = "25P01"
ABORTED = "25P02"
NO_TABLE = frozenset({"42P01", "3F000"})
"""SQLSTATEs that say what is wrong with a connection."""


class Caller(Protocol):
    """A blocking connection."""

    def open(self) -> str:
        """Look whether a transaction is open, or opens by itself; answers the kind of database. ConnectionRefused if not."""
        ...

    def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """Run a statement in the caller's transaction."""
        ...

    def begin(self) -> str:
        """Begin a transaction, unless one begins by itself; answers the kind of database."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open on it."""
        ...

    def commit(self) -> None:
        """End the transaction."""
        ...

    def roll_back(self) -> None:
        """Undo it."""
        ...


class AsyncCaller(Protocol):
    """A connection that is awaited."""

    async def open(self) -> str:
        """As a blocking one."""
        ...

    async def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """As a blocking one."""
        ...

    async def begin(self) -> str:
        """As a blocking one."""
        ...

    @property
    def is_open(self) -> bool:
        """As a blocking one."""
        ...

    async def commit(self) -> None:
        """As a blocking one."""
        ...

    async def roll_back(self) -> None:
        """As a blocking one."""
        ...


def lead(caller: Caller, conversation: Conversation[T]) -> T:
    """Have a conversation on a blocking connection; errors of the driver leave as they are, but for those that tell of it."""
    try:
        said = next(conversation)
        while True:
            try:
                rows = caller.run(*said)
            except Exception as error:  # noqa: BLE001 - the conversation decides
                said = conversation.throw(error)
            else:
                said = conversation.send(rows)
    except StopIteration as end:
        value: T = end.value
        return value
    except Exception as error:
        raise told(error) from error


async def alead(caller: AsyncCaller, conversation: Conversation[T]) -> T:
    """The same, awaited."""
    try:
        said = next(conversation)
        while True:
            try:
                rows = await caller.run(*said)
            except Exception as error:  # noqa: BLE001 - the conversation decides
                said = conversation.throw(error)
            else:
                said = conversation.send(rows)
    except StopIteration as end:
        value: T = end.value
        return value
    except Exception as error:
        raise told(error) from error


def check_kind(found: str, guest: Guest, place: str) -> None:
    """Refuse a connection to another kind of database."""
    if found != guest.dialect:
        raise ConnectionRefused(f"the connection leads to {found}, and the jobs are in {place}")


def told(error: Exception) -> Exception:
    """What an error says of the connection, if it does."""
    match _state(error):
        case "25P01":
            return no_transaction()
        case "25P02":
            return aborted()
        case "42P01" | "3F000":
            return ConnectionRefused(
                f"there are no tables of the jobs where the connection leads to ({_first_line(error)}): it must be the store's own database"
            )
        case "42501":
            return ConnectionRefused(
                f"the connection's user may not write there ({_first_line(error)}): grant it the use of the store's schema, with INSERT and "
                "SELECT on headway_outbox and headway_done, and SELECT on headway_job"
            )
        case _:
            return error


def no_transaction() -> ConnectionRefused:
    """Of a connection that commits each statement by itself."""
    return ConnectionRefused(
        "no transaction is open on the connection, it commits each statement by itself: begin one, or use jobs.enqueue(...), "
        "which stores the job at once"
    )


def aborted() -> ConnectionRefused:
    """Of a transaction in which a statement failed."""
    return ConnectionRefused("a statement failed in the connection's transaction, which can only be rolled back")


def _state(error: BaseException | None) -> str | None:
    """The SQLSTATE, however deep the driver's own error lies."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if isinstance(state, str):
            return state
        inner = getattr(error, "orig", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
