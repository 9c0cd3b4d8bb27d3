"""A job's own transaction: its data and the mark that it is done are committed together, so the effect happens once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from headway.model.claim import Claim
from headway.model.errors import ConnectionRefused, HeadwayError, JobDone, JobInterrupted, OptionInvalid
from headway.model.stored_result import ResultProblem, encode_result
from headway.store.callers.caller import AsyncCaller, Caller, alead, check_kind, lead
from headway.store.callers.known import awaited, blocking, unknown

if TYPE_CHECKING:
    from headway.client.joining import Joining
    from headway.store.guest import Guest, Rows

LEASE_LOST: Final = "lease_lost"


class JobTransaction:
    """One block. `connection` is the caller's own; None: one of ours, to the database that the jobs are in."""

    __slots__ = ("_async", "_claim", "_connection", "_done", "_guest", "_jobs", "_own", "_sync", "is_settled", "result")

    def __init__(self, jobs: Joining, claim: Claim, connection: Any, done: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._claim = claim
        self._connection = connection
        self._done = done
        self._own = connection is None
        self._guest: Guest | None = None
        """None where there is nothing to mark: the job is in no store, or in a test's."""
        self._sync: Caller | None = None
        self._async: AsyncCaller | None = None
        self.is_settled = False
        self.result: Any = ...

    # -- blocking ------------------------------------------------------------------------------------------------

    def __enter__(self) -> Any:
        self._prepare()
        guest = self._guest = self._jobs.guest() if self._is_marked else None
        if self._own:
            self._connection = (guest or self._jobs.guest()).connect()
        caller = self._sync = blocking(self._connection)
        if caller is None:
            if awaited(self._connection) is not None:
                raise ConnectionRefused(
                    "the connection is one that is awaited: write `async with ctx.transaction(connection):`"
                )
            raise unknown(self._connection)
        try:
            kind = caller.begin()
            if guest is not None:
                check_kind(kind, guest, self._jobs.place)
                _leave_if_done(lead(caller, guest.done(self._claim.id)))
        except BaseException:
            self._undo()
            raise
        self.is_settled = True
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        caller, guest = self._sync, self._guest
        assert caller is not None
        if error is not None:
            self._undo()
            return
        try:
            result = self._encoded()
            _check_open(caller.is_open)
            if guest is not None and not lead(caller, guest.mark(self._claim.id, self._claim.epoch, result)):
                caller.roll_back()
                caller.begin()
                _leave(lead(caller, guest.done(self._claim.id)))
            caller.commit()
        except BaseException:
            self._undo()
            raise
        self._committed(result)
        if self._own:
            self._connection.close()

    def _undo(self) -> None:
        """Whatever goes wrong with that is the database's to notice: what is not committed is not there."""
        self.is_settled = False
        assert self._sync is not None
        with contextlib.suppress(Exception):
            self._sync.roll_back()
        if self._own:
            with contextlib.suppress(Exception):
                self._connection.close()

    # -- awaited -------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Any:
        self._prepare()
        guest = self._guest = (await self._jobs.aguest()) if self._is_marked else None
        if self._own:
            self._connection = await (guest or await self._jobs.aguest()).aconnect()
        caller = self._async = _awaited(self._connection)
        try:
            kind = await caller.begin()
            if guest is not None:
                check_kind(kind, guest, self._jobs.place)
                _leave_if_done(await alead(caller, guest.done(self._claim.id)))
        except BaseException:
            await self._aundo()
            raise
        self.is_settled = True
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        caller, guest = self._async, self._guest
        assert caller is not None
        if error is not None:
            await self._aundo()
            return
        try:
            result = self._encoded()
            _check_open(caller.is_open)
            if guest is not None and not await alead(caller, guest.mark(self._claim.id, self._claim.epoch, result)):
                await caller.roll_back()
                await caller.begin()
                _leave(await alead(caller, guest.done(self._claim.id)))
            await caller.commit()
        except BaseException:
            await self._aundo()
            raise
        self._committed(result)
        if self._own:
            await self._aclose()

    async def _aundo(self) -> None:
        self.is_settled = False
        assert self._async is not None
        with contextlib.suppress(Exception):
            await self._async.roll_back()
        if self._own:
            with contextlib.suppress(Exception):
                await self._aclose()

    async def _aclose(self) -> None:
        closing = self._connection.close()
        if closing is not None:
            await closing

    # -- both ----------------------------------------------------------------------------------------------------

    @property
    def _is_marked(self) -> bool:
        """A run that is not stored has nothing to mark, and a test's throw-away store is in no transaction."""
        return self._claim.id != 0 and not self._jobs.is_on_stage

    def _prepare(self) -> None:
        if self.is_settled:
            raise HeadwayError("this transaction was begun already: ask for another one, ctx.transaction()")
        if self._own and self._jobs.is_on_stage:
            raise HeadwayError(
                "in a test the store is a throw-away one without the application's tables: give ctx.transaction a connection of the "
                "application's own, which is used without a mark"
            )

    def _encoded(self) -> str | None:
        """JSON of what was set; None if nothing was."""
        if self.result is ...:
            return None
        stored = encode_result(self.result, max_bytes=self._jobs.settings.result_max_bytes)
        if isinstance(stored, ResultProblem):
            raise OptionInvalid(
                f"the result of the transaction cannot be stored, so it was rolled back: {stored.reason}"
            )
        return stored.json

    def _committed(self, result: str | None) -> None:
        if result is not None:
            self._done(result)


def _check_open(is_open: bool) -> None:  # noqa: FBT001 - the one thing that is asked
    """Who commits inside of the block has no mark beside the data."""
    if not is_open:
        raise HeadwayError(
            "the transaction was ended inside of its block: leave that to ctx.transaction, which commits the data with the job's completion"
        )


def _leave_if_done(mark: str | None) -> None:
    """An earlier attempt has done it: the handler is left."""
    if mark is not None:
        raise JobDone(mark)


def _leave(mark: str | None) -> NoReturn:
    """There was no mark to be made: another attempt made it, or has the job now."""
    _leave_if_done(mark)
    raise JobInterrupted(LEASE_LOST)


def _awaited(connection: Any) -> AsyncCaller:
    found = awaited(connection)
    if found is not None:
        return found
    plain = blocking(connection)
    if plain is None:
        raise unknown(connection)
    return Blocking(plain)


class Blocking:
    """A blocking connection in a coroutine: its statements keep the loop waiting, as the handler's own on it do."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def open(self) -> str:
        """See Caller."""
        return self._caller.open()

    async def run(self, text: str, values: Mapping[str, Any]) -> Rows:
        """See Caller."""
        return self._caller.run(text, values)

    async def begin(self) -> str:
        """See Caller."""
        return self._caller.begin()

    @property
    def is_open(self) -> bool:
        """See Caller."""
        return self._caller.is_open

    async def commit(self) -> None:
        """See Caller."""
        self._caller.commit()

    async def roll_back(self) -> None:
        """See Caller."""
        self._caller.roll_back()
