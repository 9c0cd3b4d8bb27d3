"""The verbs of schedules."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.schedule import Definition
from headway.store.operation import Operation
from headway.store.scheduling import Declared, Fired, Removed, ScheduleRow
from headway.store.values import Enqueued


class ScheduleDesk:
    """The verbs of `store/scheduling.py`."""

    def declare(self, app: str, definitions: Sequence[Definition], *, node_id: int) -> Operation[Declared]:
        """A node's code declares these."""
        raise NotImplementedError

    def put_schedule(self, definition: Definition, *, by: str | None = None) -> Operation[ScheduleRow]:
        """Create or change one that is managed in the store."""
        raise NotImplementedError

    def fire(self, app: str, *, limit: int = 100) -> Operation[Fired]:
        """Judge what is due."""
        raise NotImplementedError

    def trigger(self, app: str, name: str, *, by: str | None = None, force: bool = False) -> Operation[Enqueued]:
        """Run it now."""
        raise NotImplementedError

    def pause_schedule(self, app: str, name: str, *, by: str | None = None) -> Operation[bool]:
        """Let it not fire."""
        raise NotImplementedError

    def resume_schedule(self, app: str, name: str) -> Operation[bool]:
        """Let it fire again."""
        raise NotImplementedError

    def remove_schedule(
        self, app: str, name: str, *, by: str | None = None, for_good: bool = False
    ) -> Operation[Removed]:
        """Remove it."""
        raise NotImplementedError

    def pause_scheduler(self, app: str, *, by: str | None = None) -> Operation[bool]:
        """Let none fire."""
        raise NotImplementedError

    def resume_scheduler(self, app: str) -> Operation[bool]:
        """Let them fire again."""
        raise NotImplementedError
