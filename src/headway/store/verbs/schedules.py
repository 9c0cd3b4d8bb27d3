"""The verbs of schedules."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from headway.model.schedule import Definition, Managed
from headway.store.operation import Operation
from headway.store.scheduling import Declared, Fired, Removed, ScheduleRow
from headway.store.values import Enqueued
from headway.store.verbs import manage
from headway.store.verbs.declare import declare, prepare
from headway.store.verbs.fire import fire
from headway.store.verbs.schedule_reader import read_rows
from headway.store.verbs.standing import want
from headway.store.verbs.transaction import Transaction
from headway.store.verbs.trigger import trigger


class ScheduleDesk:
    """The verbs of `store/scheduling.py`."""

    def declare(
        self, app: str, definitions: Sequence[Definition], *, node_id: int, again: Collection[str] = ()
    ) -> Operation[Declared]:
        """A node's code declares these, all of them."""
        wanted = prepare(app, definitions)
        return Operation("declare", lambda tx: declare(tx, app, wanted, node_id, again), alone=True)

    def put_schedule(self, definition: Definition, *, by: str | None = None) -> Operation[ScheduleRow]:
        """Create or change one that is managed in the store."""
        wanted = want(replace(definition, managed=Managed.DB))

        def run(tx: Transaction) -> ScheduleRow:
            return read_rows(tx, [manage.put(tx, wanted, by)])[0]

        return Operation("put_schedule", run)

    def fire(self, app: str, *, limit: int = 100) -> Operation[Fired]:
        """Judge what is due, and insert the jobs of what runs."""
        return Operation("fire", lambda tx: fire(tx, app, max(1, limit)))

    def trigger(self, app: str, name: str, *, by: str | None = None, force: bool = False) -> Operation[Enqueued]:
        """Run a schedule's job now."""
        return Operation("trigger", lambda tx: trigger(tx, app, name, by, force=force))

    def pause_schedule(self, app: str, name: str, *, by: str | None = None) -> Operation[bool]:
        """Let it not fire."""
        return Operation("pause_schedule", lambda tx: manage.pause(tx, app, name, by))

    def resume_schedule(self, app: str, name: str) -> Operation[bool]:
        """Let it fire again, from the first instant after now on."""
        return Operation("resume_schedule", lambda tx: manage.resume(tx, app, name))

    def reread_schedules(self, app: str, names: Sequence[str]) -> Operation[tuple[str, ...]]:
        """Let those go on that another process could not read, and this one can."""
        return Operation("reread_schedules", lambda tx: manage.reread(tx, app, names))

    def remove_schedule(
        self, app: str, name: str, *, by: str | None = None, for_good: bool = False
    ) -> Operation[Removed]:
        """Remove it with its ticks; its jobs stay."""
        return Operation("remove_schedule", lambda tx: manage.remove(tx, app, name, by, for_good=for_good))

    def pause_scheduler(self, app: str, *, by: str | None = None) -> Operation[bool]:
        """Let no schedule of the app fire."""
        return Operation("pause_scheduler", lambda tx: manage.pause_all(tx, app, by))

    def resume_scheduler(self, app: str) -> Operation[bool]:
        """Let them fire again."""
        return Operation("resume_scheduler", lambda tx: manage.resume_all(tx, app))
