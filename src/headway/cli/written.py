"""What a command changed, written down in the transaction that changed it: `headway acts list` shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from headway.store.acting import Act, as_note

if TYPE_CHECKING:
    from headway.store.protocol import JobFilter, Operation, Store

T = TypeVar("T")

VIA: Final = "command"


def act(
    kind: str, subject: str, subject_id: object = None, *, app: str | None = None, by: str | None = None, **note: Any
) -> Act:
    """An act of somebody at a command line; what else is known of it goes into its note."""
    return Act(
        kind=kind,
        subject=subject,
        subject_id=None if subject_id is None else str(subject_id),
        app=app,
        by=by or user(),
        via=VIA,
        note=as_note(note) if note else None,
    )


def noting(
    store: Store, operation: Operation[T], tell: Callable[[T], Act], *, did: Callable[[T], bool] = bool
) -> Operation[T]:
    """The operation, with an act if it did anything."""
    return store.recorded(operation, lambda answer: tell(answer) if did(answer) else None)


def do(store: Store, operation: Operation[T], tell: Callable[[T], Act] | Act, *, did: Callable[[T], bool] = bool) -> T:
    """Run it, and write it down if it did anything."""
    return store.call(noting(store, operation, (lambda _: tell) if isinstance(tell, Act) else tell, did=did))


def always(_answer: object) -> bool:
    """Of an operation that raises where it does nothing, or whose asking alone is worth noting."""
    return True


def filter_parts(where: JobFilter) -> dict[str, Any]:
    """What a filter says, without what it leaves open."""
    parts: dict[str, Any] = msgspec.to_builtins(where)
    return {name: value for name, value in parts.items() if value not in (None, [], ())}


def user() -> str:
    """Who sits here."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, as in some containers
        return "command line"
