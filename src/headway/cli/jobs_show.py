"""`headway jobs show`: everything about one job."""

from __future__ import annotations

from typing import Final

import click
from msgspec.structs import replace

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.selection import job_key
from headway.cli.target import Target
from headway.client.admitting import look
from headway.model.clock import SystemClock
from headway.model.errors import JobNotFound
from headway.view import pages, records
from headway.view.secrets import mask

LINES_SHOWN: Final = 1_000


@click.command("show", short_help="Show everything about one job.")
@click.argument("job", metavar="JOB")
@click.option("--log", "with_log", is_flag=True, help="With its log.")
@options.store
@options.output
def command(*, job: str, with_log: bool, target: Target, out: Output) -> int:
    """Show everything about one job: facts, arguments, result, latest error, history.

    JOB is its number or its reference. Arguments that the handler declares secret are masked when the application is
    given with --app; without it, those whose name sounds like a secret.
    """
    with target.open() as opened:
        detail = look(opened.store, opened.reader.detail(job_key(job), app=opened.app))
        if detail is None:
            raise JobNotFound(f"there is no job {job} in {opened.store.place}; headway jobs list shows what is there")
        masking = opened.masking(detail.row.name)
        lines = opened.reader.call(opened.reader.lines(detail.row.id, limit=LINES_SHOWN)) if with_log else ()
        (shown,) = (detail.row,) if out.as_json else opened.estimated((detail.row,))
    masked = mask(detail.payload, masking)
    if out.as_json:
        log = {"log": [records.line(line, masked) for line in lines]} if with_log else {}
        out.document(records.detail(detail, masking) | log)
        return Exit.OK
    link = records.link(masked.value(records.parsed(detail.result)))
    out.page(pages.detail_page(replace(detail, row=shown), masking, now_us=SystemClock().now_us()), result_link=link)
    if with_log:
        out.text("\nlog")
        for line in lines:
            out.text(f"  {pages.log_line(line, masked)}")
    return Exit.OK
