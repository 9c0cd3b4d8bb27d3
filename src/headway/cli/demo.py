"""`headway demo`: the demonstration."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from importlib.util import find_spec

import click

from headway.cli import options
from headway.cli.exits import CommandError
from headway.cli.output import Output


@click.command("demo", short_help="Run the demonstration.")
@click.option("--once", is_flag=True, help="End when everything is done; the exit code says whether all was right.")
@options.output
def command(*, once: bool, out: Output) -> int:
    """Run the demonstration: sample jobs that count a library's source, with a report at the end."""
    if find_spec("headway.demo.run") is None:
        raise CommandError("this installation has no demonstration", advice="install headway whole, with headway.demo")
    from headway.demo.run import run_demo

    if not out.as_json:
        return run_demo(once=once)
    with redirect_stdout(sys.stderr):  # what the demonstration tells people is not the document
        code = run_demo(once=once)
    out.document({"exit_code": code})
    return code
