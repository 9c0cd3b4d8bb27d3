"""The values of replaying and revising a job."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from headway.store.values import Enqueued


class ReplayAnswer(StrEnum):
    """What a replay did."""

    REPLAYED = "replayed"
    REFUSED = "refused"
    """It has not ended; nothing was stored."""
    NOT_FOUND = "not_found"
    BODY_GONE = "body_gone"
    """Its arguments are gone: retention removed them, or its month's archive was taken away. Nothing was stored."""
    RESULT_GONE = "result_gone"
    """An argument was to be another job's result: it was never given it, and there is none now. Nothing was stored."""
    KEY_HELD = "key_held"
    """Its unique key belongs to another job; nothing was stored."""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a replay."""

    answer: ReplayAnswer
    enqueued: Enqueued | None = None
    """The new job."""
    holder: int | None = None
    """The job that has the unique key."""
    why: str = ""
    """What is gone, and where it went, for people."""


class ReviseAnswer(StrEnum):
    """What a revision did."""

    REVISED = "revised"
    STARTED = "started"
    """It runs or has ended; nothing changed."""
    NOT_FOUND = "not_found"
    CHANGED = "changed"
    """Its arguments are not those that the revision was made from; nothing changed."""
    KEY_HELD = "key_held"
    """Its unique key would be one that another job holds; nothing changed."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a job that waits; None leaves a part as it is."""

    priority: int | None = None
    queue: str | None = None
    due_us: int | None = None
    """Absolute moment."""
    delay_us: int | None = None
    """Relative to the transaction's own time; wins over `due_us`."""
    payload: str | None = None
    """The JSON object of all its arguments."""
    old_payload: str | None = None
    """The arguments that they were made from."""
    links: str | None = None
    """With them: the arguments that are still to become results of other jobs, by argument and id."""
    old_links: str | None = None
    """Those that were stored."""
    unique_key: str | None = None
    """The key that follows from the arguments, where it did before."""
    said: str = ""
    """How the arguments change, for the job's history; secrets are masked."""
