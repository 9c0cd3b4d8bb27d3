"""The handlers that a process knows, by name and alias. Handlers are found here and never imported from a stored path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, assert_never

from headway.model.errors import HandlerExists, HandlerUnknown, ScheduleExists
from headway.model.event import EventKind
from headway.model.nearest import nearest

if TYPE_CHECKING:
    from headway.model.handler import Handler
    from headway.model.schedule import Definition

_NONE: Final[frozenset[EventKind]] = frozenset()


class Registry:
    """Handlers by name. Filled at import time and, if wanted, at run time; reading needs no lock."""

    def __init__(self) -> None:
        """Start empty."""
        self._handlers: dict[str, Handler] = {}
        self._by_name: dict[str, Handler] = {}
        self._by_target: dict[Callable[..., Any], list[Handler]] = {}
        self._listeners: list[Callable[[Handler], None]] = []
        self._schedules: dict[str, Definition] = {}
        self._schedule_listeners: list[Callable[[Definition], None]] = []
        self.around: list[Callable[..., AbstractContextManager[Any] | Any]] = []
        """Context managers opened around every attempt, in order of registration (outermost first)."""
        self.load_user: Callable[[str], Any] | None = None
        """Finds the user for whom a job runs (may be asynchronous); called in each attempt of a job with a user_id."""
        self.on_success: list[Callable[..., Any]] = []
        """Told of jobs that completed."""
        self.on_failure: list[Callable[..., Any]] = []
        """Told of jobs that failed for good (a JobEvent); run by a host, an error in one is only logged."""
        self.on_retry: list[Callable[..., Any]] = []
        """Told of attempts that failed and will be retried."""
        self.on_cancel: list[Callable[..., Any]] = []
        """Told of jobs that ended cancelled."""
        self.on_startup: list[tuple[int, Callable[..., Any]]] = []
        """Run before a worker's first claim: (priority, hook), higher first; one that raises stops the start."""

    def add(self, handler: Handler) -> None:
        """Register; a name or alias that another handler holds raises HandlerExists."""
        for name in (handler.name, *handler.aliases):
            other = self._by_name.get(name)
            if other is not None and not _same(other, handler):
                msg = f"two handlers are named {name!r}: {other.target!r} and {handler.target!r}; give one of them name=..."
                raise HandlerExists(msg)
        before = self._handlers.get(handler.name)
        namesakes = [one for one in self._by_target.get(handler.target, ()) if one is not before]
        self._by_target[handler.target] = [*namesakes, handler]
        self._handlers[handler.name] = handler
        for name in (handler.name, *handler.aliases):
            self._by_name[name] = handler
        for listener in self._listeners:
            listener(handler)

    def get(self, name: str) -> Handler:
        """Find by name or alias; HandlerUnknown names the nearest one."""
        handler = self._by_name.get(name)
        if handler is None:
            near = nearest(name, self._by_name)
            hint = f"; did you mean {near!r}?" if near else ""
            msg = f"no handler is registered as {name!r}{hint}"
            raise HandlerUnknown(msg)
        return handler

    def find(self, name: str) -> Handler | None:
        """Find by name or alias, or None."""
        return self._by_name.get(name)

    def of_target(self, target: Callable[..., Any]) -> tuple[Handler, ...]:
        """The handlers whose code is this function or class, each under a name of its own."""
        return tuple(self._by_target.get(target, ()))

    def names(self) -> tuple[str, ...]:
        """Every name and alias, in order of registration."""
        return tuple(self._by_name)

    def listens(self) -> frozenset[EventKind]:
        """The kinds of events that have a hook at this moment."""
        if not (self.on_success or self.on_failure or self.on_retry or self.on_cancel):
            return _NONE  # asked for after every exchange with the store
        return frozenset(kind for kind in EventKind if self.hooks(kind))

    def hooks(self, kind: EventKind) -> list[Callable[..., Any]]:
        """The hooks that are told of events of this kind."""
        match kind:
            case EventKind.COMPLETED:
                return self.on_success
            case EventKind.FAILED:
                return self.on_failure
            case EventKind.RETRYING:
                return self.on_retry
            case EventKind.CANCELLED:
                return self.on_cancel
            case _:
                assert_never(kind)

    def on_add(self, listener: Callable[[Handler], None]) -> None:
        """Be told of handlers that are registered from now on (a running worker extends its claim by them)."""
        self._listeners.append(listener)

    def add_schedule(self, definition: Definition) -> None:
        """Register a schedule; ScheduleExists for a second one of that name that is not the same."""
        before = self._schedules.get(definition.name)
        if before is not None and before != definition:
            unlike = (one for one in before.__struct_fields__ if getattr(before, one) != getattr(definition, one))
            msg = (
                f"two schedules are named {definition.name!r}: {before.job.name} at {before.timetable}, and "
                f"{definition.job.name} at {definition.timetable}; give one of them a name of its own "
                f"(they differ in: {', '.join(unlike)})"
            )
            raise ScheduleExists(msg)
        self._schedules[definition.name] = definition
        for listener in self._schedule_listeners:
            listener(definition)

    @property
    def schedules(self) -> tuple[Definition, ...]:
        """The schedules that code has declared, in order."""
        return tuple(self._schedules.values())

    def on_schedule(self, listener: Callable[[Definition], None]) -> None:
        """Be told of schedules that are declared from now on (a running worker registers them)."""
        self._schedule_listeners.append(listener)

    def __iter__(self) -> Iterator[Handler]:
        """Each handler once."""
        return iter(tuple(self._handlers.values()))

    def __len__(self) -> int:
        """How many handlers there are."""
        return len(self._handlers)


def _same(one: Handler, other: Handler) -> bool:
    """Whether two handlers have the same code."""
    owners = [None if handler.owner is None else handler.owner.cls for handler in (one, other)]
    return one.target is other.target and owners[0] is owners[1]
