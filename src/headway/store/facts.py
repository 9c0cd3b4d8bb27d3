"""What can be told of a store from outside, without opening it for work."""

from __future__ import annotations

from dataclasses import dataclass

from headway.store.retention import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Something foreign in a server that keeps it from clearing away what is of no use any more."""

    what: str
    """`transaction`, `prepared transaction` or `replication slot`."""
    which: str
    """The pid of the session, or the name."""
    who: str
    """The application and the user, as far as they are known."""
    age_us: int | None
    """Since when; None for a slot."""
    cure: str
    """The statement that ends it."""
    log_bytes: int = 0
    """How much of the server's log is kept for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A store as one look found it."""

    schema: int
    """The version of its tables."""
    schema_newest: int
    """The version that this headway would bring it to."""
    schema_oldest: int
    """The oldest version whose code works with its tables."""
    library: str
    """The database library and its version, as a person would say it."""
    library_safe: bool
    """Whether that library cannot lose rows when a program that does not keep the writer lock writes the file too."""
    log_bytes: int
    """What waits in the database's log to be copied back; 0 also when there is no log now."""
    free_bytes: int | None
    """Room for this user on the store's disk; None where that is a server's business."""
    held_us: int | None
    """Since when nothing may be claimed; None when jobs may be claimed, or when a newer headway wrote the store."""
    retention: Retention | None
    """How long the worker that purged last keeps what; None when none has looked yet."""
    retention_us: int | None
    """When it looked."""
    held_why: str | None
    """Why, as a half sentence; None with the moment."""
    months: tuple[str, ...]
    """The file names of the months' archives, oldest first."""
    sealed: tuple[str, ...]
    """Those that are sealed, as far as the main file knows."""
    broken_seals: tuple[str, ...]
    """Of these, those whose file is gone, cannot be read, or says something else: seen without reading their content."""
    unfit: str | None
    """Why a store should not lie on this file system, and what to do; None when it may."""
    closed: str | None = None
    """Why it takes no change, as words that follow its place: a copy fills it, or it has been copied; None when it takes changes."""
    hindrances: tuple[Hindrance, ...] = ()
    """Of a server: the oldest transactions of others that see old rows, and replication slots that nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that sits on the writer lock."""

    pid: int | None
    """None when it cannot be told."""
