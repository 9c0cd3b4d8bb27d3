"""What the commands that set the gates of a queue have in common: which app is meant, and what they say at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from headway.cli.exits import UsageInvalid
from headway.model.clock import SystemClock
from headway.model.nearest import nearest
from headway.store.protocol import QueueCount
from headway.view import records, tables

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.cli.target import Opened

APP_DEFAULT: Final = "default"

app_name = click.option(
    "--app-name",
    "app",
    metavar="NAME",
    help="The queue of the app that is stored under this name.  [default: the one of --app, else the only one]",
)


def app_of(opened: Opened, given: str | None) -> str:
    """The app whose queue is meant: a store may hold several, each with queues of its own."""
    if given is not None:
        return given
    if opened.app is not None:
        return opened.app
    reader = opened.reader
    known = {one.app for one in reader.call(reader.queues())} | {one.app for one in reader.call(reader.nodes())}
    if len(known) > 1:
        raise UsageInvalid(
            f"this store has several apps: {', '.join(sorted(known))}", advice="say which one is meant with --app-name"
        )
    return next(iter(known), APP_DEFAULT)


def say(opened: Opened, out: Output, app: str, queue: str, *, changed: bool, why: str = "") -> None:
    """How the queue stands now."""
    reader = opened.reader
    empty = QueueCount(queue=queue, app=app, queued=0, scheduled=0, waiting=0, running=0, oldest_due_us=None)
    known = reader.call(reader.queues(app=app))
    found = next((one for one in known if one.queue == queue), empty)
    if out.as_json:
        out.document({"queue": records.queue(found), "changed": changed})
        return
    out.table(tables.queues((found,), now_us=SystemClock().now_us()))
    if why:
        out.note(why)
    meant = nearest(queue, [one.queue for one in known if one.queue != queue])
    if meant and not (found.queued or found.scheduled or found.waiting or found.running):
        out.note(f"no unfinished job is in queue {queue}; did you mean {meant}?")
