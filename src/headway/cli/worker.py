"""`headway worker`: run jobs until stopped."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from headway.cli import logs, options
from headway.cli.exits import ImportFailed, UsageInvalid
from headway.cli.options import NEVER
from headway.cli.output import Output
from headway.cli.target import application_of, load_jobs
from headway.model.clock import MICROSECOND
from headway.model.errors import StartupFailed
from headway.view.tables import few
from headway.view.words import count, duration

if TYPE_CHECKING:
    from headway.worker.options import WorkerOptions
    from headway.worker.settings import WorkerSettings

Announce = Callable[[str, Sequence[str]], None]

LEVELS: Final = ("debug", "info", "warning", "error")
CONCURRENCY_MAX: Final = 10_000
PROCESSES_MAX: Final = 256
AGES: Final[tuple[Literal["archive_after", "keep_completed", "keep_failed", "keep_logs", "keep_bodies"], ...]] = (
    "archive_after",
    "keep_completed",
    "keep_failed",
    "keep_logs",
    "keep_bodies",
)
STARTUP_ADVICE: Final = "mend what the on_startup hook needs; no job was claimed"


@click.command(
    "worker", short_help="Run jobs until stopped.", context_settings={"auto_envvar_prefix": "HEADWAY_WORKER"}
)
@click.argument("application", metavar="MODULE:NAME")
@click.option(
    "--queue", "queues", multiple=True, metavar="NAME[=LIMIT]", help="Serve this queue, so many at once. Default: all."
)
@click.option("--concurrency", type=click.IntRange(1, CONCURRENCY_MAX), help="So many jobs at once, over all queues.")
@click.option(
    "--children",
    type=click.IntRange(1, CONCURRENCY_MAX),
    help="So many child processes for jobs that run in a process.",
)
@click.option(
    "--processes",
    type=click.IntRange(0, PROCESSES_MAX),
    help="Host processes for coroutines and threads. Default: as many as cores; 0 runs everything in this process.",
)
@click.option("--exit-when-idle", is_flag=True, help="Stop when nothing is due and nothing runs.")
@click.option(
    "--shutdown-timeout",
    type=options.duration,
    metavar="DURATION",
    help="After a signal, running jobs may go on so long; then they are given back.",
)
@click.option(
    "--lease",
    type=options.duration,
    metavar="DURATION",
    help="Others take this worker's jobs when it was silent so long.  [default: 30 s]",
)
@click.option(
    "--archive-after",
    type=options.duration_or_none,
    metavar="DURATION",
    help="Ended jobs move to their month's archive after this; none keeps them in the main file.  [default: 1 h]",
)
@click.option(
    "--keep-completed",
    type=options.duration_or_none,
    metavar="DURATION",
    help="Completed and skipped jobs are deleted for good after this.  [default: none, they are kept]",
)
@click.option(
    "--keep-failed",
    type=options.duration_or_none,
    metavar="DURATION",
    help="Failed and cancelled jobs are deleted for good after this.  [default: none, they are kept]",
)
@click.option(
    "--keep-logs",
    type=options.duration_or_none,
    metavar="DURATION",
    help="Logs of archived jobs are removed after this.  [default: none, as long as the rest]",
)
@click.option(
    "--keep-bodies",
    type=options.duration_or_none,
    metavar="DURATION",
    help="Arguments, results and logs of archived jobs are removed after this; the summaries stay.  "
    "[default: none, as long as the summaries]",
)
@click.option("--log-format", type=click.Choice(logs.FORMATS), help="Default: text, or json with --json.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="The least level.")
@options.output
@click.pass_context
def command(ctx: click.Context, /, *, application: str, out: Output, **given: Any) -> int:
    """Run the jobs of an application until a signal: SIGTERM or Ctrl-C stops gracefully, a second one at once.

    What ran at a hard stop is given back and runs again; nothing is lost.

    Every option can be set in the environment too (HEADWAY_WORKER_CONCURRENCY=20), or in the table [worker] of
    headway.toml ([tool.headway.worker] of pyproject.toml).
    """
    from headway.cli.worker_settings import merged, refuse_misspelt
    from headway.client.settings import environment, load_settings
    from headway.worker.options import settings_of

    refuse_misspelt(ctx, environment())
    chosen = merged(ctx, given, load_settings({}, environment(), Path.cwd()).worker)
    hosts = (os.cpu_count() or 1) if chosen["processes"] is None else chosen["processes"]
    settings = settings_of(worker_options(chosen), hosts=hosts)
    shape = chosen["log_format"] or ("json" if out.as_json else "text")
    logs.set_up(shape, chosen["log_level"])

    def announce(place: str, handlers: Sequence[str]) -> None:
        if shape == "text":
            for line in banner(application, place, handlers, settings):
                out.text(line)

    try:
        if settings.hosts:
            return stand_alone(application_of(application), settings, announce)
        return embedded(application, settings, announce)
    finally:
        logging.shutdown()


def stand_alone(application: str, settings: WorkerSettings, announce: Announce) -> int:
    """A supervisor without user code, hosts and children behind pipes."""
    from headway.run.unavailable import HostUnavailable, HostUnstarted
    from headway.store.open import shown
    from headway.worker.supervisor import Supervisor

    try:
        supervisor = Supervisor(application, settings)
        return supervisor.run(lambda hello: announce(shown(hello.place), [info.name for info in hello.handlers]))
    except HostUnstarted as error:
        raise ImportFailed(str(error), advice=STARTUP_ADVICE) from error
    except HostUnavailable as error:
        load_jobs(application)  # nothing runs here any more: importing it once in this process says best what is wrong
        raise ImportFailed(
            str(error), advice="the same import succeeds in this process; look for what differs"
        ) from error


def embedded(application: str, settings: WorkerSettings, announce: Announce) -> int:
    """Everything but process jobs in this process."""
    from headway.worker.worker import Worker

    jobs = load_jobs(application)
    try:
        worker = Worker(jobs, settings=settings)
        announce(jobs.place, [handler.name for handler in jobs.registry])
        return worker.run()
    except StartupFailed as error:
        raise ImportFailed(str(error), advice=STARTUP_ADVICE) from error
    finally:
        jobs.close()


def worker_options(chosen: Mapping[str, Any]) -> WorkerOptions:
    """What the Worker is given; what nobody set is left to its own defaults."""
    options: WorkerOptions = {"exit_when_idle": chosen["exit_when_idle"]}
    if chosen["queues"]:
        options["queues"] = read_queues(chosen["queues"], chosen["concurrency"])
    if chosen["concurrency"] is not None:
        options["concurrency"] = chosen["concurrency"]
    if chosen["children"] is not None:
        options["children"] = chosen["children"]
    if chosen["lease"] is not None:
        options["lease"] = chosen["lease"]
    for name in AGES:
        if chosen[name] is not None:
            options[name] = None if chosen[name] == NEVER else chosen[name]
    if chosen["shutdown_timeout"] is not None:
        options["shutdown_timeout"] = chosen["shutdown_timeout"]
    return options


def read_queues(given: Sequence[str], concurrency: int | None) -> dict[str, int]:
    """Queues with their limits; a queue without one may use the whole worker."""
    from headway.worker.settings import CONCURRENCY_DEFAULT

    limits: dict[str, int] = {}
    for text in given:
        name, equals, limit = text.rpartition("=")
        if not equals:
            name, limit = text, str(concurrency or CONCURRENCY_DEFAULT)
        if not name or not (limit.isascii() and limit.isdigit()) or not 1 <= int(limit) <= CONCURRENCY_MAX:
            raise UsageInvalid(f"--queue {text} has no limit that fits", advice="write for example --queue mail=8")
        if name in limits:
            raise UsageInvalid(f"the queue {name} is given twice", advice="give each queue once")
        limits[name] = int(limit)
    return limits


def kept_words(settings: WorkerSettings) -> str:
    """How long what is kept, in words."""
    ages = {name.removeprefix("keep_"): getattr(settings, name) for name in AGES if name != "archive_after"}
    limited = [f"{what} {duration(age // MICROSECOND)}" for what, age in ages.items() if age is not None]
    return ", ".join([*limited, "the rest for ever"]) if limited else "everything for ever"


def banner(application: str, place: str, names: Sequence[str], settings: WorkerSettings) -> list[str]:
    """What a worker will do, for whoever started it."""
    from headway.model.version import VERSION

    served = ", ".join(f"{name} ({limit} at once)" for name, limit in (settings.queues or {}).items())
    many = "" if settings.hosts == 1 else "es"
    where = f" in {settings.hosts} host process{many}" if settings.hosts else ""
    return [
        f"headway {VERSION} worker for {application}, process {os.getpid()}",
        f"  store     {place}",
        f"  queues    {served or 'all'}",
        f"  at once   {settings.concurrency}{where}",
        f"  handlers  {count(len(names), 'handler')}: {few(names)}"
        if names
        else "  handlers  none: nothing can be run",
        f"  keeps     {kept_words(settings)}",
        "  stop      Ctrl-C or SIGTERM lets running jobs finish; a second one stops at once",
    ]
