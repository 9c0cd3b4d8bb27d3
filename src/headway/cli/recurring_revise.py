"""`headway recurring revise`: change a schedule that is managed in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from msgspec.structs import replace

from headway.cli import options
from headway.cli.exits import CommandError, Exit, UsageInvalid
from headway.cli.jobs_revise import json_object
from headway.cli.output import Output
from headway.cli.schedules import app_name, by, find, timetable
from headway.cli.target import Target
from headway.cli.written import act, always, do, user
from headway.client.checks import name as checked
from headway.client.schedule_options import RUNS_MAX, definition_fields
from headway.model.clock import SystemClock
from headway.model.schedule import Misfire, Overlap, ScheduleState
from headway.view import words

if TYPE_CHECKING:
    from headway.cli.target import Opened
    from headway.model.schedule import Definition
    from headway.store.scheduling import ScheduleRow

NO_END: Final = "none"


@click.command("revise", short_help="Change a schedule that is managed in the store.")
@click.argument("name", metavar="NAME")
@click.option("--when", metavar="EXPR", help="A cron expression, or an interval such as 'every 90s'.")
@click.option("--zone", metavar="ZONE", help="By whose clocks, such as Europe/Berlin.  [default: as it is]")
@click.option("--arguments", metavar="JSON", help='Arguments in place of the stored ones: {"to": "ann"}.')
@click.option("--overlap", type=click.Choice([one.value for one in Overlap]), help="While an earlier run is open.")
@click.option("--misfire", type=click.Choice([one.value for one in Misfire]), help="For instants that were missed.")
@click.option("--max-runs", metavar="NUMBER", help="It is over after so many runs; none for no end.")
@click.option("--description", metavar="TEXT", help="What it is for.")
@by
@app_name
@options.store
@options.output
def command(*, name: str, by: str | None, app: str | None, target: Target, out: Output, **given: str | None) -> int:
    """Change a schedule that is managed in the store. What is not named stays; nothing fires because of it.

    One that the application's code declares is changed there, and refused here. Arguments that are not named keep
    their values; with --app they are checked against the handler.
    """
    if not any(value is not None for value in given.values()):
        raise UsageInvalid("nothing is to be changed", advice="say what, for example --when '0 3 * * *'")
    who = checked("by", by or user())
    with target.open() as opened:
        row = find(opened, name, app)
        changed = _revised(opened, row, given)
        what: dict[str, Any] = {
            option: value for option, value in given.items() if value is not None and option != "arguments"
        }
        if given["arguments"] is not None:  # their values may be secret
            what["arguments"] = sorted(json_object(given["arguments"]))
        revising = opened.store.put_schedule(changed, by=who)
        row = do(opened.store, revising, act("revise", "schedule", row.name, app=row.app, by=who, **what), did=always)
    if out.as_json:
        out.document({"schedule": row.name, "app": row.app, "next_at": words.utc(row.next_us)})
    else:
        out.text(f"{row.name} revised; {_next(row.next_us)}")
    return Exit.OK


def _next(next_us: int | None) -> str:
    if next_us is None:
        return "it is not due"
    return f"its next run is {words.age(next_us, SystemClock().now_us())} ({words.moment(next_us)})"


def _revised(opened: Opened, row: ScheduleRow, given: dict[str, str | None]) -> Definition:
    made = row.definition
    if made is None or row.state is ScheduleState.REMOVED:
        why = row.error or "it was removed for good"
        raise CommandError(f"the schedule {row.name!r} cannot be revised: {why}", advice="remove it, and make it anew")
    fields = {option: given[option] for option in ("overlap", "misfire", "description") if given[option] is not None}
    changes: dict[str, Any] = definition_fields(fields, stored=True)
    if given["max_runs"] is not None:
        changes["max_runs"] = _max_runs(given["max_runs"])
    if given["when"] is not None:
        changes["timetable"] = timetable(given["when"], given["zone"] or made.timetable.zone)
    elif given["zone"] is not None:
        changes["timetable"] = replace(made.timetable, zone=_zone(given["zone"]))
    if given["arguments"] is not None:
        changes["job"] = replace(made.job, payload=_payload(opened, made, json_object(given["arguments"])))
    return replace(made, **changes)


def _zone(text: str) -> str:
    from headway.model.zone import zone_name

    return zone_name(text)


def _max_runs(text: str) -> int | None:
    if text == NO_END:
        return None
    try:
        return int(definition_fields({"max_runs": int(text)}, stored=True)["max_runs"])
    except ValueError:
        raise UsageInvalid(f"--max-runs must be a number from 1 to {RUNS_MAX:,}, or {NO_END}, not {text!r}") from None


def _payload(opened: Opened, made: Definition, arguments: dict[str, Any]) -> str:
    """The stored arguments with these in their place, checked as at an enqueue where the handler is known."""
    import msgspec

    from headway.client.call import plain_payload
    from headway.model.codec import PAYLOAD_MAX_BYTES

    whole = msgspec.json.decode(made.job.payload) | arguments
    jobs = opened.jobs
    if jobs is not None and jobs.registry.find(made.job.name) is not None:
        return jobs.call_by_name(made.job.name, whole).payload
    return plain_payload(made.job.name, whole, PAYLOAD_MAX_BYTES)
