"""`headway jobs revise`: change a job that has not started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.selection import job_key
from headway.cli.target import Target
from headway.cli.written import act, do, user
from headway.model.errors import JobNotFound
from headway.store.revision import ReviseAnswer, Revision

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from headway.cli.target import Opened
    from headway.client.revising import Changes


def told(answer: ReviseAnswer) -> tuple[str, bool]:
    """An answer in words, and whether the job is now as was asked."""
    match answer:
        case ReviseAnswer.REVISED:
            return "revised", True
        case ReviseAnswer.STARTED:
            return "not revised: it runs or has ended", False
        case ReviseAnswer.NOT_FOUND:
            return "not found", False
        case ReviseAnswer.CHANGED:
            return "not revised: others keep changing its arguments", False
        case ReviseAnswer.KEY_HELD:
            return "not revised: another job has the unique key of these arguments", False
        case _:
            assert_never(answer)


@click.command("revise", short_help="Change a job that has not started.")
@click.argument("job", metavar="JOB")
@click.option("--priority", metavar="NUMBER", help="From -1000 to 1000, or low, normal, high, urgent.")
@click.option("--run-after", metavar="WHEN", help="Now, in a while (15min, 2h30m), or a moment (2026-11-22T14:00).")
@click.option("--queue", metavar="QUEUE", help="The queue in which it waits.")
@click.option("--arguments", metavar="JSON", help='Arguments in place of the stored ones: {"to": "ann"}.')
@options.actor
@options.store
@options.output
def command(
    *,
    job: str,
    priority: str | None,
    run_after: str | None,
    queue: str | None,
    arguments: str | None,
    by: str | None,
    target: Target,
    out: Output,
) -> int:
    """Change a job that waits: scheduled, queued, or waiting for others. What runs or has ended is refused.

    JOB is its number or its reference. Arguments that are not named keep their values. With --app they are checked
    against the handler as at the enqueue; without it only for being JSON.
    """
    changes: Changes = {
        "priority": _priority(priority),
        "run_after": None if run_after is None else _moment(run_after),
        "queue": queue,
        "arguments": None if arguments is None else json_object(arguments),
    }
    with target.open() as opened:
        answer = _revise(opened, job_key(job), changes, by or user())
    text, done = told(answer)
    if out.as_json:
        out.document({"results": [{"job": job_key(job), "outcome": answer.value, "done": done}]})
    else:
        out.text(f"{job} {text}")
    return Exit.OK if done else Exit.FAILED


def _revise(opened: Opened, key: int | str, changes: Changes, by: str) -> ReviseAnswer:
    from headway.client.revising import TRIES, revision

    store, answer = opened.store, ReviseAnswer.CHANGED
    change, arguments = revision(changes)
    row = opened.reader.call(opened.reader.job(key, app=opened.app))
    number, app = (key, opened.app) if row is None else (row.id, row.app)
    what = _told_of(changes)
    for _ in range(TRIES):
        if arguments is not None:
            change = _with_arguments(opened, key, change, arguments)
        answer = do(
            store,
            store.revise(key, change, by=by, app=opened.app),
            act("revise", "job", number, app=app, by=by, **what),
            did=lambda found: found is ReviseAnswer.REVISED,
        )
        if answer is not ReviseAnswer.CHANGED:
            break
    return answer


def _told_of(changes: Changes) -> dict[str, Any]:
    """What is written down of a change: of arguments only the names, as their values may be secret."""
    what: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    if "arguments" in what:
        what["arguments"] = sorted(what["arguments"])
    if "run_after" in what:
        what["run_after"] = str(what["run_after"])
    return what


def _with_arguments(opened: Opened, key: int | str, change: Revision, arguments: Any) -> Revision:
    from headway.client.revising import with_arguments
    from headway.model.codec import PAYLOAD_MAX_BYTES

    detail = opened.reader.call(opened.reader.detail(key, app=opened.app))
    if detail is None:
        raise JobNotFound(f"there is no job {key} in {opened.store.place}; headway jobs list shows what is there")
    jobs = opened.jobs
    handler = None if jobs is None else jobs.registry.find(detail.row.name)
    most = PAYLOAD_MAX_BYTES if jobs is None else jobs.settings.payload_max_bytes
    return with_arguments(change, detail, arguments, handler=handler, max_bytes=most)


def _priority(text: str | None) -> Any:
    try:
        return None if text is None else int(text)
    except ValueError:
        return text


def _moment(text: str) -> datetime | timedelta:
    """A duration counts from now on; elsewhere on the command line it counts back."""
    from datetime import timedelta

    from headway.model.clock import SystemClock, from_us
    from headway.view import spans

    if text.strip().lower() == "now":
        return timedelta(0)
    try:
        if spans.SPAN.match(text.strip().lower()):
            return spans.span(text)
        return spans.moment(text, now=from_us(SystemClock().now_us()))
    except spans.SpanInvalid as error:
        raise UsageInvalid(f"--run-after: {error}") from None


def json_object(text: str) -> dict[str, Any]:
    """The JSON object of `--arguments`."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UsageInvalid(f"--arguments is no JSON: {error}", advice='write an object: {"to": "ann"}') from None
    if not isinstance(given, dict):
        raise UsageInvalid("--arguments must be a JSON object", advice='write {"to": "ann"}')
    return given
