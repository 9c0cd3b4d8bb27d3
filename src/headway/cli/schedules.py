"""What the commands about schedules have in common: which schedule is meant, and reading all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import UsageInvalid
from headway.cli.gating import APP_DEFAULT
from headway.cli.target import Opened
from headway.model import timetable as tables
from headway.model.errors import ScheduleNotFound
from headway.model.nearest import nearest
from headway.model.timetable import Timetable
from headway.store.scheduling import ScheduleRow
from headway.view import lateness
from headway.view.alive import ACTIVE

PAGE: Final = 1_000
EVERY: Final = "every "
"""What an interval begins with, where a cron expression may stand too."""

app_name = click.option(
    "--app-name",
    "app",
    metavar="NAME",
    help="The schedules of the app that is stored under this name.  [default: the one of --app, else the only one]",
)
by = click.option("--by", metavar="WHO", help="Who does this, for everybody who looks.  [default: your user name]")


def every(opened: Opened, app: str | None) -> Iterator[ScheduleRow]:
    """The schedules of an app (None: of all), by app and name, page by page."""
    reader, after = opened.reader, None
    while True:
        page = reader.call(reader.schedules(app=app, after=after, limit=PAGE))
        yield from page
        if len(page) < PAGE:
            return
        after = (page[-1].app, page[-1].name)


def find(opened: Opened, name: str, given: str | None) -> ScheduleRow:
    """The schedule of that name: of the app that was given, else of the only app that has one."""
    app = given or opened.app
    reader = opened.reader
    if app is not None:
        row = reader.call(reader.schedule(app, name))
        if row is None:
            raise ScheduleNotFound(_why_none(opened, name, app))
        return row
    found = [row for row in every(opened, None) if row.name == name]
    if not found:
        raise ScheduleNotFound(_why_none(opened, name, None))
    if len(found) > 1:
        raise UsageInvalid(
            f"several apps have a schedule {name!r}: {', '.join(row.app for row in found)}",
            advice="say which one is meant with --app-name",
        )
    return found[0]


def why_idle(opened: Opened, apps: Iterable[str]) -> dict[str, str]:
    """Why nothing looks at the schedules of these apps, for those where it is so."""
    facts = opened.store.look()
    if facts is not None and facts.held_us is not None:
        return dict.fromkeys(apps, lateness.HELD)
    at_work = {node.app for node in opened.nodes() if node.state == ACTIVE}
    return {app: lateness.NO_WORKER for app in apps if app not in at_work}


def app_of(opened: Opened, given: str | None) -> str:
    """The app whose schedules are meant; a store may hold several."""
    if opened.app is not None and given in {None, opened.app}:
        return opened.app
    reader = opened.reader
    known = {row.app for row in every(opened, None)} | {one.app for one in reader.call(reader.nodes())}
    if given is not None:
        if given not in known:
            near = nearest(given, known)
            hint = f"; did you mean {near}?" if near else ""
            raise ScheduleNotFound(f"no app {given!r} has schedules or workers in {opened.store.place}{hint}")
        return given
    if len(known) > 1:
        raise UsageInvalid(
            f"this store has several apps: {', '.join(sorted(known))}", advice="say which one is meant with --app-name"
        )
    return next(iter(known), APP_DEFAULT)


def _why_none(opened: Opened, name: str, app: str | None) -> str:
    declared = () if opened.jobs is None else opened.jobs.registry.schedules
    near = nearest(name, [row.name for row in every(opened, app)])
    hint = f"did you mean {near}?" if near else "headway recurring list shows what is there"
    if any(one.name == name for one in declared):
        hint = "the application declares it, and it is stored when a worker starts that has it"
    of_app = "" if app is None else f" of the app {app!r}"
    return f"there is no schedule {name!r}{of_app} in {opened.store.place}; {hint}"


def timetable(text: str, zone: str) -> Timetable:
    """A cron expression, or an interval such as `every 90s`."""
    if not text.startswith(EVERY):
        return tables.cron(text, zone=zone)
    return tables.every(options.duration(text.removeprefix(EVERY)), zone=zone)
