"""Cancelling, retrying and deleting all jobs that a filter names, counted by what happened."""

from __future__ import annotations

from typing import Unpack

from headway.client.asking import Asking, Filter
from headway.client.errand import (
    CANCELLABLE,
    DELETABLE,
    RETRYABLE,
    Many,
    Turns,
    arun,
    cancelling,
    deleting,
    each,
    retrying,
    run,
    with_states,
)
from headway.model.errors import OptionInvalid
from headway.model.job import State
from headway.store.protocol import CancelAnswer, JobFilter, RequeueAnswer
from headway.store.values import DeleteAnswer


class Acting(Asking):
    """Acts on all jobs of this app that a filter names."""

    def cancel_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        **where: Unpack[Filter],
    ) -> Many[CancelAnswer]:
        """Cancel every job that the filter names, as `Ref.cancel` does, and count what happened.

        All parts of the filter must hold; without `states` it means pending and running jobs. No filter at all is
        refused (OptionInvalid) unless `all=True`. Newest first, in short transactions: each job is looked at again
        when its turn comes, and left alone if the filter does not name it any more. Jobs that are enqueued meanwhile
        are not among them.
        """
        chosen = self._meant(where, CANCELLABLE, everything=all)
        return run(self._cancelling(chosen, by))

    async def acancel_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        **where: Unpack[Filter],
    ) -> Many[CancelAnswer]:
        """The same, awaited; other coroutines run between the transactions."""
        chosen = self._meant(where, CANCELLABLE, everything=all)
        return await arun(self._cancelling(chosen, by))

    def retry_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        revive: bool = False,
        **where: Unpack[Filter],
    ) -> Many[RequeueAnswer]:
        """Run every failed or cancelled job that the filter names again, as `Ref.retry` does, and count what happened.

        Without `states` the filter means failed and cancelled jobs; otherwise as `cancel_many`. A job whose arguments
        are gone, or whose unique key another job has by now, is counted and harms no other.
        """
        chosen = self._meant(where, RETRYABLE, everything=all)
        return run(self._retrying(chosen, by, revive=revive))

    async def aretry_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        revive: bool = False,
        **where: Unpack[Filter],
    ) -> Many[RequeueAnswer]:
        """The same, awaited; other coroutines run between the transactions."""
        chosen = self._meant(where, RETRYABLE, everything=all)
        return await arun(self._retrying(chosen, by, revive=revive))

    def delete_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        **where: Unpack[Filter],
    ) -> Many[DeleteAnswer]:
        """Delete every job that the filter names for good, as `Ref.delete` does, and count what happened.

        Without `states` the filter means jobs that have ended; otherwise as `cancel_many`. There is no way back.
        """
        chosen = self._meant(where, DELETABLE, everything=all)
        return run(self._deleting(chosen, by))

    async def adelete_many(
        self,
        *,
        all: bool = False,  # noqa: A002 - the word of the command line
        by: str | None = None,
        **where: Unpack[Filter],
    ) -> Many[DeleteAnswer]:
        """The same, awaited; other coroutines run between the transactions."""
        chosen = self._meant(where, DELETABLE, everything=all)
        return await arun(self._deleting(chosen, by))

    def _meant(self, where: Filter, states: tuple[State, ...], *, everything: bool) -> JobFilter:
        chosen = self._where(where)
        empty = chosen == JobFilter(app=self.app)
        if everything and not empty:
            raise OptionInvalid("all=True and a filter exclude each other; give one of them")
        if empty and not everything:
            raise OptionInvalid("nothing says which jobs; give a filter, or all=True for every job of this app")
        return with_states(chosen, states)

    def _cancelling(self, where: JobFilter, by: str | None) -> Turns[CancelAnswer]:
        return each(self.store, where, cancelling(self.store, by))

    def _retrying(self, where: JobFilter, by: str | None, *, revive: bool) -> Turns[RequeueAnswer]:
        return each(self.store, where, retrying(self.store, by, revive=revive))

    def _deleting(self, where: JobFilter, by: str | None) -> Turns[DeleteAnswer]:
        return each(self.store, where, deleting(self.store, by))
