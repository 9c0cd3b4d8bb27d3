"""`headway jobs log`: a job's log, once or as it grows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.selection import job_key
from headway.cli.target import Opened, Target
from headway.model.errors import JobNotFound
from headway.store.protocol import JobDetail
from headway.view import pages, records, words
from headway.view.secrets import mask

PAGE: Final = 1_000
PAUSE_S: Final = 0.25


@click.command("log", short_help="Print a job's log.")
@click.argument("job", metavar="JOB")
@click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended (or Ctrl-C).")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="LINE", help="Only lines after this number.")
@options.store
@options.output
def command(*, job: str, follow: bool, after: int, target: Target, out: Output) -> int:
    """Print a job's log. With --json, one line of JSON for each line of the log."""
    with target.open() as opened:
        detail = opened.reader.call(opened.reader.detail(job_key(job), app=opened.app))
        if detail is None:
            raise JobNotFound(f"there is no job {job} in {opened.store.place}; headway jobs list shows what is there")
        try:
            last = print_log(opened, detail, out, after=after, follow=follow, pause=_pauses())
        except KeyboardInterrupt:  # the usual end of following
            return Exit.OK
    if last == 0 and not out.as_json:
        gone = f"; {words.count(detail.lines_dropped, 'line')} not kept" if detail.lines_dropped else ""
        out.note(f"job {detail.row.id} has no log lines{gone}")
    return Exit.OK


def _pauses() -> Callable[[], object]:
    event = threading.Event()
    return lambda: event.wait(PAUSE_S)


def print_log(
    opened: Opened, detail: JobDetail, out: Output, *, after: int, follow: bool, pause: Callable[[], object]
) -> int:
    """Print the lines after a number; with `follow`, until the job has ended. Answers the number of the last line."""
    masked = mask(detail.payload, opened.masking(detail.row.name))
    reader, job_id = opened.reader, detail.row.id
    while True:
        # The state is read before the lines: what was flushed with the end is then among them.
        row = reader.call(reader.job(job_id))
        while lines := reader.call(reader.lines(job_id, after=after, limit=PAGE)):
            for line in lines:
                if out.as_json:
                    out.line(records.line(line, masked))
                else:
                    out.text(pages.log_line(line, masked))
            after = lines[-1].number
        if not follow or row is None or row.state.is_final:
            return after
        pause()
