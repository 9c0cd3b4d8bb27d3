"""The half of `Jobs` that joins transactions: those of callers, and those of jobs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, overload

from headway.client.admitting import aadmit_all, admit_all
from headway.client.call import Call
from headway.client.running import Running

if TYPE_CHECKING:
    from headway.client.within import AsyncWithin, Within
    from headway.model.claim import Claim
    from headway.model.transacting import Transaction
    from headway.store.guest import Guest
    from headway.store.protocol import Store


class Commits(Protocol):
    """A blocking connection or session: of psycopg, sqlite3, SQLAlchemy or Django."""

    def commit(self) -> None:
        """End its transaction."""
        ...


class CommitsAwaited(Protocol):
    """A connection or session that is awaited: of psycopg or SQLAlchemy."""

    def commit(self) -> Coroutine[Any, Any, None]:
        """End its transaction."""
        ...


class BlocksAwaited(Protocol):
    """A connection of asyncpg, out of a pool or not."""

    def is_in_transaction(self) -> bool:
        """Whether a block of a transaction is open."""
        ...


class Joining(Running):
    """Stores calls in transactions of the application's own, and lets jobs write their data with their completion."""

    _guest: tuple[Store, Guest] | None = None

    @overload
    def within(self, connection: Commits | str, /) -> Within: ...
    @overload
    def within(self, connection: CommitsAwaited | BlocksAwaited, /) -> AsyncWithin: ...
    def within(self, connection: Any, /) -> Within | AsyncWithin:
        """Enqueue in the transaction that is open on this connection: `jobs.within(connection).enqueue(call)`.

        A connection (or session) of psycopg, SQLAlchemy, Django (or its alias) or sqlite3; of psycopg, asyncpg or SQLAlchemy one that
        is awaited, for `await jobs.within(connection).aenqueue(call)`. It must lead to the database that the jobs are in: for
        sqlite3 to the file. ConnectionRefused for anything else.
        """
        from headway.client.within import within

        return within(self, connection)

    def wake(self) -> int:
        """Make jobs of what was committed in transactions of callers, now; answers how many calls there were.

        Workers do it by themselves: at once where the commit rings them (PostgreSQL), within a second elsewhere.
        """
        return admit_all(self.store)

    async def awake(self) -> int:
        """The same, awaited."""
        return await aadmit_all(self.store)

    @property
    def is_on_stage(self) -> bool:
        """Whether a test has put a throw-away store in the place of the real one."""
        return self.witness is not None

    def guest(self) -> Guest:
        """What the store has to say on connections of callers; asked once for a store."""
        store, known = self.store, self._guest
        if known is None or known[0] is not store:
            known = self._guest = (store, store.reader.call(store.guest()))
        return known[1]

    async def aguest(self) -> Guest:
        """The same, awaited."""
        store, known = self.store, self._guest
        if known is None or known[0] is not store:
            known = self._guest = (store, await store.reader.acall(store.guest()))
        return known[1]

    def transaction(self, claim: Claim, connection: Any, done: Callable[[str], None], /) -> Transaction[Any]:
        """What `ctx.transaction` gives; for a Context, which knows its claim."""
        from headway.client.transaction import JobTransaction

        return JobTransaction(self, claim, connection, done)

    def call_of(self, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call[Any]:
        """The call that is meant by a call, or by a job or function with its arguments."""
        return self._call(given, args, kwargs)
