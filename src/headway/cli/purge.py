"""`headway purge`: delete jobs that ended long ago, or what is heavy in them, for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, noting
from headway.model.clock import MICROSECOND, SystemClock
from headway.store.protocol import Pruned
from headway.view import words

if TYPE_CHECKING:
    from headway.store.protocol import Store

STEP: Final = 500
PRUNE_STEP: Final = 200
STEPS_MAX: Final = 100_000


def _age(name: str, what: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(f"--{name}-older-than", name, type=options.duration, metavar="DURATION", help=what)


@click.command("purge", short_help="Delete jobs that ended long ago, or what is heavy in them, for good.")
@_age("completed", "Completed and skipped jobs that ended longer ago.")
@_age("failed", "Failed and cancelled jobs that ended longer ago.")
@_age("logs", "The logs of jobs that ended longer ago; everything else of them stays.")
@_age("bodies", "Arguments, results, attempts and logs of jobs that ended longer ago; their summaries stay.")
@click.option("--yes", is_flag=True, help="Really delete; without it nothing is done.")
@options.store
@options.output
def command(
    *,
    completed: timedelta | None,
    failed: timedelta | None,
    logs: timedelta | None,
    bodies: timedelta | None,
    yes: bool,
    target: Target,
    out: Output,
) -> int:
    """Delete jobs that ended long ago, with their archives' bodies, for good, or only what is heavy in them. What has no option is kept.

    Logs and bodies are taken from the archive: jobs that are old enough are archived first.
    """
    if (completed, failed, logs, bodies) == (None, None, None, None):
        raise UsageInvalid(
            "nothing says what to delete",
            advice="give --completed-older-than 90d, --failed-older-than 365d, --logs-older-than 30d or "
            "--bodies-older-than 60d, or several of them",
        )
    if not yes:
        raise UsageInvalid("purge deletes for good", advice="add --yes if that is what you want")
    now_us = SystemClock().now_us()
    before = {"completed": completed, "failed": failed, "logs": logs, "bodies": bodies}
    moments = {what: None if age is None else now_us - age // MICROSECOND for what, age in before.items()}
    with target.open() as opened:
        deleted = _purge(opened.store, moments["completed"], moments["failed"])
        pruned = _prune(opened.store, moments["logs"], moments["bodies"])
    if out.as_json:
        removed = {"logs_removed": pruned.logs, "lines_removed": pruned.lines, "bodies_removed": pruned.bodies}
        out.document({"deleted": deleted, **removed})
    else:
        out.text("; ".join(_told(moments, deleted, pruned)))
    return Exit.OK


def _told(moments: Mapping[str, int | None], deleted: int, pruned: Pruned) -> Iterator[str]:
    if moments["completed"] is not None or moments["failed"] is not None:
        yield f"{words.count(deleted, 'job')} deleted"
    if moments["logs"] is not None:
        yield f"logs of {words.count(pruned.logs, 'job')} removed, {words.count(pruned.lines, 'line')}"
    if moments["bodies"] is not None:
        yield f"bodies of {words.count(pruned.bodies, 'job')} removed"


def _purge(store: Store, completed_us: int | None, failed_us: int | None) -> int:
    if completed_us is None and failed_us is None:
        return 0
    ages = {"completed_before": words.utc(completed_us), "failed_before": words.utc(failed_us)}
    operation = noting(
        store,
        store.purge(completed_before_us=completed_us, failed_before_us=failed_us, limit=STEP),
        lambda deleted: act("purge", "jobs", deleted=deleted, **ages),
    )
    return _until_nothing(lambda: store.call(operation))


def _prune(store: Store, logs_us: int | None, bodies_us: int | None) -> Pruned:
    logs = lines = bodies = 0
    youngest = max((moment for moment in (logs_us, bodies_us) if moment is not None), default=None)
    if youngest is not None:
        archive = store.archive(before_us=youngest, limit=STEP)
        _until_nothing(lambda: store.call(archive))
        ages = {"logs_before": words.utc(logs_us), "bodies_before": words.utc(bodies_us)}
        operation = noting(
            store,
            store.prune(logs_before_us=logs_us, bodies_before_us=bodies_us, limit=PRUNE_STEP),
            lambda found: act("prune", "jobs", logs=found.logs, bodies=found.bodies, **ages),
            did=lambda found: bool(found.logs or found.bodies),
        )
        for _ in range(STEPS_MAX):
            step = store.call(operation)
            if not step.logs and not step.bodies:
                break
            logs, lines, bodies = logs + step.logs, lines + step.lines, bodies + step.bodies
    return Pruned(logs=logs, lines=lines, bodies=bodies)


def _until_nothing(step: Callable[[], int]) -> int:
    done = 0
    for _ in range(STEPS_MAX):
        changed = step()
        done += changed
        if changed == 0:
            break
    return done
