"""What people do to a store: each act is written down in the transaction that it causes; jobs deleted, nodes drained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from headway.store.operation import Operation
from headway.store.values import Acted, DeleteAnswer, JobFilter

T = TypeVar("T")


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did, or wants to be written down."""

    kind: str
    """cancel, retry, replay, revise, delete, pause, resume, limit, run, remove, drain, backup, sign_in, ..."""
    subject: str
    """job, jobs, batch, queue, schedule, scheduler, node, user, token, session."""
    subject_id: str | None
    """A job's number as text, the name of a queue, schedule, batch or user; None for several at once."""
    app: str | None
    by: str | None
    via: str
    """api, pages or command."""
    note: str | None = None
    """JSON: what it was and became, how many, by which filter."""


class ActRow(msgspec.Struct, frozen=True, kw_only=True):
    """An act as it was written down."""

    id: int
    at_us: int
    act: Act


class DeedVerbs(Protocol):
    """What nobody but people does: delete jobs, drain nodes."""

    def delete(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[DeleteAnswer]:
        """Delete a job that ended or has not begun, for good, with its record in the archive; one that runs is refused.

        One that has not begun is cancelled first, with what that means for its batch, its dependants and its key; hooks are
        not told of it. Its batch goes on counting it as it ended, and so does its schedule. NEEDED where a job that has not
        ended could still ask how it ended: it depends on it, and is not just cancelled with it.
        """
        ...

    def delete_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None
    ) -> Operation[Acted[DeleteAnswer]]:
        """Delete those of these jobs that the filter still names: as `delete` does, otherwise like `cancel_many`."""
        ...

    def drain_node(self, uid: str, *, app: str | None = None) -> Operation[bool]:
        """Let a node start nothing more: what runs ends, and it stays until its process goes. False if it is no active worker.

        It is granted nothing from this commit on; what it was granted ahead and has not begun it gives back, uncharged, once
        it is told (with its next turn or beat). Runs that are not stored are started by whoever calls them, drained or not.
        """
        ...

    def undrain_node(self, uid: str, *, app: str | None = None) -> Operation[bool]:
        """Let a draining node work again; whether it was draining."""
        ...


class ActVerbs(DeedVerbs, Protocol):
    """Acts of people, and their being written down."""

    def recorded(self, operation: Operation[T], act: Callable[[T], Act | None]) -> Operation[T]:
        """The same operation, which writes an act down in its own transaction.

        `act` is asked with the operation's answer, inside the transaction (it must be pure and quick); None: nothing
        was done, so nothing is written down.
        """
        ...

    def note_act(self, act: Act) -> Operation[int]:
        """Write down an act that changes nothing in the store; its number."""
        ...


class ActReads(Protocol):
    """Looking at what people did."""

    def acts(
        self,
        *,
        app: str | None = None,
        subject: str | None = None,
        subject_id: str | None = None,
        by: str | None = None,
        limit: int = 50,
        before_id: int | None = None,
    ) -> Operation[tuple[ActRow, ...]]:
        """Acts, newest first, at most 1000; with an app also those that concern no app.

        `before_id` goes on. OptionInvalid for a `subject_id` without its `subject`.
        """
        ...


def as_note(value: Any) -> str:
    """A note of an act: JSON."""
    return msgspec.json.encode(value).decode()
