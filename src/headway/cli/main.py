"""The `headway` command: its groups, and the one place where errors become words and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import click

from headway.cli.exits import Complaint, Exit, complaint
from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "worker": Entry("headway.cli.worker", "Run jobs until stopped."),
    "serve": Entry("headway.cli.serve", "Serve the pages and the API."),
    "jobs": Entry("headway.cli.jobs", "List, show, explain, change, cancel, retry and delete jobs."),
    "batches": Entry("headway.cli.batches", "List, show and cancel batches."),
    "recurring": Entry("headway.cli.recurring", "List, show, pause, run, change and compare schedules."),
    "queues": Entry("headway.cli.queues", "Show queues; pause, resume and limit them."),
    "workers": Entry("headway.cli.workers", "Restart named workers."),
    "nodes": Entry("headway.cli.nodes", "Show the processes that run jobs; drain them."),
    "users": Entry("headway.cli.users", "Make and change the users of the built-in login."),
    "tokens": Entry("headway.cli.tokens", "Make and revoke the tokens that programs use the API with."),
    "run": Entry("headway.cli.run", "Run a handler now, here, without storing a job."),
    "acts": Entry("headway.cli.acts", "Show what people did: who changed what, and when."),
    "check": Entry("headway.cli.check", "Look for what is wrong with a store, its place and its code."),
    "export": Entry("headway.cli.export", "Write the jobs that a filter names as CSV or JSON."),
    "backup": Entry("headway.cli.backup", "Copy the whole store while everything runs."),
    "copy": Entry("headway.cli.copy", "Move a store to another place, or copy it to look at."),
    "migrate": Entry("headway.cli.migrate", "Make a store's tables, or bring them up to date."),
    "hold": Entry("headway.cli.hold", "Let no job start until `headway resume`; what runs goes on."),
    "resume": Entry("headway.cli.resume", "Let jobs start again after `headway hold`, or in a restored copy."),
    "archive": Entry("headway.cli.archive", "Move ended jobs to their months' archives now."),
    "purge": Entry("headway.cli.purge", "Delete jobs that ended long ago, or what is heavy in them, for good."),
    "demo": Entry("headway.cli.demo", "Run the demonstration."),
})  # fmt: skip
DEBUG_VARIABLE: Final = "HEADWAY_DEBUG"


class NobodyReads(Exception):
    """Whoever read our output has had enough."""


class Root(LazyGroup):
    """The outermost group: whatever goes wrong inside ends here."""

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but a closed pipe is not a failure, as click would have it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise NobodyReads from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        **extra: Any,
    ) -> Any:
        """Run, tell what went wrong in two lines (or as JSON, or with --debug as a traceback), end with the right code."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, prog_name or "headway", complete_var, standalone_mode=False, **extra)
        except NobodyReads:
            _drop_output()
            code = Exit.OK
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the outermost place
            code = _fail(error, words)
        code = code if isinstance(code, int) else Exit.OK
        if not standalone_mode:
            return code
        sys.exit(int(code))


def _fail(error: BaseException, words: Sequence[str]) -> Exit:
    if type(error).__name__ == "NoArgsIsHelpError":  # named, because older versions of click do not have it
        click.echo(str(error), err=True)
        return Exit.USAGE
    told = complaint(error)
    if _asked(words, "--debug") or os.environ.get(DEBUG_VARIABLE):
        click.echo("".join(traceback.format_exception(error)).rstrip(), err=True)
    if _asked(words, "--json"):
        _say_json(told)
    else:
        click.echo(f"headway: {told.what}", err=True)
        if told.advice:
            click.echo(f"  {told.advice}", err=True)
    return told.code


def _say_json(told: Complaint) -> None:
    from headway.cli.output import Output

    fields = {"kind": told.kind, "message": told.what, "advice": told.advice, "exit_code": int(told.code)}
    Output(as_json=True).document({"error": fields})


def _asked(words: Sequence[str], flag: str) -> bool:
    """Whether a flag is on the command line; the command itself may not have come as far as reading it."""
    before = words[: words.index("--")] if "--" in words else words
    return flag in before


def _drop_output() -> None:
    """Nobody reads any more: keep the interpreter from complaining when it flushes at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no real file
        pass
    finally:
        os.close(null)


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("headway")
        except PackageNotFoundError:  # run from a checkout that is not installed
            number = "unknown (not installed)"
        click.echo(f"headway {number}")
        ctx.exit()


root = Root(
    name="headway",
    entries=COMMANDS,
    help="Durable background jobs: run workers, look at jobs, act on them.\n\n"
    "Every command takes --json (for programs) and --debug (tracebacks). "
    "Exit codes: 0 done, 1 failed or nothing found, 2 usage, 3 import, 4 store, 5 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
        )
    ],
)


def main() -> None:
    """Run the command line of this process."""
    root.main()
