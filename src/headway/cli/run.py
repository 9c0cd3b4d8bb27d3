"""`headway run`: run a handler now and here, as a worker would, without storing a job."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from headway.cli import options
from headway.cli.exits import CommandError, Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.target import load_jobs
from headway.model.claim import Claim
from headway.model.context import CURRENT
from headway.model.errors import PayloadInvalid
from headway.model.outcome import Ending, EndKind, LogLine
from headway.view import records, words
from headway.view.secrets import Masked, mask, masking_of

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.model.handler import Handler
    from headway.run.runner import Batch

NO_JOB: Final = 0
"""The id that the handler's Context shows: there is no job."""
CLOSE_GRACE_S: Final = 5.0
GOOD: Final = frozenset({EndKind.RETURNED, EndKind.SNOOZED})


@click.command("run", short_help="Run a handler now, here, without storing a job.")
@click.argument("application", metavar="MODULE:NAME")
@click.argument("handler", metavar="HANDLER")
@click.argument("arguments", default="{}", metavar="[JSON]")
@options.output
def command(*, application: str, handler: str, arguments: str, out: Output) -> int:
    """Run a handler once, here and now, with a Context and its time-out but without storing a job or retrying.

    JSON is an object of its arguments by name: '{"to": "ann"}'. Exit code 1 if it fails.
    """
    jobs = load_jobs(application)
    found = jobs.registry.get(handler)
    payload = read_arguments(found, arguments)
    masked = mask(payload, masking_of(found))

    def hear(line: LogLine) -> None:
        if not out.as_json:
            out.note(words.safe_lines(masked.text(line.text) or ""))

    ending, lines = _run(jobs, found, payload, hear)
    _tell(out, found, ending, lines, masked)
    return Exit.OK if ending.kind in GOOD else Exit.FAILED


def read_arguments(handler: Handler, text: str) -> str:
    """The arguments as they would be stored; whatever does not fit the handler is a usage error."""
    try:
        given = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise UsageInvalid(
            f"the arguments are no JSON: {error}", advice=f"write an object by name: {_example(handler)}"
        ) from error
    if not isinstance(given, dict):
        raise UsageInvalid("the arguments must be a JSON object", advice=f"write them by name: {_example(handler)}")
    handler.signature.bind((), given)
    try:
        handler.codec.decode(text)
    except PayloadInvalid as error:
        raise UsageInvalid(str(error), advice=f"write an object by name: {_example(handler)}") from error
    return text


def _example(handler: Handler) -> str:
    inside = ", ".join(f'"{name}": ...' for name in handler.signature.names)
    return f"'{{{inside}}}'"


def _run(jobs: Jobs, handler: Handler, payload: str, hear: Callable[[LogLine], None]) -> tuple[Ending, list[LogLine]]:
    """Give the attempt to a host of this process and wait for its end."""
    from headway.run.host import Host

    ended = threading.Event()
    endings: list[Ending] = []
    lines: list[LogLine] = []

    def deliver(batch: Batch) -> None:
        for report in (*batch.reports, *(ending.report for ending in batch.endings)):
            for line in report.lines if report is not None else ():
                lines.append(line)
                hear(line)
        endings.extend(batch.endings)
        if endings:
            ended.set()

    host = Host(jobs, concurrency=1, clock=jobs.clock)
    host.start(deliver)
    try:
        with _told_by_us(host.settings.log_level):
            host.give([claim_of(jobs, handler, payload)])
            ended.wait()  # the handler's own time-out bounds it, and Ctrl-C
    finally:
        host.close(CLOSE_GRACE_S)
    if not endings:
        raise CommandError(f"{handler.name} gave no answer", advice="run it again with --debug")
    return endings[0], lines


@contextmanager
def _told_by_us(least: int) -> Iterator[None]:
    """Nothing else on the terminal shows what enters the job's log: it would stand there twice, and with its secrets."""

    def is_other(record: logging.LogRecord) -> bool:
        return CURRENT.get() is None or record.levelno < least

    shown = [
        each
        for each in (logging.lastResort, *logging.getLogger().handlers)
        if isinstance(each, logging.StreamHandler) and each.stream in {sys.stdout, sys.stderr}
    ]
    for each in shown:
        each.addFilter(is_other)
    try:
        yield
    finally:
        for each in shown:
            each.removeFilter(is_other)


def claim_of(jobs: Jobs, handler: Handler, payload: str) -> Claim:
    """A claim of no job: what a worker would be given for a first attempt."""
    now_us = jobs.clock.now_us()
    return Claim(
        id=NO_JOB,
        epoch=1,
        name=handler.name,
        payload=payload,
        queue=handler.queue,
        ref_id="",
        tries=0,
        crashes=0,
        retries=0,
        suspect=0,
        created_us=now_us,
        due_us=now_us,
        claimed_us=now_us,
        app=jobs.app,
    )


def _tell(out: Output, handler: Handler, ending: Ending, lines: list[LogLine], masked: Masked) -> None:
    took_us = max(0, ending.finished_us - ending.started_us)
    if out.as_json:
        out.document(_record(handler, ending, lines, masked))
        return
    if ending.result is not None:
        out.text(words.safe_lines(ending.result))
    if ending.children is not None:
        out.note("the jobs that it tied to its own success were not stored: there is no job that they belong to")
    if ending.kind in GOOD:
        out.note(f"{handler.name} {ending.kind.value} after {words.duration(took_us)}")
        return
    if ending.error is not None:
        out.note(words.safe_lines(masked.text(ending.error.traceback) or "").rstrip())
    why = masked.text(ending.reason) or (ending.error.message if ending.error is not None else ending.code or "")
    out.note(
        f"headway: {handler.name} {ending.kind.value.replace('_', ' ')} after {words.duration(took_us)}: {words.visible(why)}"
    )


def _record(handler: Handler, ending: Ending, lines: list[LogLine], masked: Masked) -> dict[str, Any]:
    return {
        "name": handler.name,
        "end": ending.kind.value,
        "seconds": max(0, ending.finished_us - ending.started_us) / records.SECOND_US,
        "result": records.parsed(ending.result),
        "code": ending.code,
        "reason": masked.text(ending.reason),
        "error": None if ending.error is None else records.error(ending.error, masked),
        "children_not_stored": [] if ending.children is None else records.parsed(ending.children),
        "log": [
            {"at": words.utc(line.at_us), "level": records.level(line.level), "text": masked.text(line.text)}
            for line in lines
        ],
    }
