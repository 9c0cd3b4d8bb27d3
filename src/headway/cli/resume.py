"""`headway resume`: let jobs start again, after `headway hold` or in a restored copy."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, do


@click.command("resume", short_help="Let jobs start again after `headway hold`, or in a restored copy.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Let jobs start again after `headway hold`, or in a copy that `headway backup` made.

    A copy has the jobs of the moment when it was made: those that the original ran since then would run a second time.
    """
    with target.open() as opened:
        was_held = do(opened.store, opened.store.resume_claims(), act("resume", "store"))
        place = opened.store.place
    if out.as_json:
        out.document({"store": place, "held": False, "was_held": was_held})
        return Exit.OK
    out.text(f"{place}: jobs start again" if was_held else f"{place} was not held; nothing was changed")
    return Exit.OK
